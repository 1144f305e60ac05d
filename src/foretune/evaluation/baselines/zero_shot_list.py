"""Foretune's zero-shot list: a portfolio over what the new task may plausibly look like."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

import numpy as np

from foretune.evaluation.method import Method

if TYPE_CHECKING:
    import numpy.typing as npt

    from foretune.evaluation.held_out_task import HeldOutTask
    from foretune.evaluation.knowledge import Knowledge


class ZeroShotList(Method):
    """Greedy expected maximum over plausible surfaces of the new task.

    A surface is the surrogate's prediction plus what a held-out prediction got wrong on one known task. The
    top of the prediction alone would be near-copies of each other; this list hedges between the surfaces.
    """

    name = "foretune"
    needs_residuals: ClassVar[bool] = True

    def search(
        self, knowledge: Knowledge, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the list."""
        predicted = knowledge.surrogate(seed).predict_target(task.metafeatures, task.candidates)
        residuals = knowledge.residuals(task.candidates.index, seed)
        return maximise_expected_best(predicted + residuals, n_trials)


def maximise_expected_best(surfaces: npt.NDArray[np.float64], length: int) -> npt.NDArray[np.intp]:
    """Choose columns greedily so that the mean over the rows of the best chosen value is largest.

    Parameters
    ----------
    surfaces
        Shape (n_surfaces, n_configurations), all finite.
    length
        Length of the list.

    Returns
    -------
    numpy.ndarray
        Distinct columns, shape (min(length, n_configurations),); the first has the highest mean, and equal
        gains go to the higher mean.
    """
    order = np.argsort(-surfaces.mean(axis=0), kind="stable")
    ordered = surfaces[:, order]
    best = ordered[:, [0]]
    is_free = np.ones(len(order), dtype=bool)
    is_free[0] = False
    chosen = [order[0]]
    while len(chosen) < min(length, len(order)):
        gain = np.maximum(ordered - best, 0.0).sum(axis=0)
        column = int(np.argmax(np.where(is_free, gain, -1.0)))
        chosen.append(order[column])
        is_free[column] = False
        best = np.maximum(best, ordered[:, [column]])
    return np.array(chosen, dtype=np.intp)
