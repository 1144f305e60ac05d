from __future__ import annotations

import threading
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from foretune.learners import record_warnings
from foretune.learners.growing.paused_fit import PausedFit

if TYPE_CHECKING:
    from foretune.learners.growing.paused_fit import AfterRound


def _train(after_round: AfterRound, n_rounds: int = 5) -> None:
    for at in range(n_rounds):
        after_round(lambda at=at: 10 * at)


def test_it_grows_by_as_many_rounds_as_asked() -> None:
    model = PausedFit(_train)
    assert model.grow(2) == [(1, 0), (2, 10)]
    assert (model.n_rounds, model.ended) == (2, False)
    assert model.grow(0) == []
    assert model.grow(9) == [(3, 20), (4, 30), (5, 40)]
    assert (model.n_rounds, model.ended) == (5, True)
    assert model.grow(1) == []
    model.close()


def test_closing_ends_the_fit_and_its_thread() -> None:
    seen: list[str] = []

    def train(after_round: AfterRound) -> None:
        try:
            _train(after_round)
        # As libraries do that survive an error of a callback
        except Exception:  # noqa: BLE001
            seen.append("caught")
        finally:
            seen.append("over")

    before = threading.active_count()
    model = PausedFit(train)
    model.grow(1)
    model.close()
    model.close()
    assert seen == ["over"]
    assert threading.active_count() == before
    assert model.grow(1) == []


def test_a_model_that_never_grew_is_closed() -> None:
    PausedFit(_train).close()


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
def test_an_error_is_raised_where_the_fit_was_asked_to_grow(error: BaseException) -> None:
    def train(after_round: AfterRound) -> None:
        after_round(lambda: 0)
        raise error

    model = PausedFit(train)
    model.grow(1)
    with pytest.raises(type(error)):
        model.grow(1)
    model.close()


def test_warnings_reach_the_caller() -> None:
    def train(after_round: AfterRound) -> None:
        warnings.warn("beware", UserWarning, stacklevel=1)
        _train(after_round)

    model: Any = PausedFit(train)
    with record_warnings() as caught:
        model.grow(1)
    model.close()
    assert [str(one.message) for one in caught] == ["beware"]
