from __future__ import annotations

import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from foretune.hpo.configuration import Configuration
from foretune.hpo.engine import run_hpo
from foretune.hpo.evaluation import Trial
from foretune.hpo.ledger.ledger import Ledger, LedgerEntry, LedgerError
from foretune.hpo.parameters import HpoParameters
from foretune.tasks.task import Task

CONFIGURATION = Configuration("svm", {"C": 0.1, "kernel": "rbf", "class_weight": None}, "sobol")


def _entry(number: int, score: float = 0.1) -> LedgerEntry:
    trial = Trial([{"accuracy": score, "log_loss": np.nan}], "ok", "", 0.25)
    return LedgerEntry(f"key{number}", "iris", "hash", CONFIGURATION, trial)


def test_what_is_recorded_is_found_to_the_last_digit(tmp_path: Path) -> None:
    with Ledger(f"sqlite:///{tmp_path / 'new' / 'ledger.sqlite'}") as ledger:
        assert len(ledger) == 0
        ledger.record([_entry(1, 1 / 3), _entry(2, 2 / 3)])
        found = ledger.lookup(["key1", "absent"])
    assert list(found) == ["key1"]
    assert found["key1"].fold_metrics[0]["accuracy"] == 1 / 3
    assert np.isnan(found["key1"].fold_metrics[0]["log_loss"])
    assert (found["key1"].status, found["key1"].fit_seconds) == ("ok", 0.25)


def test_what_is_there_stays_as_it_is(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    with Ledger(url) as one, Ledger(url) as other:
        one.record([_entry(1, 0.5)])
        other.record([_entry(1, 0.9), _entry(2, 0.9)])
        assert len(one) == 2
        assert one.lookup(["key1"])["key1"].fold_metrics[0]["accuracy"] == 0.5
        one.record([])


def test_thousands_are_looked_up(tmp_path: Path) -> None:
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as ledger:
        ledger.record(_entry(number) for number in range(2500))
        assert len(ledger.lookup([f"key{number}" for number in range(1000, 4000)])) == 1500


WRITER = """
import sys
from foretune.hpo.configuration import Configuration
from foretune.hpo.evaluation import Trial
from foretune.hpo.ledger.ledger import Ledger, LedgerEntry

trial, configuration = Trial([{"accuracy": 0.5}], "ok", "", 0.1), Configuration("svm", {"C": 1.0})
with Ledger(sys.argv[1]) as ledger:
    for start in range(0, 400, 10):
        numbers = range(start, start + 10)
        ledger.record(LedgerEntry(f"key{n}", "iris", "hash", configuration, trial) for n in numbers)
"""


def test_two_processes_write_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    writers = [subprocess.Popen([sys.executable, "-c", WRITER, url]) for _ in range(2)]
    assert [writer.wait(timeout=120) for writer in writers] == [0, 0]
    with Ledger(url) as ledger:
        assert len(ledger) == 400


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    Ledger(f"sqlite:///{path}").close()
    with sqlite3.connect(path) as connection:
        connection.execute("INSERT INTO foretune_schema VALUES (99)")
    connection.close()
    with pytest.raises(LedgerError, match="has schema version 99, this Foretune knows 1: update Foretune"):
        Ledger(f"sqlite:///{path}")


def test_a_file_that_is_no_database_is_named(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite"
    path.write_text("this is no database, whatever its name may say " * 50)
    with pytest.raises(LedgerError, match=r"ledger.sqlite cannot be used: file is not a database"):
        Ledger(f"sqlite:///{path}")


def test_a_locked_file_is_an_error_after_a_while(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foretune.hpo.ledger.ledger.SECONDS_TO_WAIT_FOR_A_LOCK", 0.2)
    path = tmp_path / "ledger.sqlite"
    with Ledger(f"sqlite:///{path}") as ledger:
        other = sqlite3.connect(path, isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LedgerError, match="cannot be used: database is locked"):
            ledger.record([_entry(1)])
        other.execute("ROLLBACK")
        other.close()
        ledger.record([_entry(1)])


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(LedgerError) as caught:
        Ledger("postgresql+psycopg://me:secret@127.0.0.1:1/nowhere")
    assert "secret" not in str(caught.value)


def test_a_run_with_a_ledger_equals_one_without(
    tmp_path: Path, mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    raw = {**hpo_parameters.model_dump(), "learners": ["linear", "k_nearest_neighbours"]}
    without, _ = run_hpo(mixed_tasks, HpoParameters(**raw), 0)
    fewer = HpoParameters(**{**raw, "n_configurations": 2})
    done: list[int] = []
    with Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as ledger:
        run_hpo(mixed_tasks, fewer, 0, ledger=ledger)
        assert len(ledger) == 2 * 2 * 3
        first, costs = run_hpo(mixed_tasks, HpoParameters(**raw), 0, ledger=ledger)
        assert len(ledger) == len(without)
        again, same_costs = run_hpo(
            mixed_tasks, HpoParameters(**raw), 0, 1, lambda _, n, __: done.append(n), ledger
        )
    pd.testing.assert_frame_equal(first, without, check_exact=True)
    pd.testing.assert_frame_equal(again, without, check_exact=True)
    pd.testing.assert_frame_equal(costs, same_costs, check_exact=True)
    assert done == []


RUN = """
import sys
import numpy as np
import pandas as pd
import yaml
from foretune.hpo import engine
from foretune.hpo.ledger.ledger import Ledger
from foretune.hpo.parameters import HpoParameters
from foretune.tasks.task import Task

raw = yaml.safe_load(open(sys.argv[3]))["hpo"]
raw |= {"n_configurations": 6, "learners": ["linear", "k_nearest_neighbours", "svm"]}
evaluate = engine.evaluate_batch

def noted(batch, parameters):
    with open(sys.argv[2], "a") as note:
        print(batch.task.task_id, batch.learner, len(batch.configurations), file=note, flush=True)
    return evaluate(batch, parameters)

def make_task(number):
    rng = np.random.default_rng(number)
    X = pd.DataFrame(rng.normal(size=(90, 4)), columns=list("abcd"))
    return Task(f"task{number}", "regression", X, X["a"] + rng.normal(size=90))

engine.evaluate_batch = noted
tasks = {f"task{number}": make_task(number) for number in range(8)}
with Ledger(sys.argv[1]) as ledger:
    print("ready", flush=True)
    trials, _ = engine.run_hpo(tasks, HpoParameters(**raw), 0, ledger=ledger)
print(len(trials), flush=True)
"""


@pytest.mark.slow
def test_a_killed_run_loses_nothing_but_what_was_in_flight(tmp_path: Path) -> None:
    url, note = f"sqlite:///{tmp_path / 'ledger.sqlite'}", tmp_path / "batches.txt"
    parameters = Path(__file__).parents[3] / "conf/base/parameters_hpo.yml"
    command = [sys.executable, "-c", RUN, url, str(note), str(parameters)]
    rng = np.random.default_rng(0)
    kills, output = 0, ""
    while not output:
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == "ready\n"
            if kills < 5:
                time.sleep(rng.uniform(0.1, 0.6))
                child.send_signal(signal.SIGKILL)
                kills += child.wait() == -signal.SIGKILL
            else:
                output = child.stdout.read()
    n_trials = 8 * (7 + 7 + 7)
    assert output == f"{n_trials}\n"
    with Ledger(url) as ledger:
        assert len(ledger) == n_trials
    evaluated = note.read_text().split("\n")[:-1]
    # Every kill may have cost the one batch that was in flight, and no other was evaluated twice
    assert len(set(evaluated)) == 24
    assert len(evaluated) - len(set(evaluated)) <= kills
