"""The command ``kedro tune`` in a project that knows nothing of Foretune."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pandas as pd
import pytest
import yaml
from click.testing import CliRunner
from tests.project.tuning.conftest import DEPTH, RATE, SCIENCE, Flights, scores_in
from tests.project.tuning.flights import write_tables

from foretune.ledger import Ledger, tabulate_trials
from foretune.project.tuning.command import commands
from foretune.recommendation import reference_folder

PROJECT = Path(__file__).parents[3]
TUNED = "conf/local/parameters_tune.yml"


def _trials(project: Path) -> pd.DataFrame:
    with Ledger.open(f"sqlite:///{project / '.foretune/tune.sqlite'}", read_only=True) as ledger:
        return tabulate_trials(ledger.rows())


def _scores(output: str) -> list[str]:
    return [line.partition("] ")[2].split(",")[0] for line in scores_in(output)]


def test_nodes_above_the_parameters_run_once_and_the_rest_in_each_trial(flights: Flights) -> None:
    before = flights.files()
    done = flights.tune(*SCIENCE, DEPTH, RATE, "--trials=5")
    assert done.exit_code == 0, done.output
    assert flights.calls() == {"split_data": 1, "train_model": 5, "evaluate_model": 5}
    assert len(scores_in(done.output)) == 5
    assert scores_in(done.output)[0].endswith("(current values)")
    # Nothing of the project is overwritten
    after = flights.files()
    assert after.keys() - before.keys() == {TUNED}
    assert all(after[name] == content for name, content in before.items())
    assert (flights.path / ".foretune/.gitignore").read_text() == "*\n"


def test_the_best_is_what_a_plain_run_gives_before_and_after_it_is_written(flights: Flights) -> None:
    done = flights.tune(*SCIENCE, DEPTH, RATE, "--trials=5", "--no-write")
    table = _trials(flights.path).sort_values("metric_metrics:r2")
    best = table.iloc[-1]
    params = json.loads(best["params"])
    depth, rate = params["model_options.max_depth"], params["model_options.learning_rate"]
    flights.run("data_science", model_options={"max_depth": depth, "learning_rate": rate})
    metrics = flights.path / "data/08_reporting/metrics.json"
    # To the last bit
    assert json.loads(metrics.read_text())["r2"] == best["metric_metrics:r2"]
    assert f"best: metrics:r2 = {best['metric_metrics:r2']:.6g}" in done.output
    assert f"max_depth={depth}" in done.output.split("try them with: ")[1]
    metrics.unlink()
    flights.tune(*SCIENCE, DEPTH, RATE, "--trials=5")
    flights.run("data_science")
    assert json.loads(metrics.read_text())["r2"] == best["metric_metrics:r2"]


@pytest.mark.slow
def test_the_same_command_knows_its_trials_also_once_the_best_are_written(flights: Flights) -> None:
    first = flights.tune(*SCIENCE, DEPTH, RATE, "--trials=5")
    flights.calls()
    again = flights.tune(*SCIENCE, RATE, DEPTH, "--trials=5")
    assert flights.calls() == {}
    assert [line.count(", known") for line in scores_in(again.output)] == [1] * 5
    assert _scores(again.output) == _scores(first.output)
    assert "the current values are the best: nothing is written" in again.output
    more = flights.tune(*SCIENCE, DEPTH, RATE, "--trials=6")
    assert flights.calls() == {"split_data": 1, "train_model": 1, "evaluate_model": 1}
    assert _scores(more.output)[:5] == _scores(first.output)


@pytest.mark.slow
def test_another_search_does_not_write_what_is_worse_than_the_current_values(flights: Flights) -> None:
    flights.tune(*SCIENCE, DEPTH, "--trials=4")
    before = (flights.path / TUNED).read_text()
    # A range without the best, which the ledger knows
    worse = flights.tune(*SCIENCE, "--param=model_options.max_depth=choice(1)", "--trials=2")
    assert "; current values " in worse.output
    assert (
        "the current values are better, as an earlier search has measured: nothing is written" in worse.output
    )
    assert (flights.path / TUNED).read_text() == before


@pytest.mark.slow
def test_values_that_no_trial_had_are_said_to_be_unknown(flights: Flights) -> None:
    out_of_range = flights.tune(*SCIENCE, "--param=model_options.max_depth=int(3,4)", "--trials=2")
    assert "no trial had the values of before, so their score is not known" in out_of_range.output


@pytest.mark.slow
@pytest.mark.parametrize("changed", ["data", "code", "parameter"])
def test_other_data_code_or_parameters_are_another_search(flights: Flights, changed: str) -> None:
    flights.tune(*SCIENCE, DEPTH, "--trials=2", "--no-write")
    flights.calls()
    options = [*SCIENCE, DEPTH, "--trials=2", "--no-write"]
    if changed == "data":
        write_tables(flights.path / "data/01_raw", 120, seed=1)
        flights.run("data_processing")
    elif changed == "code":
        (file,) = flights.path.glob("src/*/science.py")
        file.write_text(f"{file.read_text()}\n# A comment\n")
        assert flights.tune(*options, "--any-code").exit_code == 0
    else:
        options.append("--params=split_options.test_size=0.4")
    flights.calls()
    assert flights.tune(*options).exit_code == 0
    assert flights.calls()["train_model"] == 2


def test_a_failed_trial_is_a_row_and_not_the_end(flights: Flights) -> None:
    options = [*SCIENCE, "--param=model_options.max_depth=int(1,3)", "--params=model_options.refused_depth=3"]
    done = flights.tune(*options)
    assert done.exit_code == 0
    assert "max_depth=3: ValueError: no tree of depth 3" in done.output
    table = _trials(flights.path)
    assert sorted(table["status"]) == ["failed", "ok", "ok"]
    assert table.loc[table["status"] == "failed", "error"].item() == "ValueError: no tree of depth 3"
    assert "trial 2 of 3, the whole space" in done.output or "trial 3 of 3, the whole space" in done.output
    flights.calls()
    assert flights.tune(*options).exit_code == 0
    assert flights.calls() == {}
    flights.tune(*options, "--retry")
    assert flights.calls() == {"split_data": 1, "train_model": 1}


@pytest.mark.slow
def test_where_every_trial_fails_the_command_fails(flights: Flights) -> None:
    done = flights.tune(*SCIENCE, "--param=model_options.max_depth=choice(one,two)")
    assert done.exit_code == 1
    assert "every trial failed, the first one with: InvalidParameterError" in done.output


@pytest.mark.slow
def test_what_no_trial_can_mend_ends_the_search(flights: Flights) -> None:
    broken = flights.tune(*SCIENCE, DEPTH, "--params=split_options.features=nothing")
    assert broken.exit_code == 1
    assert "a node that does not depend on the parameters failed: KeyError" in broken.output
    assert scores_in(broken.output) == []
    slip = flights.tune("--pipeline=data_science", "--metric=metrics:r", "--maximize", DEPTH)
    assert "there is no 'r' in a mapping with the keys 'r2', 'mae', 'test'" in slip.output
    assert len(_trials(flights.path)) == 0


@pytest.mark.quick("options0-1-no node that metrics needs reads it (did you mean")
@pytest.mark.parametrize(
    ("options", "exit_code", "reason"),
    [
        (
            [*SCIENCE, "--param=model_option.depth=int(1,3)"],
            1,
            "no node that metrics needs reads it (did you mean",
        ),
        ([*SCIENCE, "--param=model_options.max_depth"], 1, "needs a range such as int(2,10)"),
        ([*SCIENCE, "--param=model_options.max_depth=int(3)"], 1, "a lower and an upper end"),
        ([*SCIENCE, "--param=model_options.max_depth="], 2, "must be name=range"),
        ([*SCIENCE, DEPTH, DEPTH], 2, "is given twice"),
        ([*SCIENCE, DEPTH, "--param=model_options=choice(1,2)"], 2, "is in model_options, which is searched"),
        (
            ["--pipeline=science", "--metric=metrics:r2", DEPTH],
            1,
            "there is no pipeline 'science' (did you mean",
        ),
        (["--pipeline=data_science", "--metric=metric:r2", DEPTH], 1, "does not make 'metric' (did you mean"),
        (["--pipeline=data_science", "--metric=metrics:value", DEPTH], 2, "add --maximize or --minimize"),
        ([*SCIENCE, DEPTH, "--table=X_train"], 2, "--table is for the memory of a learner: add --learner"),
        ([*SCIENCE, DEPTH, "--params=split_options"], 2, "must be name=value"),
        ([*SCIENCE, DEPTH, "--ledger=mysql://x/y"], 1, "a ledger cannot be kept in mysql"),
        ([*SCIENCE, DEPTH, "--tags=none"], 1, "contains no nodes"),
        (["--metric=metrics:r2"], 2, "Missing option '--param'"),
    ],
)
def test_what_is_wrong_is_one_line(flights: Flights, options: list[str], exit_code: int, reason: str) -> None:
    done = flights.tune(*options)
    assert done.exit_code == exit_code
    assert reason in " ".join(done.output.split())
    assert flights.calls() == {}
    (line,) = [line for line in done.output.splitlines() if line.startswith("Error: ")]
    assert len(line) < 500


@pytest.mark.slow
def test_an_input_that_is_missing_is_named_with_the_pipeline_that_makes_it(flights: Flights) -> None:
    (flights.path / "data/03_primary/model_input_table.csv").unlink()
    done = flights.tune(*SCIENCE, DEPTH)
    assert "model_input_table not found: run the pipeline data_processing first" in done.output
    # The default pipeline makes it itself, without the project's own files
    whole = flights.tune("--metric=metrics:r2", DEPTH, "--trials=2")
    assert whole.exit_code == 0
    assert flights.calls()["create_model_input_table"] == 1
    assert not (flights.path / "data/03_primary/model_input_table.csv").exists()


@pytest.mark.slow
def test_a_parameter_of_the_split_and_one_that_is_new(flights: Flights) -> None:
    # A file in conf/local lets Kedro's --params replace whole groups
    (flights.path / "conf/local/parameters.yml").write_text("other: 1\n")
    done = flights.tune(
        *("--pipeline=data_science", "--metric=metrics:test.max_error", "--trials=4"),
        *("--param=split_options.seed=int(1,50)", "--param=model_options.note=bool"),
    )
    assert done.exit_code == 0, done.output
    assert "minimize metrics:test.max_error (by its name)" in done.output
    assert "model_options.note is not among the parameters, and is added to them" in done.output
    assert flights.calls()["split_data"] == 4
    written = yaml.safe_load((flights.path / TUNED).read_text())
    assert written["split_options"]["test_size"] == 0.3
    assert yaml.safe_load((flights.path / "conf/local/parameters.yml").read_text()) == {"other": 1}
    flights.run("data_science")


@pytest.mark.slow
def test_local_parameters_keep_what_is_in_them(flights: Flights) -> None:
    file = flights.path / "conf/local/parameters_mine.yml"
    file.write_text("# Mine\nmodel_options:\n  max_depth: 2  # two\n  learning_rate: 0.2\n\nother: 1\n")
    done = flights.tune(*SCIENCE, "--param=model_options.max_depth=int(1,2)", "--minimize")
    assert "written to conf/local/parameters_mine.yml" in done.output
    lines = file.read_text()
    assert lines == "# Mine\nmodel_options:\n  max_depth: 1  # two\n  learning_rate: 0.2\n\nother: 1\n"


@pytest.mark.slow
def test_another_environment_is_read_and_written(flights: Flights) -> None:
    (flights.path / "conf/prod").mkdir()
    (flights.path / "conf/prod/parameters.yml").write_text(
        "model_options: {max_depth: 2, learning_rate: 0.3, refused_depth: 1}\n"
    )
    done = flights.tune(*SCIENCE, "--param=model_options.max_depth=int(1,3)", "--env=prod")
    assert "max_depth=1: ValueError" in done.output
    assert "max_depth=2 (current values)" in done.output
    assert yaml.safe_load((flights.path / "conf/prod/parameters.yml").read_text()) == {
        "model_options": {"max_depth": 3, "learning_rate": 0.3, "refused_depth": 1}
    }
    assert not (flights.path / TUNED).exists()


@pytest.mark.slow
def test_a_ledger_elsewhere_and_the_seed(flights: Flights, tmp_path: Path) -> None:
    outputs = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        ledger = f"--ledger={tmp_path / name}.sqlite"
        done = flights.tune(*SCIENCE, DEPTH, RATE, "--trials=4", ledger, f"--seed={seed}", "--no-write")
        outputs.append([re.sub(r", [\d.]+ s", "", line) for line in scores_in(done.output)])
    assert outputs[0] == outputs[1] != outputs[2]
    assert (tmp_path / "a.sqlite").exists()
    assert not (flights.path / ".foretune").exists()


@pytest.mark.slow
def test_time_ends_the_search(flights: Flights) -> None:
    done = flights.tune(*SCIENCE, DEPTH, RATE, "--max-time=0.001")
    assert done.exit_code == 0
    assert "trial 1 of 1, the time is over" in done.output


@pytest.mark.slow
@pytest.mark.skipif(
    not (reference_folder() / "regression").is_dir(), reason="the package carries no reference memory"
)
def test_the_memory_of_a_learner_leads_what_it_knows(flights: Flights) -> None:
    rate = "--param=model_options.learning_rate"
    table = ("--table=X_train", "--target=y_train")
    done = flights.tune(*SCIENCE, rate, DEPTH, "--learner=xgboost", "--trials=4", *table)
    assert done.exit_code == 0, done.output
    assert "the memory of xgboost leads model_options.learning_rate (learning_rate)" in done.output
    assert "max_depth (max_depth)" in done.output
    assert flights.calls() == {"split_data": 1, "train_model": 4, "evaluate_model": 4}
    without = flights.tune(*SCIENCE, rate, "--learner=xgboost", "--trials=2", "--no-write")
    assert "the average of the tables that it knows" in without.output
    wrong = flights.tune(*SCIENCE, rate, "--learner=xgboost", "--table=X_trian", "--target=y_train")
    assert "'X_trian' neither exists nor is made for the metric (did you mean 'X_train'" in wrong.output


@pytest.mark.slow
@pytest.mark.skipif(
    not (reference_folder() / "regression").is_dir(), reason="the package carries no reference memory"
)
def test_the_table_of_a_learner_may_depend_on_the_parameters(flights: Flights) -> None:
    # As where one group of parameters is that of the split, too
    options = ["--param=model_options.learning_rate", "--param=split_options.test_size=float(0.2,0.4)"]
    table = ("--learner=xgboost", "--table=X_train", "--target=y_train", "--trials=3")
    done = flights.tune(*SCIENCE, *options, *table)
    assert done.exit_code == 0, done.output
    assert "note: 'X_train', 'y_train' of each trial may differ: the memory is asked about" in done.output
    assert "the average of the tables" not in done.output
    # Once before the trials
    assert flights.calls()["split_data"] == 4
    broken = flights.tune(*SCIENCE, *options, *table, "--params=split_options.features=nothing")
    assert "'X_train', 'y_train' cannot be made with the current parameters: KeyError" in broken.output


def test_parameters_that_make_no_difference_are_not_written(flights: Flights) -> None:
    done = flights.tune(*SCIENCE, "--param=model_options.max_depht=int(1,2)")
    assert done.exit_code == 0
    assert "each trial has this score: metrics:r2 does not depend on model_options.max_depht" in done.output
    assert not (flights.path / TUNED).exists()


def test_the_help_has_examples_that_are_commands_with_its_options() -> None:
    shown = CliRunner().invoke(commands, ["tune", "--help"]).output
    options = set(re.findall(r"--[a-z-]+", shown.split("Options:")[1]))
    examples = shown.split("Examples:")[1].split("Options:")[0]
    assert examples.count("kedro tune ") == 3
    assert set(re.findall(r"--[a-z-]+", examples)) <= options


def _plugin(folder: Path) -> dict[str, str]:
    """Make the entry points of pyproject.toml those of an installed distribution; return the environment."""
    points = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]["entry-points"]
    metadata = folder / "foretune_plugin-1.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: foretune-plugin\nVersion: 1\n")
    lines = [
        f"[{group}]\n" + "".join(f"{name} = {target}\n" for name, target in named.items())
        for group, named in points.items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines))
    path = os.pathsep.join([str(folder), str(PROJECT / "src")])
    return {**os.environ, "PYTHONPATH": path, "DO_NOT_TRACK": "1", "COLUMNS": "200"}


def _kedro(*options: str) -> list[str]:
    return [str(Path(sys.executable).parent / "kedro"), *options]


@pytest.mark.slow
def test_kedro_finds_the_command_in_another_project(flights: Flights, tmp_path: Path) -> None:
    environment = _plugin(tmp_path / "plugin")
    shown = subprocess.run(
        _kedro("--help"), cwd=flights.path, env=environment, capture_output=True, text=True, check=True
    )
    assert re.search(r"^ +tune +Search for the parameters", shown.stdout, re.MULTILINE)
    # It loads nothing of what other commands do not need
    code = (
        "import sys; from foretune.project.tuning.command import commands; "
        "print(sorted({'pandas', 'numpy', 'sklearn', 'kedro'} & set(sys.modules)))"
    )
    loaded = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"


@pytest.mark.slow
@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT], ids=["kill", "ctrl_c"])
def test_what_is_ended_goes_on_where_it_was(flights: Flights, tmp_path: Path, sent: signal.Signals) -> None:
    whole = Flights(tmp_path / "whole")
    shutil.copytree(flights.path, whole.path)
    environment = {**_plugin(tmp_path / "plugin"), "FLIGHTS_SECONDS": "0.5"}
    command = _kedro("tune", *SCIENCE, DEPTH, RATE, "--trials=8")
    with subprocess.Popen(
        command,
        cwd=flights.path,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        seen: list[str] = []
        for line in process.stdout:
            seen.append(line)
            if line.startswith("[3/8]"):
                time.sleep(0.2)
                process.send_signal(sent)
                break
        rest = process.stdout.read()
    if sent == signal.SIGINT:
        assert process.returncode == 130
        assert "interrupted, best so far: metrics:r2 = " in rest
        assert "try them with: kedro run --pipelines=data_science --params=model_options." in rest
    else:
        assert process.returncode == -signal.SIGKILL
    assert not (flights.path / TUNED).exists()
    n_known = len(_trials(flights.path))
    assert 3 <= n_known < 8
    flights.calls()
    environment["FLIGHTS_SECONDS"] = "0"
    again = subprocess.run(
        command, cwd=flights.path, env=environment, capture_output=True, text=True, check=True
    )
    assert again.stdout.count(", known: ") == n_known
    assert flights.calls()["train_model"] == 8 - n_known
    uninterrupted = subprocess.run(
        command, cwd=whole.path, env=environment, capture_output=True, text=True, check=True
    )
    both = [
        [re.sub(r", ([\d.]+ s|known):", "", line) for line in scores_in(done.stdout)]
        for done in (again, uninterrupted)
    ]
    assert len(both[0]) == 8
    assert both[0] == both[1]
    assert (flights.path / TUNED).read_text() == (whole.path / TUNED).read_text()


@pytest.mark.slow
@pytest.mark.parametrize("is_verbose", [False, True])
def test_the_logs_of_trials_are_shown_if_asked_for(
    flights: Flights, tmp_path: Path, is_verbose: bool
) -> None:
    options = ["tune", *SCIENCE, DEPTH, "--trials=1", *(["--verbose"] if is_verbose else [])]
    done = subprocess.run(
        _kedro(*options),
        cwd=flights.path,
        env=_plugin(tmp_path / "plugin"),
        capture_output=True,
        text=True,
        check=True,
    )
    assert ("Running node: train_node" in done.stdout) == is_verbose
    assert len(scores_in(done.stdout)) == 1
