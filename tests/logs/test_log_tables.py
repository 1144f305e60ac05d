from __future__ import annotations

import json
import logging
import os
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.fuzzing import damage, odd_cells, result_or_line, seeds
from tests.logs.conftest import make_metafeatures, make_trials

from foretune.logs import LogError, LogParameters, import_logs
from foretune.meta_model.meta_dataset import MetaDataset

PUBLISHED = Path(
    os.environ.get(
        "FORETUNE_PUBLISHED_LOGS", Path(__file__).resolve().parents[2].parent / "shared" / "metadata"
    )
)
LEDGER = Path(__file__).parents[2] / "data/01_raw/reference_ledger.parquet"
TABLES = ("trials", "metafeatures", "task_catalogue", "task_groups")


def test_files_and_tables_give_the_same(
    trials: pd.DataFrame, metafeatures: pd.DataFrame, tmp_path: Path
) -> None:
    trials.to_csv(tmp_path / "trials.csv", index=False)
    metafeatures.to_parquet(tmp_path / "metafeatures.parquet")
    read = import_logs(tmp_path / "trials.csv", tmp_path / "metafeatures.parquet")
    given_tables = import_logs(trials, metafeatures)
    for name in TABLES:
        first, second = (
            getattr(logs, name).drop(columns="source", errors="ignore") for logs in (read, given_tables)
        )
        pd.testing.assert_frame_equal(first, second)
    assert read.task_catalogue.columns.tolist() == [
        *("task_id", "task_type", "family", "source", "provenance", "content_hash"),
    ]
    assert set(read.task_catalogue["source"]) == {"trials.csv"}
    assert set(read.task_catalogue["provenance"]) == {"logged"}


def test_the_meta_dataset_has_numbers_and_texts_of_one_hyperparameter(
    trials: pd.DataFrame, metafeatures: pd.DataFrame
) -> None:
    table = import_logs(trials, metafeatures.iloc[:3]).build_meta_dataset("minmax")
    assert len(table) == len(trials)
    depth = table[["configuration:max_depth", "configuration:max_depth=None"]].drop_duplicates()
    rows = depth.sort_values(depth.columns.tolist(), ignore_index=True).to_numpy()
    np.testing.assert_array_equal(rows, [[3, 0], [7, 0], [np.nan, 0], [np.nan, 1]])
    memory = MetaDataset.from_table(table)
    assert memory.metafeatures.loc["t3"].isna().all()
    assert memory.metafeatures.loc["t0"].notna().all()


def test_the_content_changes_with_the_scores(trials: pd.DataFrame) -> None:
    def hashes(log: pd.DataFrame) -> pd.Series:
        return import_logs(log).task_catalogue.set_index("task_id")["content_hash"]

    changed = trials.assign(score=trials["score"].where(trials.index > 0, 0.123))
    assert (hashes(trials) != hashes(changed)).tolist() == [True, False, False, False]
    assert import_logs(trials.assign(task_id="x" + trials["task_id"])).task_catalogue[
        "content_hash"
    ].tolist() == (hashes(trials).tolist())


@pytest.mark.parametrize(("scores", "n_families"), [([0.1, 0.2, 0.3, 0.3], 2), ([0.1, 0.2, 0.2, None], 3)])
def test_tasks_with_the_same_trials_are_one_family(scores: list[float], n_families: int) -> None:
    values = [*scores, *scores, 0.1, 0.3, 0.2, 0.0]
    log = pd.DataFrame({"task_id": list("aaaabbbbcccc"), "param_x": [1, 2, 3, 4] * 3, "score": values})
    assert import_logs(log).task_groups["family"].nunique() == n_families


def test_the_task_may_be_the_index(trials: pd.DataFrame, metafeatures: pd.DataFrame) -> None:
    by_task = import_logs(trials, metafeatures.set_index("task_id"))
    pd.testing.assert_frame_equal(by_task.metafeatures, import_logs(trials, metafeatures).metafeatures)


VALUES = st.one_of(
    st.sampled_from(["None", "auto", "3", "0.5", ""]),
    st.integers(-5, 5).map(str),
    st.floats(-10, 10).map(repr),
)
CELLS = st.lists(
    st.tuples(
        st.sampled_from("0123"), st.sampled_from(["svm", "forest"]), VALUES, VALUES, st.floats(-1e6, 1e6)
    ),
    min_size=4,
    max_size=30,
    unique_by=lambda row: row[:1] + tuple(map(_canonical, row[1:4])),
)


def _canonical(text: str) -> str:
    try:
        return f"{float(text) + 0.0:.12g}"
    except ValueError:
        return text


@pytest.mark.slow
@given(rows=CELLS, order=st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_every_pair_of_a_ragged_log_is_kept_in_whatever_order(
    rows: list[tuple[object, ...]], order: object
) -> None:
    columns = ["task_id", "learner", "param_a", "param_b", "score"]
    # One task that has a choice, so that the log is valid
    rows = [*rows, ("sure", "svm", "1", "x", 0.25), ("sure", "svm", "2", "y", 0.75)]
    log = pd.DataFrame(rows, columns=columns)
    n_configurations = log["task_id"].value_counts()
    kept = set(n_configurations.index[n_configurations >= 2])
    expected = sorted((task, score) for task, *_, score in rows if task in kept)
    mixed = list(rows)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    logs, again = import_logs(log), import_logs(pd.DataFrame(mixed, columns=columns))
    found = logs.trials
    assert sorted(zip(found["task_id"], found["score"], strict=True)) == expected
    assert not found.duplicated(["task_id", "config_id"]).any()
    for name in TABLES:
        pd.testing.assert_frame_equal(getattr(logs, name), getattr(again, name), check_exact=True)
    # Equal hyperparameters are one configuration, on every task
    learned = MetaDataset.from_table(logs.build_meta_dataset())
    assert len(learned.evaluations) == len(found)
    assert learned.configurations.index.is_unique


def test_the_order_of_tasks_and_columns_changes_nothing() -> None:
    trials, metafeatures = make_trials(9), make_metafeatures(9, 12)
    mixed = import_logs(trials.iloc[::-1, ::-1], metafeatures.iloc[::-1, ::-1])
    for name in TABLES:
        pd.testing.assert_frame_equal(
            getattr(import_logs(trials, metafeatures), name)[getattr(mixed, name).columns],
            getattr(mixed, name),
        )


@pytest.mark.slow
@pytest.mark.parametrize(
    ("folder", "n_tasks", "n_configurations", "n_families"),
    [("oboe", 318, 219, 209), ("gcp_xgboost", 10, 50_000, 10), ("pimp_random_forest", 94, 47_000, 94)],
)
def test_published_logs(folder: str, n_tasks: int, n_configurations: int, n_families: int) -> None:
    trials = PUBLISHED / folder / "trials.parquet"
    metafeatures = PUBLISHED / folder / "metafeatures.parquet"
    if not trials.exists():
        pytest.skip(f"no published log at {trials}: set FORETUNE_PUBLISHED_LOGS")
    logs = import_logs(trials, metafeatures if metafeatures.exists() else None, LogParameters())
    assert len(logs.task_catalogue) == n_tasks
    assert logs.trials["config_id"].nunique() == n_configurations
    assert logs.task_groups["family"].nunique() == n_families
    assert len(logs.build_meta_dataset()) == len(logs.trials)


@pytest.fixture(scope="module")
def reference_trials() -> pd.DataFrame:
    """Give the trials behind the memory of the package as a log, with every metric as a column."""
    if not LEDGER.is_file():
        pytest.skip(f"no trials of the reference memory at {LEDGER}")
    trials = pd.read_parquet(LEDGER)
    trials = trials[trials["status"] == "ok"].reset_index(drop=True)
    params = pd.DataFrame([json.loads(text) for text in trials["params"]]).add_prefix("param_")
    metrics = pd.DataFrame(
        [
            {name: np.mean(folds) for name, folds in json.loads(text).items()}
            for text in trials["fold_metrics"]
        ]
    )
    head = trials[["task_id", "task_type", "learner", "strategy"]]
    return pd.concat([head, params, metrics], axis="columns")


@pytest.mark.thorough
@pytest.mark.parametrize(
    ("task_type", "metric", "direction"),
    [
        ("classification", "balanced_accuracy", "maximise"),
        ("classification", "roc_auc_ovr", "maximise"),
        ("classification", "log_loss", "minimise"),
        ("regression", "r2", "maximise"),
        ("regression", "rmse", "minimise"),
    ],
)
def test_reference_trials_have_no_slip_unless_their_sign_is_wrong(
    reference_trials: pd.DataFrame,
    task_type: str,
    metric: str,
    direction: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    log = reference_trials[reference_trials["task_type"] == task_type]
    log = log.rename(columns={metric: "score"})
    log = log[
        [name for name in log if name in ("task_id", "learner", "strategy", "score") or "param_" in name]
    ]
    import_logs(log, parameters=LogParameters(score_direction=direction))
    for _, rows in log.groupby("learner"):
        table = import_logs(rows, parameters=LogParameters(score_direction=direction))
        varying = {name for name in rows if "param_" in name and len(rows[name].unique()) > 1}
        assert varying <= set(table.trials)
    # A constant score is a fact: some learners score 1 on three easy tasks in every trial
    assert not _warnings(caplog)
    wrong = {"maximise": "minimise", "minimise": "maximise"}[direction]
    import_logs(log, parameters=LogParameters(score_direction=wrong))
    (slip,) = _warnings(caplog)
    assert "the library default is among the worst on" in slip
    assert slip.endswith(f"set logs.score_direction={direction}")


def _warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    said = [one.getMessage() for one in caplog.records if one.levelno >= logging.WARNING]
    return [line for line in said if "the same in all trials" not in line]


def test_several_logs_are_read_as_one(trials: pd.DataFrame, tmp_path: Path) -> None:
    first, second = trials[trials["task_id"] == "t0"], trials[trials["task_id"] != "t0"]
    second.to_csv(tmp_path / "second.csv", index=False)
    both = import_logs([first, tmp_path / "second.csv"])
    pd.testing.assert_frame_equal(both.trials, import_logs(trials).trials)
    assert set(both.task_catalogue["source"]) == {"log 1, second.csv"}


def test_of_several_logs_the_wrong_one_is_named(trials: pd.DataFrame, tmp_path: Path) -> None:
    trials.astype({"score": object}).assign(score="oops").to_csv(tmp_path / "second.csv", index=False)
    with pytest.raises(LogError, match=r"second\.csv, row 2 of second\.csv: score = 'oops' is no number"):
        import_logs([trials, tmp_path / "second.csv"])
    with pytest.raises(LogError, match="log 2 has no column 'score'"):
        import_logs([trials, trials.drop(columns="score")])
    with pytest.raises(LogError, match="no log is given"):
        import_logs([])


def _odd_log(rng: np.random.Generator) -> bytes:
    """A log in which columns are missing or odd, or whose text is damaged."""
    log = make_trials()
    for name in rng.permutation(log.columns)[: rng.integers(0, 3)]:
        log = log.assign(**{str(name): odd_cells(log[name].tolist(), rng)})
    log = log.drop(columns=rng.permutation(log.columns)[: rng.integers(0, 2)])
    extra = {
        "status": ["ok", "failed", ""],
        "family": ["a", "b"],
        "is_default": ["True", "no"],
        "param_": [1],
    }
    for name in rng.permutation([*extra])[: rng.integers(0, 2)]:
        log = log.assign(**{str(name): rng.choice(extra[str(name)], len(log))})
    content = log.to_csv(index=False).encode()
    return damage(content, rng) if rng.random() < 0.5 else content


@pytest.mark.parametrize("group", seeds(60, 2_000))
def test_any_log_is_tables_or_one_line(group: range, tmp_path: Path) -> None:
    outcomes = []
    for seed in group:
        rng = np.random.default_rng(seed)
        (tmp_path / "log.csv").write_bytes(_odd_log(rng))
        described = make_metafeatures() if rng.random() < 0.5 else None
        read = result_or_line(partial(import_logs, tmp_path / "log.csv", described), seed)
        outcomes.append(read is not None)
        if read is not None:
            assert np.isfinite(read.trials["score"].dropna()).all()
            assert read.build_meta_dataset()["task_id"].isin(read.trials["task_id"]).all()
    assert any(outcomes)
    assert not all(outcomes)
