"""Libraries that only some strategies need."""

from __future__ import annotations

import sys
from importlib.util import find_spec

import pytest

from foretune.hpo.strategies import MissingLibraryError, SearchProblem, create_strategy, strategy_options
from foretune.hpo.strategies.optional_library import require

# What a strategy looks for first
BEFORE = {
    "cmaes": ("optuna",),
    "torch": ("optuna",),
    "six": ("jax",),
    "keras_tuner": ("jax", "six"),
}


@pytest.mark.parametrize(
    ("name", "missing", "extra"),
    [
        ("optuna_tpe", "optuna", "optuna"),
        ("optuna_cmaes", "optuna", "optuna"),
        ("optuna_cmaes", "cmaes", "optuna"),
        ("optuna_gp", "optuna", "optuna-gp"),
        ("optuna_gp", "torch", "optuna-gp"),
        ("hyperopt_tpe", "hyperopt", "hyperopt"),
        ("keras_tuner_random", "keras_tuner", "keras-tuner"),
        ("keras_tuner_bayesian", "six", "keras-tuner"),
    ],
)
def test_one_line_names_package_and_fix(
    tiny: SearchProblem, monkeypatch: pytest.MonkeyPatch, name: str, missing: str, extra: str
) -> None:
    for needed_before in BEFORE.get(missing, ()):
        if find_spec(needed_before) is None:
            pytest.skip(f"{needed_before} is missed before {missing}")
    monkeypatch.setitem(sys.modules, missing, None)
    with pytest.raises(MissingLibraryError) as caught:
        create_strategy(strategy_options(name), tiny)
    expected = (
        f"strategy '{name}' needs the package {missing}: pip install '.[{extra}]' in the checkout of foretune"
    )
    assert str(caught.value) == expected


def test_an_error_inside_a_library_is_not_taken_for_its_absence(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path_factory.mktemp("broken")
    (folder / "broken_library.py").write_text("raise ImportError('a symbol is missing')")
    monkeypatch.syspath_prepend(folder)
    with pytest.raises(ImportError, match="a symbol is missing") as caught:
        require("own", "own", "broken_library")
    assert not isinstance(caught.value, MissingLibraryError)
