from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import install_size


def test_what_git_tracks_is_copied_and_nothing_else(tmp_path: Path) -> None:
    copied = install_size.copy_sources(tmp_path)
    assert (copied / "pyproject.toml").is_file()
    assert (copied / "src/foretune/recommendation/reference/summary.json").is_file()
    assert not (copied / ".git").exists()
    assert not list(copied.rglob("__pycache__"))


def test_packages_are_measured_by_their_files() -> None:
    sizes = install_size.measure(Path(sys.executable))
    assert sizes["numpy"] > sizes["lazy-loader"] > 0


def test_too_many_packages_are_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []

    def install(requirement: str, folder: Path, python: str) -> tuple[Path, install_size.Installed]:
        asked.append(requirement)
        packages = dict.fromkeys(map(str, range(install_size.MOST_PACKAGES + 1)), 1.0)
        return Path(sys.executable), install_size.Installed(packages, 1.0)

    wheel = tmp_path / "foretune-1-py3-none-any.whl"
    wheel.write_bytes(b"0")
    monkeypatch.setattr(install_size, "build_wheel", lambda folder: wheel)
    monkeypatch.setattr(install_size, "install", install)
    monkeypatch.setattr(install_size, "PROGRAM", "")
    monkeypatch.setattr(sys, "argv", ["install_size.py"])
    with pytest.raises(SystemExit, match="more than 55 packages or 600 MB"):
        install_size.main()
    monkeypatch.setattr(sys, "argv", ["install_size.py", "--extras=report"])
    install_size.main()
    assert asked == [str(wheel), f"{wheel}[report]"]


def test_the_program_is_the_beginning_of_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    lines = [line for line in install_size.PROGRAM.splitlines() if line.startswith(("from ", "pipe = "))]
    assert len(lines) == 6
    assert [line for line in lines if line not in readme] == []


@pytest.mark.slow
def test_an_installation_stays_within_the_limits() -> None:
    command = [sys.executable, install_size.__file__]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, json.dumps([done.stdout, done.stderr])
    assert " packages beside foretune, " in done.stdout
