"""Figures of an Optuna study, or of a fitted search, as functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from foretune.base import require_package
from foretune.plots.shown_search import SLICES
from foretune.plots.trial_plots import TrialPlots

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def history(study: Any, *, objective: int | None = None) -> Figure:
    """Plot the value of every trial and the best so far; see :meth:`.TrialPlots.history`.

    Parameters
    ----------
    study
        A study of Optuna, with any sampler, or a fitted :class:`foretune.MetaSearchCV`.
    objective
        Number of the objective, from 0, for a study of several.

    Raises
    ------
    UserError
        If it is no study, or has several objectives and none is chosen.
    """
    return _plots_of(study, objective).history()


def parameters(
    study: Any, *names: str, learner: str | None = None, kind: str = SLICES, objective: int | None = None
) -> Figure:
    """Plot the values over the parameters; see :meth:`.TrialPlots.parameters`.

    Parameters
    ----------
    study, objective
        As for :func:`history`.
    names, learner, kind
        As for :meth:`.TrialPlots.parameters`; a study has no learners.

    Raises
    ------
    UserError
        If a name is none of the study; the message has those that are.
    """
    return _plots_of(study, objective).parameters(*names, learner=learner, kind=kind)


def importance(study: Any, *, learner: str | None = None, objective: int | None = None) -> Figure:
    """Plot the share of the variance that each parameter explains; see :meth:`.TrialPlots.importance`.

    Of a study it is a fANOVA of its trials, at least eight.

    Parameters
    ----------
    study, objective
        As for :func:`history`.
    learner
        As for :meth:`.TrialPlots.importance`; a study has no learners.

    Raises
    ------
    UserError
        If there are too few trials, or nothing was varied.
    """
    return _plots_of(study, objective).importance(learner=learner)


def surface(
    study: Any,
    x: str,
    y: str,
    *,
    learner: str | None = None,
    objective: int | None = None,
    sampler: Any = None,
) -> Figure:
    """Plot the expected value over two parameters, with the trials on it; see :meth:`.TrialPlots.surface`.

    Parameters
    ----------
    study, objective
        As for :func:`history`.
    x, y, learner
        As for :meth:`.TrialPlots.surface`; a study has no learners.
    sampler
        As for :func:`against_memory`.

    Raises
    ------
    UserError
        If a name is none of the study, or the two are never active together.
    """
    return _plots_of(study, objective, sampler).surface(x, y, learner=learner)


def against_memory(study: Any, *, sampler: Any = None) -> Figure:
    """Plot the values over those that the memory predicts; see :meth:`.TrialPlots.against_memory`.

    Parameters
    ----------
    study
        As for :func:`history`; a study with one objective.
    sampler
        The :class:`foretune.ForetuneSampler` whose memory is asked, if the study has none: one that was
        loaded from its storage has Optuna's default.

    Raises
    ------
    UserError
        If there is no memory.
    """
    return _plots_of(study, None, sampler).against_memory()


def _plots_of(study: Any, objective: int | None, sampler: Any = None) -> TrialPlots:
    if not isinstance(study, type) and isinstance(own := getattr(study, "plot", None), TrialPlots):
        return own
    require_package("a figure of a study", "optuna")
    from foretune.plots.study import read_study

    shown = read_study(study, objective, sampler)
    return TrialPlots(lambda: shown)
