"""What a surrogate must know beside its trees to recommend something to a table that it has not seen."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from foretune.spaces.configuration import Configuration
from foretune.spaces.encoding import LEARNER, PARAM_PREFIX
from foretune.spaces.hyperparameters import LearnerSpace

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pandas as pd

    from foretune.hpo.parameters import HpoParameters
    from foretune.meta_model.surrogate import Surrogate

SETTINGS_ATTRIBUTE = "metafeature_settings"
NO_LEARNER = ""


@dataclass(frozen=True)
class Provenance:
    """The search that a surrogate learnt from.

    Attributes
    ----------
    configurations
        By ``config_id``, as an estimator's constructor takes them; the library defaults have the strategy
        ``default``. A learner without a name is ``""``.
    score
        Metric that was the score, None where an log does not say.
    spaces
        Search space of each learner, as far as it is known.
    metafeature_settings
        Arguments of the extractor that described the tasks; None where they were described elsewhere.
    """

    configurations: dict[str, Configuration]
    score: str | None = None
    spaces: dict[str, LearnerSpace] = field(default_factory=dict)
    metafeature_settings: dict[str, Any] | None = None

    @property
    def learners(self) -> list[str]:
        """Learners of the configurations, sorted."""
        return sorted({configuration.learner for configuration in self.configurations.values()})

    def to_json(self) -> dict[str, Any]:
        """Return plain values that JSON can hold; the inverse of :meth:`from_json`."""
        return {
            "configurations": {
                config_id: [one.learner, one.strategy, one.params]
                for config_id, one in self.configurations.items()
            },
            "score": self.score,
            "spaces": {name: space.model_dump(mode="json") for name, space in self.spaces.items()},
            "metafeature_settings": self.metafeature_settings,
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Provenance:
        """Read back what :meth:`to_json` gave.

        Raises
        ------
        KeyError, ValueError, TypeError
            If something is missing or of another kind.
        """
        return cls(
            configurations={
                config_id: Configuration(str(learner), dict(params), str(strategy))
                for config_id, (learner, strategy, params) in values["configurations"].items()
            },
            score=values["score"],
            spaces={name: LearnerSpace.model_validate(space) for name, space in values["spaces"].items()},
            metafeature_settings=values["metafeature_settings"],
        )


def read_configurations(trials: pd.DataFrame) -> dict[str, Configuration]:
    """Read the configurations off a table of trials, by ``config_id``.

    Parameters
    ----------
    trials
        ``config_id``, ``strategy``, and ``params`` (JSON) or ``param_*`` columns; ``learner`` is optional.
    """
    distinct = trials.drop_duplicates("config_id").sort_values("config_id")
    learners = distinct[LEARNER].astype(str) if LEARNER in distinct else [NO_LEARNER] * len(distinct)
    strategies = distinct["strategy"] if "strategy" in distinct else ["given"] * len(distinct)
    if "params" in distinct:
        params = [dict(json.loads(text)) for text in distinct["params"]]
    else:
        names = [str(name) for name in distinct if str(name).startswith(PARAM_PREFIX)]
        params = [
            {
                str(name).removeprefix(PARAM_PREFIX): _plain(value)
                for name, value in row.items()
                if _is_set(value)
            }
            for row in distinct[names].to_dict(orient="records")
        ]
    return {
        str(config_id): Configuration(learner, values, str(strategy))
        for config_id, learner, values, strategy in zip(
            distinct["config_id"], learners, params, strategies, strict=True
        )
    }


def with_provenance(
    surrogates: Mapping[str, Surrogate],
    trials: pd.DataFrame,
    metafeatures: pd.DataFrame,
    parameters: HpoParameters | None = None,
) -> dict[str, Surrogate]:
    """Tell surrogates which search they learnt from, so that they can recommend.

    Parameters
    ----------
    surrogates
        By task type.
    trials
        What they were trained on.
    metafeatures
        The table that describes the tasks; the extractor's settings travel with it.
    parameters
        Scores and search spaces of the trials. What the trials do not fit is left out: a log from elsewhere
        has another score and other spaces. None where it is not known how they were made.
    """
    from dataclasses import replace

    known = read_configurations(trials)
    settings = metafeatures.attrs.get(SETTINGS_ATTRIBUTE)
    told = {}
    for task_type, surrogate in surrogates.items():
        configurations = {config_id: known[config_id] for config_id in surrogate.training_set.config_ids}
        score = None if parameters is None else _score_of(task_type, trials, parameters)
        spaces: dict[str, LearnerSpace] = {}
        if parameters is not None and score is not None:
            spaces = _fitting_spaces(task_type, list(configurations.values()), parameters)
        provenance = Provenance(configurations, score, spaces, None if settings is None else dict(settings))
        told[task_type] = replace(surrogate, provenance=provenance)
    return told


def tabulate_configurations(configurations: Sequence[Configuration]) -> pd.DataFrame:
    """Put configurations into the columns ``learner`` and ``param_*``, which an encoder reads."""
    import pandas as pd

    rows = [
        {
            **({LEARNER: one.learner} if one.learner != NO_LEARNER else {}),
            **{f"{PARAM_PREFIX}{name}": value for name, value in one.params.items()},
        }
        for one in configurations
    ]
    return pd.DataFrame(rows, index=range(len(rows)))


def _score_of(task_type: str, trials: pd.DataFrame, parameters: HpoParameters) -> str | None:
    if task_type not in ("classification", "regression"):
        return None
    name = parameters.score.of(task_type)  # type: ignore[arg-type]
    return name if f"metric_{name}" in trials else None


def _fitting_spaces(
    task_type: str, configurations: Sequence[Configuration], parameters: HpoParameters
) -> dict[str, LearnerSpace]:
    used: dict[str, set[str]] = {}
    for one in configurations:
        used.setdefault(one.learner, set()).update(one.params)
    return {
        learner: parameters.spaces[learner]
        for learner, names in sorted(used.items())
        if learner in parameters.spaces and names <= set(parameters.spaces[learner].of(task_type))  # type: ignore[arg-type]
    }


def _is_set(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and np.isnan(value))


def _plain(value: Any) -> Any:
    """Give a value as JSON can hold it; a whole number is an integer, as constructors want it."""
    if isinstance(value, np.generic):
        value = value.item()
    return int(value) if isinstance(value, float) and value.is_integer() else value
