"""FLAML and AutoGluon, run by the Python of another environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from foretune.base import UserError
from foretune.tables import TARGET_COLUMN
from large.case import Case, Fitted

PROGRAM = Path(__file__).with_name("peer_program.py")
# A peer that has not ended after so many times its budget, and so many seconds more, never will
TIMES, MORE_SECONDS = 3, 600


class PeerError(Exception):
    """A peer has failed; the message is the last line that it wrote."""


@lru_cache
def installed_peers(python: str) -> dict[str, str]:
    """Return the versions of the peers, by name, that a Python interpreter has."""
    try:
        answer = _run(python, [], 1, 120)
        return {name: version for name, version in json.loads(answer).items() if version}
    except (OSError, ValueError, PeerError) as error:
        raise UserError(f"'{python}' runs no program with pandas, see --peers: {error}") from error


def fit_peer(case: Case, python: str, method: str, max_time: float | None = None, preset: str = "") -> Fitted:
    """Fit a peer in its own environment, and predict the test part there."""
    names = case.metric.autogluon if method == "autogluon" else case.metric.flaml
    job = {
        "method": method,
        "metric": case.name_in(names),
        "n_classes": case.table.n_classes,
        "max_time": max_time,
        "preset": preset,
        "seed": case.seed,
        "threads": case.threads,
    }
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder, case, job)
        _run(python, [str(folder)], case.threads, TIMES * (max_time or 0) + MORE_SECONDS)
        predictions = pd.read_parquet(folder / "predictions.parquet").to_numpy()
        result = json.loads((folder / "result.json").read_text(encoding="utf-8"))
    predicted = predictions if case.table.n_classes else predictions[:, 0]
    # The test part is the only one that was predicted
    return Fitted(lambda _: predicted, seconds=result["seconds"])


def _write(folder: Path, case: Case, job: dict[str, Any]) -> None:
    (folder / "job.json").write_text(json.dumps(job), encoding="utf-8")
    case.table.X.assign(**{TARGET_COLUMN: case.table.y.to_numpy()}).to_parquet(folder / "train.parquet")
    case.table.X_test.to_parquet(folder / "test.parquet")


def _run(python: str, arguments: list[str], threads: int, timeout: float) -> str:
    """Run the program; return what it printed."""
    # The other environment must not see the packages of this one
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    environment["OMP_NUM_THREADS"] = str(threads)
    process = subprocess.Popen(
        [python, str(PROGRAM), *arguments],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A peer starts processes of its own, which end with it
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise PeerError(f"it did not end within {timeout:.0f} s") from error
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
    if process.returncode:
        lines = errors.strip().splitlines() or [f"exit status {process.returncode}"]
        raise PeerError(lines[-1])
    return output
