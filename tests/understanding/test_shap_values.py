from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from foretune.meta_model.memory import Memory
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import BoosterParameters, MetaTrainingParameters
from foretune.meta_model.training import train_memory
from foretune.understanding.parameters import UnderstandingParameters
from foretune.understanding.shap_values import SHAP_COLUMNS, explain_surrogates

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def table(make_table: Callable[..., pd.DataFrame], svm_design: pd.DataFrame) -> pd.DataFrame:
    tasks = {f"task{number}": float(number) for number in range(6)}
    metafeatures = pd.DataFrame(
        {"task_id": list(tasks), "simple.quality": list(tasks.values()), "other.constant": 1.0}
    )

    def surface(x: pd.DataFrame, quality: float) -> pd.Series:
        # Normalised within a task, the quality matters through C only
        scores: pd.Series = np.log10(x["param_C"]) * (quality - 2.5) + 4 * (x["param_kernel"] == "linear")
        return scores

    made: pd.DataFrame = make_table(svm_design, surface, qualities=tasks, metafeatures=metafeatures)
    return made


@pytest.fixture
def memory(table: pd.DataFrame) -> Memory:
    booster = BoosterParameters(n_rounds=30, learning_rate=0.3, max_depth=4)
    settings = MetaTrainingParameters(target="minmax", surrogate=booster, level=booster)
    return train_memory(MetaDataset.from_table(table), settings, 0)


def _explain(
    table: pd.DataFrame, memory: Any, parameters: UnderstandingParameters
) -> tuple[pd.DataFrame, pd.DataFrame]:
    return explain_surrogates(table, {"classification": memory}, parameters, 0)


def test_what_matters_has_the_largest_values(
    table: pd.DataFrame, memory: Memory, parameters: UnderstandingParameters
) -> None:
    shap, _ = _explain(table, memory, parameters)
    assert list(shap.columns) == SHAP_COLUMNS
    assert set(shap["name"].head(3)) == {"C", "kernel", "simple.quality"}
    assert shap["share"].sum() == pytest.approx(1)
    by_name = shap.set_index("name")
    assert by_name.loc["other.constant", "mean_abs_shap"] == 0
    assert np.isnan(by_name.loc["kernel", "direction"])
    assert by_name.loc["C", ["kind", "group"]].tolist() == ["hyperparameter", "hyperparameter"]
    assert by_name.loc["simple.quality", ["kind", "group"]].tolist() == ["metafeature", "simple"]
    # One row for the three columns of the kernel
    assert shap["name"].is_unique


def test_values_add_up_to_the_prediction(
    table: pd.DataFrame, memory: Memory, parameters: UnderstandingParameters
) -> None:
    _, points = _explain(table, memory, parameters)
    totals = points.assign(row=points.groupby("name").cumcount()).groupby("row")["shap"].sum()
    known = MetaDataset.from_table(table)
    predictions = np.concatenate(
        [
            memory.surrogate.predict_target(known.metafeatures.loc[task], known.configurations)
            for task in known.tasks.index
        ]
    )
    # Sums are predictions of the members explained, less one constant
    spread = np.ptp(totals)
    assert 0 < spread <= 1.1 * np.ptp(predictions)
    assert totals.std() == pytest.approx(predictions.std(), rel=0.3)


def test_tasks_share_the_sample(
    table: pd.DataFrame, memory: Memory, parameters: UnderstandingParameters
) -> None:
    _, points = _explain(table, memory, parameters)
    quality = points[points["name"] == "simple.quality"]
    assert quality["value"].value_counts().to_dict() == dict.fromkeys(map(float, range(6)), 10)
    assert quality["value_rank"].between(0, 1).all()


def test_an_ensemble_is_explained_by_the_mean_of_its_members(
    table: pd.DataFrame, memory: Memory, parameters: UnderstandingParameters
) -> None:
    seven, one = (memory.surrogate.members[:1] * n for n in (7, 1))
    ensemble = replace(memory, surrogate=replace(memory.surrogate, members=seven))
    single = replace(memory, surrogate=replace(memory.surrogate, members=one))
    alone, together = (_explain(table, one, parameters)[0] for one in (single, ensemble))
    pd.testing.assert_frame_equal(alone, together)


def test_without_metafeatures(
    make_table: Callable[..., pd.DataFrame], svm_design: pd.DataFrame, parameters: UnderstandingParameters
) -> None:
    table = make_table(svm_design, lambda x, _: np.log(x["param_C"]))
    booster = BoosterParameters(n_rounds=10, learning_rate=0.3, max_depth=3)
    settings = MetaTrainingParameters(target="copula", surrogate=booster, level=booster)
    memory = train_memory(MetaDataset.from_table(table), settings, 0)
    shap, _ = _explain(table, memory, parameters)
    assert shap["name"].iloc[0] == "C"
    assert shap["direction"].iloc[0] > 0.9
    assert set(shap["kind"]) <= {"hyperparameter", "learner"}


def test_nothing_to_explain(table: pd.DataFrame, memory: Memory) -> None:
    parts = UnderstandingParameters(parts=("ablation",))
    assert all(found.empty for found in _explain(table, memory, parts))
    other = replace(memory, task_type="regression")
    found = explain_surrogates(table, {"regression": other}, UnderstandingParameters(), 0)
    assert all(part.empty for part in found)
