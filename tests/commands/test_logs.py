from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
import pandas as pd
import pytest
from click.testing import CliRunner, Result

from foretune.commands.logs import logs as command
from foretune.logs import import_logs, read_log

Run = Callable[..., Result]
SPACE: dict[str, optuna.distributions.BaseDistribution] = {
    "C": optuna.distributions.FloatDistribution(0, 9),
    "max_iter": optuna.distributions.IntDistribution(1, 900),
    "shrinking": optuna.distributions.CategoricalDistribution([True, False]),
    "class_weight": optuna.distributions.CategoricalDistribution([None, "balanced"]),
}


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    yield
    optuna.logging.set_verbosity(before)


@pytest.fixture
def run() -> Run:
    return lambda *arguments: CliRunner().invoke(command, [str(argument) for argument in arguments])


def add_trial(study: optuna.Study, c: float, class_weight: str | None, value: float) -> None:
    params = {"C": c, "max_iter": 100, "shrinking": True, "class_weight": class_weight}
    study.add_trial(optuna.trial.create_trial(params=params, distributions=SPACE, value=value))


@pytest.fixture
def storage(tmp_path: Path) -> str:
    """Give a storage with the study of a loss, of two trials."""
    url = f"sqlite:///{tmp_path}/optuna.sqlite"
    study = optuna.create_study(storage=url, study_name="tuning")
    add_trial(study, 0.1 + 0.2, None, 0.2)
    add_trial(study, 1.0, "balanced", 0.4)
    return url


@pytest.fixture
def search(tmp_path: Path) -> Path:
    """Give the file of a search with two metrics."""
    results = pd.DataFrame(
        {
            "params": [{"C": 2.5, "gamma": "scale"}, {"C": 5}],
            "mean_test_accuracy": [0.9, 0.8],
            "mean_test_auc": [0.7, 0.6],
        }
    )
    file = tmp_path / "search.csv"
    results.to_csv(file)
    return file


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_the_trials_of_a_study_become_a_file(run: Run, storage: str, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"new/trials{suffix}"
    done = run("from-optuna", storage, "tuning", "--task-id", "007", "--learner", "svm", "--output", file)
    assert done.exit_code == 0, done.output
    assert done.output == f"wrote 2 trials of 007 to {file}\n"
    log = read_log(file).drop(columns="fit_seconds")
    assert log.iloc[0].to_dict() == {
        "task_id": "007",
        "learner": "svm",
        "score": -0.2,
        "param_C": 0.1 + 0.2,
        "param_class_weight": "None",
        "param_max_iter": 100,
        "param_shrinking": True,
    }
    trials = import_logs(file).trials
    assert trials.loc[trials["score"] == -0.2, "params"].tolist() == [
        '{"C": 0.30000000000000004, "class_weight": null, "max_iter": 100, "shrinking": true}'
    ]


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_several_sources_are_appended_to_one_file(
    run: Run, storage: str, search: Path, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"trials{suffix}"
    named = ["--learner", "svm", "--task-type", "classification", "--output", file]
    study = ["from-optuna", storage, "tuning", "--task-id", "churn", *named, "--append"]
    assert run(*study).exit_code == 0
    results = [
        "from-cv-results",
        search,
        "--task-id",
        "wine",
        "--metric",
        "auc",
        "--family",
        "drinks",
        *named,
    ]
    done = run(*results, "--append")
    assert done.output == f"wrote 2 trials of wine to {file}, which has 4 now\n"
    log = read_log(file)
    assert log["task_id"].tolist() == ["churn", "churn", "wine", "wine"]
    assert log["score"].tolist() == [-0.2, -0.4, 0.7, 0.6]
    assert log["param_gamma"].dropna().tolist() == ["scale"]
    assert log["family"].dropna().tolist() == ["drinks", "drinks"]
    assert set(log["task_type"]) == {"classification"}
    assert set(import_logs(file).trials["task_id"]) == {"churn", "wine"}


def test_of_a_study_that_has_grown_only_the_new_trials_are_appended(
    run: Run, storage: str, tmp_path: Path
) -> None:
    file = tmp_path / "trials.parquet"
    append = ["from-optuna", storage, "tuning", "--task-id", "churn", "--output", file, "--append"]
    run(*append)
    add_trial(optuna.load_study(study_name="tuning", storage=storage), 3.0, None, 0.1)
    assert run(*append).output == f"wrote 1 trials of churn to {file}, which has 3 now\n"
    assert run(*append).output == f"wrote 0 trials of churn to {file}, which has 3 now\n"


def test_a_file_that_is_there_is_replaced_only_if_that_is_said(
    run: Run, storage: str, search: Path, tmp_path: Path
) -> None:
    file = tmp_path / "trials.parquet"
    first = ["from-optuna", storage, "tuning", "--task-id", "churn", "--output", file]
    second = ["from-cv-results", search, "--metric", "auc", "--task-id", "wine", "--output", file]
    run(*first)
    refused = run(*second)
    assert refused.exit_code == 1
    assert f"{file} is there already: --append adds to it, --overwrite replaces it" in refused.output
    assert set(read_log(file)["task_id"]) == {"churn"}
    assert run(*second, "--overwrite").exit_code == 0
    assert set(read_log(file)["task_id"]) == {"wine"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["from-optuna", "sqlite:///none.db", "tuning"], "there is no file none.db"),
        (["from-optuna", "STORAGE", "tunning"], "there is no study 'tunning'; found: tuning"),
        (["from-optuna", "STORAGE", "tuning", "--objective", "1"], "there is no objective 1; choose 0 to 0"),
        (["from-cv-results", "none.csv"], "File 'none.csv' does not exist."),
        (["from-cv-results", "SEARCH"], "there are 2 metrics; choose one as the score: accuracy, auc"),
        (
            ["from-cv-results", "SEARCH", "--metric", "auc", "--append", "--overwrite"],
            "--append and --overwrite exclude each other: give one of them",
        ),
        (["from-optuna", "STORAGE", "tuning", "--output", "trials.xlsx"], "must end in .parquet or .csv"),
        (
            ["from-optuna", "STORAGE", "tuning", "--append", "--output", "SEARCH"],
            "search.csv has no column 'task_id'",
        ),
    ],
)
def test_errors_are_one_line_that_names_the_thing(
    run: Run, storage: str, search: Path, tmp_path: Path, arguments: list[str], message: str
) -> None:
    places = {"STORAGE": storage, "SEARCH": str(search)}
    if "--output" not in arguments:
        arguments = [*arguments, "--output", str(tmp_path / "trials.parquet")]
    done = run(*(places.get(argument, argument) for argument in arguments), "--task-id", "churn")
    assert done.exit_code != 0
    (line,) = [line for line in done.output.splitlines() if line.startswith("Error: ")]
    assert message in line
    assert isinstance(done.exception, SystemExit)
    assert not (tmp_path / "trials.parquet").exists()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("from-optuna", ["STORAGE STUDY", "sqlite:///optuna.db", "--objective", "--task-id", "--append"]),
        ("from-cv-results", ["FILE", "cv_results_", "--metric", "--learner", "--overwrite"]),
    ],
)
def test_help_explains_each_command(run: Run, name: str, words: list[str]) -> None:
    assert name in run("--help").output
    shown = run(name, "--help").output
    assert [word for word in words if word not in shown] == []
