"""What the documents show works as it is written."""

from __future__ import annotations

import json
import re
from contextlib import chdir
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from sklearn.datasets import load_diabetes, load_wine
from tests.pipelines.conftest import PROJECT, Workspace

import foretune
import large_tables
from foretune.commands.logs import logs as logs_command
from foretune.commands.suggest import suggest as suggest_command
from foretune.hpo import HpoParameters
from foretune.learners import Learner, registry
from foretune.logs import import_logs, log_tables
from foretune.meta_model.memory import Memory
from foretune.meta_model.merging import train_like
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.metafeatures import registry as metafeature_registry
from foretune.recommendation import reference_folder
from foretune.recommendation.core import merged_memory
from foretune.spaces.hyperparameters import LearnerSpace
from foretune.tasks.parameters import TaskGenerationParameters

needs_reference = pytest.mark.skipif(
    not (reference_folder() / "classification").is_dir(), reason="the package carries no reference memory"
)
README = (PROJECT / "README.md").read_text(encoding="utf-8")
WHICH_TOOL = (PROJECT / "docs/which-tool.md").read_text(encoding="utf-8")
LOGS_GUIDE = "docs/your-own-logs.md"


def _blocks(name: str, language: str) -> list[str]:
    text = (PROJECT / name).read_text(encoding="utf-8")
    # A block in a list is indented as a whole
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", block, flags=re.MULTILINE) for indent, block in found]


def _run(block: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(block, names)
    return names


@pytest.mark.slow
@needs_reference
def test_the_readme_searches_and_suggests(capsys: pytest.CaptureFixture[str]) -> None:
    search, suggest, *_ = _blocks("README.md", "python")
    names = _run(search)
    assert names["search"].best_score_ > 0.93
    assert len(names["search"].cv_results_["params"]) <= 5
    _run(suggest)
    printed = capsys.readouterr().out
    assert "lgbmclassifier__learning_rate" in printed
    assert "predicted_score" in printed


@pytest.mark.slow
@needs_reference
def test_the_readme_tunes_with_optuna() -> None:
    _, _, block, *_ = _blocks("README.md", "python")
    study = _run(block)["study"]
    assert len(study.trials) == 5
    assert study.best_value > 0.35


def _given(command: str) -> dict[str, Any]:
    """Read the parameters off a command."""
    (options,) = re.findall(r"--params=([^ \"]+)", command)
    given = dict(one.split("=") for one in options.split(","))
    return {name: int(value) if value.isdigit() else value for name, value in given.items()}


@pytest.mark.slow
@needs_reference
@pytest.mark.parametrize("name", ["README.md", "docs/csv.md"])
def test_the_command_for_a_table_runs(name: str, workspace: Workspace) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    given = _given(re.findall(r"^.*--pipelines=recommendation.*$", text, re.MULTILINE)[0])
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    table = X.assign(**{given["target"]: y}).head(90)
    with chdir(workspace.path):
        table.to_csv(given["table"], index=False)
        workspace.run("recommendation", **given, parallel={"n_workers": 1})
    folder = workspace.path / "data/08_reporting/recommendation" / Path(given["table"]).stem
    assert len(pd.read_csv(folder / "recommendation.csv")) == 5
    answer = json.loads((folder / "recommendation.json").read_text(encoding="utf-8"))
    assert len(answer["measured"] or []) in {given.get("evaluate", 0), given.get("evaluate", 0) + 1}
    assert "MetaSearchCV" in (folder / "recommendation.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_readme_learns_from_logs(workspace: Workspace) -> None:
    (command,) = re.findall(r'^make run ARGS="(.*env=logs.*)"$', README, re.MULTILINE)
    with chdir(workspace.path):
        _run(_blocks(LOGS_GUIDE, "python")[1])
        small = {"meta_training": {"n_members": 4, "surrogate": {"n_rounds": 5}}}
        logs_workspace = Workspace(workspace.path, "logs")
        logs_workspace.run("meta_training", **_given(command), **small, parallel={"n_workers": 1})
    (folder,) = re.findall(r"memory is then `(.*?)`", README)
    assert (workspace.path / folder / "any/manifest.json").is_file()


@pytest.mark.slow
def test_the_readme_recommends_from_logs_alone(tmp_path: Path) -> None:
    *_, block, _ = _blocks("README.md", "python")
    # In a folder with nothing in it
    with chdir(tmp_path):
        suggestions = _run(block)["suggestions"]
    assert list(suggestions["rank"]) == [1, 2, 3]
    # No trial of the log is marked as scikit-learn's default, which Foretune knows
    assert suggestions["is_default"].head(3).sum() == 1
    assert suggestions["params"].iloc[0].keys() == {"C", "gamma"}


def test_the_readme_describes_a_table() -> None:
    *_, block = _blocks("README.md", "python")
    described = _run(block.replace("MetafeatureExtractor(groups", "described = MetafeatureExtractor(groups"))
    assert described["described"]["landmarking.linear"] > 0.9


@pytest.mark.slow
def test_the_method_asks_the_surrogate(finished_run: Workspace) -> None:
    block, _ = _blocks("docs/method.md", "python")
    with chdir(finished_run.path):
        names = _run(block.replace("memory.surrogate.predict(", "predicted = memory.surrogate.predict("))
    assert names["predicted"].shape == (1,)
    assert 0 < names["predicted"][0] < 1.2


@pytest.mark.slow
def test_the_method_adds_and_removes_tasks(finished_run: Workspace) -> None:
    _, block = _blocks("docs/method.md", "python")
    read = (
        "import pandas as pd\n"
        "new_trials = pd.read_parquet('data/03_primary/trials.parquet').query('task_id == \"wine\"')\n"
        "new_metafeatures = pd.read_parquet('data/04_feature/metafeatures.parquet')\n"
        "new_catalogue = pd.read_parquet('data/03_primary/task_catalogue.parquet')\n"
    )
    with chdir(finished_run.path):
        table = _run(read + block)["table"]
        before = pd.read_parquet("data/05_model_input/meta_dataset.parquet")
    assert set(table["task_id"]) == set(before["task_id"]) - {"iris"}
    assert len(table) == len(before) - (before["task_id"] == "iris").sum()


@pytest.mark.slow
def test_contributors_can_add_a_learner_and_a_metafeature(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LEARNERS", dict(registry._LEARNERS))
    monkeypatch.setattr(metafeature_registry, "_CUSTOM_GROUPS", {})
    learner, group = _blocks("CONTRIBUTING.md", "python")
    added = _run(learner)["LEARNER"]
    assert isinstance(added, Learner)
    fitted = added.build(added.library_default("regression"), "regression", 0).fit([[0.0], [1.0]], [0.0, 1.0])
    assert fitted.predict([[0.0]]).shape == (1,)
    exec(group, {})
    from foretune.metafeatures import MetafeatureExtractor

    values = MetafeatureExtractor(groups=["custom"]).extract(pd.DataFrame({"x": [1.0, 2.0]}), ["a", "b"])
    assert values["custom.area"] == 2


def test_the_default_of_the_guides_learner_is_recommended_from_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "_LEARNERS", dict(registry._LEARNERS))
    _run(_blocks("docs/extending.md", "python")[0])
    rng = np.random.default_rng(0)
    tried = [
        {"param_max_depth": depth, "param_min_samples_leaf": leaf} for depth in (2, 4) for leaf in (5, 9)
    ]
    rows = [
        {"task_id": f"t{task}", "learner": "decision_tree", "score": rng.uniform(), **params}
        for task in range(4)
        for params in tried
    ]
    memory = import_logs(pd.DataFrame(rows)).train_memories()["any"]
    first = foretune.suggest(*load_wine(return_X_y=True), k=3, memory=memory)
    default = first.loc[first["is_default"], "params"].tolist()
    # Whatever the log has tried
    assert default == [{"min_samples_leaf": 1}]


def test_the_yaml_of_the_guides_is_valid() -> None:
    (own,) = _blocks("docs/your-own-tables.md", "yaml")
    tasks = TaskGenerationParameters.model_validate(yaml.safe_load(own)["task_generation"])
    assert tasks.user_tasks["house_prices"].target == "price"
    spaces, _, fewer = _blocks("docs/search-spaces.md", "yaml")
    svm = LearnerSpace.model_validate(yaml.safe_load(spaces)["hpo"]["spaces"]["svm"])
    assert set(svm.of("regression")) == {"C", "kernel", "gamma", "degree", "epsilon"}
    known = set(HpoParameters.model_fields)
    assert set(yaml.safe_load(fewer)["hpo"]) <= known


@pytest.mark.slow
def test_the_guide_to_logs_runs(workspace: Workspace) -> None:
    path = workspace.path / "example.csv"
    path.write_text(_blocks(LOGS_GUIDE, "csv")[0])
    example = import_logs(path)
    assert len(example.trials) == 6
    assert example.trials["score"].isna().sum() == 1
    encoded = example.build_meta_dataset().columns
    assert {"configuration:max_depth", "configuration:max_depth=None"} <= set(encoded)
    with chdir(workspace.path):
        names = _run("".join(_blocks(LOGS_GUIDE, "python")))
    assert len(names["table"]) == 48
    assert len(names["suggestions"]) == 3
    (command,) = re.findall(r"^kedro run (.*)$", (PROJECT / LOGS_GUIDE).read_text(), re.MULTILINE)
    options = dict(option.removeprefix("--").split("=", 1) for option in command.split())
    given = dict(parameter.split("=") for parameter in options["params"].split(","))
    small: dict[str, Any] = {"evaluation": {"n_seeds": 1, "n_random_orders": 5, "n_bootstrap": 100}}
    small |= {"meta_training": {"surrogate": {"n_rounds": 5}}, "parallel": {"n_workers": 1}}
    Workspace(workspace.path, options["env"]).run(*options["pipelines"].split(","), **given, **small)
    assert not workspace.files()
    written = {path.name for path in (workspace.path / "results").iterdir()}
    assert {"leaderboard.csv", "regret.parquet", "task_groups.csv", "regret_curves.html"} <= written
    assert {"03_primary", "04_feature", "05_model_input", "06_models"} <= written


@pytest.mark.slow
def test_the_commands_of_the_guide_to_logs_run(tmp_path: Path) -> None:
    commands = re.findall(r"^foretune logs (.*)$", (PROJECT / LOGS_GUIDE).read_text(), re.MULTILINE)
    with chdir(tmp_path):
        study = optuna.create_study(storage="sqlite:///optuna.db", study_name="tuning")
        study.optimize(lambda trial: trial.suggest_float("learning_rate", 0.1, 1), n_trials=2)
        results = {"params": [{"C": 1}, {"C": 2}], "mean_test_score": [0.5, 0.6]}
        pd.DataFrame(results).to_csv("search.csv")
        for command in commands:
            done = CliRunner().invoke(logs_command, command.split())
            assert done.exit_code == 0, done.output
        trials = import_logs("trials.parquet").trials
    assert trials.groupby("task_id")["learner"].first().to_dict() == {"churn": "xgboost", "wine": "svm"}


@pytest.mark.parametrize(
    "path", ["README.md", "CONTRIBUTING.md", *map(str, Path(PROJECT / "docs").glob("*.md"))]
)
def test_every_link_leads_somewhere(path: str) -> None:
    document = PROJECT / path
    links = re.findall(r"\]\(([^)#]+)\)", document.read_text(encoding="utf-8"))
    for link in links:
        assert "://" in link or (document.parent / link).exists(), f"{document.name}: {link}"


@pytest.mark.slow
@needs_reference
@pytest.mark.parametrize(("name", "n_blocks"), [("docs/scikit-learn.md", 7), ("docs/optuna.md", 5)])
def test_the_guides_for_libraries_run(
    name: str, n_blocks: int, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    blocks = _blocks(name, "python")
    assert len(blocks) == n_blocks
    with chdir(tmp_path):
        for block in blocks:
            _run(block)
    assert len(capsys.readouterr().out.splitlines()) > n_blocks


@pytest.mark.slow
@needs_reference
def test_the_guide_to_the_ledger_learns_from_searches(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    block = _blocks("docs/ledger.md", "python")[-1]
    with chdir(tmp_path):
        names = _run(block)
    assert [task.partition("-")[0] for task in names["memory"].task_hashes] == [
        "load_breast_cancer",
        "load_iris",
    ]
    assert capsys.readouterr().out.count("{") == 2


@pytest.mark.slow
@needs_reference
def test_the_guide_to_zero_shot_estimators_runs(capsys: pytest.CaptureFixture[str]) -> None:
    first, second, third = _blocks("docs/zero-shot.md", "python")
    assert _run(first)["model"].chosen_params_
    chosen, scores = capsys.readouterr().out.splitlines()
    own, librarys = map(float, scores.split())
    assert "learning_rate" in chosen
    assert own > librarys
    search = _run(second)["search"]
    assert search.best_estimator_.chosen_params_
    assert "max_depth" not in search.best_estimator_.chosen_params_
    assert _run(third)["model"].regressor_[-1].notes_


@pytest.mark.slow
@needs_reference
def test_the_start_page_searches() -> None:
    (block,) = _blocks("docs/index.md", "python")
    search = _run(block)["search"]
    assert search.best_score_ > 0.9
    assert any(search.cv_results_["is_default"])


def test_the_command_of_the_comparison_prints_its_table(capsys: pytest.CaptureFixture[str]) -> None:
    (command,) = re.findall(r"^\.venv/bin/python benchmarks/large_tables\.py (.+)$", WHICH_TOOL, re.MULTILINE)
    with chdir(PROJECT):
        assert large_tables.main(command.split()) == 0
    assert "all metrics: averages over the tables" in capsys.readouterr().out


@pytest.mark.slow
@needs_reference
@pytest.mark.filterwarnings("ignore::foretune.recommendation.core.suggestions.RecommendationWarning")
def test_the_guide_to_tables_runs(capsys: pytest.CaptureFixture[str]) -> None:
    (block,) = _blocks("docs/tables.md", "python")
    _run(block)
    said = capsys.readouterr().out
    assert all(name in said for name in ("'offer'", "'price'", "'sold'"))
    # The caller has decided
    assert "'zip'" not in said


@pytest.mark.slow
@needs_reference
def test_the_guide_to_groups_and_times_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    by_groups, by_time = _blocks("docs/splits.md", "python")
    (promised,), (command,) = (_blocks("docs/splits.md", language) for language in ("text", "bash"))
    _run(by_groups)
    assert capsys.readouterr().out == promised
    assert _run(by_time)["search"].n_splits_ == 4
    done = CliRunner().invoke(suggest_command, command.split()[2:])
    assert done.exit_code == 0, done.output
    assert "by groups (patient)" in " ".join(done.output.split())
    assert "StratifiedGroupKFold" in (tmp_path / "visits.html").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_guide_to_ones_own_memory_runs(
    finished_run: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone, merged, *_ = _blocks("docs/own-memory.md", "python")
    monkeypatch.setenv("FORETUNE_CACHE", str(tmp_path))
    monkeypatch.setattr(merged_memory, "train_like", _train_lightly)
    with chdir(finished_run.path):
        names = _run(alone)
        assert len(names["suggestions"]) == 3
        assert names["search"].best_score_ > 0.8
        exec(merged, names)
    assert len(names["suggestions"]) == 3
    assert names["search"].best_score_ > 0.8


@pytest.mark.slow
def test_the_guide_to_studies_and_runs_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (block,) = _blocks("docs/learn.md", "python")
    few = MetaTrainingParameters().level.model_copy(update={"n_rounds": 20})
    light = MetaTrainingParameters(n_members=4, surrogate=few, main_effect=few, level=few)
    monkeypatch.setattr(log_tables, "MetaTrainingParameters", lambda: light)
    monkeypatch.setattr(merged_memory, "train_like", _train_lightly)
    commands = re.findall(r"^foretune (\w+) (.*)$", (PROJECT / "docs/learn.md").read_text(), re.MULTILINE)
    assert [name for name, _ in commands] == ["learn", "suggest", "memory"]
    with chdir(tmp_path):
        names = _run(block)
        assert set(names["memory"].task_hashes) == {"load_iris", "load_breast_cancer", "digits"}
        space = names["memory"].provenance.spaces["svm"].shared
        assert space["C"].log
        assert space["gamma"].log
        assert names["study"].best_value > 0.9
        pd.DataFrame(names["grid"].cv_results_).to_csv("results.csv")
        X, y = load_wine(return_X_y=True, as_frame=True)
        X.assign(y=y).to_csv("table.csv", index=False)
        for name, options in commands:
            command = getattr(import_module(f"foretune.commands.{name}"), name)
            done = CliRunner().invoke(command, options.split())
            assert done.exit_code == 0, done.output
        assert Path("merged/classification/manifest.json").is_file()


def _train_lightly(*arguments: Any) -> Memory:
    """Train a merged memory with few rounds: that of the package takes a minute."""
    few = MetaTrainingParameters().level.model_copy(update={"n_rounds": 5})
    parameters = MetaTrainingParameters(n_members=2, surrogate=few, main_effect=few, level=few)
    first, trials, provenance = arguments[:3]
    return train_like(first, trials, provenance, parameters)
