from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_diabetes, load_iris
from tests.fuzzing import damage, odd_cells, result_or_line, seeds

from foretune.base import TaskType
from foretune.hpo.parameters import HpoParameters
from foretune.recommendation.core.gains import GAIN_COLUMNS
from foretune.recommendation.core.memory import load_memory
from foretune.recommendation.core.parameters import RecommendationParameters
from foretune.recommendation.core.recommender import Recommender
from foretune.recommendation.table.page import build_page, programs_for
from foretune.recommendation.table.result import RecommendationResult, recommend_from_parameters, recommend_to
from foretune.recommendation.table.user_table import read_user_table
from foretune.tables import for_command_line, infer_task_type


@pytest.fixture(scope="module")
def recommender(
    result: RecommendationResult, memory_folder: Path, parameters: RecommendationParameters
) -> Recommender:
    """Ask the same memory about the same table, without the table of it all."""
    memory = load_memory("classification", memory_folder)
    table = result.table
    return Recommender.for_table(table.features, table.answer, memory=memory, guard=parameters.guard, seed=0)


def test_it_is_what_the_recommender_ranks(result: RecommendationResult, recommender: Recommender) -> None:
    ranked = recommender.rank(4)
    pd.testing.assert_frame_equal(result.recommendations[ranked.columns], ranked)
    assert list(result.recommendations.columns) == [*ranked.columns, *GAIN_COLUMNS]
    assert (result.task_type, result.n_rows, result.n_features) == ("classification", 75, 4)
    assert result.score == "balanced_accuracy"
    assert set(result.notes) >= set(map(for_command_line, recommender.notes()))
    best, expected = result.gain_of_all["gain"], result.recommendations["gain"].max()
    assert best >= expected - 1e-12


@pytest.mark.parametrize(
    ("file", "target", "given", "task_type"),
    [
        ("iris", "target", None, "classification"),
        ("diabetes", "target", None, "regression"),
        # Numbers of classes, taken as quantities
        ("iris", "target", "regression", "regression"),
    ],
)
def test_the_memory_of_the_tables_type_is_asked(
    file: str, target: str, given: TaskType | None, task_type: str, memory_folder: Path, tmp_path: Path
) -> None:
    load = {"iris": load_iris, "diabetes": load_diabetes}[file]
    load(as_frame=True).frame.iloc[::3].to_csv(tmp_path / "table.csv", index=False)
    table = read_user_table(str(tmp_path / "table.csv"), target)
    parameters = RecommendationParameters(k=2, task_type=given, memory=str(memory_folder))
    found = recommend_from_parameters(table, parameters, 0)
    assert found.task_type == task_type
    assert found.memory["source"] == str(memory_folder)
    assert found.score == {"classification": "balanced_accuracy", "regression": "r2"}[task_type]


def test_the_default_and_what_is_recommended_can_be_built(result: RecommendationResult) -> None:
    assert result.default is not None
    assert set(result.configurations) == {*result.recommendations["config_id"], result.default.config_id}
    by_id = result.recommendations.set_index("config_id")
    for config_id, learner in by_id["learner"].items():
        assert result.configurations[config_id].learner == learner
    defaults = by_id.index[by_id["is_default"]]
    assert by_id.loc[defaults, "gain"].abs().max() < 1e-12 or result.default.config_id not in defaults


def test_what_drove_the_first_that_is_no_default_is_told(result: RecommendationResult) -> None:
    is_default = result.recommendations["is_default"].tolist()
    assert not is_default[result.driven - 1]
    assert all(is_default[: result.driven - 1])
    assert len(result.drivers.metafeatures) > 0


def test_the_nearest_tasks_come_with_the_learner_that_was_best_there(
    result: RecommendationResult, recommender: Recommender
) -> None:
    near, memory = result.neighbours, recommender.memory
    assert near["distance"].is_monotonic_increasing
    np.testing.assert_allclose(near["times_typical"], near["distance"] / result.distances["typical"])
    assert result.distances["nearest"] == near["distance"].iloc[0]
    names = list(memory.task_hashes)
    for row in near.itertuples():
        rows = memory.residuals.task == names.index(row.task_id)
        at = memory.residuals.config[rows][memory.residuals.target[rows].argmax()]
        best = recommender.provenance.configurations[memory.training_set.config_ids[at]]
        assert row.best_learner == best.learner


def test_the_memory_is_described(result: RecommendationResult, recommender: Recommender) -> None:
    assert result.memory == {
        "source": "a small memory",
        "n_tasks": 4,
        "n_configurations": len(recommender.memory.training_set.config_ids),
        "n_metafeatures": len(recommender.memory.metafeatures),
        "learners": ["k_nearest_neighbours", "random_forest", "svm", "xgboost"],
        "score": "balanced_accuracy",
        "n_folds": 3,
        "preprocessing": {"max_categories": 20},
    }
    assert result.preprocessing == recommender.preprocessing


def test_fewer_neighbours_and_more_recommendations_are_given_as_asked(
    result: RecommendationResult, memory_folder: Path
) -> None:
    memory = load_memory("classification", memory_folder)
    wanted = RecommendationParameters(k=2, evaluate=3, n_neighbours=2, learner="svm")
    found = recommend_to(result.table, memory, wanted, 0)
    assert len(found.recommendations) == 3
    assert len(found.neighbours) == 2
    assert set(found.recommendations["learner"]) == {"svm"}


def test_everything_can_be_written_as_json(result: RecommendationResult) -> None:
    odd = replace(result, distances={"nearest": np.float64(1 / 3), "typical": np.inf, "largest": 2.0})
    written = json.loads(json.dumps(odd.to_json({"seed": 0}), allow_nan=False))
    assert written["distances"] == {"nearest": 0.333333, "typical": None, "largest": 2.0}
    assert written["table"]["task_type"] == "classification"
    assert written["table"]["target"] == result.table.target
    assert written["settings"] == {"seed": 0}
    assert written["measured"] is None
    assert [row["rank"] for row in written["recommendations"]] == [1, 2, 3, 4]
    assert result.default is not None
    assert written["default"] == {"learner": result.default.learner, "params": result.default.params}
    assert written["drivers"]["of_rank"] == result.driven
    assert len(written["nearest_tasks"]) == len(result.neighbours)
    assert written["versions"]["numpy"] == np.__version__


def test_what_was_measured_stands_beside_the_recommendations(
    result: RecommendationResult, measured: RecommendationResult
) -> None:
    plain, table = result.to_table(), measured.to_table()
    assert [json.loads(text) for text in plain["params"]] == result.recommendations["params"].tolist()
    assert "score" not in plain
    assert measured.measured is not None
    scores = measured.measured.set_index("config_id")["score"]
    assert table["score"].head(2).tolist() == scores[table["config_id"].head(2)].tolist()
    assert len(table) == len(plain)
    assert len(measured.to_json()["measured"]) == len(measured.measured)
    plan = measured.measured_on
    assert plan is not None
    noted = result.with_measured(measured.measured, replace(plan, notes=("4 folds instead of 5",)))
    assert noted.notes == (*result.notes, "4 folds instead of 5")


def _odd_table(rng: np.random.Generator) -> pd.DataFrame:
    """A table of columns of all kinds, some of them odd, with few or more rows."""
    n = int(rng.choice([1, 2, 3, 7, 30, 60]))
    columns: dict[str, Any] = {
        "number": rng.normal(size=n),
        "count": rng.integers(0, 4, n),
        "text": rng.choice(["x", "y", "z"], n),
        "flag": rng.choice([True, False], n),
        "date": [f"2020-01-{1 + at % 28:02d}" for at in range(n)],
        "empty": [None] * n,
        "constant": [1] * n,
        "id": [f"row {at}" for at in range(n)],
    }
    kept = rng.permutation([*columns])[: rng.integers(1, len(columns) + 1)].tolist()
    frame = pd.DataFrame({name: columns[name] for name in kept})
    if rng.random() < 0.5:
        name = str(rng.choice(kept))
        frame[name] = odd_cells(frame[name].astype(object).tolist(), rng, 0.3)
    targets = [
        rng.choice(["a", "b"], n),
        rng.normal(size=n),
        rng.integers(1, 6, n),
        odd_cells([*"ab" * n][:n], rng),
    ]
    return frame.assign(y=targets[int(rng.integers(len(targets)))])


@pytest.mark.slow
@pytest.mark.parametrize("group", seeds(12, 300))
def test_any_table_is_a_recommendation_or_one_line(
    group: range, memory_folder: Path, hpo_parameters: HpoParameters, tmp_path: Path
) -> None:
    file = tmp_path / "odd.csv"
    parameters = RecommendationParameters(k=2, learner="k_nearest_neighbours")

    def answer() -> dict[str, str]:
        table = read_user_table(str(file), "y")
        kind = infer_task_type(table.answer)
        found = recommend_to(table, load_memory(kind, memory_folder), parameters, 0)
        json.dumps(found.to_json(), allow_nan=False)
        programs = programs_for(found, parameters, hpo_parameters, 0)
        build_page(found, parameters, hpo_parameters, {}, 0)
        return programs

    outcomes = []
    for seed in group:
        rng = np.random.default_rng(seed)
        content = _odd_table(rng).to_csv(index=False).encode()
        file.write_bytes(damage(content, rng) if rng.random() < 0.3 else content)
        programs = result_or_line(answer, seed)
        outcomes.append(programs is not None)
        for name in {"program", "search"} & (programs or {}).keys():
            compile(programs[name], name, "exec")
    assert any(outcomes)
    assert not all(outcomes)


@pytest.mark.parametrize(
    ("score", "words"),
    [
        ("log_loss", "negative log loss"),
        ("rmse", "negative RMSE"),
        ("balanced_accuracy", "balanced accuracy"),
        (None, "score"),
    ],
)
def test_a_loss_is_said_to_be_negative_as_its_values_are(
    result: RecommendationResult, score: str | None, words: str
) -> None:
    assert replace(result, score=score).score_in_words == words
