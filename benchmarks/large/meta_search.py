"""Foretune's own search, by number of trials and by seconds."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

from foretune import MetaSearchCV, load_memory
from foretune.recommendation.core import metric_to_predict
from large.case import Case, Fitted, predict_with


def has_parameter(name: str) -> bool:
    """Return whether ``MetaSearchCV`` has a parameter."""
    return name in inspect.signature(MetaSearchCV).parameters


def fit_meta_search(
    case: Case,
    learner: str,
    memory: str | None = None,
    exclude_families: Sequence[str] = (),
    **arguments: Any,
) -> Fitted:
    """Search with ``MetaSearchCV``; `arguments` are more of its parameters, such as ``n_trials``.

    Of the families those are excluded that the memory of the table's type and metric knows.
    """
    table = case.table
    metric = metric_to_predict(case.name_in(case.metric.scoring), table.task_type)
    known = load_memory(table.task_type, memory, metric).training_set.families
    search = MetaSearchCV(
        learner,
        scoring=case.name_in(case.metric.scoring),
        n_jobs=case.threads,
        random_state=case.seed,
        memory=memory,
        exclude_families=[family for family in exclude_families if family in known] or None,
        task_type=table.task_type,
        **arguments,
    ).fit(table.X, table.y)
    return Fitted(
        lambda rows: predict_with(search, rows, table.n_classes),
        {
            "learner": search.best_learner_,
            "params": dict(search.best_params_),
            "n_trials": search.n_trials_,
            "stop_reason": search.stop_reason_,
        },
    )
