"""Program of a fitted search: its best configuration in plain scikit-learn, with its score."""

from __future__ import annotations

import numbers
from typing import Any

from sklearn.base import clone

from foretune.base import PATH, check_kind
from foretune.recommendation.core import SearchError, why_not_constructible
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.scoring import SCORE
from foretune.recommendation.search_cv.search_record import SearchRecord
from foretune.recommendation.search_cv.search_view import best_score_of, lead_of, record_of
from foretune.recommendation.search_cv.several_scores import are_several, leading_scoring
from foretune.recommendation.table import (
    CodeError,
    GivenTable,
    Written,
    WrittenSplits,
    usual_splits,
    write_fitted,
    write_object,
    write_own,
)
from foretune.spaces import Configuration

UNREPEATABLE = "a program cannot repeat this search"


def write_search_code(search: Any, file: Any = None, target: Any = None) -> str:
    """Write the program of a fitted :class:`.MetaSearchCV`.

    Parameters
    ----------
    search
        The search.
    file
        CSV or Parquet file that the program reads; None for variables ``X`` and ``y``.
    target
        Column of the file to predict; None for the name of the target in ``fit``.

    Raises
    ------
    UserError
        If something of the search cannot be written as code.
    """
    record = record_of(search)
    if not hasattr(search, "best_params_"):
        raise SearchError(
            "no configuration was chosen, so that there is nothing to write: with several scores give refit "
            "the name of the one that chooses"
        )
    source = _read_source(search, record, file, target)
    if record.problem:
        raise SearchError(f"{UNREPEATABLE}: {record.problem}")
    if record.has_weights:
        raise SearchError(f"{UNREPEATABLE}: its rows were weighed by sample_weight")
    splits = _write_splits(search, record)
    if record.is_own:
        return _write_own(search, record, splits, source)
    if record.scorer_name is None:
        raise SearchError(f"{UNREPEATABLE}: scoring is a function; give a name to fit")
    configuration = Configuration(search.best_learner_, search.best_params_)
    if problem := why_not_constructible([configuration], search.task_type_):
        raise SearchError(f"{UNREPEATABLE}: {problem}")
    assert record.facts is not None
    assert record.preprocessing is not None
    return write_fitted(
        configuration,
        search.task_type_,
        record.scorer_name,
        record.facts,
        record.preprocessing,
        record.seed,
        n_rounds=getattr(search, "n_rounds_", None),
        score=best_score_of(search),
        splits=splits,
        source=source,
    )


def _write_own(
    search: Any, record: SearchRecord, splits: WrittenSplits | None, source: GivenTable | None
) -> str:
    best = OwnConfiguration(search.best_learner_, search.best_params_)
    estimator = best.set_on(clone(search.learner))
    name = record.scorer_name
    given = leading_scoring(search.scoring, search.refit)
    lead = lead_of(search)
    if not are_several(search.scoring) and lead not in (None, SCORE):
        raise CodeError(
            f"{UNREPEATABLE}: scoring is a function of several scores; give a dictionary of scorers"
        )
    n_rounds = getattr(search, "n_rounds_", None)
    # None is the estimator's own score
    scoring = Written(repr(name), ()) if name is not None else write_object(given, "scoring")
    if name is None:
        name = lead if lead not in (None, SCORE) else getattr(given, "__name__", None)
    return write_own(
        estimator,
        search.task_type_,
        scoring,
        str(name or SCORE),
        n_folds=record.plan.n_folds,
        seed=record.seed,
        strata_sizes=record.plan.strata_sizes,
        score=best_score_of(search),
        splits=splits,
        source=source,
        last_params=None if n_rounds is None or record.rounds is None else {record.rounds: n_rounds},
    )


def _write_splits(search: Any, record: SearchRecord) -> WrittenSplits | None:
    """Return the splitter as code; None for the usual folds."""
    cv = search.cv
    if cv is None:
        if not record.has_groups:
            return None
        return usual_splits(search.task_type_, record.plan.n_folds, record.seed, "groups").with_codes()
    if isinstance(cv, numbers.Integral):
        # As scikit-learn's check_cv does, which knows no groups
        kind = {
            ("classification", False): "StratifiedKFold",
            ("classification", True): "StratifiedGroupKFold",
            ("regression", True): "GroupKFold",
        }.get((search.task_type_, record.has_groups), "KFold")
        lines: tuple[str, ...] = (f"from sklearn.model_selection import {kind}",)
        splits = WrittenSplits(lines, f"{kind}({int(cv)})")
        return splits.with_codes() if record.has_groups else splits
    if not hasattr(cv, "split"):
        raise CodeError(f"{UNREPEATABLE}: cv is a list of splits; give a splitter, such as KFold(5)")
    written = write_object(cv, "cv")
    return WrittenSplits(written.imports, written.code, "groups" if record.has_groups else "")


def _read_source(search: Any, record: SearchRecord, file: Any, target: Any) -> GivenTable | None:
    check_kind("file", file, PATH, "the path of a CSV or Parquet file", optional=True)
    check_kind("target", target, str, "the name of a column", optional=True)
    if file is None:
        if target is not None:
            raise SearchError("target is a column of a file: give file, too")
        return None
    if record.has_groups:
        raise SearchError(
            "the splits of this search are by groups, which the file does not name: leave it out"
        )
    if not hasattr(search, "feature_names_in_"):
        raise SearchError("file is for tables with names of columns, and X had none: leave it out")
    if target is None and not record.target_name:
        raise SearchError("the target of fit had no name: give target, the column of the file to predict")
    return GivenTable(str(file), target or record.target_name)
