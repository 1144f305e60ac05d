"""A fit that pauses after rounds, in a thread of its own."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any

from foretune.base import one_thread
from foretune.learners.growing.model import Output
from foretune.learners.recorded_warnings import record_warnings

# Called by a fit after each round, with a function that predicts for the test part
AfterRound = Callable[[Callable[[], Any]], None]


class _FitIsOver(BaseException):
    """Raised in a fit to end it; no ``Exception``, so that no library takes it for an error of its own."""


class PausedFit:
    """Model that grows by one fit, which pauses in a thread of its own; see :class:`.GrowingModel`.

    The fit is the library's own, so its trees are those of any other fit. It needs a thread because XGBoost
    draws from one random generator per thread: boosters that take turns in one thread would share it.

    Parameters
    ----------
    train
        ``train(after_round)`` fits, and calls ``after_round(predict)`` after each round, where ``predict()``
        returns the predictions for the test part of the fold.
    """

    def __init__(self, train: Callable[[AfterRound], None]) -> None:
        self.n_rounds = 0
        self.ended = False
        self._train = train
        self._thread: threading.Thread | None = None
        self._orders: SimpleQueue[int] = SimpleQueue()
        self._replies: SimpleQueue[list[Output]] = SimpleQueue()
        self._outputs: list[Output] = []
        self._n_wanted = 0
        self._is_closed = False
        self._error: BaseException | None = None
        self._caught: list[warnings.WarningMessage] = []

    def grow(self, n_rounds: int) -> list[Output]:
        """Add rounds; see :meth:`.GrowingModel.grow`. Warnings of the fit are emitted in this thread."""
        if self.ended or n_rounds < 1:
            return []
        self._orders.put(n_rounds)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="paused-fit", daemon=True)
            self._thread.start()
        outputs = self._replies.get()
        while self._caught:
            one = self._caught.pop(0)
            warnings.warn_explicit(one.message, one.category, one.filename, one.lineno)
        if self._error is not None:
            raise self._error
        return outputs

    def close(self) -> None:
        """End the fit and its thread."""
        self._is_closed = self.ended = True
        if self._thread is not None:
            self._orders.put(0)
            self._thread.join()
            self._thread = None

    def _run(self) -> None:
        self._n_wanted = self._orders.get()
        with record_warnings() as caught, one_thread():
            self._caught = caught
            try:
                self._train(self._after_round)
            except _FitIsOver:
                pass
            except BaseException as error:  # noqa: BLE001 - raised again where the fit was asked to grow
                self._error = error
        self.ended = True
        self._replies.put(self._outputs)

    def _after_round(self, predict: Callable[[], Any]) -> None:
        if self._is_closed:
            raise _FitIsOver
        self.n_rounds += 1
        self._outputs.append((self.n_rounds, predict()))
        self._n_wanted -= 1
        if not self._n_wanted:
            done, self._outputs = self._outputs, []
            self._replies.put(done)
            self._n_wanted = self._orders.get()
            if self._is_closed:
                raise _FitIsOver
