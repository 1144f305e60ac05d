"""Every door without the packages of the extras: what the core does, and one line where it needs more."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.project.tuning.flights import make_project

from foretune.base.extras import EXTRA_OF_PACKAGE
from foretune.recommendation import reference_folder

PROJECT = Path(__file__).parents[1]
# Whatever only extras bring, as if it were not installed
BLOCKER = f"""
import sys
from importlib.abc import MetaPathFinder

class Block(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {sorted([*EXTRA_OF_PACKAGE, "alembic", "pandera", "psutil"])}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Block())
"""
LIBRARY = """
import json
import pandas as pd
import foretune
from foretune import logs, plots, zero_shot
from sklearn.datasets import load_wine
from sklearn.model_selection import GridSearchCV
from sklearn.svm import SVC
from foretune.metafeatures import MetafeatureExtractor
from foretune.tables import read_user_file, write_table

X, y = load_wine(return_X_y=True, as_frame=True)
search = foretune.MetaSearchCV("linear", n_trials=1, random_state=0, cv=3).fit(X, y)
results = []
for name, rows in (("even", slice(0, None, 2)), ("odd", slice(1, None, 2))):
    grid = GridSearchCV(SVC(), {"C": [0.1, 1.0, 10.0]}, cv=2).fit(X.iloc[rows], y.iloc[rows])
    results.append(logs.trials_from_cv_results(grid.cv_results_, name, "svm"))
report = {}

def fails(name, do):
    try:
        do()
    except Exception as error:
        report[name] = [type(error).__name__, str(error)]

def works(name, do):
    report[name] = ["", str(do())]

works("suggest", lambda: len(foretune.suggest(X, y, "linear", k=2)))
works("code", lambda: "cross_val_score" in search.to_code())
works("frame", lambda: len(search.results_frame()))
works("look", lambda: all(hasattr(search, name) for name in dir(search)))
works("import_logs", lambda: len(foretune.import_logs(results).trials))
works("learn", lambda: type(foretune.learn(results)).__name__)
works("zero_shot", lambda: zero_shot.LGBMClassifier(n_estimators=2, verbosity=-1).fit(X, y).score(X, y) > 0.3)
works("metafeatures", lambda: len(MetafeatureExtractor(groups=["simple"]).extract(X, y)) > 5)
fails("sampler", lambda: foretune.ForetuneSampler)
fails("plot", lambda: search.plot.history())
fails("figure", lambda: plots.history(search))
fails("study", lambda: plots.history(object()))
fails("page", lambda: search.report("page.html"))
fails("ledger", lambda: foretune.MetaSearchCV("linear", n_trials=1, ledger="trials.sqlite").fit(X, y))
fails("mlflow", lambda: foretune.MetaSearchCV("linear", n_trials=1, log_to="mlflow").fit(X, y))
fails("catboost", lambda: zero_shot.CatBoostClassifier)
fails("load_study", lambda: logs.load_study("sqlite:///studies.db", "one"))
fails("database", lambda: foretune.learn(["sqlite:///studies.db"]))
fails("parquet", lambda: read_user_file("table.parquet", ".parquet"))
fails("write", lambda: write_table(X, __import__("pathlib").Path("new.parquet")))
print(json.dumps(report))
"""
EXTRA_OF_DOOR = {
    **{"sampler": "optuna", "study": "optuna", "load_study": "optuna", "database": "optuna"},
    **{"plot": "report", "figure": "report", "page": "report", "mlflow": "mlflow", "catboost": "catboost"},
    **{"ledger": "ledger", "parquet": "parquet", "write": "parquet"},
}
EXTRA_OF_COMMAND = {
    "ledger show": "ledger",
    "ledger export trials.csv": "ledger",
    "ledger backup trials.parquet": "ledger",
    "ledger restore table.parquet": "ledger",
    "suggest table.parquet --target y": "parquet",
    "suggest table.csv --target y --learner linear --page page.html": "report",
    "learn sqlite:///studies.db -o memory": "optuna",
    "learn table.parquet -o memory": "parquet",
    "logs from-optuna sqlite:///studies.db one --task-id a --output trials.csv": "optuna",
    "reference costs table.parquet": "parquet",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("bare")
    rows = "".join(f"{at},{at * at % 7},{'no' if at % 3 else 'yes'}\n" for at in range(40))
    (made / "table.csv").write_text(f"a,b,y\n{rows}")
    # A file that is there; nothing gets as far as reading it
    (made / "table.parquet").write_bytes(b"PAR1")
    (made / "blocked.py").write_text(BLOCKER)
    return made


def run(
    folder: Path, program: str, *arguments: str, where: Path | None = None
) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join((str(folder), str(PROJECT / "src")))
    environment = {**os.environ, "PYTHONPATH": path, "DO_NOT_TRACK": "1", "COLUMNS": "200"}
    command = [sys.executable, "-W", "ignore", "-c", f"import blocked\n{program}", *arguments]
    return subprocess.run(
        command, cwd=where or folder, env=environment, capture_output=True, text=True, check=False
    )


def run_command(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    return run(folder, "from foretune.__main__ import main; main()", *command.split())


needs_memory = pytest.mark.skipif(
    not (reference_folder() / "classification").is_dir(), reason="the package carries no reference memory"
)


@needs_memory
def test_the_library_does_what_the_core_can_and_names_the_extra_of_the_rest(folder: Path) -> None:
    done = run(folder, LIBRARY)
    assert done.returncode == 0, done.stderr[-2000:]
    report = json.loads(done.stdout.splitlines()[-1])
    worked = {name: result for name, (kind, result) in report.items() if not kind}
    assert worked == {
        **{"suggest": "2", "code": "True", "frame": "1", "look": "True", "learn": "Memory"},
        **{"import_logs": "6", "zero_shot": "True", "metafeatures": "True"},
    }
    failed = {name: text for name, (kind, text) in report.items() if kind}
    for door, extra in EXTRA_OF_DOOR.items():
        assert failed.pop(door).endswith(f": pip install '.[{extra}]' in the checkout of foretune"), door
    assert failed == {}
    assert all("\n" not in text for _, text in report.values())


@pytest.mark.quick("ledger show", "suggest table.parquet --target y")
@pytest.mark.parametrize("command", EXTRA_OF_COMMAND)
@needs_memory
def test_a_command_names_the_extra_in_one_line(folder: Path, command: str) -> None:
    ran = run_command(folder, command)
    assert ran.returncode == 1
    (line,) = ran.stderr.splitlines()
    assert line.startswith("Error: ")
    assert line.endswith(f": pip install '.[{EXTRA_OF_COMMAND[command]}]' in the checkout of foretune")


@pytest.mark.slow
@needs_memory
def test_commands_of_the_core_need_no_extra(folder: Path) -> None:
    for command, shown in {
        "suggest table.csv --target y --learner linear": "Use linear with",
        "suggest table.csv --target y --learner linear --json": '"recommendations"',
        "reference show": "classification",
        "tasks count": "families",
        "": "Usage: foretune COMMAND",
    }.items():
        ran = run_command(folder, command)
        assert ran.returncode == 0, ran.stderr
        assert shown in ran.stdout, command


@pytest.mark.quick("run")
@pytest.mark.parametrize("command", ["run", "--pipelines=hpo", "run --env=full"])
def test_without_a_configuration_pipelines_end_with_one_line(folder: Path, command: str) -> None:
    ran = run_command(folder, command)
    assert ran.returncode == 2
    (line,) = ran.stderr.splitlines()
    assert line.startswith("Error: there is no folder conf/base in ")


@pytest.mark.parametrize(
    "pipeline", ["task_generation", "hpo", "meta_training", "evaluation", "recommendation"]
)
def test_a_pipeline_names_the_extra_in_one_line(folder: Path, pipeline: str) -> None:
    table = ["--params=table=table.csv,target=y"] if pipeline == "recommendation" else []
    arguments = [f"--conf-source={PROJECT / 'conf'}", f"--pipelines={pipeline}", *table]
    ran = run(folder, "from foretune.__main__ import main; main()", *arguments)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    last = ran.stderr.strip().splitlines()[-1]
    assert last.startswith("Error: the pipelines need ")
    assert last.endswith(": pip install '.[pipelines]' in the checkout of foretune")


@pytest.mark.slow
def test_kedro_tune_in_another_project_names_the_extra_in_one_line(folder: Path, tmp_path: Path) -> None:
    arguments = ["tune", "--pipelines=data_science", "--metric=metrics:r2"]
    arguments.append("--param=model_options.max_depth=int(1,4)")
    project = make_project(tmp_path / "project")
    ran = run(folder, "from kedro.framework.cli import main; main()", *arguments, where=project)
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr
    last = ran.stderr.strip().splitlines()[-1]
    assert last.endswith(": pip install '.[ledger]' in the checkout of foretune")
