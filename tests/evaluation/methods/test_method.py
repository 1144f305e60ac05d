"""What every method does, and what a subclass need not say."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from foretune.evaluation.fold import EvaluationFold
from foretune.evaluation.held_out_task import HeldOutTask
from foretune.evaluation.methods.cold_gaussian_process import ColdGaussianProcess
from foretune.evaluation.methods.method import Method
from foretune.evaluation.methods.optuna_tpe import OptunaTpe
from foretune.evaluation.methods.quantile_transfer import QuantileTransfer
from foretune.evaluation.methods.rgpe import RankingWeightedEnsemble
from foretune.evaluation.methods.tst_r import TwoStageTransferWithRankings
from foretune.evaluation.parameters import EvaluationParameters
from foretune.meta_model.meta_dataset import MetaDataset

MakeFold = Callable[..., tuple[EvaluationFold, HeldOutTask]]

NAN = float("nan")
TRANSFER = [RankingWeightedEnsemble(), TwoStageTransferWithRankings(), QuantileTransfer()]
SEQUENTIAL = [*TRANSFER, ColdGaussianProcess(), OptunaTpe()]


class FirstOnes(Method):
    """No more than what has to be written."""

    name = "first_ones"

    def search(
        self, fold: EvaluationFold, task: HeldOutTask, n_trials: int, seed: int
    ) -> npt.NDArray[np.intp]:
        return np.arange(n_trials, dtype=np.intp)


def test_a_method_has_one_variant_fits_all_data_and_needs_no_model_unless_it_says_so(
    make_table: Callable[..., pd.DataFrame],
) -> None:
    (variant,) = FirstOnes.create(EvaluationParameters(), ["svm"])
    assert type(variant) is FirstOnes
    assert variant.is_applicable(MetaDataset.from_table(make_table({"a": [0.1, 0.2], "b": [0.1, 0.2]})))
    assert variant.models == ()


def test_a_method_has_to_search() -> None:
    with pytest.raises(TypeError, match="abstract method"):
        type("Idle", (Method,), {"name": "idle"})()


def _named(method: Method) -> str:
    return method.name


@pytest.mark.parametrize("method", SEQUENTIAL, ids=_named)
@pytest.mark.parametrize(
    "scores",
    [[0.1, 0.4, 0.3, 0.2], [NAN, NAN, 0.3, NAN], [0.5] * 4, [0.7]],
    ids=["plain", "failing", "flat", "one"],
)
def test_every_candidate_once_and_the_same_again(
    make_fold: MakeFold, method: Method, scores: list[float]
) -> None:
    n = len(scores)
    fold, task = make_fold(
        {"a": [0.3, 0.3, 0.9, NAN][:n], "b": [0.5] * n, "c": [0.1, 0.2, 0.3, 0.4][:n], "new": scores}
    )
    order = method.search(fold, task, 50, 7)
    assert sorted(order) == list(range(n))
    assert method.search(fold, task, 50, 7).tolist() == order.tolist()
    assert method.search(fold, task, 2, 7).tolist() == order[:2].tolist()


@pytest.mark.parametrize("method", SEQUENTIAL, ids=_named)
def test_where_nothing_is_known_no_position_is_favoured(make_fold: MakeFold, method: Method) -> None:
    fold, task = make_fold({"a": [0.5] * 4, "b": [0.5] * 4, "new": [0.5] * 4})
    first = np.bincount([int(method.search(fold, task, 1, seed)[0]) for seed in range(40)], minlength=4)
    assert first.min() >= 2


@pytest.mark.parametrize("method", TRANSFER, ids=_named)
def test_ragged_pools_are_completed(make_fold: MakeFold, method: Method) -> None:
    fold, task = make_fold(
        {"a": [0.1, 0.2, 0.3, 0.4], "b": [0.4, 0.2, 0.3, 0.1], "new": [0.1, 0.2, 0.3, 0.4]},
        unknown=[("a", "c00"), ("b", "c00"), ("b", "c02")],
    )
    assert sorted(method.search(fold, task, 4, 0)) == [0, 1, 2, 3]
