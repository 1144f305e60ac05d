"""The whole project through real Kedro sessions on ``conf/test``."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from click import ClickException
from tests.pipelines.conftest import Workspace

from foretune.meta_model.artifact import read_memory
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.metafeatures import MetafeatureExtractor

STAGES = ["task_generation", "hpo", "metafeatures", "meta_training", "evaluation"]
TASKS = {"bone_marrow", "diabetes", "haberman", "iris", "servo", "wine", "yacht"}


def _read(workspace: Workspace, path: str) -> pd.DataFrame:
    full = workspace.path / "data" / path
    return pd.read_csv(full) if full.suffix == ".csv" else pd.read_parquet(full)


@pytest.mark.slow
def test_every_stage_leaves_its_tables(finished_run: Workspace) -> None:
    catalogue = _read(finished_run, "03_primary/task_catalogue.parquet")
    assert set(catalogue["task_id"]) == TASKS
    assert catalogue["n_rows"].max() == 90
    assert {path.stem for path in (finished_run.path / "data/03_primary/tasks").iterdir()} == TASKS
    assert _read(finished_run, "03_primary/rejected_tasks.csv").empty
    trials = _read(finished_run, "03_primary/trials.parquet")
    assert len(trials) == 7 * 5 * 3
    assert set(trials["status"]) == {"ok"}
    metafeatures = _read(finished_run, "04_feature/metafeatures.parquet")
    assert set(metafeatures["task_id"]) == TASKS
    assert metafeatures.shape[1] > 40
    assert _read(finished_run, "04_feature/metafeature_failures.parquet").empty
    meta_dataset = _read(finished_run, "05_model_input/meta_dataset.parquet")
    assert len(meta_dataset) == len(trials)


@pytest.mark.slow
def test_trials_keep_the_contract(finished_run: Workspace) -> None:
    trials = _read(finished_run, "03_primary/trials.parquet")
    costs = _read(finished_run, "03_primary/trial_costs.parquet")
    keys = ["task_id", "learner", "config_id"]
    assert {*keys, "strategy", "score", "score_std", "status", "error"} <= set(trials)
    assert {f"metric_{name}" for name in ("accuracy", "balanced_accuracy", "roc_auc_ovr", "log_loss")} <= set(
        trials
    )
    assert {"metric_r2", "metric_rmse", "metric_mae"} <= set(trials)
    pd.testing.assert_frame_equal(trials[keys], costs[keys])
    by_learner = trials[trials["strategy"] == "default"].groupby("task_id")["learner"].nunique()
    assert (by_learner == 5).all()
    # One configuration has one identity on every task
    assert trials.groupby("config_id")["params"].nunique().max() == 1


@pytest.mark.slow
def test_regret_keeps_the_contract(finished_run: Workspace) -> None:
    regret = _read(finished_run, "07_model_output/regret.parquet")
    assert {"task_id", "family", "method", "seed", "n_trials", "regret", "score"} <= set(regret)
    assert set(regret["task_id"]) == TASKS
    assert set(regret["n_trials"]) == {1, 2, 3, 5, 10}
    assert regret["regret"].between(0, 1).all()
    by_run = regret.sort_values("n_trials").groupby(["task_id", "method", "seed"])
    assert by_run["regret"].diff().max() <= 1e-12
    baselines = {"library_default", "random_search", "best_average", "greedy_portfolio"}
    assert baselines <= set(regret["method"])
    leaderboard = _read(finished_run, "08_reporting/leaderboard.csv")
    expected = (
        "method n_trials mean_regret median_regret ci_low ci_high mean_rank wins ties losses share_harmed "
        "worst_regret"
    )
    assert set(expected.split()) <= set(leaderboard)
    assert (leaderboard["ci_low"] <= leaderboard["mean_regret"] + 1e-12).all()
    # Tasks of one size: the same again
    by_size = _read(finished_run, "08_reporting/leaderboard_by_size.csv")
    assert set(by_size["size_class"]) == {"up to 1,000"}
    assert len(by_size) == len(leaderboard)
    assert "rows_hidden" not in set(regret["method"])


@pytest.mark.slow
def test_what_was_learnt_stands_in_tables(finished_run: Workspace) -> None:
    folder = "08_reporting/understanding"
    importance = _read(finished_run, f"{folder}/hyperparameter_importance.csv")
    # Two configurations a learner: some surfaces are flat, and have no shares
    assert importance["mean"].dropna().between(0, 1 + 1e-9).all()
    tunability = _read(finished_run, f"{folder}/tunability.csv")
    assert set(tunability["reference"]) == {"library default"}
    assert (tunability["mean_gain"] >= 0).all()
    defaults = _read(finished_run, f"{folder}/better_defaults.csv")
    assert all(json.loads(parameters) for parameters in defaults["parameters"])
    shap = _read(finished_run, f"{folder}/shap.csv")
    assert {"metafeature", "hyperparameter"} <= set(shap["kind"])
    ablation = _read(finished_run, f"{folder}/metafeature_ablation.csv")
    assert {"all", "none", "without", "only"} == set(ablation["variant"])


@pytest.mark.slow
def test_surrogates_predict_in_the_unit_of_the_score(finished_run: Workspace) -> None:
    table = _read(finished_run, "05_model_input/meta_dataset.parquet")
    for task_type, rows in table.groupby("task_type"):
        memory = read_memory(finished_run.path / "data/06_models/surrogates" / str(task_type))
        known = MetaDataset.from_table(rows)
        assert set(memory.task_hashes) == set(known.tasks.index)
        for task_id in known.tasks.index:
            truth = known.scores_of(task_id)
            predicted = memory.surrogate.predict(
                known.metafeatures.loc[task_id], known.configurations.loc[truth.index]
            )
            assert np.abs(predicted - truth).mean() < 0.35
    quality = _read(finished_run, "07_model_output/surrogate_quality.parquet")
    assert {"rmse", "mae", "r2", "spearman", "kendall"} <= set(quality)
    assert set(quality["task_id"]) == TASKS


@pytest.mark.slow
def test_figures_are_there_for_the_browser(finished_run: Workspace) -> None:
    folder = finished_run.path / "data/08_reporting"
    for name in (
        "regret_curves",
        "surrogate_quality",
        "rank_curves",
        "critical_differences",
        "metafeature_correlations",
        "task_map",
    ):
        figure = json.loads((folder / f"{name}.json").read_text())
        assert len(figure["data"]) > 1
    for name in ("hyperparameter_importance", "marginals", "tunability", "better_defaults", "shap"):
        figure = json.loads((folder / "understanding" / f"{name}.json").read_text())
        assert len(figure["data"]) > 1, name
    for name in ("regret_curves", "report"):
        assert 'src="http' not in (folder / f"{name}.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_report_has_the_numbers_of_the_tables(finished_run: Workspace) -> None:
    claims = _read(finished_run, "08_reporting/claims.csv")
    assert {"lowest_mean", "below_portfolio", "beats_cold_tpe", "shuffled_worse"} <= set(claims["claim"])
    comparisons = _read(finished_run, "08_reporting/comparisons.csv")
    assert set(comparisons["method"]) == {"foretune"}
    assert (comparisons["p_holm"] >= comparisons["p_value"] - 1e-12).all()
    friedman = _read(finished_run, "08_reporting/friedman.csv")
    assert friedman["n_units"].max() == 4
    ranks = _read(finished_run, "08_reporting/ranks.csv")
    speed_up = _read(finished_run, "08_reporting/speed_up.csv")
    assert len(ranks) == len(speed_up) == len(_read(finished_run, "08_reporting/leaderboard.csv"))
    page = (finished_run.path / "data/08_reporting/report.html").read_text(encoding="utf-8")
    n_holding = int((claims["holds"].astype(str) == "True").sum())
    assert f"{n_holding} of {len(claims)} checks do" in page
    assert "n_random_orders: 20" in page
    assert all(task in page for task in TASKS)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_with_two_workers(
    finished_run: Workspace, workspace: Workspace
) -> None:
    workspace.run(parallel={"n_workers": 2})
    one, two = finished_run.files(), workspace.files()
    assert set(one) == set(two)
    # Time is never the same twice: costs have tables of their own, and the ledger keeps them too. The report
    # shows all parameters, also the number of workers.
    differing = {path for path in one if one[path] != two[path]} - {"06_models/learner_costs.json"}
    assert differing == {
        "03_primary/ledger.sqlite",
        "03_primary/trial_costs.parquet",
        "04_feature/metafeature_cache.sqlite",
        "04_feature/metafeature_costs.parquet",
        "07_model_output/evaluation_costs.csv",
        "07_model_output/regret_in_time.parquet",
        "08_reporting/evaluation_costs.json",
        "08_reporting/leaderboard_in_time.csv",
        "08_reporting/report.html",
    }


@pytest.mark.slow
def test_a_second_run_evaluates_nothing_and_changes_nothing(finished_run: Workspace) -> None:
    before = finished_run.files()
    finished_run.run("hpo", parallel={"n_workers": 1})
    after = finished_run.files()
    assert {path for path in before if before[path] != after[path]} <= {"03_primary/ledger.sqlite"}
    log = (finished_run.path / "logs/foretune.log").read_text()
    assert "105 trials are known from the ledger, 0 are left" in log


@pytest.mark.slow
def test_metafeatures_of_known_tasks_are_not_computed_again(finished_run: Workspace) -> None:
    before = finished_run.files()
    finished_run.run("metafeatures")
    assert finished_run.files() == before
    log = (finished_run.path / "logs/foretune.log").read_text()
    assert "metafeatures: 70 of 70 groups of values were known" in log


@pytest.mark.slow
def test_what_metafeatures_were_computed_with_travels_with_them(finished_run: Workspace) -> None:
    values = _read(finished_run, "04_feature/metafeatures.parquet")
    again = MetafeatureExtractor.from_settings(values.attrs["metafeature_settings"])
    task = _read(finished_run, "03_primary/tasks/iris.parquet")
    described = again.extract(task.drop(columns="target"), task["target"], "classification")
    stored = values.set_index("task_id")[list(described.index)].T["iris"]
    np.testing.assert_array_equal(described, stored)


@pytest.mark.slow
def test_another_score_needs_no_other_fit(finished_run: Workspace, workspace: Workspace) -> None:
    shutil.copytree(finished_run.path / "data", workspace.path / "data")
    workspace.run("hpo", hpo={"score": {"classification": "accuracy", "regression": "mae"}})
    trials = _read(workspace, "03_primary/trials.parquet")
    is_class = trials["metric_accuracy"].notna()
    np.testing.assert_array_equal(trials["score"][is_class], trials["metric_accuracy"][is_class])
    np.testing.assert_array_equal(trials["score"][~is_class], -trials["metric_mae"][~is_class])
    costs = [_read(w, "03_primary/trial_costs.parquet") for w in (finished_run, workspace)]
    pd.testing.assert_frame_equal(*costs)


@pytest.mark.slow
@pytest.mark.slow
def test_another_seed_gives_other_trials(finished_run: Workspace, workspace: Workspace) -> None:
    workspace.run("task_generation", "hpo", seed=1, hpo={"learners": ["linear"]})
    one, other = (_read(w, "03_primary/trials.parquet") for w in (finished_run, workspace))
    assert set(one["config_id"]) != set(other["config_id"])


@pytest.mark.slow
def test_each_pipeline_runs_alone_once_its_inputs_exist(workspace: Workspace) -> None:
    small = {"task_ids": ["iris", "wine", "haberman"]}
    for stage in STAGES:
        workspace.run(stage, task_generation=small, hpo={"learners": ["linear", "k_nearest_neighbours"]})
    assert set(_read(workspace, "07_model_output/regret.parquet")["task_id"]) == {"iris", "wine", "haberman"}


@pytest.mark.slow
def test_tasks_of_an_earlier_run_do_not_stay_behind(workspace: Workspace) -> None:
    workspace.run("task_generation", task_generation={"task_ids": ["iris", "wine"]})
    workspace.run("task_generation", task_generation={"task_ids": ["wine"]})
    assert [path.stem for path in (workspace.path / "data/03_primary/tasks").iterdir()] == ["wine"]


def test_bad_tasks_of_the_user_are_rows_and_the_run_goes_on(workspace: Workspace) -> None:
    folder = workspace.path / "data/01_raw/tasks"
    folder.mkdir(parents=True)
    _write_user_files(folder)
    entries = {
        path.stem: {"file": path.name, "target": "y", "task_type": "classification"}
        for path in sorted(folder.iterdir())
        if path.stem != "undeclared"
    }
    entries["absent"] = {"file": "absent.csv", "target": "y", "task_type": "classification"}
    entries["constant_number"] = {"file": "constant.csv", "target": "y", "task_type": "regression"}
    workspace.run("task_generation", task_generation={"task_ids": ["iris"], "user_tasks": entries})
    catalogue = _read(workspace, "03_primary/task_catalogue.parquet")
    # A column without a value is left out, the task stays
    assert set(catalogue["task_id"]) == {"iris", "good", "all_missing"}
    rejected = _read(workspace, "03_primary/rejected_tasks.csv").set_index("task_id")["reason"]
    expected = {
        "no_target": "target",
        "one_class": "one class",
        "repeated": "column",
        "infinite": "finite",
        "few_rows": "fold",
        "empty": "empty",
        "unreadable": "read",
        "one_row": "row",
        "constant_number": "constant",
        "absent": "absent.csv",
    }
    for task_id, word in expected.items():
        assert word in rejected[task_id], (task_id, rejected[task_id])
    assert any("undeclared" in f"{task_id} {reason}" for task_id, reason in rejected.items())


@pytest.mark.slow
def test_tables_are_split_by_groups_and_time_from_the_file_to_the_memory(workspace: Workspace) -> None:
    folder = workspace.path / "data/01_raw/tasks"
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    patient = np.repeat(np.arange(15), 6)
    of_patient = rng.normal(size=(15, 3))
    visits = pd.DataFrame(of_patient[patient] + 0.01 * rng.normal(size=(90, 3)), columns=list("abc"))
    visits["ill"] = rng.permutation(np.arange(15) % 2)[patient]
    visits.assign(patient=patient).to_csv(folder / "visits.csv", index=False)
    days = pd.date_range("2024-01-01", periods=90).strftime("%d.%m.%Y")
    sales = visits.assign(day=days, sold=np.arange(90) + rng.normal(size=90))
    sales.sample(frac=1, random_state=0).to_csv(folder / "sales.csv", index=False)
    visit: dict[str, Any] = {"file": "visits.csv", "target": "ill", "task_type": "classification"}
    entries = {
        "by_patient": {**visit, "groups": "patient", "family": "visits"},
        "at_random": {**visit, "drop_columns": ["patient"], "family": "visits"},
        "in_time": {"file": "sales.csv", "target": "sold", "time": "day"},
    }
    workspace.run(
        *("task_generation", "hpo", "metafeatures", "meta_training"),
        task_generation={"task_ids": ["iris", "wine", "diabetes", "servo"], "user_tasks": entries},
        hpo={"learners": ["linear", "k_nearest_neighbours"]},
    )
    trials = _read(workspace, "03_primary/trials.parquet").groupby("task_id")["score"].max()
    # At random each patient is known from other visits; by patients nothing is to be learnt
    assert trials["at_random"] > 0.95
    assert trials["by_patient"] < 0.8
    assert trials["in_time"] < 0.5
    surrogates = workspace.path / "data/06_models/surrogates"
    splits = {
        kind: json.loads((surrogates / kind / "provenance.json").read_text(encoding="utf-8"))["splits"]
        for kind in ("classification", "regression")
    }
    assert splits == {"classification": {"by_patient": "groups"}, "regression": {"in_time": "time"}}


def _write_user_files(folder: Path) -> None:
    rng = np.random.default_rng(0)
    good = pd.DataFrame({"x": rng.normal(size=40), "y": rng.choice(["a", "b"], 40)})
    frames = {
        "good": good,
        "no_target": good.rename(columns={"y": "z"}),
        "one_class": good.assign(y="a"),
        "constant": good.assign(y=1.0),
        "all_missing": good.assign(gone=np.nan),
        "infinite": good.assign(x=np.inf),
        "few_rows": good.iloc[:2],
        "one_row": good.iloc[:1],
        "undeclared": good,
    }
    for name, frame in frames.items():
        frame.to_csv(folder / f"{name}.csv", index=False)
    (folder / "repeated.csv").write_text("x,x,y\n" + "1,2,a\n3,4,b\n" * 10)
    (folder / "empty.csv").touch()
    (folder / "unreadable.parquet").write_bytes(b"this is no parquet file")


@pytest.mark.parametrize(
    ("parameters", "line"),
    [
        ({"sed": 1}, "parameter sed = 1 is unknown; did you mean seed?"),
        ({"hpo": {"n_folds": 1}}, "parameter hpo.n_folds = 1: Input should be greater than or equal to 3"),
        (
            {"hpo": {"score": {"clasification": "accuracy"}}},
            "parameter hpo.score.clasification = 'accuracy' is",
        ),
    ],
)
def test_a_wrong_parameter_ends_the_run_before_any_node(
    workspace: Workspace, parameters: dict[str, object], line: str
) -> None:
    with pytest.raises(ClickException) as caught:
        workspace.run(**parameters)
    assert caught.value.message.startswith(line)
    assert workspace.files() == {}


@pytest.mark.parametrize(
    ("stage", "line"),
    [
        ("hpo", "task_catalogue, tasks not found: run the pipeline task_generation first"),
        (
            "meta_training",
            "metafeatures, task_catalogue, trial_costs, trials not found: "
            "run the pipeline metafeatures first",
        ),
        (
            "evaluation",
            "meta_dataset, surrogates, trial_costs not found: run the pipeline meta_training first",
        ),
    ],
)
def test_a_pipeline_without_its_inputs_says_which_one_makes_them(
    workspace: Workspace, stage: str, line: str
) -> None:
    with pytest.raises(ClickException) as caught:
        workspace.run(stage)
    assert caught.value.message == line


@pytest.mark.slow
def test_the_log_file_has_the_progress(finished_run: Workspace) -> None:
    text = (finished_run.path / "logs/foretune.log").read_text()
    assert "foretune.base.progress: hpo: 105/105 done (yacht " in text
