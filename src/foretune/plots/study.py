"""Optuna studies as figures show them."""

from __future__ import annotations

import math
from typing import Any

from optuna.distributions import BaseDistribution, CategoricalDistribution
from optuna.study import Study, StudyDirection
from optuna.trial import FrozenTrial, TrialState

from foretune.base import check_kind, quoted
from foretune.logs import choose_objective, violated_constraints
from foretune.plots.axis import Scale, title_of
from foretune.plots.shown_search import OK, ShownSearch, ShownTrial

STATUSES = {TrialState.COMPLETE: OK, TrialState.PRUNED: "pruned", TrialState.FAIL: "failed"}
NO_SAMPLER = (
    "the study has no memory: only studies with a ForetuneSampler have one; after loading a study, give it "
    "by sampler="
)


def read_study(study: Study, objective: int | None = None, sampler: Any = None) -> ShownSearch:
    """Read a study.

    Parameters
    ----------
    study
        The study.
    objective
        Number of the objective that is shown, from 0; needed where there are several.
    sampler
        The :class:`foretune.ForetuneSampler` whose memory is asked; that of the study if None.

    Raises
    ------
    UserError
        If it is no study, or the objective is not clear.
    """
    check_kind("study", study, Study, "a study of Optuna, or a fitted search of Foretune")
    check_kind("objective", objective, int, "a whole number", optional=True)
    index = choose_objective(study, objective)
    names = getattr(study, "metric_names", None)
    asked = study.sampler if sampler is None else sampler
    view = getattr(asked, "memory_view", None)
    if sampler is not None and view is None:
        check_kind("sampler", sampler, (), "a ForetuneSampler")
    memory = view(study) if view is not None and len(study.directions) == 1 else None
    finished = [trial for trial in study.get_trials(deepcopy=False) if trial.state.is_finished()]
    scales: dict[str, Scale] = {}
    for trial in finished:
        scales = {**scales, **{name: _scale(one) for name, one in trial.distributions.items()}}
    return ShownSearch(
        trials=tuple(_read(trial, index, memory) for trial in finished),
        score_name="Objective value" if names is None else title_of(names[index]),
        higher_is_better=study.directions[index] != StudyDirection.MINIMIZE,
        scales={"": scales},
        memory=memory,
        why_no_memory=NO_SAMPLER if view is None else "a study of several objectives has no memory",
    )


def _read(trial: FrozenTrial, index: int, memory: Any) -> ShownTrial:
    status, error = STATUSES[trial.state], str(trial.system_attrs.get("fail_reason", ""))
    value = trial.values[index] if trial.state == TrialState.COMPLETE else math.nan
    if status == OK and (violated := violated_constraints(trial)):
        status, error = "infeasible", f"violates {quoted(violated)}"
    elif status == OK and not math.isfinite(value):
        status, error = "failed", f"the objective returned {value}"
    return ShownTrial(
        number=trial.number,
        learner="",
        params=dict(trial.params),
        score=value if status == OK else math.nan,
        status=status,
        error=error,
        seconds=trial.duration.total_seconds() if trial.duration else math.nan,
        is_default=memory is not None and memory.is_default(trial.params),
    )


def _scale(distribution: BaseDistribution) -> Scale:
    if isinstance(distribution, CategoricalDistribution):
        return Scale(choices=tuple(distribution.choices))
    low, high = float(distribution.low), float(distribution.high)  # type: ignore[attr-defined]
    return Scale(low, high, bool(distribution.log))  # type: ignore[attr-defined]
