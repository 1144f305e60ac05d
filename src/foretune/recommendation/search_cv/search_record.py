"""What a fitted search keeps of table and memory: enough for figures, pages and programs, without rows."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import TaskType, quoted
from foretune.learners import PreprocessingParameters
from foretune.meta_model import Memory
from foretune.recommendation.core import Recommender, count_folds, provenance_of
from foretune.recommendation.search_cv.column_reader import check_table
from foretune.recommendation.search_cv.folds import GivenData, Splits
from foretune.recommendation.search_cv.own_target import OwnTarget
from foretune.recommendation.search_cv.scoring import Scoring
from foretune.recommendation.table import CrossValidation, TableFacts
from foretune.tables import Table, find_strata, sample_rows, unmasked

FINGERPRINT_LENGTH = 16
ODD_LABELS = (
    "the classes are not the labels as they were given, which Foretune has read: give numbers or texts"
)
ODD_VALUES = "the target was read from texts or times: give it as numbers"
ODD_ROWS = "the rows were sampled in a way that a program cannot repeat"


@dataclass(frozen=True)
class SearchRecord:
    """What a fitted search keeps beside its attributes.

    Attributes
    ----------
    seed
        Seed of splits and learners.
    scorer_name
        Name of the scorer; None for a function of the user's own.
    knows_metric
        Whether the memory predicts the score of the search.
    n_rows, target_name
        Rows of the table, and the name of its target.
    plan
        Folds and numbers of rows; rows and classes themselves are left out.
    facts
        By which a program prepares the table; None for the user's own estimator.
    preprocessing
        Of the trials.
    fingerprint
        Of the memory; empty without one.
    recommender
        Arguments of the recommender but the memory; None if there is none.
    has_weights, has_groups
        Whether rows were weighed, and splits made by groups.
    problem
        Why no program can repeat the search; empty if one can.
    rounds
        Parameter of the user's own estimator that is the number of boosting rounds; None if it is not chosen.
    """

    seed: int
    scorer_name: str | None
    knows_metric: bool
    n_rows: int
    target_name: str
    plan: CrossValidation
    facts: TableFacts | None
    preprocessing: PreprocessingParameters | None
    fingerprint: str
    recommender: dict[str, Any] | None
    has_weights: bool = False
    has_groups: bool = False
    problem: str = ""
    rounds: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether the estimator is the user's own."""
        return self.facts is None

    def recommend(self, memory: Memory) -> Recommender | None:
        """Return the recommender of the search without the rows of the table; None if there was none."""
        if self.recommender is None:
            return None
        given = dict(self.recommender)
        names, columns = given.pop("metafeatures"), given.pop("columns")
        values = given.pop("metafeature_values")
        empty = pd.DataFrame(columns=list(columns)), pd.Series([], dtype=object)
        table = Table(X=empty[0], y=empty[1], rows=np.arange(0), **given.pop("table"))
        metafeatures = pd.Series(values, index=list(names), dtype=np.float64)
        return Recommender(memory=memory, table=table, metafeatures=metafeatures, **given)


def record_search(  # noqa: PLR0913
    data: GivenData,
    y: Any,
    recommender: Recommender,
    scoring: Scoring,
    seed: int,
    task_type: TaskType,
    *,
    target_name: str,
    is_default_split: bool,
    searched: npt.NDArray[np.intp] | None = None,
) -> SearchRecord:
    """Record a search over Foretune's own estimators, before it begins.

    Parameters
    ----------
    data
        What the user gave.
    y
        Target as the user gave it, before it was read.
    recommender
        Of the table.
    scoring, seed, task_type, target_name
        Of the search.
    is_default_split
        Whether the search has no ``cv`` of the user's own.
    searched
        Positions of the rows that the recommender got, if they are not all.
    """
    rows = recommender.new_task.rows
    if searched is not None:
        rows = searched[rows]
    frame = check_table(unmasked(data.X))
    plan, problem = _plan(data.target, rows, task_type, seed, is_default_split=is_default_split)
    label_type, odd = _read_target(y, data.target, task_type)
    facts = TableFacts.of(frame, recommender.new_task.format, plan)
    given = "pd.DataFrame(X)"
    if not isinstance(data.X, pd.DataFrame) and hasattr(data.X, "to_pandas"):
        given = "X.to_pandas()"
    facts = replace(facts, label_type=label_type, given=f"{given}.rename(columns=str)")
    return SearchRecord(
        seed=seed,
        scorer_name=scoring.name if isinstance(scoring.name, str) else None,
        knows_metric=scoring.knows_metric,
        n_rows=len(data.target),
        target_name=target_name,
        plan=_without_rows(plan),
        facts=facts,
        preprocessing=recommender.preprocessing,
        fingerprint=fingerprint_of(recommender.memory),
        recommender=_arguments_of(recommender),
        has_weights=data.weights is not None,
        has_groups=data.groups is not None,
        problem=problem or odd,
    )


def record_own_search(  # noqa: PLR0913
    data: GivenData,
    y: Any,
    rows: npt.NDArray[np.intp],
    scoring: Scoring,
    seed: int,
    target: OwnTarget,
    *,
    target_name: str,
    is_default_split: bool,
    memory: Memory | None,
    recommender: Recommender | None,
    given: Collection[str] = (),
) -> SearchRecord:
    """Record a search over the user's own estimator, before it begins.

    Parameters
    ----------
    data, y, scoring, seed, target_name, is_default_split
        As for :func:`record_search`.
    target
        As it was read.
    rows
        Positions of the rows that the search looks at.
    memory, recommender
        What the memory knows of the estimator; None if nothing.
    given
        Names of the arguments of ``fit`` beside rows and target.
    """
    plan, problem = CrossValidation(0, rows, None, len(data.target)), target.why_not_single
    if target.is_single and target.task_type is not None:
        plan, problem = _plan(data.target, rows, target.task_type, seed, is_default_split=is_default_split)
        label_type, odd = _read_target(y, data.target, target.task_type)
        problem = problem or odd or (ODD_LABELS if label_type else "")
    if further := sorted(set(given) - {"groups", "sample_weight"}):
        problem = problem or f"fit was given {quoted(further)}"
    return SearchRecord(
        seed=seed,
        scorer_name=scoring.name if isinstance(scoring.name, str) else None,
        knows_metric=scoring.knows_metric and recommender is not None,
        n_rows=len(data.target),
        target_name=target_name,
        plan=_without_rows(plan),
        facts=None,
        preprocessing=None,
        fingerprint="" if memory is None else fingerprint_of(memory),
        recommender=None if recommender is None else _arguments_of(recommender),
        has_weights="sample_weight" in given,
        has_groups="groups" in given,
        problem=problem,
    )


def fingerprint_of(memory: Memory) -> str:
    """Return a hash of what a memory was trained on."""
    provenance = provenance_of(memory)
    known = [str(provenance.score), *memory.task_hashes.values(), *memory.training_set.config_ids]
    return hashlib.sha256("\n".join(known).encode()).hexdigest()[:FINGERPRINT_LENGTH]


def with_splits(record: SearchRecord, splits: Splits, recommender: Recommender | None = None) -> SearchRecord:
    """Return the record with the number of splits that were made, and the recommender that knows of them."""
    n_folds = len(splits.parts)
    facts = None if record.facts is None else replace(record.facts, n_folds=n_folds)
    known = record.recommender if recommender is None else _arguments_of(recommender)
    return replace(record, plan=replace(record.plan, n_folds=n_folds), facts=facts, recommender=known)


def _plan(
    target: npt.NDArray[Any],
    rows: npt.NDArray[np.intp],
    task_type: TaskType,
    seed: int,
    *,
    is_default_split: bool,
) -> tuple[CrossValidation, str]:
    """Return rows and folds, and why a program cannot repeat the sample."""
    codes = np.unique(target, return_inverse=True)[1] if task_type == "classification" else None
    n_folds, _ = count_folds(target[rows], task_type)
    sizes, problem = None, ""
    if len(rows) < len(target):
        values = pd.Series(target)
        strata = find_strata(values) if codes is None else codes
        sizes = tuple(np.bincount(strata[rows], minlength=int(strata.max()) + 1).tolist())
        same = np.sort(sample_rows(_as_sampled(values, task_type), len(rows), seed))
        if not np.array_equal(same, np.sort(rows)):
            problem = ODD_ROWS
        elif not is_default_split:
            problem = "the splits of cv were made of all rows, and the search took a sample of each"
    plan = CrossValidation(
        n_folds, rows, None if codes is None else codes[rows], len(target), strata_sizes=sizes
    )
    return plan, problem


def _as_sampled(values: pd.Series, task_type: TaskType) -> pd.Series:
    return values.astype("category") if task_type == "classification" else values


def _without_rows(plan: CrossValidation) -> CrossValidation:
    """Return a plan without what grows with the table."""
    return replace(plan, rows=np.arange(0), codes=None)


def _read_target(y: Any, target: npt.NDArray[Any], task_type: TaskType) -> tuple[str | None, str]:
    """Return the type that labels get in a program, and why a program cannot read the target."""
    given = np.asarray(y).ravel()
    if task_type == "regression":
        try:
            is_same = np.array_equal(given.astype(np.float64), target)
        except (TypeError, ValueError):
            is_same = False
        return None, "" if is_same else ODD_VALUES
    if len(given) != len(target) or not (given == target).all():
        return None, ODD_LABELS
    kinds = {"i": "int", "u": "int", "f": "float", "b": "bool"}
    return (kinds.get(target.dtype.kind) if given.dtype.kind == "O" else None), ""


def _arguments_of(recommender: Recommender) -> dict[str, Any]:
    """Return the arguments of a recommender in plain types, without the memory and the rows of the table."""
    table, described = recommender.new_task, recommender.metafeatures
    other = {"memory", "table", "metafeatures"}
    names: Sequence[str] = [one.name for one in fields(recommender) if one.init and one.name not in other]
    of_table: Sequence[str] = [one.name for one in fields(table) if one.name not in ("X", "y", "rows")]
    # Frames and series are saved by a pickle alone
    return {
        **{name: getattr(recommender, name) for name in names},
        "table": {name: getattr(table, name) for name in of_table},
        "columns": tuple(map(str, table.X.columns)),
        "metafeatures": tuple(map(str, described.index)),
        "metafeature_values": described.to_numpy(dtype=np.float64),
    }
