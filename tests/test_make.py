"""The commands that a newcomer types first."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

PROJECT = Path(__file__).parents[1]


def test_help_lists_every_command() -> None:
    listed = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    for command in (
        "run",
        "test",
        "test-slow",
        "test-all",
        "viz",
        "lint",
        "docs",
        "gallery",
        "bench",
        "help",
    ):
        assert re.search(rf"^  make {command} +\S", listed, re.MULTILINE), command


def test_an_old_python_is_refused_with_the_way_out(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    made = subprocess.run(
        ["make", "run", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode != 0
    assert "Foretune needs Python 3.11 or newer: make PYTHON=" in made.stderr


def test_locks_hold_every_dependency_at_one_version() -> None:
    pins = {}
    for name in ("run", "docs", "dev"):
        text = (PROJECT / f"requirements/{name}.lock").read_text()
        assert "--hash=sha256:" in text
        # An extra is of the same package
        plain = re.sub(r"\[[a-z,]+\]==", "==", text)
        pins[name] = set(re.findall(r"^([a-z0-9-]+==[^ ]+)", plain, re.MULTILINE))
    # The tools of developers come on top: a run uses the same versions with and without them
    assert pins["run"] < pins["docs"] < pins["dev"]
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())["project"]
    locked = {pin.split("==")[0] for pin in pins["run"]}
    extras = project["optional-dependencies"]
    of_pipelines = re.findall(r"[a-z]+", extras["pipelines"][0].removeprefix("foretune"))
    assert len(of_pipelines) > 3
    for requirement in [*project["dependencies"], *(one for name in of_pipelines for one in extras[name])]:
        name = re.split(r"[\[<>=; ]", requirement)[0].lower()
        assert name in locked, name


def test_ci_calls_lint_the_site_and_both_sets_of_tests() -> None:
    lines = (PROJECT / ".ci/run").read_text().splitlines()
    assert lines[-4:] == ["make lint", "make docs", "make test", "make test-slow"]
