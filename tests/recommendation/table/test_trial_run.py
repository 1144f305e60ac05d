from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml

from foretune import MetaSearchCV
from foretune.base import one_thread
from foretune.execution.parameters import ParallelParameters
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.task_search import make_context
from foretune.learners.early_stopping import EarlyStopping
from foretune.learners.fit import evaluate_configuration
from foretune.learners.folds import make_folds
from foretune.learners.parameters import PreprocessingParameters
from foretune.ledger import trial_key
from foretune.ledger.ledger import Ledger
from foretune.recommendation.core.memory import load_memory
from foretune.recommendation.core.parameters import RecommendationParameters
from foretune.recommendation.table import trial_run
from foretune.recommendation.table.choice import describe_choice
from foretune.recommendation.table.cross_validation import make_task
from foretune.recommendation.table.page import build_page, programs_for
from foretune.recommendation.table.result import (
    RecommendationResult,
    recommend_from_parameters,
    recommend_to,
)
from foretune.recommendation.table.trial_run import (
    MEASURED_COLUMNS,
    TrialRunError,
    TrialRunSettings,
    as_in_memory,
    choose_best,
    make_ledger_task,
    run_trials,
    usual_hpo,
)
from foretune.recommendation.table.user_table import read_user_table
from foretune.spaces.configuration import RECOMMENDED, Configuration
from foretune.tables import TableError, infer_task_type
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
    plan = measured.measured_on
    assert plan is not None
    task = make_task(measured.table, "classification", plan, trial_settings.recommendation, 0)
    folds = make_folds(task, 3, as_in_memory(trial_settings.hpo, measured, 3).preprocessing, 0)
    by_row = []
    for row in table.itertuples():
        configuration = measured.configurations[row.config_id]
        trial = evaluate_configuration(configuration, folds, task.task_type, 0)
        scores = np.array([one["balanced_accuracy"] for one in trial.fold_metrics])
        assert row.score == pytest.approx(np.mean(scores))
        assert row.score_std == pytest.approx(np.std(scores))
        assert row.params == configuration.params
        by_row.append(scores)
    (default,) = np.flatnonzero(table["is_default"])
    for column, reference in (("measured_gain", by_row[default]), ("over_first", by_row[0])):
        differences = np.array(by_row) - reference
        np.testing.assert_allclose(table[column], differences.mean(axis=1), atol=1e-12)
        standard_error = differences.std(axis=1, ddof=1) / np.sqrt(3)
        np.testing.assert_allclose(table[f"{column}_se"], standard_error, atol=1e-12)
    inside = table["score"].between(table["score_low"], table["score_high"])
    ranked = table["rank"].notna()
    assert table.loc[ranked, "is_inside"].tolist() == inside[ranked].tolist()


def _write_table(folder: Path, kind: str, n_rows: int = 120) -> Path:
    """A table of which classes are numbers, of which the text order is another, or one class is rare."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"length": rng.normal(size=n_rows), "colour": rng.choice([*"abc"], n_rows)})
    frame.loc[::7, "length"] = np.nan
    days = pd.Series(pd.date_range("2024-01-20", periods=n_rows, freq="17h"))
    written = {
        "price": frame["length"].map("${:,.2f}".format).where(frame.index != 5, "?"),
        "when": days.dt.strftime("%d.%m.%Y %H:%M"),
        "paid": np.where(days.dt.hour > 11, "True", "False"),
        "code": [f"c-{at:04d}" for at in range(n_rows)],
    }
    signal = frame["length"].fillna(0) + (frame["colour"] == "a") + rng.normal(size=n_rows)
    answers = {
        "numbered": pd.cut(signal, [-9, 0, 1, 9], labels=[2, 10, 11]).astype(int),
        "rare": pd.cut(signal, [-9, 0, 9], labels=["no", "yes"]).astype(str).where(frame.index > 1, "rare"),
        "rarest": pd.cut(signal, [-9, 0, 9], labels=["no", "yes"]).astype(str).where(frame.index > 0, "one"),
        "regression": signal * 1000 + 5e4,
    }
    file = folder / f"{kind}.csv"
    frame.assign(**written, answer=answers[kind]).to_csv(file, index=False)
    return file


def _evaluate(
    file: Path, settings: TrialRunSettings, memory_folder: Path, **group: Any
) -> tuple[RecommendationResult, TrialRunSettings]:
    parameters = RecommendationParameters(k=2, evaluate=2, **group)
    table = read_user_table(str(file), "answer")
    memory = load_memory(infer_task_type(table.answer), memory_folder)
    settings = replace(settings, recommendation=parameters, seed=3)
    return run_trials(recommend_to(table, memory, parameters, 3), settings), settings


@pytest.mark.quick("group0-rare")
@pytest.mark.filterwarnings(
    "ignore:The least populated class", "ignore:y_pred contains classes not in y_true"
)
@pytest.mark.parametrize("kind", ["numbered", "rare", "rarest", "regression"])
@pytest.mark.parametrize("group", [{}, {"max_rows": 70}, {"learner": "svm"}, {"learner": "xgboost"}])
def test_the_program_prints_the_score_that_was_measured(
    trial_settings: TrialRunSettings,
    memory_folder: Path,
    tmp_path: Path,
    kind: str,
    group: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    found, settings = _evaluate(_write_table(tmp_path, kind), trial_settings, memory_folder, **group)
    assert found.measured is not None
    best = choose_best(found.measured)
    assert best is not None
    # Without what was logged so far
    capsys.readouterr()
    with one_thread():
        exec(programs_for(found, settings.recommendation, settings.hpo, 3)["program"], {})
    metric = "r2" if kind == "regression" else "balanced_accuracy"
    printed = f"{metric}: {best['score']:.4f} +- {best['score_std']:.4f}"
    assert capsys.readouterr().out.strip() == printed


def _write_wide_categories(folder: Path, kind: str) -> Path:
    """A table with a town of many categories, of which some are rare and some missing."""
    rng = np.random.default_rng(1)
    town = rng.choice(26, 240, p=np.arange(1, 27) / 351)
    frame = pd.DataFrame(
        {
            "town": pd.Series(town).map(lambda code: f"town {chr(97 + code)}").where(rng.random(240) > 0.1),
            "size": np.where(rng.random(240) < 0.1, np.nan, rng.normal(size=240)),
            "colour": rng.choice([*"abc"], 240),
            "open": rng.random(240) < 0.5,
            "when": pd.date_range("2024-01-20", periods=240, freq="17h").strftime("%d.%m.%Y %H:%M"),
        }
    )
    signal = town % 7 + frame["size"].fillna(0) + rng.normal(size=240)
    labels = [f"class {at}" for at in range(2 if kind == "two" else 3)]
    answer = signal * 100 if kind == "regression" else pd.qcut(signal, len(labels), labels=labels)
    frame.assign(answer=answer).to_csv(folder / "wide.csv", index=False)
    return folder / "wide.csv"


NATIVE = PreprocessingParameters(max_categories=4, by_learner=True, many_categories="target")
TARGET = PreprocessingParameters(max_categories=4, many_categories="target")
FORMS: list[tuple[str, dict[str, Any], PreprocessingParameters]] = [
    ("xgboost", {"n_estimators": 12, "subsample": 0.7, "colsample_bytree": 0.6}, NATIVE),
    ("lightgbm", {"n_estimators": 12, "subsample": 0.7, "subsample_freq": 1}, NATIVE),
    ("hist_gradient_boosting", {"max_iter": 12, "max_features": 0.7}, NATIVE),
    ("catboost", {"iterations": 12, "depth": 4}, NATIVE),
    ("linear", {}, NATIVE),
    ("linear", {}, TARGET),
    ("svm", {"kernel": "rbf"}, TARGET),
    ("lightgbm", {"n_estimators": 12}, TARGET),
]


@pytest.mark.quick(
    "xgboost-params0-preprocessing0-two",
    "linear-params4-preprocessing4-regression",
    "lightgbm-params7-preprocessing7-three",
)
@pytest.mark.parametrize("kind", ["two", "three", "regression"])
@pytest.mark.parametrize(("learner", "params", "preprocessing"), FORMS)
def test_the_program_prepares_the_table_by_learner(  # noqa: PLR0917
    trial_settings: TrialRunSettings,
    memory_folder: Path,
    tmp_path: Path,
    kind: str,
    learner: str,
    params: dict[str, Any],
    preprocessing: PreprocessingParameters,
    capsys: pytest.CaptureFixture[str],
) -> None:
    if learner == "catboost":
        pytest.importorskip("catboost")
    settings = replace(trial_settings, recommendation=RecommendationParameters(k=1, evaluate=1), seed=3)
    table = read_user_table(str(_write_wide_categories(tmp_path, kind)), "answer")
    memory = load_memory(infer_task_type(table.answer), memory_folder)
    asked = recommend_to(table, memory, settings.recommendation, 3)
    first = asked.recommendations["config_id"].iloc[0]
    one = {**asked.configurations, first: Configuration(learner, params)}
    listed = asked.recommendations.assign(params=pd.Series([params]))
    asked = replace(asked, recommendations=listed, configurations=one, preprocessing=preprocessing)
    found = run_trials(asked, settings)
    (score, std) = _scores_of(found, one[first].config_id)
    chosen = replace(found, measured=None)
    capsys.readouterr()
    names: dict[str, Any] = {}
    program = programs_for(chosen, settings.recommendation, settings.hpo, 3)["program"]
    with one_thread():
        exec(program, names)
    metric = "r2" if kind == "regression" else "balanced_accuracy"
    assert capsys.readouterr().out.strip() == f"{metric}: {score:.4f} +- {std:.4f}"
    assert ("Codes()" in program, "TargetEncoder" in program) == (
        learner != "linear" and preprocessing == NATIVE,
        learner == "linear" or preprocessing == TARGET,
    )
    assert "foretune.learners" not in program
    new = table.frame.head(4).assign(town=["never seen", "", "town z", ""], size=np.nan)
    new.to_csv(tmp_path / "new.csv", index=False)
    assert len(names["predict"](tmp_path / "new.csv")) == 4


def _scores_of(result: RecommendationResult, config_id: str) -> tuple[float, float]:
    assert result.measured is not None
    row = result.measured.set_index("config_id").loc[config_id]
    assert row["status"] == "ok", row["error"]
    return float(row["score"]), float(row["score_std"])


@pytest.mark.quick("preprocessing0-xgboost-two")
@pytest.mark.parametrize(
    ("learner", "kind"),
    [
        ("xgboost", "two"),
        ("lightgbm", "three"),
        ("lightgbm", "regression"),
        ("hist_gradient_boosting", "regression"),
    ],
)
@pytest.mark.parametrize("preprocessing", [MANY, NATIVE])
def test_the_program_has_the_rounds_that_early_stopping_chose(
    trial_settings: TrialRunSettings,
    memory_folder: Path,
    tmp_path: Path,
    learner: str,
    kind: str,
    preprocessing: PreprocessingParameters,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = replace(trial_settings, recommendation=RecommendationParameters(k=1, evaluate=1), seed=3)
    table = read_user_table(str(_write_wide_categories(tmp_path, kind)), "answer")
    memory = load_memory(infer_task_type(table.answer), memory_folder)
    asked = recommend_to(table, memory, settings.recommendation, 3)
    first = asked.recommendations["config_id"].iloc[0]
    opened = Configuration(learner, {"learning_rate": 0.2})
    asked = replace(
        asked,
        recommendations=asked.recommendations.assign(
            config_id=opened.config_id, params=pd.Series([opened.params])
        ),
        configurations={**asked.configurations, opened.config_id: opened},
        default=None,
        preprocessing=preprocessing,
        early_stopping=EarlyStopping(patience=5, max_rounds=40),
    )
    assert first != opened.config_id
    page = build_page(asked, settings.recommendation, settings.hpo, {}, 3)
    assert "it is the default of the library" in page
    found = run_trials(asked, settings)
    params = found.params_of(opened.config_id)
    name = "max_iter" if learner == "hist_gradient_boosting" else "n_estimators"
    assert 1 <= params[name] <= 40
    assert json.loads(found.to_table()["params"].iloc[0]) == params
    assert f"{name}={params[name]}" in describe_choice(found)
    assert "it is the default of the library" not in build_page(
        found, settings.recommendation, settings.hpo, {}, 3
    )
    capsys.readouterr()
    names: dict[str, Any] = {}
    with one_thread():
        exec(programs_for(found, settings.recommendation, settings.hpo, 3)["program"], names)
    metric = "r2" if kind == "regression" else "balanced_accuracy"
    score, std = _scores_of(found, opened.config_id)
    assert capsys.readouterr().out.strip() == f"{metric}: {score:.4f} +- {std:.4f}"
    last = names["model"][-1]
    fitted = (
        last.regressor_ if kind == "regression" else last.estimators_[0] if learner == "xgboost" else last
    )
    # Five folds train on four fifths of the rows
    assert fitted.get_params()[name] == round(params[name] * 1.25)


@pytest.mark.quick("log_loss")
@pytest.mark.parametrize("score", ["log_loss", "roc_auc_ovr"])
def test_the_program_of_a_calibrated_machine_prints_its_score(
    trial_settings: TrialRunSettings,
    memory_folder: Path,
    tmp_path: Path,
    score: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = replace(trial_settings, recommendation=RecommendationParameters(learner="svm", evaluate=1))
    table = read_user_table(str(_write_table(tmp_path, "numbered")), "answer")
    memory = load_memory("classification", memory_folder)
    asked = replace(recommend_to(table, memory, settings.recommendation, 0), score=score)
    found = run_trials(asked, settings)
    assert found.measured is not None
    capsys.readouterr()
    exec(programs_for(found, settings.recommendation, settings.hpo, 0)["program"], {})
    best = choose_best(found.measured)
    assert best is not None
    assert capsys.readouterr().out.startswith(f"{score}: {best['score']:.4f} +- ")


@pytest.mark.quick("70-rare")
@pytest.mark.filterwarnings("ignore::foretune.recommendation.core.suggestions.RecommendationWarning")
@pytest.mark.parametrize("kind", ["numbered", "rare", "rarest", "regression"])
@pytest.mark.parametrize("max_rows", [70, 20_000])
def test_a_measured_score_is_that_of_the_search(
    trial_settings: TrialRunSettings, memory_folder: Path, tmp_path: Path, kind: str, max_rows: int
) -> None:
    found, _ = _evaluate(_write_table(tmp_path, kind), trial_settings, memory_folder, max_rows=max_rows)
    assert found.measured is not None
    search = MetaSearchCV(n_trials=3, min_gain=0, random_state=3, memory=memory_folder, refit=False)
    search.set_params(task_type=found.task_type, max_rows=max_rows)
    results = search.fit(found.table.features, found.table.answer).cv_results_
    searched = {
        str(sorted(params.items())): score
        for params, score in zip(results["params"], results["mean_test_score"], strict=True)
    }
    compared = [
        (score, searched[str(sorted(params.items()))])
        for params, score in zip(found.measured["params"], found.measured["score"], strict=True)
        if str(sorted(params.items())) in searched
    ]
    assert compared
    assert all(measured == pytest.approx(expected, rel=1e-12) for measured, expected in compared)


@pytest.mark.slow
def test_all_rows_are_evaluated_in_five_folds_and_said(
    trial_settings: TrialRunSettings, memory_folder: Path, tmp_path: Path
) -> None:
    file = _write_table(tmp_path, "numbered", 700)
    assert trial_settings.task_generation.max_rows < 700
    found, _ = _evaluate(file, trial_settings, memory_folder, learner="k_nearest_neighbours")
    assert "on 700 rows in 5 folds" in describe_choice(found)
    assert found.to_json()["measured_on"] == {"n_rows": 700, "n_folds": 5}
    sampled, _ = _evaluate(
        file, trial_settings, memory_folder, learner="k_nearest_neighbours", max_rows=100, n_folds=4
    )
    assert "on 100 of 700 rows in 4 folds" in describe_choice(sampled)


def test_the_task_of_the_ledger_is_that_of_task_generation(
    result: RecommendationResult, trial_settings: TrialRunSettings
) -> None:
    task = make_ledger_task(result, trial_settings)
    assert task.task_id == "iris_i"
    assert task.X.shape == (75, 4)
    assert task.task_type == "classification"
    small = trial_settings.task_generation.model_copy(update={"max_rows": 60})
    assert len(make_ledger_task(result, replace(trial_settings, task_generation=small)).X) <= 60


def test_a_table_that_is_no_task_is_said(
    result: RecommendationResult, trial_settings: TrialRunSettings
) -> None:
    frame = result.table.frame.assign(**{result.table.target: "one"})
    one_class = replace(result, table=replace(result.table, frame=frame))
    with pytest.raises(TableError, match=r"iris <i>\.csv cannot be a task of the ledger: .*class"):
        make_ledger_task(one_class, trial_settings)
    with pytest.raises(TableError, match=r"iris <i>\.csv cannot be cross-validated: .*two classes"):
        run_trials(one_class, trial_settings)


def test_trials_for_the_ledger_are_those_of_hpo(
    result: RecommendationResult, trial_settings: TrialRunSettings, tmp_path: Path
) -> None:
    small = trial_settings.task_generation.model_copy(update={"max_rows": 60})
    one = RecommendationParameters(k=1, evaluate=1, feed_ledger=True)
    few = replace(trial_settings, task_generation=small, recommendation=one)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        found = run_trials(result, few, ledger)
        stored = {row.key: row for row in ledger.rows()}
    assert found.measured is not None
    assert {row.configuration.config_id for row in stored.values()} == set(found.measured["config_id"])
    assert {row.configuration.strategy for row in stored.values()} <= {RECOMMENDED, "default"}
    context = make_context(make_ledger_task(result, few), few.hpo, few.seed)
    assert set(stored) == {
        trial_key(context, result.configurations[one]) for one in found.measured["config_id"]
    }


@pytest.mark.slow
def test_what_cannot_end_in_max_time_is_not_tried(
    measured: RecommendationResult, trial_settings: TrialRunSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []

    def expect(_: object, configuration: Configuration) -> float:
        calls.append(configuration.config_id)
        # All but the first would take too long
        return 0.1 if configuration.config_id == calls[0] else 1e6

    monkeypatch.setattr(trial_run, "expect_trials", lambda _: expect)
    limited = trial_settings.recommendation.model_copy(update={"max_time": 120.0})
    found = run_trials(measured, replace(trial_settings, recommendation=limited))
    table = found.measured
    assert table is not None
    assert table["status"].value_counts()["ok"] == 1
    assert table["status"].value_counts()["not evaluated"] == len(table) - 1


def test_a_learner_of_another_library_cannot_be_tried(
    result: RecommendationResult, trial_settings: TrialRunSettings
) -> None:
    first = result.recommendations["config_id"].iloc[0]
    foreign = {**result.configurations, first: Configuration("another", {})}
    with pytest.raises(TrialRunError, match=r"another.*; or leave evaluate away"):
        run_trials(replace(result, configurations=foreign), trial_settings)


def _outcomes(*rows: tuple[float, float, float]) -> pd.DataFrame:
    table = pd.DataFrame(rows, columns=["score", "over_first", "over_first_se"])
    return table.assign(config_id=[*"abcd"[: len(table)]])


@pytest.mark.parametrize(
    ("rows", "advised"),
    [
        ([(0.9, 0, 0), (0.91, 0.01, 0.02), (0.8, -0.1, 0.01)], "a"),
        ([(0.9, 0, 0), (0.91, 0.01, 0.01)], "a"),
        ([(0.9, 0, 0), (0.92, 0.02, 0.01), (0.94, 0.04, 0.02)], "c"),
        # The highest is uncertain, the second is not
        ([(0.9, 0, 0), (0.92, 0.02, 0.01), (0.94, 0.04, 0.05)], "b"),
        ([(NAN, NAN, NAN), (0.7, 0, 0), (0.71, 0.01, 0.03)], "b"),
    ],
)
def test_another_than_the_first_is_advised_beyond_one_standard_error(
    rows: list[tuple[float, float, float]], advised: str
) -> None:
    best = choose_best(_outcomes(*rows))
    assert best is not None
    assert best["config_id"] == advised


def test_nothing_is_advised_where_all_trials_failed() -> None:
    assert choose_best(_outcomes((NAN, NAN, NAN))) is None


@pytest.mark.parametrize(("of_memory", "expected"), [(FEW, FEW), (None, MANY)])
def test_trials_are_prepared_as_those_of_the_memory(
    result: RecommendationResult,
    hpo_parameters: HpoParameters,
    of_memory: PreprocessingParameters | None,
    expected: PreprocessingParameters,
) -> None:
    one = replace(result, preprocessing=of_memory, score="accuracy")
    made = as_in_memory(hpo_parameters, one, 5)
    assert (made.n_folds, made.preprocessing) == (5, expected)
    assert made.score.classification == "accuracy"
    assert made.score.regression == hpo_parameters.score.regression
    assert as_in_memory(hpo_parameters, replace(one, score=None), 5).score == hpo_parameters.score


def write_visits(folder: Path) -> Path:
    """Write a table in which a patient is recognised by the columns, and some rows have no target."""
    rng = np.random.default_rng(0)
    patient = rng.permutation(np.repeat(np.arange(24), 8))
    marks = rng.normal(size=(24, 4))[patient] + 0.1 * rng.normal(size=(len(patient), 4))
    table = pd.DataFrame(marks, columns=list("abcd")).assign(
        # Digits with leading zeros, of which numbers would make one group of several
        patient=[f"{'0' * (one % 3)}{one // 3 + 1}" for one in patient],
        day=pd.Series(rng.permutation(len(patient)) // 2).map(
            lambda one: (pd.Timestamp("2024-01-01") + pd.Timedelta(days=one)).strftime("%d.%m.%Y")
        ),
        ill=np.where(rng.permutation(np.arange(24) % 2)[patient], "yes", "no"),
    )
    table.loc[:6, "ill"] = None
    table.to_csv(folder / "visits.csv", index=False)
    return folder / "visits.csv"


SPLIT_RUNS = [
    ("classification", {"groups": "patient"}, {}),
    ("classification", {"groups": "patient"}, {"max_rows": 100}),
    ("classification", {"time": "day"}, {"keep_split_column": True}),
    ("regression", {"groups": "patient"}, {}),
    ("regression", {"time": "day"}, {"max_rows": 100}),
]


@pytest.mark.quick("classification-groups-max_rows")
@pytest.mark.parametrize(
    ("kind", "named", "options"),
    SPLIT_RUNS,
    ids=["-".join([kind, *named, *options]) for kind, named, options in SPLIT_RUNS],
)
def test_the_page_and_its_program_split_by_groups_and_by_time(
    memory_folder: Path,
    tmp_path: Path,
    kind: Any,
    named: dict[str, str],
    options: dict[str, Any],
    capsys: pytest.CaptureFixture[str],
) -> None:
    target = "ill" if kind == "classification" else "a"
    dropped = () if target == "ill" else ("ill",)
    parameters = RecommendationParameters(
        **named, **options, k=1, evaluate=1, memory=str(memory_folder), drop_columns=dropped
    )
    file = str(write_visits(tmp_path))
    table = read_user_table(file, target, parameters.drop_columns, split_column=parameters.split_column)
    is_kept = "keep_split_column" in options
    assert all((name in table.features.columns) == is_kept for name in named.values())
    found = recommend_from_parameters(table, parameters, 0)
    assert any("folds at random" in note for note in found.notes)
    hpo = usual_hpo(found)
    settings = TrialRunSettings(
        parameters, TaskGenerationParameters(), hpo, ParallelParameters(n_workers=1), 0
    )
    result = run_trials(found, settings)
    splitter = "TimeFolds"
    if "groups" in named:
        splitter = "StratifiedGroupKFold" if target == "ill" else "GroupKFold"
    assert result.to_json()["measured_on"]["splitter"] == splitter
    by = "by groups (patient)" if "groups" in named else "by time (day)"
    assert f"in 5 folds {by}" in describe_choice(result)
    programs = programs_for(result, parameters, hpo, 0)
    assert f"folds = {splitter}(5" in programs["program"]
    names: dict[str, Any] = {}
    with one_thread():
        exec(programs["program"], names)
    measured = result.measured
    assert measured is not None
    best = choose_best(measured)
    assert best is not None
    assert f": {best['score']:.4f} +- {best['score_std']:.4f}" in capsys.readouterr().out
    entry = yaml.safe_load(programs["user_task"])["task_generation"]["user_tasks"]["visits"]
    assert {**named, **({"keep_split_column": True} if is_kept else {})}.items() <= entry.items()
    search: dict[str, Any] = {}
    exec(programs["search"].replace("n_trials=20", "n_trials=1, random_state=0"), search)
    assert search["search"].n_splits_ == 5


def test_what_is_fed_back_has_the_keys_of_a_task_with_the_same_groups(
    memory_folder: Path, tmp_path: Path, hpo_parameters: HpoParameters
) -> None:
    parameters = RecommendationParameters(
        groups="patient", evaluate=1, feed_ledger=True, memory=str(memory_folder), k=1
    )
    table = read_user_table(str(write_visits(tmp_path)), "ill", split_column=parameters.split_column)
    found = recommend_from_parameters(table, parameters, 0)
    generation = TaskGenerationParameters()
    settings = TrialRunSettings(parameters, generation, hpo_parameters, ParallelParameters(n_workers=1), 0)
    with Ledger.open(f"sqlite:///{tmp_path}/ledger.sqlite") as ledger:
        run_trials(found, settings, ledger)
        stored = list(ledger.rows())
    task = make_ledger_task(found, settings)
    assert task.split is not None
    context = make_context(task, hpo_parameters, 0)
    assert context.splitter == "StratifiedGroupKFold"
    assert {one.task_hash for one in stored} == {context.task_hash}
    assert all(one.key == trial_key(context, one.configuration) for one in stored)


def test_too_few_groups_are_said(memory_folder: Path, tmp_path: Path) -> None:
    file = write_visits(tmp_path)
    pd.read_csv(file).assign(ward=lambda one: np.arange(len(one)) % 3).to_csv(file, index=False)

    def run(**options: Any) -> RecommendationResult:
        parameters = RecommendationParameters(
            groups="ward", evaluate=1, k=1, memory=str(memory_folder), **options
        )
        table = read_user_table(str(file), "ill", split_column=parameters.split_column)
        found = recommend_from_parameters(table, parameters, 0)
        return run_trials(
            found,
            TrialRunSettings(
                parameters, TaskGenerationParameters(), usual_hpo(found), ParallelParameters(n_workers=1), 0
            ),
        )

    assert "groups column 'ward' has 3 groups: 3 folds instead of 5" in run().notes
    with pytest.raises(TableError, match="groups column 'ward' has 3 groups for 5 folds"):
        run(n_folds=5)
