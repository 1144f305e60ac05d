"""The wheel, run as somebody who installed it does: in a folder that has only ``conf`` and ``data``."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pandas as pd
import pytest
from tests.project.tuning.flights import make_project

from foretune.recommendation import reference_folder
from install_size import PROGRAM, copy_sources

PROJECT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with ``kedro package`` from a copy of what git tracks or would track."""
    source = copy_sources(tmp_path_factory.mktemp("source"))
    packaged = subprocess.run(
        [BIN / "kedro", "package"], cwd=source, capture_output=True, text=True, check=False
    )
    assert packaged.returncode == 0, packaged.stderr + packaged.stdout
    return next((source / "dist").glob("foretune-*.whl"))


def test_the_wheel_holds_the_package_and_its_data(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    # Modules, stubs, templates, the catalogue of tasks and the memory
    ours = {
        str(path.relative_to(PROJECT / "src"))
        for path in (PROJECT / "src/foretune").rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }
    assert ours <= names
    assert {Path(name).suffix for name in ours} >= {".py", ".pyi", ".typed", ".jinja", ".css", ".csv", ".npz"}
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"foretune"}
    # What other projects' parameters and catalog are completed by
    configuration = {path.name for path in (PROJECT / "conf/base").glob("*.yml")}
    assert {f"foretune/project/conf/{name}" for name in configuration} <= names
    # What no run reads is not shipped
    assert not any(name.endswith(".parquet") for name in names)


def test_it_brings_kedro_tune_to_other_projects(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", installed, wheel],
        check=True,
    )
    project = make_project(tmp_path / "project")
    environment = {**os.environ, "PYTHONPATH": str(installed), "DO_NOT_TRACK": "1"}
    options = ["--pipelines=data_processing,data_science", "--metric=metrics:r2", "--trials=2"]
    command = [BIN / "kedro", "tune", *options, "--param=model_options.max_depth=int(1,4)"]
    ran = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "best: metrics:r2 = " in ran.stdout


def test_it_runs_from_a_folder_with_conf_and_data_only(wheel: Path, tmp_path: Path) -> None:
    installed, folder = tmp_path / "installed", tmp_path / "work"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", installed, wheel],
        check=True,
    )
    shutil.copytree(PROJECT / "conf", folder / "conf", ignore=shutil.ignore_patterns("local"))
    (folder / "data").mkdir()
    # Isolated from the editable install by the order of the path, from this checkout by the folder
    environment = {**os.environ, "PYTHONPATH": str(installed), "DO_NOT_TRACK": "1"}
    where = subprocess.run(
        [sys.executable, "-c", "import foretune; print(foretune.__file__)"],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert Path(where.stdout.strip()).is_relative_to(installed)
    command = [sys.executable, "-m", "foretune", "--env=test", "--params=hpo.n_configurations=1"]
    ran = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    trials = pd.read_parquet(folder / "data/03_primary/trials.parquet")
    assert set(trials["status"]) == {"ok"}
    assert len(trials) == 7 * 5 * 2
    assert (folder / "data/08_reporting/leaderboard.csv").is_file()


@pytest.mark.skipif(
    not (reference_folder() / "classification").is_dir(), reason="the package carries no reference memory"
)
def test_it_suggests_right_after_the_installation(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    subprocess.run(
        [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", installed, wheel],
        check=True,
    )
    code = (
        "import foretune; from sklearn.datasets import load_wine\n"
        "print(foretune.__file__, len(foretune.suggest(*load_wine(return_X_y=True), 'svm', k=2)))"
    )
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    file, count = ran.stdout.split()
    assert Path(file).is_relative_to(installed)
    assert count == "2"


def find_python(version: str) -> str | None:
    """Return an interpreter of a version, from the path or from pyenv; None if there is none that starts."""
    of_pyenv = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    for one in (f"/usr/bin/python{version}", shutil.which(f"python{version}"), *map(str, of_pyenv)):
        if one and Path(one).exists():
            asked = subprocess.run([one, "-c", "import venv"], capture_output=True, check=False)
            if asked.returncode == 0:
                return one
    return None


# The oldest scikit-learn of each Python that has wheels of it
BARE = [
    *[(version, "scikit-learn") for version in ("3.11", "3.12", "3.13", "3.14")],
    *[("3.11", "scikit-learn==1.6.*"), ("3.13", "scikit-learn==1.6.*"), ("3.14", "scikit-learn==1.7.2")],
]


@pytest.mark.parametrize(("version", "scikit_learn"), BARE)
def test_alone_in_a_bare_environment_it_searches_suggests_and_names_extras(
    wheel: Path, tmp_path: Path, version: str, scikit_learn: str
) -> None:
    interpreter = find_python(version)
    if interpreter is None:
        pytest.skip(f"there is no Python {version}")
    bare, uv = tmp_path / "bare/bin", BIN / "uv"
    subprocess.run([uv, "venv", "--quiet", "--python", interpreter, bare.parent], check=True)
    command = [uv, "pip", "install", "--quiet", "--python", bare / "python", wheel, scikit_learn]
    subprocess.run(command, check=True)
    folder = tmp_path / "empty"
    folder.mkdir()
    (folder / "table.csv").write_text("a,y\n" + "".join(f"{at},{at % 2}\n" for at in range(40)))

    def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
        # Neither this checkout nor the settings of pytest
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DO_NOT_TRACK": "1"}
        return subprocess.run(
            [bare / arguments[0], *arguments[1:]],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    searched = run("python", "-W", "error::FutureWarning", "-c", PROGRAM)
    assert searched.returncode == 0, searched.stderr
    assert searched.stdout.startswith("a search of one trial: ROC AUC 0.9")
    suggested = run("foretune", "suggest", "table.csv", "--target", "y", "--learner", "linear")
    assert suggested.returncode == 0, suggested.stderr
    assert "Use linear with" in suggested.stdout
    for arguments, extra in {
        ("foretune", "ledger", "show"): "ledger",
        ("foretune", "suggest", "table.csv", "--target", "y", "--page", "page.html"): "report",
        ("python", "-c", PROGRAM + "search.plot.history()"): "report",
        ("python", "-c", "from foretune import ForetuneSampler"): "optuna",
    }.items():
        refused = run(*arguments)
        assert refused.returncode == 1
        last = refused.stderr.splitlines()[-1]
        assert last.endswith(f": pip install '.[{extra}]' in the checkout of foretune"), refused.stderr
    no_configuration = run("foretune", "run")
    assert no_configuration.returncode == 2
    assert no_configuration.stderr.startswith("Error: there is no folder conf/base in ")
