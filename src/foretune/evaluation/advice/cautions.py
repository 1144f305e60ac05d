"""Cautions: few families, few tasks, near-duplicates, few configurations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from foretune.evaluation.advice.pairs import Pair, families_to_tell
from foretune.evaluation.advice.statement import Advice
from foretune.evaluation.words import after_trials, count, write_regret
from foretune.meta_model import FEWEST_FAMILIES

TOPIC = "Caution"
# With fewer families intervals are wide
ENOUGH_FAMILIES = 20
# A larger share of the tasks in one family is told
LARGEST_SHARE = 1 / 3


def caution(
    known: Mapping[Any, Any], pairs: Sequence[Pair], n_trials: Sequence[int], confidence_level: float
) -> Iterator[Advice]:
    """Return what makes all other advice less certain, or impossible.

    Parameters
    ----------
    known
        Row of :func:`foretune.evaluation.advice.known_tasks.count_known_tasks`.
    pairs
        Foretune against the starting list; may be empty.
    n_trials
        Numbers of trials at which regret is read.
    confidence_level
        One minus it is the level of significance.
    """
    yield from _caution_of_families(known, pairs, confidence_level)
    if known["n_families"] < FEWEST_FAMILIES:
        return
    n_tasks, largest = known["n_tasks"], known["n_tasks_of_largest"]
    if largest > max(LARGEST_SHARE * n_tasks, 2):
        yield Advice(
            TOPIC,
            "caution",
            f"{largest} of these {n_tasks} tasks are one family ({known['largest_family']}): means over "
            "tasks are mostly about it.",
            "Tests and intervals count it as one, the leaderboard's means do not.",
        )
    exhausted = [number for number in n_trials if number >= known["n_configurations"]]
    if exhausted:
        yield Advice(
            TOPIC,
            "caution",
            f"A task has {count(known['n_configurations'], 'configuration')} (median): "
            f"{after_trials(*exhausted)} every method has tried them all, and regrets of 0 mean nothing.",
        )


def _caution_of_families(
    known: Mapping[Any, Any], pairs: Sequence[Pair], confidence_level: float
) -> Iterator[Advice]:
    n_tasks, n_families, n_counted = (known[name] for name in ("n_tasks", "n_families", "n_counted_families"))
    if n_families < FEWEST_FAMILIES:
        tasks = "Your only task is" if n_tasks == 1 else f"Your {n_tasks} tasks are"
        yield Advice(
            TOPIC,
            "missing",
            f"{tasks} {count(n_families, 'family')}: no method can be judged, since nothing is left to learn "
            f"from while a family is held out. {FEWEST_FAMILIES} families are needed: add tasks of at least "
            f"{FEWEST_FAMILIES - n_families} more.",
            "Tasks of a family are variants of one dataset. If yours are not, say so in the column family.",
        )
    elif not n_counted:
        yield Advice(
            TOPIC,
            "missing",
            f"None of these {n_tasks} tasks counts: no method can be judged.",
            "evaluation.claims_on names the provenances of the tasks that do.",
        )
    elif n_counted < families_to_tell(confidence_level):
        yield Advice(
            TOPIC,
            "caution",
            f"Only {count(n_counted, 'family')} to judge by: no difference between two methods can be told "
            "from chance, so that everything below is a hint, not a result.",
            f"The smallest p-value that the signed-rank test can give is {2.0 ** (1 - n_counted):.3g}, and "
            f"{1 - confidence_level:.2g} is the level of significance: it takes "
            f"{families_to_tell(confidence_level)} families.",
        )
    elif n_counted < ENOUGH_FAMILIES:
        yield Advice(
            TOPIC,
            "caution",
            f"Only {count(n_counted, 'family')} to judge by: small differences between methods are not seen.",
            _visible(pairs),
        )


def _visible(pairs: Sequence[Pair]) -> str:
    if not pairs:
        return ""
    first = pairs[0]
    return (
        f"Half the interval of the difference between Foretune and the starting list "
        f"{after_trials(first.n_trials)} is {write_regret((first.high - first.low) / 2)}."
    )
