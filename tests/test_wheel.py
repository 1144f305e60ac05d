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

PROJECT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel with ``kedro package`` from a copy of what git tracks or would track."""
    source = tmp_path_factory.mktemp("source")
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    for name in listed.stdout.splitlines():
        if (PROJECT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(PROJECT / name, source / name)
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
