"""Random damage to ledgers and backups: a result or one line, and nothing that is sound is lost."""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner
from tests.fuzzing import LONGEST_MESSAGE, ODD, ODD_VALUES, damage, result_or_line, seeds

from foretune.commands.ledger import ledger as command
from foretune.ledger import StoredTrial
from foretune.ledger.ledger import Ledger
from foretune.ledger.tabulate import restore_backup, tabulate_trials, write_backup

MakeTrial = Callable[..., StoredTrial]
Rows = dict[str, tuple[Any, ...]]

STATUSES = ("ok", "ok", "failed", "timeout", "crashed")
N_TRIALS = 8
ODD_CELLS: tuple[Any, ...] = (
    *(one for one in ODD_VALUES if one is None or isinstance(one, bool | float | str | bytes)),
    *ODD,
    *(
        b"\xff\xfe",
        "0" * 64,
        "A" * 64,
        "a",
        "a\nb",
        "\ud7ff",
        2**63 - 1,
        -(2**63),
        0.1,
        1e-320,
        "ok",
        "weird",
    ),
    *("{}", "[]", "null", "{", '{"C": [1]}', '{"C": NaN}', '{"C": 1e999}', '{"": 1}', '{"C": "\\ud800"}'),
    *(
        '{"\\u0000": "\\u0000"}',
        '{"C": %s}' % ("9" * 400),
        '{"C": %s}' % ("9" * 5000),
        "[" * 5000,
        '{"C": 1}',
    ),
    *('{"r2": []}', "{ }", '{"r2": [1]}', '{"r2": [%s]}' % ("9" * 400), '{"\\ud800": [1]}', '{"": [1]}'),
    *('{"r2": [1, 2], "mae": [1]}', '{"r2": [true]}', '{"r2": [-1e308, 1e308, "inf"]}', '{"r2": "inf"}'),
)
INVALID_TEXT = "CAST(x'fffe61' AS TEXT)"


@pytest.fixture
def whole(tmp_path: Path, make_trial: MakeTrial) -> Path:
    """Give a ledger of sound trials."""
    file = tmp_path / "whole.sqlite"
    with Ledger.open(f"sqlite:///{file}") as ledger:
        ledger.record(make_trial(number, STATUSES[number % len(STATUSES)]) for number in range(N_TRIALS))
    with closing(sqlite3.connect(file)) as raw, raw:
        # The lease of a run that was killed
        raw.execute("INSERT INTO ledger_leases VALUES (?, 'a', 'b', 1, 1e12)", ("f" * 64,))
    return file


@pytest.fixture(scope="module")
def run() -> Callable[..., str]:
    """Give a function that runs the command and returns its output: a result, or one line of an error."""
    runner = CliRunner(env={"COLUMNS": "100"})

    def invoke(about: object, *arguments: object) -> str:
        done = runner.invoke(command, [str(argument) for argument in arguments])
        about = (about, arguments)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise AssertionError(f"{about}: {done.exception!r}") from done.exception
        if done.exit_code:
            assert len(done.output.splitlines()) == 1, (about, done.output)
            assert len(done.output) <= LONGEST_MESSAGE + len("Error: \n"), (about, done.output)
        return done.output

    return invoke


def _raw_rows(file: Path) -> Rows:
    """Rows of the trials as they are in the database, by their number."""
    raw = sqlite3.connect(file)
    raw.text_factory = bytes
    try:
        return {str(row[0]): row for row in raw.execute("SELECT * FROM ledger_trials")}
    finally:
        raw.close()


def _loosen(raw: sqlite3.Connection, table: str) -> None:
    """Make a table anew that takes anything in its cells."""
    columns = raw.execute(f"PRAGMA table_info({table})").fetchall()
    keys = {"id": "id INTEGER PRIMARY KEY", "key": "key UNIQUE"}
    if table == "ledger_runs":
        keys["run_id"] = "run_id UNIQUE"
    names = [keys.get(name, name) for _, name, *_ in columns]
    raw.execute(f"CREATE TABLE loose ({', '.join(names)})")
    raw.execute(f"INSERT INTO loose SELECT * FROM {table}")
    raw.execute(f"DROP TABLE {table}")
    raw.execute(f"ALTER TABLE loose RENAME TO {table}")


def _damage_cells(file: Path, rng: np.random.Generator) -> set[str]:
    """Put odd values into cells; return the numbers of the trials that were changed."""
    raw = sqlite3.connect(file, isolation_level=None)
    touched: set[str] = set()
    for _ in range(rng.integers(1, 4)):
        table = str(rng.choice(["ledger_trials"] * 6 + ["ledger_leases", "ledger_runs", "ledger_schema"]))
        if rng.random() < 0.7:
            _loosen(raw, table)
        columns = [name for _, name, *_ in raw.execute(f"PRAGMA table_info({table})") if name != "id"]
        column, odd = str(rng.choice(columns)), ODD_CELLS[int(rng.integers(len(ODD_CELLS)))]
        rows = [row for (row,) in raw.execute(f"SELECT rowid FROM {table}")]
        row = int(rng.choice(rows))
        is_text = rng.random() < 0.1
        new, values = (INVALID_TEXT, (row,)) if is_text else ("?", (odd, row))
        try:
            raw.execute(f"UPDATE OR FAIL {table} SET {column} = {new} WHERE rowid = ?", values)
        except sqlite3.IntegrityError:
            continue
        touched |= {str(row)} if table == "ledger_trials" else set()
    raw.close()
    return touched


def _damage_tables(file: Path, rng: np.random.Generator) -> None:
    raw = sqlite3.connect(file, isolation_level=None)
    table = str(rng.choice([f"ledger_{name}" for name in ("trials", "trials", "leases", "runs", "schema")]))
    columns = [name for _, name, *_ in raw.execute(f"PRAGMA table_info({table})")]
    column, other = rng.choice(columns, 2).tolist()
    edits = [
        f"DROP TABLE {table}",
        f"ALTER TABLE {table} RENAME TO other",
        f"ALTER TABLE {table} RENAME COLUMN {column} TO other",
        f"ALTER TABLE {table} ADD COLUMN other",
        f"DELETE FROM {table}",
        f"ALTER TABLE {table} RENAME TO other; CREATE VIEW {table} AS SELECT * FROM other",
        f"ALTER TABLE {table} RENAME TO other; CREATE TABLE {table} AS SELECT * FROM other",
        f"CREATE TABLE loose AS SELECT {other} FROM {table}; DROP TABLE {table}; "
        f"ALTER TABLE loose RENAME TO {table}",
        f"ALTER TABLE {table} RENAME COLUMN {column} TO other; ALTER TABLE {table} ADD COLUMN {column} INT",
    ]
    raw.executescript(str(rng.choice(edits)))
    raw.close()


def _damage_bytes(file: Path, rng: np.random.Generator) -> None:
    content = bytearray(file.read_bytes())
    if rng.random() < 0.3:
        content = content[: int(rng.integers(len(content)))]
    start = int(rng.integers(3)) * 4096
    for _ in range(rng.integers(0, 30)):
        position = (
            int(rng.integers(start, start + 4096)) if rng.random() < 0.7 else int(rng.integers(1 << 20))
        )
        if position < len(content):
            content[position] = int(rng.integers(256))
    file.write_bytes(bytes(content))


def _use_ledger(file: Path, trials: list[StoredTrial], about: object) -> None:
    """Do what a run does with a ledger, and check that sound trials come as they were."""
    keys = [trial.key for trial in trials]

    def open_and_use(use: Callable[[Ledger], Any]) -> Any:
        def call() -> Any:
            with Ledger.open(f"sqlite:///{file}", timeout=0.3) as ledger:
                return use(ledger)

        return result_or_line(call, about)

    def look_up_one(key: str) -> Any:
        return open_and_use(lambda ledger: ledger.lookup([key], time_limit=5.0))

    open_and_use(lambda ledger: tabulate_trials(ledger.rows()))
    open_and_use(lambda ledger: ledger.lookup(keys, retry=["failed", "crashed"]))
    open_and_use(lambda ledger: ledger.asked_by("sobol", ["a" * 64]))
    open_and_use(lambda ledger: ledger.reserve([*keys, "f" * 64]).known)
    open_and_use(lambda ledger: ledger.record(trials[-1:]))
    for key in keys[:-1]:
        look_up_one(key)


def _use_commands(run: Callable[..., str], file: Path, tmp_path: Path, about: object) -> None:
    url = ("--url", f"sqlite:///{file}")
    run(about, "show", *url)
    for name in ("trials.csv", "trials.parquet"):
        run(about, "export", tmp_path / name, *url)
    run(about, "backup", tmp_path / "backup.parquet", *url)
    run(about, "remove", "--status", "crashed", "--task", "nobody", "--yes", *url)


def _follow_advice(run: Callable[..., str], file: Path, tmp_path: Path, about: object) -> None:
    """Export, and do what the error says, until it works."""
    url = ("--url", f"sqlite:///{file}")
    for _ in range(5):
        said = run(about, "export", tmp_path / "trials.csv", *url)
        advice = re.search(r"foretune ledger (remove .*)$", said)
        if advice is None:
            assert said.startswith("wrote "), (about, said)
            return
        assert "removed " in run(about, *advice[1].split(), "--yes", *url), (about, said)
    raise AssertionError(f"{about}: the advice does not help: {said}")


@pytest.mark.parametrize("numbers", seeds(8, 200))
def test_damaged_cells(
    numbers: Iterable[int], whole: Path, tmp_path: Path, make_trial: MakeTrial, run: Callable[..., str]
) -> None:
    trials = [make_trial(number, STATUSES[number % len(STATUSES)]) for number in range(N_TRIALS + 1)]
    for number in numbers:
        file = tmp_path / f"{number}.sqlite"
        shutil.copy(whole, file)
        before, touched = _raw_rows(file), _damage_cells(file, np.random.default_rng(number))
        damaged = _raw_rows(file)
        _use_commands(run, file, tmp_path, number)
        assert _raw_rows(file) == damaged, number
        _use_ledger(file, trials, number)
        sound = {row: values for row, values in before.items() if row not in touched}
        kept = _raw_rows(file)
        assert {row: kept.get(row) for row in sound} == sound, number
        readable = _follow_advice_if_opened(run, file, tmp_path, number)
        kept = _raw_rows(file)
        assert {row: kept.get(row) for row in sound} == sound, number
        if readable:
            assert len(pd.read_csv(tmp_path / "trials.csv")) == len(kept), number


def _follow_advice_if_opened(run: Callable[..., str], file: Path, tmp_path: Path, about: object) -> bool:
    shown = run(about, "show", "--url", f"sqlite:///{file}")
    if shown.startswith("Error"):
        return False
    _follow_advice(run, file, tmp_path, about)
    return True


@pytest.mark.parametrize("numbers", seeds(8, 150))
@pytest.mark.parametrize("damage_file", [_damage_tables, _damage_bytes])
def test_damaged_tables_and_files(
    damage_file: Callable[[Path, np.random.Generator], None],
    numbers: Iterable[int],
    whole: Path,
    tmp_path: Path,
    make_trial: MakeTrial,
    run: Callable[..., str],
) -> None:
    for number in numbers:
        file = tmp_path / f"{number}.sqlite"
        shutil.copy(whole, file)
        damage_file(file, np.random.default_rng(number))
        _use_commands(run, file, tmp_path, number)
        _use_ledger(file, [make_trial(one) for one in range(N_TRIALS + 1)], number)


def _as(kind: pa.DataType) -> Callable[[pa.ChunkedArray, np.random.Generator], pa.Array]:
    def convert(column: pa.ChunkedArray, rng: np.random.Generator) -> pa.Array:
        try:
            return column.cast(kind)
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            return pa.array([None] * len(column), kind)

    return convert


def _in_lists(column: pa.ChunkedArray, rng: np.random.Generator) -> pa.Array:
    return pa.array([[one] * int(rng.integers(3)) for one in column.to_pylist()])


def _in_records(column: pa.ChunkedArray, rng: np.random.Generator) -> pa.Array:
    return pa.array([{"a": one} for one in column.to_pylist()])


def _odd(column: pa.ChunkedArray, rng: np.random.Generator) -> pa.Array:
    """Replace one cell, which may change the type of the column."""
    cells = column.to_pylist()
    if not cells:
        return pa.array(cells, pa.null())
    cells[int(rng.integers(len(cells)))] = ODD_CELLS[int(rng.integers(len(ODD_CELLS)))]
    try:
        return pa.array(cells)
    except (pa.ArrowInvalid, pa.ArrowTypeError, UnicodeEncodeError):
        return pa.array([json.dumps(cell, default=str) for cell in cells])


COLUMN_EDITS = (
    *[_odd] * 12,
    *(_in_lists, _in_records),
    *map(_as, (pa.large_string(), pa.binary(), pa.null(), pa.float32(), pa.int8(), pa.bool_(), pa.date32())),
    *map(_as, (pa.dictionary(pa.int32(), pa.string()), pa.decimal128(38, 6), pa.timestamp("ns", "UTC"))),
)


def _damage_backup(file: Path, rng: np.random.Generator) -> None:
    table = pq.read_table(file)
    for _ in range(rng.integers(1, 3)):
        position = int(rng.integers(table.num_columns))
        name, column = table.column_names[position], table.column(position)
        choice = rng.random()
        if choice < 0.75:
            edit = COLUMN_EDITS[int(rng.integers(len(COLUMN_EDITS)))]
            table = table.set_column(position, name, edit(column, rng))
        elif choice < 0.8:
            table = table.append_column(name, column)
        elif choice < 0.85:
            table = table.set_column(position, str(rng.choice(ODD)), column)
        elif choice < 0.9:
            table = table.remove_column(position)
        elif choice < 0.95:
            table = table.replace_schema_metadata({"pandas": str(rng.choice(ODD))})
        elif table.num_rows:
            table = table.take(pa.array(rng.integers(0, table.num_rows, int(rng.integers(4)))))
    pq.write_table(table, file)


def _damage_bytes_of_backup(file: Path, rng: np.random.Generator) -> None:
    if rng.random() < 0.3:
        pd.read_parquet(file).to_csv(file, index=False)
    file.write_bytes(damage(file.read_bytes(), rng))


@pytest.mark.parametrize("numbers", seeds(15, 800))
@pytest.mark.parametrize("damage_file", [_damage_backup, _damage_bytes_of_backup])
def test_damaged_backups(
    damage_file: Callable[[Path, np.random.Generator], None],
    numbers: Iterable[int],
    whole: Path,
    tmp_path: Path,
    make_trial: MakeTrial,
    run: Callable[..., str],
) -> None:
    with Ledger.open(f"sqlite:///{whole}") as ledger:
        write_backup(ledger, tmp_path / "whole.parquet")
    file = tmp_path / "damaged.parquet"
    present = [make_trial(0), make_trial(2, "failed"), make_trial(50)]
    for number in numbers:
        url = f"sqlite:///{tmp_path}/{number}.sqlite"
        shutil.copy(tmp_path / "whole.parquet", file)
        damage_file(file, np.random.default_rng(number))
        with Ledger.open(url) as ledger:
            ledger.record(present)
            before = [trial.to_row() for trial in ledger.rows()]
            taken = result_or_line(partial(restore_backup, ledger, file), number)
            after = [trial.to_row() for trial in ledger.rows()]
        assert after[: len(before)] == before, number
        assert len(after) == len(before) + (taken or 0), number
        if taken:
            _check_it_can_be_exported(run, url, after, tmp_path, number)


def _check_it_can_be_exported(
    run: Callable[..., str], url: str, rows: list[dict[str, Any]], tmp_path: Path, about: object
) -> None:
    run(about, "show", "--url", url)
    for name in ("trials.csv", "trials.parquet"):
        said = run(about, "export", tmp_path / name, "--url", url)
        assert said.startswith(f"wrote {len(rows)} trials"), (about, said)
    with Ledger.open(url) as ledger, Ledger.open(f"{url}.copy") as copy:
        write_backup(ledger, tmp_path / "copy.parquet")
        assert restore_backup(copy, tmp_path / "copy.parquet") == len(rows), about
        assert {row["key"]: row for row in map(StoredTrial.to_row, copy.rows())} == {
            row["key"]: row for row in rows
        }, about
