"""Methods that rank by a trained surrogate."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from foretune.evaluation.methods.foretune import Foretune
from foretune.evaluation.methods.foretune_unguarded import ForetuneUnguarded
from foretune.evaluation.methods.no_metafeatures import NoMetafeatures
from foretune.evaluation.methods.shuffled_metafeatures import ShuffledMetafeatures
from foretune.evaluation.methods.surrogate_ranking import SurrogateRanking
from foretune.evaluation.methods.zero_shot_list import ZeroShotList
from foretune.meta_model.policy import maximise_expected_best

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt
    import pandas as pd

    from foretune.evaluation.fold import EvaluationFold
    from foretune.evaluation.held_out_task import HeldOutTask


def test_surrogate_ranking_is_the_order_of_its_predictions(
    hold_out: Callable[..., tuple[EvaluationFold, HeldOutTask]], random_table: Callable[..., pd.DataFrame]
) -> None:
    fold, task = hold_out(random_table(), "cla0")
    predicted = fold.prediction(task, 2)
    chosen = SurrogateRanking().search(fold, task, 5, seed=2)
    assert len(chosen) == 5
    np.testing.assert_allclose(predicted[chosen], np.sort(predicted)[::-1][:5])


@pytest.mark.slow
def test_metafeatures_help_foretune_where_they_tell_everything(
    hold_out: Callable[..., tuple[EvaluationFold, HeldOutTask]], random_table: Callable[..., pd.DataFrame]
) -> None:
    table = random_table(20, 12)
    methods = (Foretune(), ShuffledMetafeatures(), NoMetafeatures())
    first_choice: dict[str, list[float]] = {method.name: [] for method in methods}
    for number in range(20):
        fold, task = hold_out(table, f"cla{number}")
        for method in methods:
            best = task.reveal_all().max()
            chosen = int(method.search(fold, task, 1, seed=0)[0])
            first_choice[method.name].append(best - task.evaluate(chosen))
    means = {name: np.mean(regrets) for name, regrets in first_choice.items()}
    assert means["foretune"] < 0.5 * means["shuffled_metafeatures"]
    assert means["foretune"] < 0.5 * means["no_metafeatures"]


def test_the_zero_shot_list_starts_like_the_policy(
    hold_out: Callable[..., tuple[EvaluationFold, HeldOutTask]], random_table: Callable[..., pd.DataFrame]
) -> None:
    fold, task = hold_out(random_table(), "cla4")
    listed = ZeroShotList().search(fold, task, 4, seed=0)
    assert len(set(listed)) == 4
    assert listed[0] == ForetuneUnguarded().search(fold, task, 1, seed=0)[0]


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
