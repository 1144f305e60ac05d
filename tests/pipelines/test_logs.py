"""Logs through real Kedro sessions on ``conf/logs``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast

import numpy as np
import optuna
import pandas as pd
import pytest
import yaml
from click import ClickException
from click.testing import CliRunner
from kedro.framework.project import configure_project, pipelines
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from tests.pipelines.conftest import PROJECT, Workspace

from foretune import suggest
from foretune.commands.logs import logs as logs_command
from foretune.logs import import_logs, load_study, trials_from_study
from foretune.logs_pipeline_registry import register_pipelines
from foretune.project.log_outputs import move_outputs

N_TASKS = 12
SMALL: dict[str, Any] = {
    "parallel": {"n_workers": 1},
    "meta_training": {"surrogate": {"n_rounds": 10}, "level": {"n_rounds": 5}},
    "evaluation": {"n_seeds": 1, "n_random_orders": 10, "n_bootstrap": 100, "n_trials": [1, 2, 5]},
}
CONFIGURATIONS: list[dict[str, Any]] = [
    {"learner": "svm", "param_C": 0.1, "param_kernel": "rbf", "param_gamma": 0.5},
    {"learner": "svm", "param_C": 1, "param_kernel": "linear"},
    {"learner": "svm", "param_C": 10, "param_kernel": "rbf", "param_gamma": 0.1},
    {"learner": "forest", "param_max_depth": 3},
    {"learner": "forest", "param_max_depth": "None"},
    {"learner": "forest", "param_max_depth": 12},
]


@pytest.fixture
def logs_workspace(workspace: Workspace) -> Workspace:
    """Give a workspace with a ragged log and metafeatures of some of its tasks."""
    rng = np.random.default_rng(0)
    rows = [
        {"task_id": task, **configuration, "param_seed": 1, "score": round(float(rng.uniform()), 3)}
        for task in range(N_TASKS)
        for number, configuration in enumerate(CONFIGURATIONS)
        if number != task % 6
    ]
    pd.DataFrame(rows).to_csv(workspace.path / "trials.csv", index=False)
    described = pd.DataFrame(rng.lognormal(size=(N_TASKS - 2, 4)), columns=list("abcd"))
    described.assign(constant=1).rename_axis("task_id").to_csv(workspace.path / "metafeatures.csv")
    return Workspace(workspace.path, env="logs")


def _run(workspace: Workspace, **parameters: Any) -> Path:
    workspace.run("meta_training", "evaluation", **{**SMALL, **parameters})
    return workspace.path / "out"


@pytest.mark.slow
def test_a_log_becomes_regret_a_leaderboard_and_a_report(logs_workspace: Workspace) -> None:
    out = _run(
        logs_workspace, trials_path="trials.csv", metafeatures_path="metafeatures.csv", output_dir="out"
    )
    regret = pd.read_parquet(out / "regret.parquet")
    assert set(regret["task_id"]) == set(map(str, range(N_TASKS)))
    assert set(regret["task_type"]) == {"any"}
    assert set(regret["provenance"]) == {"logged"}
    assert {"foretune", "random_search", "greedy_portfolio", "nearest_tasks_1"} <= set(regret["method"])
    assert regret["regret"].between(0, 1).all()
    leaderboard = pd.read_csv(out / "leaderboard.csv")
    assert set(leaderboard["n_trials"]) == {1, 2, 5}
    assert (leaderboard["n_tasks"] == N_TASKS).all()
    # The log has no times
    assert pd.read_parquet(out / "regret_in_time.parquet").empty
    assert pd.read_csv(out / "leaderboard_in_time.csv").empty
    # Nor numbers of rows
    assert pd.read_csv(out / "leaderboard_by_size.csv").empty
    assert "rows_hidden" not in set(regret["method"])
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "Regret in time" not in page
    assert "Regret by size" not in page
    groups = pd.read_csv(out / "task_groups.csv")
    assert groups.columns.tolist() == ["task_id", "family", "n_in_family", "nearest_task", "distance"]
    assert groups["distance"].isna().sum() == 2
    table = pd.read_parquet(out / "05_model_input/meta_dataset.parquet")
    assert len(table) == N_TASKS * 5
    assert {
        f"configuration:{name}" for name in ("max_depth", "max_depth=None", "kernel=rbf", "gamma")
    } <= set(table)
    # Every output of the two pipelines, whatever they make, is there, and the project's own data are not
    made = register_pipelines()["__default__"].all_outputs()
    moved = move_outputs(_catalog(), out)
    for name in made:
        assert Path(moved[name]["filepath"]).exists(), name
    assert logs_workspace.files() == {}
    log = (logs_workspace.path / "logs/foretune.log").read_text()
    assert "metafeatures.csv: 2 of 12 tasks without metafeatures" in log


@pytest.mark.slow
def test_a_log_without_metafeatures_and_with_two_types_of_tasks(logs_workspace: Workspace) -> None:
    log = pd.read_csv(logs_workspace.path / "trials.csv", keep_default_na=False)
    log["task_type"] = np.where(log["task_id"] < 6, "ranking", "")
    log["is_default"] = log["param_C"].eq("1.0")
    log["fit_seconds"] = np.where(log["task_id"] < 6, 1 + np.arange(len(log)) % 7, np.nan)
    log.to_csv(logs_workspace.path / "typed.csv", index=False)
    out = _run(
        logs_workspace, trials_path="typed.csv", output_dir="out", logs={"score_direction": "minimise"}
    )
    regret = pd.read_parquet(out / "regret.parquet")
    assert regret.groupby("task_type")["task_id"].nunique().to_dict() == {"any": 6, "ranking": 6}
    assert "library_default" in set(regret["method"])
    assert not {"nearest_tasks_1", "shuffled_metafeatures"} & set(regret["method"])
    assert (regret["score"].dropna() <= 0).all()
    in_time = pd.read_csv(out / "leaderboard_in_time.csv")
    assert set(in_time["task_type"]) == {"ranking"}
    assert {"foretune_timed", "foretune", "library_default"} <= set(in_time["method"])
    assert "Regret in time" in (out / "report.html").read_text(encoding="utf-8")
    assert {path.name for path in (out / "06_models/surrogates").iterdir()} == {"any", "metrics", "ranking"}


def _tune(storage: str, task: int) -> None:
    """Tune a forest on a made-up task."""
    sampler = optuna.samplers.RandomSampler(seed=task)
    study = optuna.create_study(storage=storage, study_name=f"study_{task}", sampler=sampler)

    def loss(trial: optuna.Trial) -> float:
        trees = trial.suggest_int("n_estimators", 2, 40)
        depth = trial.suggest_categorical("max_depth", [None, 2, 9])
        bootstrap = trial.suggest_categorical("bootstrap", [True, False])
        return abs(trees / 40 - task / 4) + 0.1 * (depth is None) + 0.01 * bootstrap

    study.optimize(loss, n_trials=8)


@pytest.mark.slow
def test_studies_become_a_memory_that_suggests(workspace: Workspace) -> None:
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    storage = f"sqlite:///{workspace.path}/optuna.sqlite"
    file = workspace.path / "trials.parquet"
    for task in range(4):
        _tune(storage, task)
        named = ["--task-id", f"t{task}", "--learner", "random_forest", "--output", str(file), "--append"]
        done = CliRunner().invoke(logs_command, ["from-optuna", storage, f"study_{task}", *named])
        assert done.exit_code == 0, done.output
    logs = [trials_from_study(load_study(storage, f"study_{i}"), f"t{i}", "random_forest") for i in range(4)]
    optuna.logging.set_verbosity(verbosity)
    small = {name: SMALL[name] for name in ("parallel", "meta_training")}
    Workspace(workspace.path, "logs").run(
        "meta_training", **small, trials_path="trials.parquet", output_dir="out"
    )
    trials = pd.read_parquet(workspace.path / "out/03_primary/trials.parquet")
    pd.testing.assert_frame_equal(trials, import_logs(logs).trials)
    X, y = load_iris(return_X_y=True, as_frame=True)
    suggestions = suggest(X, y, k=4, memory=workspace.path / "out/06_models/surrogates")
    assert suggestions["is_default"].head(3).sum() == 1
    proposed = suggestions.loc[~suggestions["is_default"], "params"].tolist()
    assert len(proposed) == 3
    tried = [json.loads(params) for params in trials["params"]]
    for params in proposed:
        assert params in tried
        RandomForestClassifier(**params).fit(X, y)


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        ({}, "parameter trials_path is missing: --params=trials_path=<file>"),
        (
            {"trials_path": "bad.csv"},
            "bad.csv, row 3: score = 'oops' is no number: leave it empty where a trial",
        ),
        pytest.param(
            {"trials_path": "no.csv"},
            "parameter trials_path = 'no.csv': there is no such file",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"trials_path": "trials.csv", "metafeatures_path": "trials.csv"},
            "trials.csv, row 3: task_id = '0' has another row with other values: a task has one row",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"trials_path": "trials.csv", "logs": {"keep_columns": "param_kernel+param_accuracy"}},
            "logs.keep_columns: trials.csv has no hyperparameter 'param_accuracy'",
            marks=pytest.mark.slow,
        ),
        pytest.param(
            {"trials_path": "trials.csv", "output_dir": "data"},
            "parameter output_dir: .*/data/.* would be overwritten; choose another folder",
            marks=pytest.mark.slow,
        ),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    logs_workspace: Workspace, parameters: dict[str, Any], line: str
) -> None:
    (logs_workspace.path / "bad.csv").write_text("task_id,score,param_x\na,1,1\na,oops,2\n")
    with pytest.raises(ClickException, match=line) as caught:
        _run(logs_workspace, **parameters)
    assert "\n" not in caught.value.message
    assert logs_workspace.files() == {}


def test_a_log_needs_its_environment(logs_workspace: Workspace) -> None:
    with pytest.raises(
        ClickException, match="parameter trials_path is for logs that somebody else made: add --env="
    ):
        Workspace(logs_workspace.path).run("meta_training", trials_path="trials.csv")


@pytest.mark.slow
def test_the_project_has_its_own_pipelines_again_afterwards(logs_workspace: Workspace) -> None:
    with pytest.raises(ClickException, match="trials_path is missing"):
        _run(logs_workspace)
    assert "import_logs" in {node.name for node in pipelines["meta_training"].nodes}
    # Without configure_project, as in a notebook
    from kedro.framework.session import KedroSession

    with KedroSession.create(
        project_path=logs_workspace.path, env="test", conf_source=str(PROJECT / "conf")
    ) as session:
        cast("KedroSession", session).load_context()
    assert "import_logs" not in {node.name for node in pipelines["meta_training"].nodes}
    assert "hpo" in pipelines
    configure_project("foretune")


def test_every_dataset_of_the_import_has_an_entry_and_a_place_of_its_own() -> None:
    catalog = _catalog()
    used = {
        name
        for name in register_pipelines()["__default__"].datasets()
        if name != "parameters" and not name.startswith("params:")
    }
    assert used <= set(catalog)
    moved = move_outputs(catalog, Path("/out"))
    paths = [entry.get("filepath", entry.get("path")) for entry in moved.values()]
    paths = [path for path in paths if path]
    assert len(set(paths)) == len(paths)
    assert all(path.startswith("/out/") for path in paths)


def _catalog() -> dict[str, dict[str, Any]]:
    catalog: dict[str, dict[str, Any]] = {}
    for env in ("base", "logs"):
        for path in sorted((PROJECT / "conf" / env).glob("catalog*.yml")):
            catalog |= yaml.safe_load(path.read_text())
    return catalog
