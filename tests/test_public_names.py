"""The public names: their page is true, and nothing that users read or paste imports any other."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import foretune
from foretune.recommendation.table.program import write_search
from foretune.recommendation.table.user_table import UserTable

PROJECT = Path(__file__).parents[1]
PAGE = PROJECT / "docs/public-names.md"


def _public() -> set[tuple[str, str]]:
    rows = re.findall(r"^\| `([\w.]+)` \| (.+?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return {(package, name) for package, names in rows for name in re.findall(r"`(\w+)`", names)}


PUBLIC = _public()


def _imports(code: str) -> Iterator[tuple[str, str]]:
    """Names of Foretune that a program imports, or takes by ``foretune.<name>``."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and str(node.module).split(".")[0] == "foretune":
            yield from ((str(node.module), alias.name) for alias in node.names)
        elif isinstance(node, ast.Import):
            # `import foretune` alone is no name yet; of a module below it none is public
            names = [alias.name for alias in node.names if alias.name.startswith("foretune.")]
            yield from ((name, "") for name in names)
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "foretune":
            yield "foretune", node.attr


def _programs(path: Path) -> list[str]:
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".py":
        return [text]
    if path.suffix == ".ipynb":
        cells = json.loads(text)["cells"]
        return ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    blocks = re.findall(r"^( *)```(python|text)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL)
    return [
        re.sub(rf"^{indent}", "", block, flags=re.MULTILINE)
        for indent, language, block in blocks
        if language == "python" or "import " in block
    ]


READ_BY_USERS = [
    *(PROJECT / name for name in ("README.md", "CONTRIBUTING.md")),
    *sorted((PROJECT / "docs").glob("*.md")),
    *sorted((PROJECT / "docs").glob("*.py")),
    *sorted((PROJECT / "notebooks").glob("*.ipynb")),
]


@pytest.mark.parametrize(("package", "name"), sorted(PUBLIC))
def test_every_public_name_is_listed_by_a_package(package: str, name: str) -> None:
    imported = import_module(package)
    assert Path(str(imported.__file__)).name == "__init__.py"
    assert name in imported.__all__
    assert getattr(imported, name).__doc__


def test_the_whole_door_is_public() -> None:
    assert {name for package, name in PUBLIC if package == "foretune"} == set(foretune.__all__)


@pytest.mark.parametrize("path", READ_BY_USERS, ids=lambda path: path.name)
def test_what_users_read_imports_public_names_only(path: Path) -> None:
    used = {one for program in _programs(path) for one in _imports(program)}
    assert used <= PUBLIC


def test_what_users_read_shows_how_most_of_them_are_imported() -> None:
    used = {one for path in READ_BY_USERS for program in _programs(path) for one in _imports(program)}
    assert len(used) > len(PUBLIC) / 2


def test_the_program_to_paste_imports_public_names_only() -> None:
    table = UserTable(pd.DataFrame({"a": np.arange(4.0), "y": [0, 1, 0, 1]}), "t.csv", "y")
    program = write_search(table, "svm", "classification", None, "memory", "metafeatures.csv")
    used = set(_imports(program))
    assert used == {("foretune", "MetaSearchCV"), ("foretune.recommendation", "read_metafeatures")}
    assert used <= PUBLIC


WITHOUT_KEDRO = """
import sys
from importlib import import_module
from importlib.abc import MetaPathFinder

class Refuse(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0].startswith("kedro"):
            raise ImportError(f"{name} is refused")

sys.meta_path.insert(0, Refuse())
for package, name in %r:
    getattr(import_module(package), name)

from sklearn.datasets import load_iris
import foretune
X, y = load_iris(return_X_y=True)
foretune.suggest(X, y, "linear", k=1)
foretune.MetaSearchCV("linear", n_trials=0, random_state=0).fit(X, y).predict(X)
"""


def test_public_names_load_nothing_of_kedro() -> None:
    # But for those that a Kedro project imports
    of_projects = {"foretune.project", "foretune.pipelines"}
    program = WITHOUT_KEDRO % (sorted(name for name in PUBLIC if name[0] not in of_projects),)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_messages_and_guides_install_from_the_checkout() -> None:
    # The package is on no index: somebody else may take its name there
    read = [PROJECT / "README.md", *PROJECT.glob("docs/*.md"), *PROJECT.glob("src/**/*.py")]
    assert [path for path in read if "foretune[" in path.read_text(encoding="utf-8")] == []
