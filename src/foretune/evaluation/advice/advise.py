"""All advice of an evaluation, by task type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import pandas as pd

from foretune.evaluation.advice.cautions import caution
from foretune.evaluation.advice.choice import choose_method, tell_worth
from foretune.evaluation.advice.gain_of_tasks import estimate_gain
from foretune.evaluation.advice.metafeatures import judge_metafeatures
from foretune.evaluation.advice.more_tasks import judge_more_tasks
from foretune.evaluation.advice.pairs import pair_up
from foretune.evaluation.advice.search_or_list import search_or_list
from foretune.evaluation.advice.start import start_with
from foretune.evaluation.advice.starting_list import LIST_LENGTH
from foretune.evaluation.advice.statement import Advice
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.statistics.claims import PORTFOLIO

ADVICE_COLUMNS = ["task_type", "topic", "kind", "sentence", "evidence"]


@dataclass(frozen=True)
class AdviceTables:
    """What advice is computed from.

    Attributes
    ----------
    known_tasks, starting_list, learning_curve, best_methods
        Results of the other functions of :mod:`foretune.evaluation.advice`.
    leaderboard, comparisons, speed_up
        Results of :func:`build_leaderboard`, :func:`compare_pairs` and :func:`compute_speed_up`.
    """

    known_tasks: pd.DataFrame
    starting_list: pd.DataFrame
    learning_curve: pd.DataFrame
    leaderboard: pd.DataFrame
    comparisons: pd.DataFrame
    best_methods: pd.DataFrame
    speed_up: pd.DataFrame

    def of(self, task_type: str) -> AdviceTables:
        """Return the rows of one task type."""
        tables = {field.name: getattr(self, field.name) for field in fields(self)}
        own = {name: rows[rows["task_type"] == task_type] for name, rows in tables.items()}
        return AdviceTables(**own)


def advise(tables: AdviceTables, parameters: EvaluationParameters, seed: int) -> pd.DataFrame:
    """Compute what follows from an evaluation for the owner of the memory.

    Parameters
    ----------
    tables
        Tables of the evaluation.
    parameters
        Parameters of the evaluation.
    seed
        Seed of bootstraps.

    Returns
    -------
    pandas.DataFrame
        ``task_type, topic, kind, sentence, evidence``, in the order in which they are to be read.
    """
    rows = [
        {"task_type": known["task_type"]} | asdict(advice)
        for known in tables.known_tasks.to_dict("records")
        for advice in _advise(known, tables.of(known["task_type"]), parameters, seed)
    ]
    return pd.DataFrame(rows, columns=ADVICE_COLUMNS)


def _advise(
    known: Mapping[Any, Any], tables: AdviceTables, parameters: EvaluationParameters, seed: int
) -> Iterator[Advice]:
    """Return the advice on one task type."""
    level, first = parameters.confidence_level, min(parameters.n_trials[0], LIST_LENGTH)
    lists, without, shuffled = (
        pair_up(tables.leaderboard, tables.comparisons, opponent, level)
        for opponent in (PORTFOLIO, "no_metafeatures", "shuffled_metafeatures")
    )
    gain = estimate_gain(tables.learning_curve, first, parameters, seed)
    yield from caution(known, lists, parameters.n_trials, level)
    yield from start_with(known, tables.starting_list, tables.leaderboard, level)
    yield from search_or_list(lists)
    yield from choose_method(tables.best_methods)
    yield from judge_metafeatures(known["n_metafeatures"], without, shuffled)
    yield from judge_more_tasks(gain, first, level)
    yield from tell_worth(tables.speed_up)
