"""Peers run in the environment of another Python, here one with a stand-in for FLAML."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from foretune import UserError
from large import peers
from large.case import Case
from large.metrics import METRICS
from large.peers import PeerError, fit_peer, installed_peers
from large.tables import SplitTable

FLAML = """
import numpy as np


class AutoML:
    def fit(self, X, y, **settings):
        assert "target" not in X
        assert settings["time_budget"] == 2.0, "wrong budget"
        self.settings, self.values = settings, np.asarray(y)
        self.classes_ = np.unique(self.values)

    def predict(self, X):
        return np.full(len(X), self.values.mean())

    def predict_proba(self, X):
        shares = [(self.values == label).mean() for label in self.classes_]
        return np.tile(shares, (len(X), 1))
"""


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A Python that has something called FLAML, and no AutoGluon."""
    folder = tmp_path_factory.mktemp("peers")
    (folder / "flaml.py").write_text(FLAML)
    (folder / "flaml-9.9.dist-info").mkdir()
    (folder / "flaml-9.9.dist-info/METADATA").write_text("Metadata-Version: 2.1\nName: flaml\nVersion: 9.9\n")
    program = folder / "python"
    program.write_text(f'#!/bin/sh\nPYTHONPATH={folder} exec {sys.executable} "$@"\n')
    program.chmod(0o755)
    return str(program)


def test_versions_are_those_of_the_other_environment(python: str) -> None:
    assert installed_peers(python)["flaml"] == "9.9"


@pytest.mark.quick("three")
@pytest.mark.parametrize("name", ["three", "numbers"])
def test_a_peer_predicts_the_test_part(name: str, python: str, tables: dict[str, SplitTable]) -> None:
    table = tables[name]
    metric = METRICS["log_loss" if table.n_classes else "rmse"]
    fitted = fit_peer(Case(table, metric, 0), python, "flaml", 2.0)
    predictions = fitted.predict(table.X_test)
    assert predictions.shape == ((len(table.X_test), 3) if table.n_classes else (len(table.X_test),))
    assert metric.loss(table.y_test, predictions) < 1.5
    assert fitted.seconds is not None
    assert 0 <= fitted.seconds < 5


def test_the_last_line_of_a_peer_is_the_error(python: str, tables: dict[str, SplitTable]) -> None:
    with pytest.raises(PeerError, match="AssertionError: wrong budget"):
        fit_peer(Case(tables["two"], METRICS["roc_auc"], 0), python, "flaml", 3.0)


def test_a_peer_that_does_not_end_is_ended(
    tmp_path: Path, tables: dict[str, SplitTable], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(peers, "MORE_SECONDS", 0.2)
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nsleep 60 & sleep 60\n")
    program.chmod(0o755)
    with pytest.raises(PeerError, match="did not end within"):
        fit_peer(Case(tables["two"], METRICS["roc_auc"], 0), str(program), "flaml_zero_shot")


def test_a_python_that_cannot_run_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="see --peers"):
        installed_peers(str(tmp_path / "none"))
