"""Strategies by name, from within and from outside."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any, Literal

import pytest
import yaml
from ConfigSpace import Configuration as SpaceConfiguration
from tests.hpo.strategies.loop import search
from tests.spaces.config_space import build_space

from foretune.hpo.strategies import (
    Proposal,
    SearchProblem,
    Strategy,
    StrategyOptions,
    create_strategy,
    known_strategies,
    register_strategy,
    registry,
    strategy_options,
)
from foretune.hpo.strategies.parameters import OptunaTpeOptions, SobolOptions

PROJECT = Path(__file__).parents[3]
DOCUMENTATION = (PROJECT / "docs/strategies.md").read_text()


def code_of(language: str) -> str:
    """Give the first block of code in a language from the documentation."""
    return DOCUMENTATION.split(f"```{language}\n")[1].split("```")[0]


@pytest.fixture(autouse=True)
def _restored_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    known_strategies()
    monkeypatch.setattr(registry, "_STRATEGIES", dict(registry._STRATEGIES))


def test_the_strategies_there_are() -> None:
    assert known_strategies() == [
        "sobol",
        "grid",
        "random",
        "successive_halving",
        "optuna_tpe",
        "optuna_cmaes",
        "optuna_gp",
        "hyperopt_tpe",
        "keras_tuner_random",
        "keras_tuner_bayesian",
    ]


@pytest.mark.parametrize("name", known_strategies())
def test_a_name_alone_gives_all_defaults(name: str) -> None:
    options = strategy_options(name)
    assert options == strategy_options({"name": name}) == strategy_options(options)
    assert options.name == name


def test_one_from_outside_takes_ten_lines(mixed: SearchProblem) -> None:
    code = code_of("python")
    lines = [line for line in code.splitlines() if line and not line.startswith("from")]
    assert len(lines) <= 10
    # As a file of its own would be read, without this file's annotations
    exec(compile(code, "halton.py", "exec", dont_inherit=True), {"__name__": "halton"})
    assert known_strategies()[-1] == "halton"
    strategy = create_strategy(strategy_options("halton"), mixed)
    trials = search(strategy, lambda _: 0.5, 100)
    assert len(trials) == mixed.n_trials
    assert strategy.is_exhausted
    for proposal, _ in trials:
        assert proposal.configuration.strategy == "halton"
        SpaceConfiguration(
            build_space(mixed.space, mixed.task_type, mixed.learner), values=proposal.configuration.params
        )
    with pytest.raises(ValueError, match="n_points"):
        strategy_options({"name": "halton", "n_points": 3})


@pytest.mark.slow
def test_one_from_outside_comes_by_entry_point(tmp_path: Path) -> None:
    package = tmp_path / "my_package"
    package.mkdir()
    (package / "halton.py").write_text(code_of("python"))
    (package / "__init__.py").touch()
    metadata = tmp_path / "my_package-1.0.dist-info"
    metadata.mkdir()
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    (groups,) = tomllib.loads(code_of("toml"))["project"].values()
    ((group, points),) = groups.items()
    lines = [f"{name} = {module}" for name, module in points.items()]
    (metadata / "entry_points.txt").write_text("\n".join([f"[{group}]", *lines]))
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from foretune.hpo.strategies import known_strategies, strategy_options\n"
        "print(repr(strategy_options('halton')), 'halton' in known_strategies())"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "HaltonOptions(name='halton') True"


def test_the_documentation_lists_every_strategy_and_option() -> None:
    rows = [line.split("|")[1:-1] for line in DOCUMENTATION.splitlines() if line.startswith("| `")]
    documented, optional = {}, {}
    for name, text, *extra in rows:
        if extra:
            optional[name.strip(" `")] = extra[0].strip(" `")
        else:
            documented[name.strip(" `")] = dict(re.findall(r"`(\w+): ([^`]+)`", text))
    assert list(documented) == list(optional) == known_strategies()
    for name, defaults in documented.items():
        given = {option: yaml.safe_load(value) for option, value in defaults.items()}
        assert given == strategy_options(name).model_dump(exclude={"name"})


def test_the_documented_parameters_are_valid() -> None:
    hpo = yaml.safe_load(code_of("yaml"))["hpo"]
    assert strategy_options(hpo["strategy"]) == SobolOptions(n_path_values=4)
    assert strategy_options(hpo["strategies"]["svm"]) == OptunaTpeOptions(n_startup_trials=5)


def test_one_of_ones_own_may_take_the_place_of_another(plane: SearchProblem) -> None:
    class OtherOptions(StrategyOptions):
        name: Literal["random"] = "random"

    class Other(Strategy[OtherOptions]):
        def _propose(self) -> Proposal | None:
            return None

    register_strategy(OtherOptions, Other)
    assert create_strategy(strategy_options("random"), plane).ask() == []


def test_options_without_a_name_are_refused() -> None:
    class Nameless(StrategyOptions):
        pass

    class Other(Strategy[Nameless]):
        def _propose(self) -> Proposal | None:
            return None

    with pytest.raises(ValueError, match=r"Nameless\.name needs a default"):
        register_strategy(Nameless, Other)


@pytest.mark.parametrize("chosen", ["optuna", {"name": "optuna", "n_points": 3}])
def test_an_unknown_name_lists_the_known_ones(chosen: Any) -> None:
    with pytest.raises(ValueError, match=r"'optuna' is unknown; known: sobol, grid, random, .*optuna_tpe"):
        strategy_options(chosen)


@pytest.mark.parametrize("chosen", [None, 3, {}, {"n_points": 3}, {"name": None}, ["sobol"]])
def test_what_is_neither_name_nor_mapping_is_refused(chosen: Any) -> None:
    with pytest.raises(ValueError, match="a strategy is a name, or a mapping with a name"):
        strategy_options(chosen)


def test_the_options_of_another_strategy_are_refused() -> None:
    with pytest.raises(ValueError, match="n_points"):
        strategy_options({"name": "sobol", "n_points": 3})


def test_choosing_a_strategy_imports_no_library() -> None:
    code = (
        "import sys\n"
        "from foretune.hpo.strategies import known_strategies, strategy_options\n"
        "for name in known_strategies(): strategy_options(name)\n"
        "heavy = 'ConfigSpace hyperopt jax keras keras_tuner optuna scipy sklearn torch'.split()\n"
        "print([module for module in heavy if module in sys.modules])"
    )
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert printed.strip() == "[]"
