from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from foretune.commands.reference import reference
from foretune.recommendation.core import reference_folder


def _run(*arguments: object) -> Result:
    return CliRunner().invoke(reference, [str(argument) for argument in arguments])


@pytest.mark.slow
def test_the_shipped_memory_is_compared_with_itself_by_default() -> None:
    ran = _run("compare", reference_folder())
    assert ran.exit_code == 0, ran.output
    nothing = "predicted targets differ by at most 0.00e+00, on average 0.00e+00"
    lines = ran.output.splitlines()
    assert [line.partition(":")[0] for line in lines] == ["classification", "regression"]
    assert all(nothing in line and "706 configurations)" in line for line in lines)


def test_a_folder_without_a_memory_is_one_line(tmp_path: Path) -> None:
    ran = _run("compare", tmp_path)
    assert ran.exit_code == 1
    assert "has memories of nothing" in ran.output
    assert "there is nothing to compare" in ran.output
    assert len(ran.output.splitlines()) == 1


def test_a_damaged_memory_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "regression").mkdir()
    (tmp_path / "regression/manifest.json").write_text("{}")
    ran = _run("compare", tmp_path)
    assert ran.exit_code == 1
    assert "has format version None" in ran.output
    assert len(ran.output.splitlines()) == 1


def test_the_shipped_memory_is_shown() -> None:
    ran = _run("show")
    assert ran.exit_code == 0, ran.output
    assert all(f"{name}: learner" in ran.output for name in ("classification", "regression"))
    assert max(map(len, ran.output.splitlines())) <= 100
    described = json.loads(_run("show", "--json").output)
    assert [one["task_type"] for one in described[:2]] == ["classification", "regression"]


def test_what_is_to_be_exported_must_be_there(tmp_path: Path) -> None:
    ran = _run("export", "--surrogates", tmp_path, "--meta-dataset", tmp_path / "none.parquet")
    assert ran.exit_code == 2
    assert "does not exist" in ran.output
