"""The rooms of the package: who may import whom, and by which names."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
SOURCE = PROJECT / "src"
# What Kedro or Python looks for by name stands at the top, and is made of the rooms below
ENTRANCES = {"__main__", "settings", "pipeline_registry", "logs_pipeline_registry"}
WINGS = ("search_cv", "optuna", "reference")


def _modules() -> dict[str, Path]:
    found = {}
    for path in sorted((SOURCE / "foretune").rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


MODULES = _modules()


def _exports(package: str) -> dict[str, str]:
    """Names that a package takes from its modules, with the module of each, as its stub says."""
    stub = MODULES[package].with_suffix(".pyi")
    if not stub.exists():
        return {}
    found: dict[str, str] = {}
    for node in ast.parse(stub.read_text()).body:
        # A package of the package, such as `foretune.plots`, is what it is called
        if isinstance(node, ast.ImportFrom) and node.module is not None:
            found |= {alias.asname or alias.name: f"{package}.{node.module}" for alias in node.names}
    return found


EXPORTS = {name: _exports(name) for name, path in MODULES.items() if path.name == "__init__.py"}


def imports_of(path: Path) -> Iterator[tuple[str, str | None]]:
    """Everything of Foretune that a file imports, wherever it stands: modules, with a name out of them."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names if alias.name.split(".")[0] == "foretune")
        elif isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "foretune":
            yield from ((str(node.module), alias.name) for alias in node.names)


def home_of(module: str, name: str | None) -> str:
    """The module that an import ends in."""
    if name is None:
        return module
    if f"{module}.{name}" in MODULES:
        return f"{module}.{name}"
    return home_of(EXPORTS[module][name], name) if name in EXPORTS.get(module, {}) else module


def _room(module: str) -> str:
    """The package that a module is private to: one below ``foretune``, or a wing of ``recommendation``."""
    parts = module.split(".")[1:]
    return ".".join(parts[:2] if parts[:1] == ["recommendation"] else parts[:1])


def test_no_import_goes_in_a_circle_not_even_one_for_types() -> None:
    graph = {
        module: {home for one in imports_of(path) if (home := home_of(*one)) != module}
        for module, path in MODULES.items()
    }
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_no_wing_of_the_recommendation_imports_another() -> None:
    for module, path in MODULES.items():
        room = _room(module)
        for one in imports_of(path):
            other = _room(home_of(*one))
            both = {room.removeprefix("recommendation."), other.removeprefix("recommendation.")}
            assert room == other or not both <= set(WINGS), f"{module} imports {one}"


def test_what_another_package_has_is_imported_from_the_package() -> None:
    deep = [
        f"{module}: from {other} import {name}"
        for module, path in MODULES.items()
        if module.split(".")[-1] not in ENTRANCES
        for other, name in imports_of(path)
        if _room(module) != _room(other) and MODULES[other].name != "__init__.py"
    ]
    assert deep == []


def test_contributors_read_the_order_that_the_linter_holds() -> None:
    settings = tomllib.loads((PROJECT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = [layer.split(" : ") for layer in reversed(settings[0]["layers"])]
    table = (PROJECT / "CONTRIBUTING.md").read_text().split("| package | holds |")[1].split("\n\n")[0]
    rows = [re.findall(r"`(\w+)`", row.split("|")[1]) for row in table.splitlines()[2:]]
    assert [sorted(row) for row in rows] == [sorted(layer) for layer in layers]


def test_no_module_takes_from_the_door_what_a_package_lists() -> None:
    # For import-linter it would be an import of `foretune`, which is in no layer
    for module, path in MODULES.items():
        taken = {
            name for other, name in imports_of(path) if other == "foretune" and name in EXPORTS["foretune"]
        }
        assert not taken, module


@pytest.mark.parametrize("package", [name for name, exports in EXPORTS.items() if exports])
def test_a_package_lists_the_names_that_it_exports_once_and_in_order(package: str) -> None:
    stub = MODULES[package].with_suffix(".pyi").read_text()
    listed = re.findall(r'"(\w+)"', stub[stub.index("__all__") :])
    packages = re.findall(r"^from \. import (\w+)$", stub, re.MULTILINE)
    assert sorted(listed) == sorted([*EXPORTS[package], *packages])
    assert len(set(listed)) == len(listed)


@pytest.mark.parametrize("package", [name for name, exports in EXPORTS.items() if exports])
def test_no_exported_name_is_that_of_a_module(package: str) -> None:
    # Python puts a module in the place of the name as soon as somebody imports it
    assert not {name for name in EXPORTS[package] if f"{package}.{name}" in MODULES}
