"""Start of a search over the parameters of a function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from foretune.base import derive_seed
from foretune.recommendation.function_search.known_learner import DeclaredLearner, KnownLearner, rename
from foretune.recommendation.function_search.space_texts import EXAMPLES, SpaceError, read_space
from foretune.recommendation.search_cv import LearningSearch, OwnProposals, OwnSpace
from foretune.spaces import Configuration

FUNCTION = "function"


@dataclass(frozen=True)
class FunctionSearch:
    """Search over the parameters of a function.

    Attributes
    ----------
    proposals
        Proposes configurations, the current values first if they are in the space.
    space
        What is searched, by the names of the function.
    names
        Names of the function by those of the search, where they differ.
    notes
        What leads the search, one sentence each.
    """

    proposals: OwnProposals
    space: OwnSpace
    names: Mapping[str, str]
    notes: tuple[str, ...]

    def params_of(self, configuration: Configuration) -> dict[str, Any]:
        """Return the parameters of a configuration by the names of the function, in their order."""
        named = {self.names.get(name, name): value for name, value in configuration.params.items()}
        return {name: named[name] for name in self.space.names if name in named}


def start_search(
    space: Mapping[str, Any],
    current: Mapping[str, Any],
    seed: int,
    declared: DeclaredLearner | None = None,
    argument: str = "space",
) -> FunctionSearch:
    """Start a search over the parameters of a function.

    Parameters
    ----------
    space
        Ranges by parameter, as for :func:`.read_space`; None for the range of the memory.
    current
        Current values, which are tried first.
    seed
        Seed of everything random.
    declared
        The learner that the function trains. A memory that knows some of the parameters then leads the
        search. Without it, or if it knows none, the search learns from its own trials alone.
    argument
        Name of the argument ``space``, for messages.

    Raises
    ------
    UserError
        If a range or the memory cannot be used.
    """
    known = None if declared is None else KnownLearner.find(declared, seed)
    if known is None and (open_names := [name for name, one in space.items() if one is None]):
        raise SpaceError(
            f"{argument}[{open_names[0]!r}] needs a range such as {EXAMPLES}; with a learner that the memory "
            f"knows it may be left out"
        )
    given = {
        name: known.range_of(name) if one is None and known is not None else one
        for name, one in space.items()
    }
    read = read_space(given, argument)
    local = {} if known is None else known.local_names(dict.fromkeys(read.names))
    if known is None or not local:
        learning = LearningSearch(
            read, current, FUNCTION, np.random.default_rng(derive_seed(seed, FUNCTION, "learning"))
        )
        proposals = OwnProposals(
            learning, learning.configurations, lambda at: np.full(len(at), np.nan), learning.n_first
        )
        lacking = "" if known is None else f"the memory of {known.learner} knows none of the parameters: "
        return FunctionSearch(proposals, read, {}, (f"{lacking}the search learns from its own trials alone",))
    renamed = {local.get(name, name): value for name, value in current.items()}
    proposals = known.start(rename(read, local), renamed, seed)
    back = {of: name for name, of in local.items()}
    return FunctionSearch(proposals, read, back, tuple(known.notes(local)))
