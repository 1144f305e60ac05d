"""What a search leaves as it was: random numbers, screen, warnings and files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from foretune.hpo.strategies import known_strategies

LOOP = Path(__file__).parent / "loop.py"
# A process of its own: libraries may do more when they are imported than later
CODE = """
import random, runpy, sys
import numpy as np
import sklearn.ensemble  # its import draws a random number
from foretune.spaces.hyperparameters import LearnerSpace
from foretune.hpo.strategies import (
    MissingLibraryError, SearchProblem, create_strategy, strategy_options
)

space = LearnerSpace.model_validate({"shared": {
    "kernel": {"type": "choice", "choices": ["linear", "rbf"]},
    "gamma": {"type": "float", "low": 0.01, "high": 1.0, "log": True, "when": {"kernel": ["rbf"]}},
    "C": {"type": "float", "low": 0.01, "high": 100.0, "log": True},
    "degree": {"type": "integer", "low": 1, "high": 9},
}})

def score_of(proposal):
    degree = proposal.configuration.params["degree"]
    return None if degree == 1 else degree / proposal.configuration.params["C"]

def random_state():
    kind, keys, *rest = np.random.get_state()
    return random.getstate(), kind, keys.tolist(), rest

search = runpy.run_path(sys.argv[2])["search"]
before = random_state()
options = {"name": sys.argv[1], **({"n_startup_trials": 4} if "_bayes" in sys.argv[1] else {})}
try:
    strategy = create_strategy(strategy_options(options), SearchProblem("svm", "regression", space, 7, 0))
except MissingLibraryError as error:
    sys.exit(f"missing: {error}")
assert len(search(strategy, score_of, 7)) == 7
assert random_state() == before, "global random numbers were drawn or seeded"
"""


@pytest.mark.quick("sobol")
@pytest.mark.parametrize("name", known_strategies())
def test_a_search_leaves_no_traces(tmp_path: Path, name: str) -> None:
    work, temporary = tmp_path / "work", tmp_path / "temporary"
    work.mkdir()
    temporary.mkdir()
    # Keras keeps its settings in its home, whoever imports it
    environment = {**os.environ, "KERAS_HOME": str(tmp_path / "keras"), "TMPDIR": str(temporary)}
    environment.pop("KERAS_BACKEND", None)
    result = subprocess.run(
        [sys.executable, "-W", "always", "-c", CODE, name, str(LOOP)],
        capture_output=True,
        text=True,
        check=False,
        cwd=work,
        env=environment,
    )
    if result.stderr.startswith("missing: "):
        pytest.skip(result.stderr.removeprefix("missing: ").strip())
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")
    assert not list(work.rglob("*"))
    assert not list(temporary.rglob("*"))
