"""What a ledger promises, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import math
import os
import platform
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace

import pytest
from sqlalchemy import create_engine, insert, update

from foretune.ledger import LedgerError, StoredTrial
from foretune.ledger import ledger as ledger_module
from foretune.ledger.leases import LIFETIME
from foretune.ledger.ledger import Ledger, Reservation
from foretune.ledger.tables import LEASES, TRIALS

MakeTrial = Callable[..., StoredTrial]


@pytest.fixture
def ledger(url: str) -> Iterator[Ledger]:
    with Ledger.open(url) as opened:
        yield opened


def keys_of(trials: list[StoredTrial]) -> list[str]:
    return [trial.key for trial in trials]


def test_what_is_recorded_is_found_by_the_next_run(url: str, make_trial: MakeTrial) -> None:
    trials = [make_trial(0), make_trial(1, "failed"), make_trial(2, "timeout"), make_trial(3, "crashed")]
    with Ledger.open(url) as first:
        assert first.record(trials) == 4
    with Ledger.open(url) as second:
        found = second.lookup([*keys_of(trials), make_trial(4).key])
        assert {key: trial.to_row() for key, trial in found.items()} == {t.key: t.to_row() for t in trials}
        assert [trial.to_row() for trial in second.rows()] == sorted(
            (trial.to_row() for trial in trials), key=lambda row: str(row["key"])
        )


def test_nothing_is_known_of_nothing(ledger: Ledger) -> None:
    assert ledger.lookup([]) == {}
    assert ledger.record([]) == 0
    assert ledger.reserve([]).granted == set()
    assert list(ledger.rows()) == []
    assert ledger.summary() == []


def test_trials_are_found_by_the_strategy_that_asked_first(ledger: Ledger, make_trial: MakeTrial) -> None:
    def recommended(trial: StoredTrial) -> StoredTrial:
        return replace(trial, configuration=replace(trial.configuration, strategy="recommended"))

    asked, again = recommended(make_trial(0)), make_trial(1)
    elsewhere = recommended(make_trial(2, task_hash="b" * 64))
    ledger.record([asked, again, elsewhere])
    # Who asks later changes nothing
    ledger.record([recommended(again)])
    found = ledger.asked_by("recommended", ["a" * 64, "c" * 64])
    assert [one.to_row() for one in found] == [asked.to_row()]
    assert ledger.asked_by("recommended", []) == []


def test_recording_again_changes_nothing(ledger: Ledger, make_trial: MakeTrial) -> None:
    trials = [make_trial(number) for number in range(5)]
    assert ledger.record([*trials, trials[0]]) == 5
    others = [make_trial(number, fit_seconds=9.0) for number in range(6)]
    assert ledger.record(others) == 1
    seconds = {trial.key: trial.trial.fit_seconds for trial in ledger.rows()}
    assert [seconds[trial.key] for trial in others] == [0.5] * 5 + [9.0]


def test_a_failure_gives_way_to_a_later_outcome(ledger: Ledger, make_trial: MakeTrial) -> None:
    ledger.record([make_trial(0, "crashed"), make_trial(1, "failed"), make_trial(2)])
    assert ledger.record([make_trial(0), make_trial(1, "timeout"), make_trial(2, "crashed")]) == 2
    outcomes = ledger.lookup(make_trial(number).key for number in range(3))
    statuses = [outcomes[make_trial(number).key].trial.status for number in range(3)]
    assert statuses == ["ok", "timeout", "ok"]


def test_failures_are_known_unless_they_are_to_be_tried_again(ledger: Ledger, make_trial: MakeTrial) -> None:
    trials = [make_trial(0), make_trial(1, "failed"), make_trial(2, "timeout"), make_trial(3, "crashed")]
    ledger.record(trials)
    keys = keys_of(trials)
    assert set(ledger.lookup(keys)) == set(keys)
    assert set(ledger.lookup(keys, retry=["crashed"])) == set(keys[:3])
    assert set(ledger.lookup(keys, retry=["crashed", "timeout", "failed"])) == set(keys[:1])
    assert ledger.reserve(keys, retry=["crashed"]).granted == {keys[3]}


def test_a_stopped_trial_counts_if_it_is_accepted_and_gives_way_to_a_complete_one(
    ledger: Ledger, make_trial: MakeTrial
) -> None:
    trials = [make_trial(0, "stopped"), make_trial(1, "stopped"), make_trial(2)]
    ledger.record(trials)
    assert ledger.lookup(keys_of(trials)).keys() == set(keys_of(trials))

    def accept(stored: StoredTrial) -> bool:
        return stored.key != trials[0].key

    assert ledger.lookup(keys_of(trials), accept=accept).keys() == set(keys_of(trials[1:]))
    reservation = ledger.reserve(keys_of(trials), accept=accept)
    assert (reservation.granted, reservation.busy) == ({trials[0].key}, set())
    assert reservation.known.keys() == set(keys_of(trials[1:]))
    assert ledger.record([make_trial(0), make_trial(2, "stopped")]) == 1
    found = {trial.key: trial.trial.status for trial in ledger.rows()}
    assert [found[trial.key] for trial in trials] == ["ok", "stopped", "ok"]


def test_a_longer_time_limit_makes_timeouts_unknown(ledger: Ledger, make_trial: MakeTrial) -> None:
    trials = [make_trial(0, "timeout", fit_seconds=10.2), make_trial(1, fit_seconds=10.2)]
    ledger.record(trials)
    keys = keys_of(trials)
    assert set(ledger.lookup(keys, time_limit=10.0)) == set(keys)
    assert set(ledger.lookup(keys, time_limit=60.0)) == {keys[1]}
    assert set(ledger.lookup(keys, time_limit=math.inf)) == {keys[1]}


def test_more_keys_than_a_statement_takes(
    ledger: Ledger, make_trial: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foretune.ledger.statements.CHUNK", 7)
    monkeypatch.setattr(ledger_module, "PAGE", 7)
    trials = [make_trial(number) for number in range(30)]
    assert ledger.reserve(keys_of(trials)).granted == set(keys_of(trials))
    ledger.record(trials)
    assert len(ledger.lookup(keys_of(trials))) == 30
    assert {trial.key for trial in ledger.rows()} == set(keys_of(trials))


def test_the_summary_counts(ledger: Ledger, make_trial: MakeTrial) -> None:
    ledger.record([make_trial(0), make_trial(1), make_trial(2, "failed"), make_trial(3, task_id="wine")])
    assert [group[:6] for group in ledger.summary()] == [
        ("iris", "svm", "failed", "1", 1, 0.5),
        ("iris", "svm", "ok", "1", 2, 1.0),
        ("wine", "svm", "ok", "1", 1, 0.5),
    ]


def test_a_reader_sees_what_a_writer_commits_and_cannot_write(url: str, make_trial: MakeTrial) -> None:
    with pytest.raises(LedgerError, match="there is no ledger in"):
        Ledger.open(url, read_only=True)
    with Ledger.open(url) as writer, Ledger.open(url, read_only=True) as reader:
        writer.record([make_trial(0)])
        assert len(reader.lookup([make_trial(0).key])) == 1
        with pytest.raises(LedgerError, match="is read-only"):
            reader.record([make_trial(1)])


def test_two_runs_share_the_work(url: str, make_trial: MakeTrial) -> None:
    trials = [make_trial(number) for number in range(6)]
    keys = keys_of(trials)
    with Ledger.open(url) as one, Ledger.open(url) as two:
        one.record(trials[:1])
        mine = one.reserve(keys[:4])
        assert (set(mine.known), mine.granted, mine.busy) == ({keys[0]}, set(keys[1:4]), set())
        assert one.reserve(keys[:4]).granted == mine.granted
        theirs = two.reserve(keys[2:])
        assert (theirs.granted, theirs.busy) == (set(keys[4:]), set(keys[2:4]))
        one.record(trials[2:3])
        later = two.reserve(keys[2:4])
        assert (set(later.known), later.granted, later.busy) == ({keys[2]}, set(), {keys[3]})


def test_closing_gives_leases_up(url: str, make_trial: MakeTrial) -> None:
    with Ledger.open(url) as one:
        one.reserve([make_trial(0).key])
        one.close()
        with Ledger.open(url) as two:
            assert two.reserve([make_trial(0).key]).granted


@pytest.mark.slow
def test_leases_of_a_dead_process_do_not_count(url: str, make_trial: MakeTrial) -> None:
    code = (
        "import os, sys; from foretune.ledger.ledger import Ledger\n"
        "print(len(Ledger.open(sys.argv[1]).reserve([sys.argv[2]]).granted), flush=True); os._exit(9)"
    )
    key = make_trial(0).key
    killed = subprocess.run([sys.executable, "-c", code, url, key], capture_output=True, check=False)
    assert (killed.stdout, killed.returncode) == (b"1\n", 9), killed.stderr
    with Ledger.open(url) as ledger:
        assert ledger.reserve([key]).granted == {key}


def test_leases_that_are_not_renewed_expire(url: str, make_trial: MakeTrial) -> None:
    key = make_trial(0).key
    with Ledger.open(url) as one, Ledger.open(url) as two:
        one.reserve([key])
        assert two.reserve([key]).busy == {key}
        one._database.write(
            lambda c: c.execute(update(LEASES).values(expires_at=LEASES.c.expires_at - LIFETIME))
        )
        assert two.reserve([key]).granted == {key}


def test_leases_are_renewed_while_a_run_lives(
    url: str, make_trial: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_module, "SECONDS_BETWEEN_RENEWALS", 0.02)
    key = make_trial(0).key
    with Ledger.open(url) as one, Ledger.open(url) as two:
        one.reserve([key])
        shortened = update(LEASES).values(expires_at=two._database.read(two._database.now) + 0.5)
        two._database.write(lambda connection: connection.execute(shortened))
        time.sleep(0.7)
        assert two.reserve([key]).busy == {key}


def test_threads_share_a_ledger(ledger: Ledger, make_trial: MakeTrial) -> None:
    trials = [make_trial(number) for number in range(200)]
    with ThreadPoolExecutor(4) as pool:
        written = list(pool.map(lambda i: ledger.record(trials[i : i + 20]), range(0, 190, 10)))
    assert sum(written) == 200
    assert len(ledger.lookup(keys_of(trials))) == 200


def test_versions_of_the_libraries_are_kept_with_the_run(ledger: Ledger, make_trial: MakeTrial) -> None:
    ledger.record([make_trial(0)])
    ledger.record([make_trial(1)])
    runs = ledger._database.read(lambda c: c.exec_driver_sql("SELECT pid, versions FROM ledger_runs").all())
    assert len(runs) == 1
    assert runs[0][0] == os.getpid()
    assert '"scikit-learn"' in runs[0][1]


def _damage(url: str, key: str, /, **values: object) -> None:
    engine = create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
    with engine.begin() as connection:
        connection.execute(update(TRIALS).where(TRIALS.c.key == key).values(**values))
    engine.dispose()


def test_a_damaged_row_is_one_line_with_its_key_and_can_be_removed(url: str, make_trial: MakeTrial) -> None:
    trials = [make_trial(number) for number in range(3)]
    key = trials[1].key
    with Ledger.open(url) as ledger:
        ledger.record(trials)
        _damage(url, key, params="[1]")
        for read in (
            lambda: list(ledger.rows()),
            lambda: ledger.lookup([key]),
            lambda: ledger.reserve([key]),
            lambda: ledger.asked_by("sobol", ["a" * 64]),
        ):
            with pytest.raises(LedgerError, match=f"the trial {key} is damaged: params = .* --key {key}$"):
                read()
        assert ledger.lookup([trials[0].key]).keys() == {trials[0].key}
        assert sum(group.n_trials for group in ledger.summary()) == 3
        assert ledger.remove(key=key) == 1
        assert {trial.key for trial in ledger.rows()} == {trials[0].key, trials[2].key}


def test_a_damaged_row_without_a_sound_key_is_removed_with_all_that_are_damaged(
    url: str, make_trial: MakeTrial
) -> None:
    trials = [make_trial(number) for number in range(4)]
    with Ledger.open(url) as ledger:
        ledger.record(trials)
        # Every key begins with it
        _damage(url, trials[1].key, key="")
        _damage(url, trials[2].key, status="weird")
        with pytest.raises(
            LedgerError, match=r"the trial .* is damaged: .* remove it: foretune ledger remove --"
        ):
            list(ledger.rows())
        assert ledger.remove(key=trials[2].key) == 1
        with pytest.raises(LedgerError, match=r"the trial '' is damaged: key = .* ledger remove --damaged$"):
            list(ledger.rows())
        for choose in (ledger.remove, ledger.count):
            with pytest.raises(ValueError, match="which trials"):
                choose(key="")
        assert ledger.count_damaged() == ledger.remove_damaged() == 1
        assert ledger.count_damaged() == ledger.remove_damaged() == 0
        assert {trial.key for trial in ledger.rows()} == {trials[0].key, trials[3].key}


def test_a_text_that_is_not_utf_8_is_a_damaged_cell(sqlite_url: str, make_trial: MakeTrial) -> None:
    trials = [make_trial(0), make_trial(1)]
    with Ledger.open(sqlite_url) as ledger:
        ledger.record(trials)
        with closing(sqlite3.connect(ledger.place)) as raw, raw:
            raw.execute(
                "UPDATE ledger_trials SET error = CAST(x'ff' AS TEXT) WHERE key = ?", (trials[0].key,)
            )
        with pytest.raises(LedgerError, match=f"the trial {trials[0].key} is damaged: error = "):
            list(ledger.rows())
        assert ledger.lookup([trials[1].key])
        assert ledger.remove_damaged() == 1


def test_a_lease_of_a_damaged_process_is_dropped(sqlite_url: str, make_trial: MakeTrial) -> None:
    key = make_trial(0).key
    for pid in ("x", -1, 2**62):
        with Ledger.open(sqlite_url) as ledger:
            lease = {"key": key, "run_id": "r", "host": platform.node(), "pid": pid, "expires_at": 1e12}
            ledger._database.write(lambda c, lease=lease: c.execute(insert(LEASES), lease))
            assert ledger.reserve([key]).granted == {key}


def test_the_summary_takes_damaged_values(sqlite_url: str, make_trial: MakeTrial) -> None:
    with Ledger.open(sqlite_url) as ledger:
        ledger.record([make_trial(0), make_trial(1)])
        with closing(sqlite3.connect(ledger.place)) as raw, raw:
            values = "fit_seconds = 'much', status = x'78', created_at = CAST(x'ff' AS TEXT)"
            raw.execute(f"UPDATE ledger_trials SET {values} WHERE key = ?", (make_trial(0).key,))
        assert [group[1:6] for group in ledger.summary()] == [
            ("svm", "ok", "1", 1, 0.5),
            ("svm", "b'x'", "1", 1, 0.0),
        ]


def test_trials_are_removed_by_what_they_are(ledger: Ledger, make_trial: MakeTrial) -> None:
    trials = [
        make_trial(0),
        make_trial(1, task_id="wine"),
        make_trial(2, "failed", task_id="wine"),
        make_trial(3, "failed"),
    ]
    recommended = replace(trials[0].configuration, params={"C": 99.0}, strategy="recommended")
    trials.append(replace(trials[0], configuration=recommended, key="f" * 64))
    ledger.record(trials)
    assert ledger.count(task_id="wine", status="failed") == 1
    assert ledger.count(key=trials[3].key[:20]) == 1
    assert ledger.count(key="%") == ledger.count(key="_") == 0
    assert ledger.remove(task_id="wine", status="failed") == 1
    assert ledger.remove(strategy="recommended") == 1
    assert ledger.remove(key=trials[3].key[:20]) == 1
    assert {trial.key for trial in ledger.rows()} == {trials[0].key, trials[1].key}
    with pytest.raises(ValueError, match="which trials"):
        ledger.remove()


def test_a_lease_that_is_released_is_free(url: str, make_trial: MakeTrial) -> None:
    keys = [make_trial(number).key for number in range(2)]
    with Ledger.open(url) as one, Ledger.open(url) as two:
        assert one.reserve(keys).granted == set(keys)
        one.release([keys[0]])
        one.release([])
        assert two.reserve(keys) == Reservation({}, {keys[0]}, {keys[1]})


@pytest.mark.slow
def test_closing_does_not_wait_again_for_a_server_that_is_gone(
    postgres_url: str, make_trial: MakeTrial, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = Ledger.open(postgres_url)
    assert ledger.reserve([make_trial(0).key]).granted
    monkeypatch.setattr(type(ledger._database), "is_gone", True)
    writes: list[object] = []
    monkeypatch.setattr(ledger._database, "write", writes.append)
    ledger.close()
    assert not writes
