"""Method: Foretune, by expected gain per expected second."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.foretune import Foretune


class ForetuneTimed(Foretune):
    """Foretune with the expected seconds of each candidate, as it ships for searches with a limit of time.

    Seconds are expected from the times of the known tasks, and from those of the trials that it has made.
    """

    name = "foretune_timed"
    is_timed = True

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        """Return the search's proposals, trial by trial, until the task's time is over."""
        search, seconds, spent = self.start(fold, task, seed), fold.trial_seconds(task), 0.0
        chosen: list[int] = []
        while len(chosen) < min(n_trials, len(task)) and spent < task.until:
            candidate = search.ask(seconds.expected(), spent)
            paid = task.pay(candidate)
            seconds.tell(candidate, paid)
            search.tell(candidate, task.evaluate(candidate))
            spent += paid
            chosen.append(candidate)
        return np.array(chosen, dtype=np.intp)
