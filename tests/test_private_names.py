"""Private names of other libraries: only behind a feature test, as a text that a test can replace."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

SOURCE = Path(__file__).parents[1] / "src"
# Python's own: documented in spite of their names, or only an annotation
DOCUMENTED = {"os._exit", "hashlib._Hash"}
TUPLE_METHODS = {"_replace", "_asdict", "_fields"}
OWN = {"self", "cls"}


def _is_private(name: str) -> bool:
    return any(part.startswith("_") and not part.startswith("__") for part in name.split("."))


def _private_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and not node.level and node.module != "__future__":
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name for name in names if _is_private(name) or ".src." in name)
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if _is_private(alias.name))
        elif isinstance(node, ast.Attribute) and _is_private(node.attr) and node.attr not in TUPLE_METHODS:
            owner = ast.unparse(node.value)
            if owner not in OWN:
                yield f"{owner}.{node.attr}"


def test_no_private_name_of_another_library_is_taken_for_granted() -> None:
    found = {
        f"{path.relative_to(SOURCE)}: {name}"
        for path in sorted(SOURCE.rglob("*.py"))
        for name in _private_names(ast.parse(path.read_text(encoding="utf-8")))
        if name not in DOCUMENTED
    }
    assert not found


def test_a_private_name_is_seen() -> None:
    lines = ["from joblib._dask import X", "import a._b", "from a import _c", "from k.src.x import y"]
    code = "\n".join([*lines, "study._storage.get()"])
    assert set(_private_names(ast.parse(code))) == {
        "joblib._dask.X",
        "a._b",
        "a._c",
        "k.src.x.y",
        "study._storage",
    }
