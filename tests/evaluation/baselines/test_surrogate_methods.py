"""Methods that rank by a trained surrogate."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foretune.evaluation.baselines.shuffled_metafeatures import ShuffledMetafeatures, shuffle_metafeatures
from foretune.evaluation.baselines.surrogate_ranking import SurrogateRanking
from foretune.evaluation.baselines.zero_shot_list import ZeroShotList, maximise_expected_best
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.knowledge import Knowledge
from foretune.meta_model.meta_dataset import MetaDataset

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from foretune.meta_model.parameters import MetaTrainingParameters


def _fold(table: pd.DataFrame, meta_training: MetaTrainingParameters) -> tuple[Knowledge, HeldOutTask]:
    meta_dataset = MetaDataset.from_table(table)
    first, *others = meta_dataset.tasks.index
    knowledge = Knowledge(meta_dataset.select(others), meta_training)
    return knowledge, HeldOutTask.from_meta_dataset(meta_dataset, first)


def test_surrogate_ranking_is_the_order_of_its_predictions(
    random_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    knowledge, task = _fold(random_table(), meta_training)
    predicted = knowledge.surrogate(2).predict_target(task.metafeatures, task.candidates)
    chosen = SurrogateRanking().search(knowledge, task, 5, seed=2)
    assert len(chosen) == 5
    np.testing.assert_allclose(predicted[chosen], np.sort(predicted)[::-1][:5])


def test_shuffling_moves_whole_rows_between_tasks(random_table: Callable[..., pd.DataFrame]) -> None:
    memory = MetaDataset.from_table(random_table())
    shuffled = shuffle_metafeatures(memory, np.random.default_rng(0)).metafeatures
    assert shuffled.index.equals(memory.metafeatures.index)
    assert not shuffled.equals(memory.metafeatures)
    assert sorted(map(tuple, shuffled.to_numpy())) == sorted(map(tuple, memory.metafeatures.to_numpy()))


def test_shuffled_metafeatures_mislead_where_metafeatures_tell_everything(
    random_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    meta_dataset = MetaDataset.from_table(random_table(20, 12))
    first_choice: dict[str, list[float]] = {"surrogate_ranking": [], "shuffled_metafeatures": []}
    for task_id in meta_dataset.tasks.index:
        knowledge = Knowledge(meta_dataset.select(meta_dataset.tasks.index.drop(task_id)), meta_training)
        task = HeldOutTask.from_meta_dataset(meta_dataset, task_id)
        for method in (SurrogateRanking(), ShuffledMetafeatures()):
            best = task.reveal_all().max()
            chosen = int(method.search(knowledge, task, 1, seed=0)[0])
            first_choice[method.name].append(best - task.evaluate(chosen))
    assert np.mean(first_choice["surrogate_ranking"]) < 0.5 * np.mean(first_choice["shuffled_metafeatures"])


def test_without_residuals_the_zero_shot_list_is_the_surrogate_ranking(
    random_table: Callable[..., pd.DataFrame], meta_training: MetaTrainingParameters
) -> None:
    knowledge, task = _fold(random_table(), meta_training)
    predicted = knowledge.surrogate(0).predict_target(task.metafeatures, task.candidates)
    chosen = ZeroShotList().search(knowledge, task, 4, seed=0)
    np.testing.assert_allclose(predicted[chosen], np.sort(predicted)[::-1][:4], atol=1e-6)


def test_the_expected_best_is_hedged() -> None:
    surfaces = np.array(
        [
            [0.9, 0.85, 0.0, 0.1],
            [0.9, 0.85, 0.0, 0.1],
            [0.2, 0.25, 0.8, 0.3],
        ]
    )
    # By the mean c00 (0.67), c01 (0.65), c02 (0.27); but c02 gains 0.6 on the third surface, c01 only 0.05
    assert maximise_expected_best(surfaces, 3).tolist() == [0, 2, 1]


@given(
    arrays(
        np.float64,
        st.tuples(st.integers(1, 5), st.integers(1, 6)),
        elements=st.integers(-20, 20).map(lambda value: value / 10),
    )
)
def test_each_step_of_the_zero_shot_list_is_the_best_there_is(surfaces: npt.NDArray[np.float64]) -> None:
    chosen = maximise_expected_best(surfaces, 50).tolist()
    assert sorted(chosen) == list(range(surfaces.shape[1]))
    for length in range(1, len(chosen) + 1):
        lists = [[*chosen[: length - 1], other] for other in chosen[length - 1 :]]
        expected = [surfaces[:, columns].max(axis=1).mean() for columns in lists]
        assert expected[0] >= max(expected) - 1e-12
    if len(chosen) > 1:
        best_pair = max(surfaces[:, pair].max(axis=1).mean() for pair in combinations(chosen, 2))
        assert surfaces[:, chosen[:2]].max(axis=1).mean() <= best_pair + 1e-12
