"""Configurations: a learner with the values of its active hyperparameters."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

ID_LENGTH = 16
# The strategy of the library defaults
DEFAULT = "default"
# That of better defaults that others have published
TUNED = "tuned"
# The strategy of a recommended configuration that the user has tried
RECOMMENDED = "recommended"


@dataclass(frozen=True)
class Configuration:
    """A learner with the values of its active hyperparameters.

    Attributes
    ----------
    learner
        Name of the learner.
    params
        Active hyperparameters by the name of the constructor's argument; others keep the estimator's default.
    strategy
        Origin of the configuration: ``default``, ``sobol``, ``recommended``, ...; not part of its identity.
    """

    learner: str
    params: dict[str, Any]
    strategy: str = field(default="given", compare=False)

    @cached_property
    def config_id(self) -> str:
        """Hash of learner and active hyperparameters, the same on every task and machine."""
        identity = json.dumps(
            {"learner": self.learner, "params": self.params}, sort_keys=True, separators=(",", ":")
        )
        return hashlib.sha256(identity.encode()).hexdigest()[:ID_LENGTH]
