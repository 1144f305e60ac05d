"""Every module of some size has a test file of its name, which uses what is in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.test_layers import MODULES, PROJECT, home_of, imports_of

SHORT = 60


def _size(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


LONG = sorted(
    module for module, path in MODULES.items() if path.name != "__init__.py" and _size(path) > SHORT
)


@pytest.mark.parametrize("module", LONG)
def test_a_module_has_a_test_file_that_uses_it(module: str) -> None:
    *folders, name = module.split(".")[1:]
    file = PROJECT.joinpath("tests", *folders, f"test_{name}.py")
    assert file.is_file(), f"{module} has more than {SHORT} lines: {file.relative_to(PROJECT)} is missing"
    assert re.search(r"^def test_", file.read_text(encoding="utf-8"), re.MULTILINE), f"{file} has no test"
    used = {home_of(*one) for one in imports_of(file)}
    assert module in used, f"{file.relative_to(PROJECT)} imports nothing from {module}"
