"""Foretune's own search, by number of trials and by seconds."""

from __future__ import annotations

import inspect
from typing import Any

from foretune import MetaSearchCV
from large.case import Case, Fitted, predict_with


def has_parameter(name: str) -> bool:
    """Return whether ``MetaSearchCV`` has a parameter."""
    return name in inspect.signature(MetaSearchCV).parameters


def fit_meta_search(case: Case, learner: str, memory: str | None = None, **arguments: Any) -> Fitted:
    """Search with ``MetaSearchCV``; `arguments` are more of its parameters, such as ``n_trials``."""
    table = case.table
    search = MetaSearchCV(
        learner,
        scoring=case.name_in(case.metric.scoring),
        n_jobs=case.threads,
        random_state=case.seed,
        memory=memory,
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
