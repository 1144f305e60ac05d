"""The folder `optunahub` is a package as the OptunaHub registry asks for it."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import optuna
import pytest
import yaml
from tests.recommendation.optuna.conftest import network_loss

from foretune import ForetuneSampler
from foretune.meta_model.memory import Memory
from foretune.recommendation.core.memory_files import reference_folder

PROJECT = Path(__file__).parents[3]
REGISTRY = PROJECT / "optunahub/package"
PACKAGE = "samplers/foretune_sampler"
FOLDER = REGISTRY / PACKAGE
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def _has_optunahub() -> bool:
    # The folder of that name in the project is importable too, as an empty package
    try:
        importlib.metadata.version("optunahub")
    except importlib.metadata.PackageNotFoundError:
        return False
    return True


needs_optunahub = pytest.mark.skipif(
    not _has_optunahub(), reason="optunahub is not installed: pip install optunahub"
)
needs_reference = pytest.mark.skipif(
    not (reference_folder() / "regression").is_dir(), reason="the package carries no reference memory"
)


# The name that OptunaHub gives the package, and that of versions before 0.2
NAMES = ["optunahub_registry.package.samplers.foretune_sampler", "foretune_sampler"]


@pytest.fixture(params=NAMES)
def loaded(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Load the package as OptunaHub does."""
    spec = importlib.util.spec_from_file_location(request.param, FOLDER / "__init__.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, request.param, module)
    spec.loader.exec_module(module)
    return module


def test_the_package_gives_the_sampler(loaded: ModuleType, memory_of_studies: Memory) -> None:
    assert loaded.__all__ == ["ForetuneSampler"]
    assert loaded.ForetuneSampler is ForetuneSampler
    study = optuna.create_study(sampler=loaded.ForetuneSampler(memory=memory_of_studies, seed=0))
    study.optimize(lambda trial: network_loss(trial, 0.01), n_trials=2)
    assert len({tuple(trial.params.items()) for trial in study.trials}) == 2


def test_the_front_matter_is_what_the_registry_checks() -> None:
    _, header, text = README.split("---\n", 2)
    front = yaml.safe_load(header)
    assert front.keys() == {"author", "title", "description", "tags", "optuna_versions", "license"}
    assert all(isinstance(front[name], str) for name in ("author", "title", "description", "license"))
    assert front["license"] == "MIT License"
    assert "sampler" in front["tags"]
    assert all(isinstance(one, str) for one in [*front["tags"], *front["optuna_versions"]])
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert sections == ["Abstract", "Class or Function Names", "Installation", "Example", "Others"]


def test_the_package_has_the_files_that_the_registry_asks_for() -> None:
    files = {path.name for path in FOLDER.iterdir() if path.is_file()}
    assert files == {"README.md", "LICENSE", "__init__.py", "example.py", "requirements.txt"}
    assert (FOLDER / "LICENSE").read_text(encoding="utf-8").startswith("MIT License\n")
    assert (FOLDER / "requirements.txt").read_text(encoding="utf-8") == "foretune\n"
    # A package called foretune would take the place of the one that it imports
    assert FOLDER.name.isidentifier()
    assert FOLDER.name != "foretune"


def test_without_foretune_one_line_says_what_is_missing(tmp_path: Path) -> None:
    # Isolated, so that no folder but that of the standard library is searched
    code = f"import runpy; runpy.run_path({str(FOLDER / '__init__.py')!r})"
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert run.returncode == 1
    last = run.stderr.strip().splitlines()[-1]
    assert last.startswith("ModuleNotFoundError: this sampler needs the package foretune: see the section")


@needs_optunahub
def test_optunahub_loads_it(memory_of_studies: Memory) -> None:
    optunahub = importlib.import_module("optunahub")
    module = optunahub.load_local_module(PACKAGE, registry_root=str(REGISTRY))
    sampler = module.ForetuneSampler(memory=memory_of_studies)
    assert isinstance(sampler, optuna.samplers.BaseSampler)


@pytest.mark.slow
@needs_reference
@pytest.mark.parametrize("loaded", NAMES[:1], indirect=True)
@pytest.mark.parametrize("source", ["README.md", "example.py"])
def test_the_examples_run(source: str, loaded: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The registry is not asked for the package: it is loaded from the folder."""
    hub: Any = ModuleType("optunahub")
    hub.load_module = hub.load_local_module = lambda package, registry_root="": loaded
    monkeypatch.setitem(sys.modules, "optunahub", hub)
    if source == "README.md":
        (code,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    else:
        code = (FOLDER / source).read_text(encoding="utf-8")
    names: dict[str, Any] = {"__file__": str(FOLDER / "example.py")}
    exec(code, names)
    assert len(names["study"].trials) == 10
    assert len({tuple(trial.params.items()) for trial in names["study"].trials}) == 10
