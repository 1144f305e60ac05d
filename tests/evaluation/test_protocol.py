from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from foretune.evaluation.evidence import Evidence, Truth
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.random_search import RandomSearch
from foretune.evaluation.protocol import Protocol
from foretune.meta_model.meta_dataset import MetaDataset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy.typing as npt
    import pandas as pd

    from foretune.evaluation.fold import EvaluationFold
    from foretune.evaluation.held_out_task import HeldOutTask
    from foretune.meta_model.parameters import MetaTrainingParameters

NAN = float("nan")
FAMILIES = {"a": "twins", "b": "twins", "c": "c", "d": "d"}


class Spy(Method):
    """Chooses fixed positions and remembers what it was shown."""

    name = "spy"

    def __init__(self, positions: Sequence[int]) -> None:
        self.positions = positions
        self.seen: list[tuple[str, set[str], set[str]]] = []

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        memory = fold.known_tasks
        tasks = set(memory.tasks.index) | set(memory.metafeatures.index) | set(memory.evaluations["task_id"])
        self.seen.append((task.task_id, set(memory.families), tasks))
        return np.array(self.positions, dtype=np.intp)


class Sequential(Method):
    """Tries the next position after a success and skips one after a failure."""

    name = "sequential"

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        order = [0]
        while len(order) < n_trials and order[-1] < len(task) - 2:
            order.append(order[-1] + (2 if np.isnan(task.evaluate(order[-1])) else 1))
        return np.array(order, dtype=np.intp)


def _evidence(
    meta_dataset: MetaDataset,
    meta_training: MetaTrainingParameters,
    seed: int = 0,
    models: Sequence[str] = (),
) -> Evidence:
    truth = Truth.from_meta_dataset(meta_dataset, meta_training.target)
    return Evidence.fit(meta_dataset, truth, meta_training, models, seed)


@pytest.fixture
def meta_dataset(make_table: Callable[..., pd.DataFrame]) -> MetaDataset:
    scores = {"a": [0.1, 0.2, 0.3], "b": [0.1, NAN, 0.5], "c": [0.3, 0.2, 0.1], "d": [0.1, 0.3, 0.2]}
    return MetaDataset.from_table(make_table(scores, {"a": [1.0], "b": [2.0], "c": [3.0]}, FAMILIES))


@pytest.mark.parametrize("family", ["twins", "c", "d"])
def test_a_method_never_sees_the_held_out_family(
    meta_dataset: MetaDataset, meta_training: MetaTrainingParameters, family: str
) -> None:
    spy = Spy([0])
    for seed in (0, 1):
        Protocol([spy], [1], meta_training).run_fold(
            meta_dataset, family, _evidence(meta_dataset, meta_training, seed)
        )
    held_out = {task for task, of in FAMILIES.items() if of == family}
    assert {task for task, _, _ in spy.seen} == held_out
    for _, families, tasks in spy.seen:
        assert families == set(FAMILIES.values()) - {family}
        assert tasks == set(FAMILIES) - held_out


def test_records_of_a_fold(meta_dataset: MetaDataset, meta_training: MetaTrainingParameters) -> None:
    protocol = Protocol([Spy([1, 0])], [1, 2, 5], meta_training)
    regrets, qualities, *_ = protocol.run_fold(
        meta_dataset, "twins", _evidence(meta_dataset, meta_training, 7, ["surrogate"])
    )
    assert [(record["task_id"], record["n_trials"], record["regret"]) for record in regrets] == [
        ("a", 1, pytest.approx(0.5)),
        ("a", 2, pytest.approx(0.5)),
        ("a", 5, pytest.approx(0.5)),
        # The first trial fails
        ("b", 1, 1),
        ("b", 2, 1),
        ("b", 5, 1),
    ]
    scores = [record["score"] for record in regrets]
    np.testing.assert_array_equal(scores, [0.2, 0.2, 0.2, NAN, 0.1, 0.1])
    assert [record["task_id"] for record in qualities] == ["a", "b"]
    assert {record["seed"] for record in regrets} == {7}


def test_random_search_averages_over_the_orders_that_found_something(
    make_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    table = make_table({"a": [0.5, NAN], "b": [0.1, 0.2], "c": [0.2, 0.1]}, {"a": [1.0]})
    protocol = Protocol([RandomSearch(2_000)], [1, 2], meta_training)
    meta_dataset = MetaDataset.from_table(table)
    regrets, *_ = protocol.run_fold(meta_dataset, "a", _evidence(meta_dataset, meta_training))
    assert regrets[0]["regret"] == pytest.approx(0.5, abs=0.05)
    assert regrets[1]["regret"] == 0
    assert [record["score"] for record in regrets] == [0.5, 0.5]


def test_a_sequential_method_reacts_to_what_it_sees(
    meta_dataset: MetaDataset, meta_training: MetaTrainingParameters
) -> None:
    protocol = Protocol([Sequential()], [1, 2, 3], meta_training)
    regrets, *_ = protocol.run_fold(meta_dataset, "twins", _evidence(meta_dataset, meta_training))
    assert [record["score"] for record in regrets] == [0.1, 0.2, 0.2, 0.1, 0.1, 0.1]


class InOrder(Method):
    """Tries positions in order, and remembers how many trials it was asked for."""

    name = "in_order"

    def __init__(self) -> None:
        self.asked: list[int] = []

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        self.asked.append(n_trials)
        return np.arange(min(n_trials, len(task)))


class Reader(InOrder):
    """Reads the seconds, so that it is compared in time only."""

    name = "reader"
    is_timed = True


def _with_times(
    make_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> tuple[MetaDataset, Evidence]:
    """Four tasks of scores 0 to 0.5, of which the trials take 1 to 6 seconds; the last one without times."""
    table = make_table({name: [0.0, 0.1, 0.2, 0.3, 0.4, 0.5] for name in "abcd"})
    costs = table[["task_id", "config_id"]].assign(fit_seconds=[1.0, 2, 3, 4, 5, 6] * 3 + [NAN] * 6)
    meta_dataset = MetaDataset.from_table(table)
    truth = Truth.from_meta_dataset(meta_dataset, meta_training.target, costs)
    return meta_dataset, Evidence.fit(meta_dataset, truth, meta_training, [], 0)


def test_regret_is_read_in_time_where_there_are_times(
    make_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    meta_dataset, evidence = _with_times(make_table, meta_training)
    method = InOrder()
    protocol = Protocol([method, Reader()], [1, 2], meta_training, times=[0.1, 1, 2, 6])
    result = protocol.run_fold(meta_dataset, "a", evidence)
    assert [record["n_trials"] for record in result.regret] == [1, 2]
    by_method = {
        name: [record for record in result.regret_in_time if record["method"] == name]
        for name in ("in_order", "reader")
    }
    for records in by_method.values():
        assert [record["time"] for record in records] == [0.1, 1, 2, 6]
        # A mean trial takes 3.5 seconds; two have ended after 3, three after 6, all after 21
        assert [record["seconds"] for record in records] == pytest.approx([0.35, 3.5, 7, 21])
        assert [record["n_trials"] for record in records] == [0, 2, 3, 6]
        assert [record["regret"] for record in records] == pytest.approx([1, 0.8, 0.6, 0])
    # Two trials are over before the time is, and four
    assert method.asked == [2, 4, 6]
    untimed = protocol.run_fold(meta_dataset, "d", evidence)
    assert untimed.regret_in_time == []
    assert {record["method"] for record in untimed.regret} == {"in_order"}


def test_a_list_that_ends_keeps_its_best_in_time(
    make_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    meta_dataset, evidence = _with_times(make_table, meta_training)
    spy = Spy([1])
    result = Protocol([spy], [1, 3], meta_training, times=[1, 6]).run_fold(meta_dataset, "b", evidence)
    assert [record["regret"] for record in result.regret_in_time] == pytest.approx([0.8, 0.8])
    assert len(spy.seen) == 1
    assert Protocol([spy], [1, 3], meta_training).run_fold(meta_dataset, "b", evidence).regret_in_time == []


@pytest.mark.parametrize("positions", [[0, 0], [-1], [3]])
def test_a_method_that_cheats_is_named(
    meta_dataset: MetaDataset, meta_training: MetaTrainingParameters, positions: list[int]
) -> None:
    with pytest.raises(ValueError, match="spy must choose distinct positions from 0 to 2"):
        Protocol([Spy(positions)], [1], meta_training).run_fold(
            meta_dataset, "c", _evidence(meta_dataset, meta_training)
        )
