"""Searches that keep their trials in a ledger."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sklearn import config_context
from sklearn.cluster import KMeans
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine, make_classification
from sklearn.exceptions import FitFailedWarning
from sklearn.metrics import accuracy_score, make_scorer
from sklearn.model_selection import GroupKFold, KFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler
from sklearn.tree import DecisionTreeClassifier

import foretune
from foretune import MetaSearchClassifier, MetaSearchCV, import_logs
from foretune.learners import Trial
from foretune.ledger import Ledger, LedgerError, StoredTrial, tabulate_trials
from foretune.recommendation.core import RecommendationWarning, SearchError
from foretune.recommendation.search_cv import trial_book

X, Y = load_wine(return_X_y=True, as_frame=True)
CV = KFold(3, shuffle=True, random_state=0)
GRID = {"max_depth": [1, 2, 3, 4], "min_samples_leaf": [1, 5, 9]}

pytestmark = pytest.mark.filterwarnings("ignore::foretune.RecommendationWarning")


class Counted(DecisionTreeClassifier):
    """A tree that counts its fits, and fails or is interrupted if it is told to."""

    n_fits: ClassVar[int] = 0
    fails_at: ClassVar[int | None] = None
    interrupted_at: ClassVar[int | None] = None

    def fit(self, X: Any, y: Any, **rest: Any) -> Any:
        Counted.n_fits += 1
        if Counted.n_fits == Counted.interrupted_at:
            raise KeyboardInterrupt
        if self.max_depth == Counted.fails_at:
            raise RuntimeError("too deep")
        return super().fit(X, y, **rest)


@pytest.fixture(autouse=True)
def _count_anew() -> None:
    Counted.n_fits, Counted.fails_at, Counted.interrupted_at = 0, None, None


@pytest.fixture
def file(tmp_path: Path) -> str:
    return str(tmp_path / "search.sqlite")


def _stored(file: str) -> list[StoredTrial]:
    with Ledger.open(file if "://" in file else f"sqlite:///{file}", read_only=True) as ledger:
        return list(ledger.rows())


def _search(**given: Any) -> MetaSearchCV:
    settings: dict[str, Any] = {"learner": Counted(random_state=0), "n_trials": 5, "random_state": 0}
    settings |= {"param_distributions": GRID, "min_gain": 0, "cv": CV}
    return MetaSearchCV(**(settings | given))


def _results(search: MetaSearchCV) -> str:
    """Everything but times."""
    told = {name: one for name, one in search.cv_results_.items() if not name.endswith("_time")}
    told["params"] = [repr(one) for one in told["params"]]
    table = pd.DataFrame({name: [repr(value) for value in one] for name, one in told.items()})
    n_rounds = getattr(search, "n_rounds_", None)
    best = getattr(search, "best_index_", None)
    return f"{table.to_csv()} {best} {search.stop_reason_} {n_rounds}"


def test_a_search_keeps_every_trial_and_evaluates_none_twice(file: str) -> None:
    plain = _search().fit(X, Y)
    Counted.n_fits = 0
    first = _search(ledger=file).fit(X, Y)
    n_fits = Counted.n_fits
    assert len(_stored(file)) == 5
    again = _search(ledger=file).fit(X, Y)
    # The last fit to all rows
    assert Counted.n_fits == n_fits + 1
    assert _results(first) == _results(again) == _results(plain)
    assert again.notes_[-1] == f"5 trials were known to the ledger {file}"
    assert not any("ledger" in note for note in first.notes_)
    more = _search(ledger=file, n_trials=7).fit(X, Y)
    assert Counted.n_fits == n_fits + 1 + 2 * 3 + 1
    assert _results(more) == _results(_search(n_trials=7).fit(X, Y))


SMALL = make_classification(150, 5, random_state=0)


@pytest.mark.slow
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.fixed_dictionaries(
        {
            "learner": st.sampled_from(["xgboost", "k_nearest_neighbours", ["linear", "random_forest"]]),
            "n_trials": st.integers(3, 6),
            "racing": st.booleans(),
            "early_stopping": st.sampled_from([None, foretune.EarlyStopping(5, 40)]),
            "scoring": st.sampled_from([None, "neg_log_loss", make_scorer(accuracy_score)]),
            "n_jobs": st.none(),
        }
    ),
    st.data(),
)
def test_with_any_part_of_the_trials_known_the_result_is_that_of_a_search_without(
    tmp_path_factory: pytest.TempPathFactory, given_params: dict[str, Any], data: st.DataObject
) -> None:
    file = str(tmp_path_factory.mktemp("ledger") / "search.sqlite")
    search = {**given_params, "random_state": 0, "cv": 3, "min_gain": 0, "refit": False}
    plain = _results(MetaSearchCV(**search).fit(*SMALL))
    assert _results(MetaSearchCV(**search, ledger=file).fit(*SMALL)) == plain
    removed = [one.key for one in _stored(file) if data.draw(st.booleans())]
    with Ledger.open(f"sqlite:///{file}") as ledger:
        for key in removed:
            ledger.remove(key=key)
    assert _results(MetaSearchCV(**search, ledger=file).fit(*SMALL)) == plain
    assert _results(MetaSearchCV(**search, ledger=file).fit(*SMALL)) == plain


@pytest.mark.parametrize(
    "given_params",
    [{"racing": True}, {"racing": True, "early_stopping": foretune.EarlyStopping(5, 20)}],
    ids=["racing", "growing"],
)
def test_a_race_goes_on_as_if_it_had_run_what_is_known(file: str, given_params: dict[str, Any]) -> None:
    search = {"learner": "xgboost", "n_trials": 5, "random_state": 0, "cv": 3, "min_gain": 0, "refit": False}
    search |= given_params
    rows = load_breast_cancer(return_X_y=True)
    plain = MetaSearchCV(**search).fit(*rows)
    assert "stopped" in plain.cv_results_["status"]
    MetaSearchCV(**search, ledger=file).fit(*rows)
    with Ledger.open(f"sqlite:///{file}") as ledger:
        for one in _stored(file)[::2]:
            ledger.remove(key=one.key)
    again = MetaSearchCV(**search, ledger=file).fit(*rows)
    assert any("known to the ledger" in note for note in again.notes_)
    assert _results(again) == _results(plain)


@pytest.mark.slow
def test_first_looks_are_kept_too(file: str) -> None:
    rows = make_classification(19_000, 4, random_state=0)
    search = {"learner": "xgboost", "n_trials": 8, "random_state": 0, "refit": False, "min_gain": 0}
    plain = _results(MetaSearchCV(**search).fit(*rows))
    assert _results(MetaSearchCV(**search, ledger=file).fit(*rows)) == plain
    shares = pd.Series([one.fidelity for one in _stored(file)])
    assert (shares == 0.25).any()
    n_stored = len(shares)
    start = time.monotonic()
    assert _results(MetaSearchCV(**search, ledger=file).fit(*rows)) == plain
    assert time.monotonic() - start < 60
    assert len(_stored(file)) == n_stored


@pytest.mark.slow
def test_several_workers_find_what_one_has_kept(file: str) -> None:
    base = {"learner": "linear", "n_trials": 4, "random_state": 0, "cv": 3, "refit": False}
    MetaSearchCV(**base, ledger=file).fit(X, Y)
    again = MetaSearchCV(**base, ledger=file, n_jobs=2).fit(X, Y)
    assert any("known to the ledger" in note for note in again.notes_)
    assert _results(again) == _results(MetaSearchCV(**base, n_jobs=2).fit(X, Y))


def test_failures_are_kept_with_their_error_and_not_repeated(file: str) -> None:
    Counted.fails_at = 2
    with pytest.warns(FitFailedWarning, match="trials failed"):
        first = _search(ledger=file, n_trials=8).fit(X, Y)
    failed = [one for one in _stored(file) if one.trial.status == "failed"]
    assert failed
    assert {one.trial.error for one in failed} == {"RuntimeError: too deep"}
    n_fits = Counted.n_fits
    with pytest.warns(FitFailedWarning, match="trials failed"):
        again = _search(ledger=file, n_trials=8).fit(X, Y)
    assert Counted.n_fits == n_fits + 1
    assert _results(again) == _results(first)
    with pytest.raises(SearchError, match="too deep"):
        _search(ledger=file, n_trials=8, error_score="raise").fit(X, Y)


def test_ctrl_c_loses_nothing(file: str) -> None:
    Counted.interrupted_at = 8
    with pytest.warns(RecommendationWarning, match="interrupted after"):
        stopped = _search(ledger=file).fit(X, Y)
    n_kept = len(_stored(file))
    assert stopped.n_trials_ == n_kept == 2
    Counted.interrupted_at = 4
    Counted.n_fits = 0
    with pytest.raises(KeyboardInterrupt):
        # Before any trial of its own is complete, and none is known of other folds
        _search(ledger=file, cv=4).fit(X, Y)
    Counted.interrupted_at, Counted.n_fits = None, 0
    whole = _search(ledger=file).fit(X, Y)
    assert Counted.n_fits == 3 * 3 + 1
    assert _results(whole) == _results(_search().fit(X, Y))


PIPE = make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0))
OTHER_Y = Y.where(Y != 2, 1)


@pytest.mark.parametrize(
    ("changed", "table", "is_known"),
    [
        ({}, (X, Y), True),
        ({"random_state": 1}, (X, Y), False),
        ({"scoring": "balanced_accuracy"}, (X, Y), True),
        ({"scoring": "accuracy"}, (X, Y), False),
        ({"cv": 4}, (X, Y), False),
        ({"n_jobs": 2, "verbose": 1}, (X, Y), True),
        ({}, (X.set_axis(range(9, 187)), Y.set_axis(range(9, 187))), True),
        ({}, (X.assign(alcohol=X["alcohol"] + 1), Y), False),
        ({}, (X, OTHER_Y), False),
        ({"column_types": {"alcohol": "nominal"}}, (X, Y), False),
    ],
    ids=range(10),
)
def test_trials_are_known_where_nothing_that_they_depend_on_has_changed(
    file: str, changed: dict[str, Any], table: Any, is_known: bool
) -> None:
    base: dict[str, Any] = {"learner": "linear", "n_trials": 2, "random_state": 0, "cv": 3, "refit": False}
    MetaSearchCV(**base, ledger=file).fit(X, Y)
    n_stored = len(_stored(file))
    again = MetaSearchCV(**(base | changed), ledger=file).fit(*table)
    assert any("known to the ledger" in note for note in again.notes_) is is_known
    assert (len(_stored(file)) == n_stored) is is_known


@pytest.mark.parametrize(
    ("estimator", "is_known"),
    [
        (make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=0)), True),
        (make_pipeline(MinMaxScaler(), DecisionTreeClassifier(random_state=0)), False),
        (make_pipeline(StandardScaler(), DecisionTreeClassifier(random_state=1)), False),
    ],
    ids=["same", "step", "parameter"],
)
def test_an_estimator_counts_with_all_its_parts(file: str, estimator: Any, is_known: bool) -> None:
    space = {"decisiontreeclassifier__max_depth": [1, 2, 3]}
    base: dict[str, Any] = {"n_trials": 2, "param_distributions": space, "cv": 3, "refit": False}
    MetaSearchCV(PIPE, **base, random_state=0, ledger=file).fit(X, Y)
    # The seed of the search is none of the estimator's
    again = MetaSearchCV(estimator, **base, random_state=0, ledger=file).fit(X, Y)
    assert any("known to the ledger" in note for note in again.notes_) is is_known
    assert _stored(file)[0].configuration.learner == "Pipeline(StandardScaler, DecisionTreeClassifier)"
    assert _stored(file)[0].configuration.params["decisiontreeclassifier__max_depth"] in (1, 2, 3)


def test_parameters_that_are_estimators_are_kept_as_texts(file: str) -> None:
    space = {
        "standardscaler": [StandardScaler(), MinMaxScaler()],
        "decisiontreeclassifier__max_depth": [1, 2],
    }
    search = MetaSearchCV(PIPE, 3, param_distributions=space, cv=3, random_state=0, ledger=file, refit=False)
    first, again = (_results(search.fit(X, Y)) for _ in range(2))
    assert first == again
    texts = {one.configuration.params["standardscaler"].split(" #")[0] for one in _stored(file)}
    assert texts <= {"StandardScaler()", "MinMaxScaler()"}


def test_what_has_no_key_is_one_line_before_any_trial(file: str) -> None:
    from sklearn.preprocessing import FunctionTransformer

    estimator = make_pipeline(FunctionTransformer(kw_args={"lock": object()}), Counted())
    search = MetaSearchCV(
        estimator, 2, param_distributions={"counted__max_depth": [1, 2]}, random_state=0, ledger=file
    )
    with pytest.raises(SearchError, match="is of type object, which has no description"):
        search.fit(X, Y)
    assert Counted.n_fits == 0


def test_without_a_seed_a_warning_says_that_nothing_is_known_again(file: str) -> None:
    base = {"learner": "linear", "n_trials": 1, "refit": False}
    with pytest.warns(RecommendationWarning, match="random_state is None, so each fit has other folds"):
        MetaSearchCV(**base, ledger=file).fit(X, Y)


def test_a_ledger_that_cannot_be_used_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(LedgerError, match="is a folder; name a file in it"):
        MetaSearchCV("linear", 1, random_state=0, ledger=tmp_path).fit(X, Y)
    (tmp_path / "text").write_text("no database at all")
    with pytest.raises(LedgerError, match="is not a SQLite database"):
        MetaSearchCV("linear", 1, random_state=0, ledger=tmp_path / "text").fit(X, Y)
    with pytest.raises(SearchError, match="ledger = 3 must be a file"):
        MetaSearchCV("linear", 1, ledger=3).fit(X, Y)


def test_with_a_limit_of_time_trials_are_known_too(file: str) -> None:
    base = {"learner": "linear", "n_trials": 3, "random_state": 0, "max_time": 60, "refit": False, "cv": 3}
    first = MetaSearchCV(**base, ledger=file).fit(X, Y)
    n_stored = len(_stored(file))
    assert n_stored == first.n_trials_
    again = MetaSearchCV(**base, ledger=file).fit(X, Y)
    assert f"{n_stored} trials were known to the ledger {file}" in again.notes_
    assert len(_stored(file)) == n_stored
    assert again.best_score_ == first.best_score_


def test_the_typed_searches_have_a_ledger_too(file: str) -> None:
    MetaSearchClassifier("linear", n_trials=1, random_state=0, ledger=file).fit(X, Y)
    assert len(_stored(file)) == 1


def test_boosters_keep_the_rounds_that_were_chosen(file: str) -> None:
    stopping = foretune.EarlyStopping(5, 40)
    base = {"learner": "xgboost", "n_trials": 3, "random_state": 0, "cv": 3, "early_stopping": stopping}
    first = MetaSearchCV(**base, ledger=file).fit(X, Y)
    again = MetaSearchCV(**base, ledger=file).fit(X, Y)
    assert _results(first) == _results(again)
    rounds = [one.trial.rounds for one in _stored(file) if one.configuration.strategy != "default"]
    assert all(one is not None and 1 <= one.chosen <= 40 for one in rounds)
    # Other limits choose other rounds
    other = foretune.EarlyStopping(5, 41)
    third = MetaSearchCV(**(base | {"early_stopping": other}), ledger=file).fit(X, Y)
    # Only the library default is fitted alike
    assert third.notes_[-1].startswith("1 trial was known")


def test_its_trials_become_a_memory_by_way_of_logs(tmp_path: Path) -> None:
    file = str(tmp_path / "search.sqlite")
    for seed in range(3):
        table = make_classification(80, 5, random_state=seed)
        MetaSearchCV("linear", 3, random_state=0, cv=3, ledger=file, refit=False, min_gain=0).fit(*table)
    with Ledger.open(f"sqlite:///{file}", read_only=True) as ledger:
        trials = tabulate_trials(ledger.rows())
    assert trials["task_id"].nunique() == 3
    log = trials.rename(columns={"metric_balanced_accuracy": "score"})
    wanted = ["task_id", "learner", "score", *(name for name in map(str, log) if name.startswith("param_"))]
    memory = import_logs(log[wanted]).train_memories()["any"]
    suggestions = foretune.suggest(X, Y, "linear", k=2, memory=memory)
    assert set(suggestions["learner"]) == {"linear"}


def test_a_trial_that_lacks_a_library_is_not_kept() -> None:
    assert trial_book.IMPORT_ERRORS == ("ImportError: ", "ModuleNotFoundError: ", "MissingExtraError: ")


PROGRAM = """
import sys, time
import warnings
warnings.simplefilter("ignore")
from sklearn.datasets import load_wine
from sklearn.tree import DecisionTreeClassifier
from foretune import MetaSearchCV

class Slow(DecisionTreeClassifier):
    def fit(self, X, y):
        with open(sys.argv[2], "a") as log:
            log.write(f"{self.max_depth} {self.min_samples_leaf}\\n")
        time.sleep(float(sys.argv[3]))
        return super().fit(X, y)

search = MetaSearchCV(
    Slow(random_state=0), 6, cv=3, random_state=0, refit=False, min_gain=0, ledger=sys.argv[1],
    param_distributions={"max_depth": [1, 2, 3, 4], "min_samples_leaf": [1, 5, 9]},
).fit(*load_wine(return_X_y=True))
print(search.best_params_, search.cv_results_["mean_test_score"].tolist())
"""


def _start(program: Path, file: str, log: Path, seconds: float) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3] / "src")}
    command = [sys.executable, str(program), file, str(log), str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def _wait_for_trials(file: str, number: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        try:
            if len(_stored(file)) >= number:
                return
        except LedgerError:
            # Not made yet
            pass
        time.sleep(0.05)


@pytest.mark.slow
def test_killed_and_started_again_a_search_goes_on_where_it_was(file: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    expected, _ = _start(program, f"{file}.other", tmp_path / "other", 0).communicate()
    log, kept = tmp_path / "fits", 0
    for wanted in (1, 3):
        process = _start(program, file, log, 0.3)
        _wait_for_trials(file, wanted, process)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        assert process.returncode == -signal.SIGKILL
        assert len(_stored(file)) >= max(wanted, kept)
        kept = len(_stored(file))
    assert kept < 6
    printed, _ = _start(program, file, log, 0).communicate()
    assert printed == expected != ""
    fits = pd.Series(log.read_text().splitlines()).value_counts()
    assert len(fits) == 6
    # Of each trial three folds, and those in flight when a process was killed again
    assert (fits >= 3).all()
    assert fits.sum() <= 6 * 3 + 2 * 3


@pytest.mark.slow
def test_two_processes_at_once_keep_each_trial_once(file: str, tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    running = [_start(program, file, tmp_path / f"fits{at}", 0.05) for at in range(2)]
    printed = [process.communicate()[0] for process in running]
    assert printed[0] == printed[1] != ""
    keys = [one.key for one in _stored(file)]
    assert len(keys) == len(set(keys)) == 6


@pytest.mark.slow
def test_a_ledger_in_postgresql_is_the_same(postgres_url: str) -> None:
    first = _search(ledger=postgres_url).fit(X, Y)
    n_fits = Counted.n_fits
    again = _search(ledger=postgres_url).fit(X, Y)
    assert Counted.n_fits == n_fits + 1
    assert _results(first) == _results(again)
    assert len(_stored(postgres_url)) == 5


def test_regression_and_weights_are_told_apart(file: str) -> None:
    rows, y = load_diabetes(return_X_y=True)
    base = {"learner": "linear", "n_trials": 2, "random_state": 0, "cv": 3, "refit": False, "ledger": file}
    MetaSearchCV(**base).fit(rows, y)
    weights = np.where(y > 200, 5.0, 1.0)
    weighted = MetaSearchCV(**base).fit(rows, y, sample_weight=weights)
    assert not any("known to the ledger" in note for note in weighted.notes_)
    assert len(_stored(file)) == 4
    assert all(list(one.trial.fold_metrics[0]) == ["r2"] for one in _stored(file))


def _margin(estimator: Any, X: Any, y: Any) -> dict[str, float]:
    return {"score": float(estimator.score(X, y)), "test_depth": -float(estimator.get_depth())}


def _shallowest(results: dict[str, Any]) -> int:
    return int(np.argmin([one["max_depth"] for one in results["params"]]))


def _is_known(search: MetaSearchCV) -> bool:
    return any("known to the ledger" in note for note in search.notes_)


SEVERAL = ["accuracy", "neg_log_loss"]


@pytest.mark.parametrize(
    "given_params",
    [
        {"scoring": SEVERAL, "refit": "neg_log_loss"},
        {"scoring": {"train_accuracy": "accuracy", "score": make_scorer(accuracy_score)}, "refit": False},
        {"scoring": SEVERAL, "refit": _shallowest, "return_train_score": True},
        pytest.param(
            {"scoring": _margin, "refit": "test_depth", "return_train_score": True}, marks=pytest.mark.slow
        ),
        {"return_train_score": True},
        {"scoring": SEVERAL, "refit": "accuracy", "racing": True},
        pytest.param(
            {"scoring": _margin, "refit": "score", "max_time": 60, "return_train_score": True},
            marks=pytest.mark.slow,
        ),
    ],
    ids=["names", "like_columns", "function", "dictionary", "training", "racing", "time"],
)
def test_known_trials_have_all_their_scores(file: str, given_params: dict[str, Any]) -> None:
    plain = _search(**given_params).fit(X, Y)
    first = _search(**given_params, ledger=file).fit(X, Y)
    n_fits, n_stored = Counted.n_fits, len(_stored(file))
    again = _search(**given_params, ledger=file).fit(X, Y)
    assert Counted.n_fits == n_fits + bool(given_params.get("refit", True))
    assert _results(first) == _results(again) == _results(plain)
    assert _is_known(again)
    assert len(_stored(file)) == n_stored
    # The rest of the table is evaluated, with the same columns
    with Ledger.open(f"sqlite:///{file}") as ledger:
        ledger.remove(key=_stored(file)[1].key)
    assert _results(_search(**given_params, ledger=file).fit(X, Y)) == _results(plain)


@pytest.mark.parametrize(
    ("changed", "is_known"),
    [
        ({"refit": _shallowest}, True),
        ({"refit": False, "error_score": float("nan")}, True),
        ({"refit": "neg_log_loss"}, False),
        ({"scoring": [*SEVERAL, "roc_auc_ovr"]}, False),
        ({"scoring": {"accuracy": "balanced_accuracy", "neg_log_loss": "neg_log_loss"}}, False),
        ({"return_train_score": True}, False),
        ({"error_score": 0.0}, False),
        ({"scoring": "accuracy", "refit": True}, False),
    ],
    ids=range(8),
)
def test_other_scores_are_other_trials(file: str, changed: dict[str, Any], is_known: bool) -> None:
    base = {"scoring": SEVERAL, "refit": "accuracy", "n_trials": 2}
    _search(**base, ledger=file).fit(X, Y)
    again = _search(**(base | changed), ledger=file).fit(X, Y)
    assert _is_known(again) is is_known
    assert _results(again) == _results(_search(**(base | changed)).fit(X, Y))


def test_each_score_is_stored_by_its_name(file: str) -> None:
    search = _search(scoring=SEVERAL, refit="accuracy", return_train_score=True, n_trials=2, ledger=file)
    search.fit(X, Y)
    with Ledger.open(f"sqlite:///{file}", read_only=True) as ledger:
        table = tabulate_trials(ledger.rows())
    for name in SEVERAL:
        assert sorted(table[f"metric_{name}"]) == sorted(search.cv_results_[f"mean_test_{name}"])
        assert sorted(table[f"metric_train_{name}"]) == sorted(search.cv_results_[f"mean_train_{name}"])


def _breaks(estimator: Any, X: Any, y: Any) -> float:
    raise ValueError("no such score")


def test_a_score_that_raised_stays_with_its_warning(file: str) -> None:
    scoring = {"accuracy": "accuracy", "broken": _breaks}
    search = {"scoring": scoring, "refit": "accuracy", "n_trials": 2}
    first = _search(**search, ledger=file).fit(X, Y)
    again = _search(**search, ledger=file).fit(X, Y)
    assert _is_known(again)
    assert _results(again) == _results(first)
    assert np.isnan(again.cv_results_["mean_test_broken"]).all()
    assert all("no such score" in error for error in again.cv_results_["error"])


def test_several_scores_of_a_learner_by_name_are_kept(file: str) -> None:
    search: dict[str, Any] = {"learner": "xgboost", "n_trials": 3, "random_state": 0, "cv": 3, "min_gain": 0}
    search |= {"scoring": SEVERAL, "refit": "neg_log_loss", "early_stopping": foretune.EarlyStopping(5, 20)}
    plain = MetaSearchCV(**search).fit(X, Y)
    assert _results(MetaSearchCV(**search, ledger=file).fit(X, Y)) == _results(plain)
    again = MetaSearchCV(**search, ledger=file).fit(X, Y)
    assert "3 trials were known" in again.notes_[-1]
    assert _results(again) == _results(plain)


WEIGHTS = np.where(Y == 1, 3.0, 1.0)


@pytest.mark.parametrize(
    ("given", "is_known"),
    [
        ({"sample_weight": WEIGHTS.copy()}, True),
        ({"sample_weight": WEIGHTS * 2}, False),
        ({"sample_weight": WEIGHTS, "check_input": True}, False),
        ({}, False),
    ],
    ids=["same", "other", "more", "none"],
)
def test_arguments_of_fit_count_by_their_content(file: str, given: dict[str, Any], is_known: bool) -> None:
    search = _search(learner=DecisionTreeClassifier(random_state=0), n_trials=2, ledger=file)
    search.fit(X, Y, sample_weight=WEIGHTS)
    again = search.fit(X, Y, **given)
    assert _is_known(again) is is_known
    plain = search.set_params(ledger=None).fit(X, Y, **given)
    assert _results(again) == _results(plain)


def test_an_argument_of_fit_without_a_key_is_one_line(file: str) -> None:
    with pytest.raises(
        SearchError, match=r"fit_params\['lock'\] is of type object, which has no description"
    ):
        _search(ledger=file).fit(X, Y, lock=object())
    assert Counted.n_fits == 0


def test_groups_count_by_the_splits_that_they_make(file: str) -> None:
    groups = np.arange(len(Y)) % 6
    search = _search(cv=GroupKFold(3), n_trials=2, ledger=file)
    search.fit(X, Y, groups=groups)
    assert _is_known(search.fit(X, Y, groups=groups + 10))
    assert not _is_known(search.fit(X, Y, groups=np.arange(len(Y)) % 7))


def test_with_routing_what_steps_and_scorers_request_counts(file: str) -> None:
    def search(*, scales: bool, scores: bool) -> MetaSearchCV:
        scaler = StandardScaler().set_fit_request(sample_weight=scales)
        tree = DecisionTreeClassifier(random_state=0).set_fit_request(sample_weight=True)
        scorer = make_scorer(accuracy_score).set_score_request(sample_weight=scores)
        space = {"decisiontreeclassifier__max_depth": [1, 2]}
        given: dict[str, Any] = {"param_distributions": space, "scoring": scorer, "ledger": file}
        return _search(learner=make_pipeline(scaler, tree), n_trials=2, **given)

    with config_context(enable_metadata_routing=True):
        known = [
            _is_known(search(scales=scales, scores=scores).fit(X, Y, sample_weight=WEIGHTS))
            for scales, scores in [(True, True), (False, True), (True, False), (True, True)]
        ]
    assert known == [False, False, False, True]


def test_without_a_target_trials_are_kept_too(file: str) -> None:
    search = _search(
        learner=KMeans(n_init=1, random_state=0), n_trials=3, param_distributions={"n_clusters": [2, 3, 4]}
    )
    search.set_params(ledger=file)
    first, again = (_results(search.fit(X)) for _ in range(2))
    assert first == again
    assert _is_known(search)
    assert {one.configuration.learner for one in _stored(file)} == {"KMeans"}


@pytest.mark.slow
def test_what_time_has_ended_is_tried_again(file: str) -> None:
    given = {"max_time": 60, "n_trials": 3, "scoring": SEVERAL, "refit": "accuracy", "ledger": file}
    search = _search(**given).fit(X, Y)
    ended = _stored(file)[-1]
    with Ledger.open(f"sqlite:///{file}") as ledger:
        ledger.remove(key=ended.key)
        ledger.record([replace(ended, trial=Trial([], "timeout", "ended", 1.0))])
    n_fits = Counted.n_fits
    again = _search(**given).fit(X, Y)
    assert {one.trial.status for one in _stored(file)} == {"ok"}
    assert _results(again) == _results(search)
    assert f"2 trials were known to the ledger {file}" in again.notes_
    assert Counted.n_fits >= n_fits + 1


def _local_tree() -> Any:
    """Return an estimator whose class goes with it to another process."""

    class Slow(DecisionTreeClassifier):
        def fit(self, X: Any, y: Any) -> Any:
            time.sleep(600 if self.max_depth == 4 else 0.01)
            return super().fit(X, y)

    return Slow(random_state=0)


@pytest.mark.slow
def test_a_search_that_knows_a_result_ends_even_its_first_fit_in_time(file: str) -> None:
    given = {"param_distributions": {"max_depth": [1, 2, 3, 4]}, "n_trials": 4, "refit": False}
    given |= {"ledger": file, "learner": _local_tree()}
    with Ledger.open(f"sqlite:///{file}"):
        pass
    quick = {**given, "param_distributions": {"max_depth": [1, 2, 3]}, "n_trials": 3}
    _search(**quick).fit(X, Y)
    start = time.monotonic()
    with pytest.warns(FitFailedWarning, match="1 of 4 trials failed"):
        search = _search(**given, max_time=20).fit(X, Y)
    assert time.monotonic() - start < 40
    assert "timeout" in search.cv_results_["status"]
    assert any("3 trials were known" in note for note in search.notes_)
    assert sorted(one.trial.status for one in _stored(file)) == ["ok"] * 3 + ["timeout"]
