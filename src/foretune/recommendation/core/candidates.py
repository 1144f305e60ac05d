"""Candidate configurations for a recommendation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from foretune.base import TaskType, derive_seed
from foretune.hpo import draw_sobol
from foretune.meta_model import Memory, Provenance
from foretune.recommendation.core.feasibility import Feasibility
from foretune.spaces import DEFAULT, Configuration

# A log may have tens of thousands of configurations, and a prior over all of them takes minutes
MOST_KNOWN = 2_000
# Share of these that are the best of each known task; the others are evenly spread over the rest
SHARE_OF_BEST = 0.75
# So many times as many are drawn from a space where some are left out
OVERDRAW = 8


@dataclass(frozen=True)
class Candidates:
    """Configurations that may be recommended.

    Attributes
    ----------
    configurations
        Distinct; the first ``n_defaults`` are library defaults.
    infeasible
        Number of configurations that were left out, by reason.
    """

    configurations: tuple[Configuration, ...]
    n_defaults: int
    infeasible: dict[str, int]


def list_candidates(provenance: Provenance, learners: Sequence[str], feasibility: Feasibility) -> Candidates:
    """List the configurations of some learners in the memory that can be fitted to a table.

    An infeasible library default is left out only if that of another learner remains, so that there is
    always a default to compare with.
    """
    remembered = [one for one in provenance.configurations.values() if one.learner in learners]
    defaults = sorted(
        (one for one in remembered if one.strategy == DEFAULT),
        key=lambda one: list(learners).index(one.learner),
    )
    feasible_defaults, unfit = _feasible(defaults, feasibility)
    if feasible_defaults:
        defaults = feasible_defaults
    feasible, infeasible = _feasible([one for one in remembered if one.strategy != DEFAULT], feasibility)
    for reason, count in (unfit if feasible_defaults else {}).items():
        infeasible[reason] = infeasible.get(reason, 0) + count
    return Candidates((*defaults, *feasible), len(defaults), infeasible)


def shorten(candidates: Candidates, memory: Memory, most: int = MOST_KNOWN) -> Candidates:
    """Limit the configurations from the memory: keep the best of each known task and a spread of the rest.

    Library defaults and configurations that were newly drawn for this table are all kept.
    """
    position = {config_id: at for at, config_id in enumerate(memory.training_set.config_ids)}
    provenance = memory.provenance
    known = {} if provenance is None else {one.config_id: at for at, one in provenance.configurations.items()}
    others = candidates.configurations[candidates.n_defaults :]
    at = np.array([position.get(known.get(one.config_id, ""), -1) for one in others], dtype=int)
    if (at >= 0).sum() <= most:
        return candidates
    places = _best_places(memory)
    order = np.flatnonzero(at >= 0)
    order = order[np.argsort(places[at[order]], kind="stable")]
    n_best = int(SHARE_OF_BEST * most)
    rest = order[n_best:]
    any_of_them = rest[np.linspace(0, len(rest) - 1, most - n_best).round().astype(int)]
    kept = np.sort(np.concatenate([np.flatnonzero(at < 0), order[:n_best], any_of_them]))
    reason = f"{most:,} of the remembered ones are enough, the best of each known task among them"
    return Candidates(
        (*candidates.configurations[: candidates.n_defaults], *(others[one] for one in kept)),
        candidates.n_defaults,
        {**candidates.infeasible, reason: len(others) - len(kept)},
    )


def _best_places(memory: Memory) -> npt.NDArray[np.float64]:
    """Return the best place of each configuration on any known task, 0 for the first."""
    remembered = memory.residuals
    order = np.lexsort((-remembered.target, remembered.task))
    starts = np.searchsorted(remembered.task[order], remembered.task[order])
    places = np.full(len(memory.training_set.config_ids), np.inf)
    np.minimum.at(places, remembered.config[order], np.arange(len(order)) - starts)
    return places


def draw_more(
    known: Candidates,
    memory: Memory,
    learners: Sequence[str],
    task_type: TaskType,
    n_more: int,
    feasibility: Feasibility,
    seed: int,
) -> Candidates:
    """Add ``n_more`` new configurations from the search space of each learner, where it is known.

    Those with a value that no known trial had are left out, for nothing can be predicted for them.
    """
    spaces = {} if memory.provenance is None else memory.provenance.spaces
    ids = {one.config_id for one in known.configurations}
    drawn: list[Configuration] = []
    counts = Counter(known.infeasible)
    for learner in learners:
        if learner not in spaces:
            continue
        draw = partial(
            draw_sobol, spaces[learner], task_type, learner, seed=derive_seed(seed, "recommendation", learner)
        )
        new = draw(n_configurations=n_more)
        untried = Counter(filter(None, map(memory.why_untried, new)))
        # Most spaces list nothing that was never tried
        if untried:
            more = draw(n_configurations=OVERDRAW * n_more)
            new = [one for one in more if memory.why_untried(one) is None][:n_more]
        counts.update(untried)
        drawn += [one for one in new if one.config_id not in ids]
    feasible, infeasible = _feasible(drawn, feasibility)
    counts.update(infeasible)
    return Candidates((*known.configurations, *feasible), known.n_defaults, dict(counts))


def _feasible(
    configurations: Sequence[Configuration], feasibility: Feasibility
) -> tuple[list[Configuration], dict[str, int]]:
    kept: list[Configuration] = []
    reasons: dict[str, int] = {}
    for one in configurations:
        reason = feasibility.why_not(one)
        if reason is None:
            kept.append(one)
        else:
            reasons[reason] = reasons.get(reason, 0) + 1
    return kept, reasons
