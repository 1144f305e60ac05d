"""The figures of one search."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from foretune.base import require_package
from foretune.plots.shown_search import SLICES, ShownSearch

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


class TrialPlots:
    """Plotly figures of a search; each method returns one.

    Backgrounds are clear and colours are told apart on light and on dark pages. Axes are logarithmic where
    the search space is.

    Parameters
    ----------
    read
        Returns the search as it is shown.
    """

    def __init__(self, read: Callable[[], ShownSearch]) -> None:
        self._read = read

    def __call__(self) -> Figure:
        """Plot the history, which a search is looked at by first."""
        return self.history()

    def history(self) -> Figure:
        """Plot the score of every trial and the best so far.

        Library defaults (of an estimator of your own: the estimator as you gave it) are stars. Trials that
        failed or were stopped stand at the edge, with the reason where the pointer is.
        """
        shown = self._shown()
        from foretune.plots.history_figure import plot_history

        return plot_history(shown)

    def parameters(self, *names: str, learner: str | None = None, kind: str = SLICES) -> Figure:
        """Plot the scores over the hyperparameters.

        Parameters
        ----------
        names
            Hyperparameters to show; those that vary if none is given.
        learner
            Learner whose trials are shown; all of them if None.
        kind
            ``"slices"`` for a panel for each hyperparameter, ``"parallel"`` for a line for each trial through
            all of them.

        Raises
        ------
        PlotError
            If a name is none of the search; the message has those that are.
        """
        shown = self._shown()
        from foretune.plots.parameter_figures import plot_parameters

        return plot_parameters(shown, names, learner, kind)

    def importance(self, *, learner: str | None = None) -> Figure:
        """Plot the share of the variance of the score that each hyperparameter explains (fANOVA).

        A random forest is fitted to scores of configurations, and its variance is decomposed exactly: into
        what each hyperparameter does alone, and what two do together beyond that. With a memory the scores
        are what it expects of 512 configurations drawn from the search space, corrected by the trials;
        without one they are those of the trials, of which at least eight are needed.

        Parameters
        ----------
        learner
            The learner; all of them, each for itself, if None.

        Raises
        ------
        PlotError
            If there are too few trials, or nothing was varied.
        """
        shown = self._shown()
        from foretune.plots.importance_figure import plot_importance

        return plot_importance(shown, learner)

    def surface(self, x: str, y: str, *, learner: str | None = None) -> Figure:
        """Plot the expected score over two hyperparameters, with the trials on it.

        All other hyperparameters are as in the best trial. The expected score is the memory's prediction,
        from three trials on corrected by a Gaussian process of how far the trials are from it; without a
        memory it is a Gaussian process of the trials.

        Parameters
        ----------
        x, y
            Names of hyperparameters.
        learner
            The learner; the first that has both if None, that of the best trial before others.

        Raises
        ------
        PlotError
            If a name is none of the search, the two are never active together, or there are fewer than three
            trials and no memory.
        """
        shown = self._shown()
        from foretune.plots.surface_figure import plot_surface

        return plot_surface(shown, x, y, learner)

    def against_memory(self) -> Figure:
        """Plot the measured scores over those that the memory predicted before any trial.

        Raises
        ------
        PlotError
            If the search has no memory.
        """
        shown = self._shown()
        from foretune.plots.memory_figure import plot_against_memory

        return plot_against_memory(shown)

    def _shown(self) -> ShownSearch:
        # The figures are drawn by Plotly; a search can be looked through without it
        require_package("a figure", "plotly")
        return self._read()
