"""Learners, metrics, strategies and metafeatures from outside, as the documents show them: in a package."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foretune.base.plugins import PluginError, load_plugins

PROJECT = Path(__file__).parents[2]

RUN = """
import json, sys
import numpy as np, pandas as pd, yaml
from foretune.hpo.engine import run_hpo
from foretune.execution import ParallelParameters
from foretune.hpo.parameters import HpoParameters
from foretune.metafeatures import MetafeatureExtractor
from foretune.metafeatures.parameters import MetafeatureParameters
from foretune.tasks.task import Task

raw = yaml.safe_load(open("conf/base/parameters_hpo.yml"))["hpo"]
own = yaml.safe_load(sys.argv[1])["hpo"]
raw["spaces"] |= own.pop("spaces")
raw |= own | {"strategy": "halton", "n_configurations": 4}
raw["score"]["classification"] = "brier_score"
rng = np.random.default_rng(0)
X = pd.DataFrame(rng.normal(size=(60, 3)), columns=list("abc"))
y = pd.Series(np.where(X["a"] + rng.normal(size=60) > 0, "yes", "no"), dtype="category")
two_workers = ParallelParameters(n_workers=2)
trials, _ = run_hpo({"t": Task("t", "classification", X, y)}, HpoParameters(**raw), 0, two_workers)
groups = MetafeatureParameters(groups=("simple", "shape")).groups
assert MetafeatureExtractor(groups).extract(X, y)["shape.area"] == 180
print(trials[["learner", "strategy", "status", "score", "metric_brier_score"]].to_json(orient="records"))
"""


def blocks(name: str, language: str) -> list[str]:
    text = (PROJECT / "docs" / name).read_text()
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def make_package(folder: Path, modules: dict[str, str], entry_points: dict[str, dict[str, str]]) -> None:
    package = folder / "my_package"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    for name, code in modules.items():
        (package / f"{name}.py").write_text(code)
    metadata = folder / "my_package-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    lines: list[str] = []
    for group, points in entry_points.items():
        lines += [f"[{group}]", *(f"{name} = {module}" for name, module in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines))


@pytest.fixture(autouse=True)
def _forget_the_package() -> Iterator[None]:
    yield
    for name in [name for name in sys.modules if name.startswith("my_package")]:
        del sys.modules[name]


def test_each_takes_ten_lines() -> None:
    for block in [*blocks("extending.md", "python"), *blocks("strategies.md", "python")]:
        lines = [line for line in block.splitlines() if line and not re.match("from|import", line)]
        assert len(lines) <= 10


@pytest.mark.slow
def test_a_package_brings_a_learner_a_metric_a_strategy_and_metafeatures(tmp_path: Path) -> None:
    import pandas as pd

    learner, metric, metafeatures = blocks("extending.md", "python")
    (strategy,) = blocks("strategies.md", "python")
    (toml,) = blocks("extending.md", "toml")
    (toml_of_strategy,) = blocks("strategies.md", "toml")
    groups: dict[str, Any] = {}
    for text in (toml, toml_of_strategy):
        groups |= tomllib.loads(text)["project"]["entry-points"]
    make_package(
        tmp_path,
        {"decision_tree": learner, "brier_score": metric, "halton": strategy, "shape": metafeatures},
        groups,
    )
    (space,) = blocks("extending.md", "yaml")
    code = f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n{RUN}"
    run = subprocess.run(
        [sys.executable, "-c", code, space], cwd=PROJECT, capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    trials = pd.DataFrame(json.loads(run.stdout))
    assert trials.groupby(["learner", "strategy"]).size().to_dict() == {
        ("decision_tree", "default"): 1,
        ("decision_tree", "halton"): 4,
        ("linear", "default"): 1,
        ("linear", "halton"): 4,
    }
    assert (trials["status"] == "ok").all()
    assert trials["score"].tolist() == (-trials["metric_brier_score"]).tolist()
    # Guessing one half for both classes costs one half; a tree with a row per leaf is worse than a line
    assert trials["metric_brier_score"].between(0.05, 1.0).all()
    best = trials.groupby("learner")["metric_brier_score"].min()
    assert best["linear"] < 0.5


@pytest.mark.parametrize("code", ["raise SystemExit(3)", "raise ValueError('a\\nb' + 'x' * 9999)"])
def test_whatever_a_package_raises_is_one_short_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    make_package(tmp_path, {"broken": code}, {"foretune.metrics": {"x": "my_package.broken"}})
    monkeypatch.syspath_prepend(tmp_path)
    load_plugins.cache_clear()
    with pytest.raises(PluginError, match=r"my-package names my_package\.broken") as caught:
        load_plugins("foretune.metrics")
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 700
    monkeypatch.undo()
    load_plugins.cache_clear()


def test_a_package_that_cannot_be_imported_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make_package(
        tmp_path, {"broken": "import nothing_like_it"}, {"foretune.learners": {"x": "my_package.broken"}}
    )
    monkeypatch.syspath_prepend(tmp_path)
    load_plugins.cache_clear()
    with pytest.raises(PluginError, match=r"my-package names my_package\.broken .* No module named 'nothing"):
        load_plugins("foretune.learners")
    monkeypatch.undo()
    load_plugins.cache_clear()
