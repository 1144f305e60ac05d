from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from foretune.execution.parameters import ParallelParameters
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.task_search import make_context
from foretune.learners.fit import evaluate_configuration
from foretune.learners.folds import make_folds
from foretune.learners.parameters import PreprocessingParameters
from foretune.ledger.ledger import Ledger
from foretune.recommendation.core.parameters import RecommendationParameters
from foretune.recommendation.table.result import RecommendationResult
from foretune.recommendation.table.trial_run import (
    MEASURED_COLUMNS,
    NOT_COMPARABLE,
    TrialRunError,
    TrialRunSettings,
    as_in_memory,
    choose_best,
    make_task,
    run_trials,
)
from foretune.spaces.configuration import RECOMMENDED, Configuration
from foretune.tables import TableError
from foretune.tasks.parameters import TaskGenerationParameters

ROOT = Path(__file__).parents[3]
NAN = float("nan")
MANY, FEW = PreprocessingParameters(max_categories=20), PreprocessingParameters(max_categories=4)


@pytest.fixture
def trial_settings(parameters: RecommendationParameters, hpo_parameters: HpoParameters) -> TrialRunSettings:
    text = (ROOT / "conf/base/parameters_task_generation.yml").read_text(encoding="utf-8")
    raw: dict[str, Any] = yaml.safe_load(text)["task_generation"]
    task_generation = TaskGenerationParameters.model_validate(raw)
    return TrialRunSettings(parameters, task_generation, hpo_parameters, ParallelParameters(n_workers=1), 0)


def test_the_engine_evaluates_the_first_ones_and_the_default(
    measured: RecommendationResult, trial_settings: TrialRunSettings
) -> None:
    table = measured.measured
    assert table is not None
    assert list(table.columns) == MEASURED_COLUMNS
    assert table["rank"].tolist()[:2] == [1, 2]
    assert table["is_default"].sum() == 1
    configurations = [measured.configurations[one] for one in table["config_id"]]
    task = make_task(measured, trial_settings)
    parameters = trial_settings.parameters_for(measured, configurations)
    context = make_context(task, parameters, 0)
    folds = make_folds(task, 3, parameters.preprocessing, context.fold_seed)
    for row, configuration in zip(table.itertuples(), configurations, strict=True):
        trial = evaluate_configuration(configuration, folds, task.task_type, context.learner_seed)
        scores = [one["balanced_accuracy"] for one in trial.fold_metrics]
        assert row.score == pytest.approx(np.mean(scores))
        assert row.score_std == pytest.approx(np.std(scores))
        assert row.params == configuration.params
    reference = table.loc[table["is_default"], "score"].iloc[0]
    np.testing.assert_allclose(table["measured_gain"], table["score"] - reference)
    inside = table["score"].between(table["score_low"], table["score_high"])
    ranked = table["rank"].notna()
    assert table.loc[ranked, "is_inside"].tolist() == inside[ranked].tolist()


def test_the_task_is_that_of_task_generation(
    result: RecommendationResult, trial_settings: TrialRunSettings
) -> None:
    task = make_task(result, trial_settings)
    assert task.task_id == "iris_i"
    assert task.X.shape == (75, 4)
    assert task.task_type == "classification"
    small = trial_settings.task_generation.model_copy(update={"max_rows": 60})
    assert len(make_task(result, replace(trial_settings, task_generation=small)).X) <= 60


def test_a_table_that_is_no_task_is_said(
    result: RecommendationResult, trial_settings: TrialRunSettings
) -> None:
    frame = result.table.frame.assign(**{result.table.target: "one"})
    with pytest.raises(TableError, match=r"iris <i>\.csv cannot be cross-validated: .*class"):
        make_task(replace(result, table=replace(result.table, frame=frame)), trial_settings)


def test_parameters_are_those_of_hpo_with_the_score_that_is_predicted(
    result: RecommendationResult, trial_settings: TrialRunSettings
) -> None:
    chosen = [Configuration("svm", {}), Configuration("linear", {}), Configuration("svm", {"C": 2.0})]
    other = replace(result, score="accuracy")
    parameters = trial_settings.parameters_for(other, chosen)
    assert parameters.learners == ["svm", "linear"]
    assert parameters.score.classification == "accuracy"
    assert parameters.n_folds == 3
    unknown = trial_settings.parameters_for(replace(result, score=None), chosen)
    assert unknown.score == trial_settings.hpo.score


def test_trials_are_kept_as_recommended_and_rows_left_out_are_said(
    result: RecommendationResult, trial_settings: TrialRunSettings, tmp_path: Path
) -> None:
    small = trial_settings.task_generation.model_copy(update={"max_rows": 60})
    one = trial_settings.recommendation.model_copy(update={"evaluate": 1})
    few = replace(trial_settings, task_generation=small, recommendation=one)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        found = run_trials(result, few, ledger)
        stored = {row.configuration.config_id: row for row in ledger.rows()}
    assert found.measured is not None
    assert set(stored) == set(found.measured["config_id"])
    strategies = {row.configuration.strategy for row in stored.values()}
    assert strategies <= {RECOMMENDED, "default"}
    assert found.notes[-1].startswith("60 of 75 rows were tried on, in 3 folds")


def test_a_learner_of_another_library_cannot_be_tried(
    result: RecommendationResult, trial_settings: TrialRunSettings
) -> None:
    first = result.recommendations["config_id"].iloc[0]
    foreign = {**result.configurations, first: Configuration("lightgbm", {})}
    with pytest.raises(TrialRunError, match=r"lightgbm.*; or leave evaluate away"):
        run_trials(replace(result, configurations=foreign), trial_settings)


def test_the_best_is_the_highest_score_and_of_equal_ones_the_default() -> None:
    table = pd.DataFrame({"score": [0.5, 0.9, 0.9, NAN], "is_default": [False, False, True, False]})
    table["config_id"] = [*"abcd"]
    best = choose_best(table)
    assert best is not None
    assert best["config_id"] == "c"
    best = choose_best(table.drop(index=2))
    assert best is not None
    assert best["config_id"] == "b"
    assert choose_best(table.tail(1)) is None


@pytest.mark.parametrize(
    ("of_memory", "given", "expected"),
    [((5, FEW), None, (5, FEW)), ((5, FEW), 8, (8, FEW)), ((None, None), None, (3, MANY))],
)
def test_trials_are_made_as_those_of_the_memory(
    result: RecommendationResult,
    hpo_parameters: HpoParameters,
    of_memory: tuple[int | None, PreprocessingParameters | None],
    given: int | None,
    expected: tuple[int, PreprocessingParameters],
) -> None:
    one = replace(result, n_folds=of_memory[0], preprocessing=of_memory[1], score="accuracy")
    made = as_in_memory(hpo_parameters, one, RecommendationParameters(n_folds=given))
    assert (made.n_folds, made.preprocessing) == expected
    assert made.score.classification == "accuracy"
    assert made.score.regression == hpo_parameters.score.regression
    assert as_in_memory(hpo_parameters, replace(one, score=None), RecommendationParameters()).score == (
        hpo_parameters.score
    )


@pytest.mark.parametrize("n_folds", [3, 4])
def test_kept_trials_that_the_next_run_cannot_use_are_said(
    result: RecommendationResult, trial_settings: TrialRunSettings, tmp_path: Path, n_folds: int
) -> None:
    one = RecommendationParameters(k=1, evaluate=1, feed_ledger=True)
    settings = replace(trial_settings, recommendation=one)
    with Ledger.open(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as ledger:
        tried = run_trials(replace(result, n_folds=n_folds), settings, ledger)
        assert len(list(ledger.rows())) == len(tried.measured if tried.measured is not None else ())
    assert (NOT_COMPARABLE in tried.notes) == (n_folds != trial_settings.hpo.n_folds)
