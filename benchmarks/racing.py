"""What racing over folds saves, and whether it changes what a search chooses.

Without a folder, trials of a ledger's backup are raced, those of the shipped memory by default: on each of
``--n-tasks`` tasks and for each seed the library default and others in random order, of which all folds are
known, by the evaluator of ``MetaSearchCV``.
Printed is how often the choice is the same within one standard error, and the share of the folds that ran.

With a folder it searches: Parquet files with the column ``target``. On each table and seed ``MetaSearchCV``
searches twice, with every fold of every trial and with racing, on the same folds. A choice counts as the same
if its mean score is at most one standard error behind: the standard deviation over the folds, divided by the
root of their number. Seconds are those of the processor for the whole search without the last fit.
``--early-stopping`` lets early stopping choose numbers of boosting rounds.

``--early-stopping --replay`` searches once on each table, of the folder or of scikit-learn without one, and
keeps the scores of boosters on each fold after each round. For each seed these trials are raced in another
random order. The share of the seconds is that of the rounds, weighted by what one takes in each trial.
``--first-looks`` shows as well what first looks of boosters would change, which a search does not take.

``--engine`` runs ``hpo`` with ``optuna_tpe`` and the learners of the default run on bundled tasks, twice for
each seed: without and with ``hpo.racing``. The strategy sees other scores, so the trials differ. Printed is
the share of the folds, and how often the best trial of a learner on a task is behind that without racing.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine

from foretune import EarlyStopping, MetaSearchCV
from foretune.base import TaskType
from foretune.hpo import HpoParameters, run_hpo
from foretune.hpo.trial_table import WORKED
from foretune.learners import (
    Fold,
    FoldRace,
    Learner,
    NestedAxis,
    Response,
    RoundChoice,
    Trial,
    evaluate_growing,
    register_learner,
)
from foretune.recommendation.search_cv.scoring import SCORE
from foretune.recommendation.search_cv.trial_evaluator import FIRST_LOOK, ScoredTrial, TrialEvaluator
from foretune.spaces import DEFAULT, Configuration
from foretune.tasks import TaskGenerationParameters, generate_tasks, select_task_sources
from stages import read_parameters

ROOT = Path(__file__).resolve().parents[1]
LEDGER = ROOT / "data/01_raw/reference_ledger.parquet"
SCORES = {"classification": "balanced_accuracy", "regression": "r2"}
# Trials that a search plans together
N_TOGETHER = 3
REPLAYED = "replayed"
ENGINE_TASKS = ["automobile", "breast_cancer", "german", "concrete", "servo", "yacht"]


class Replayed(NamedTuple):
    """Best mean scores of all trials and of the race, the standard error, and shares of folds and seconds."""

    whole: float
    raced: float
    standard_error: float
    share: float
    share_of_seconds: float = np.nan


@dataclass(frozen=True)
class ReplayingEvaluator(TrialEvaluator):
    """Evaluator that looks scores up instead of fitting.

    Attributes
    ----------
    known
        Scores on all folds by ``config_id``.
    """

    known: dict[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    ran: list[int] = field(default_factory=list)

    def _run(
        self,
        groups: Sequence[list[Configuration]],
        left: set[tuple[int, int]],
        race: FoldRace | None = None,
    ) -> Iterator[Any]:
        for group_at, fold_at in sorted(left):
            scores = [self.known[one.config_id][fold_at] for one in groups[group_at]]
            self.ran.append(fold_at)
            yield group_at, fold_at, [Trial([{SCORE: score}], "ok", "", 0.0) for score in scores]


def replay(trials: npt.NDArray[np.float64]) -> Replayed:
    """Race trials with known scores, shape (n_trials, n_folds), of which the first is the library default."""
    n_folds = trials.shape[1]
    configurations = [
        Configuration("svm", {"C": at + 1.0}, "given" if at else DEFAULT) for at in range(len(trials))
    ]
    known = {one.config_id: scores for one, scores in zip(configurations, trials, strict=True)}
    folds: Any = [None] * n_folds
    evaluator = ReplayingEvaluator(folds, "regression", 0, scorer=max, known=known)
    race = FoldRace(n_folds)
    batches = [configurations[:N_TOGETHER], *([one] for one in configurations[N_TOGETHER:])]
    outcomes = [trial for batch in batches for _, trial in evaluator.evaluate(batch, race)]
    best = trials[trials.mean(axis=1).argmax()]
    error = best.std(ddof=1) / np.sqrt(n_folds)
    raced = max(trial.score for trial in outcomes if trial.is_ok)
    return Replayed(float(best.mean()), raced, float(error), len(evaluator.ran) / trials.size)


def replay_ledger(options: argparse.Namespace) -> None:
    """Race the trials of a ledger's backup and print."""
    columns = ["task_id", "task_type", "learner", "strategy", "status", "fidelity", "fold_metrics"]
    table = pd.read_parquet(options.ledger, columns=columns)
    known = table[
        (table["status"] == "ok") & (table["fidelity"] == 1) & (table["learner"] == options.learner)
    ]
    names = sorted(known["task_id"].unique())
    chosen = np.random.default_rng(0).permutation(names)[: options.n_tasks]
    outcomes = []
    for _, of_task in known[known["task_id"].isin(chosen)].groupby("task_id"):
        metric = SCORES[of_task["task_type"].iloc[0]]
        # The library default is always tried
        in_order = of_task.sort_values("strategy", key=lambda names: names != DEFAULT, kind="stable")
        scores = np.array([json.loads(text)[metric] for text in in_order["fold_metrics"]], dtype=float)
        for seed in range(options.seeds):
            others = 1 + np.random.default_rng(seed).permutation(len(scores) - 1)
            outcomes.append(replay(scores[np.append(0, others[: options.trials - 1])]))
    whole, raced, error, share, _ = np.array(outcomes).T
    print(
        f"{len(outcomes)} replayed searches of {len(chosen)} tasks, {options.learner}: the same within one "
        f"standard error in {np.mean(raced >= whole - error - 1e-12):.1%}, the very same in "
        f"{np.mean(raced >= whole):.0%}, {share.mean():.0%} of the folds"
    )


class Grown(NamedTuple):
    """Trial on all folds.

    Attributes
    ----------
    scores
        Scores on the folds, shape (n_folds,).
    seconds
        Seconds of the processor.
    curves
        For each fold the scores after the first numbers of rounds that were looked at; None without early
        stopping.
    look, look_seconds
        Score and seconds of a first look, if there was one.
    """

    scores: npt.NDArray[np.float64]
    seconds: float
    curves: list[npt.NDArray[np.float64]] | None
    look: float = np.nan
    look_seconds: float = 0.0


@dataclass(frozen=True)
class Watcher:
    """Race that stops nothing, so that folds grow alone first."""

    looks: tuple[int, ...]

    def is_hopeless(self, _: Sequence[dict[str, float]]) -> bool:
        """Return False."""
        return False


@dataclass(frozen=True)
class WatchingEvaluator(TrialEvaluator):
    """Evaluator that keeps the scores of boosters after each round."""

    seen: list[Grown] = field(default_factory=list)
    takes_looks: bool = False

    def evaluate(
        self, configurations: Sequence[Configuration], race: FoldRace | None = None
    ) -> Iterator[tuple[Configuration, ScoredTrial]]:
        """Yield the trials, one by one."""
        for one in configurations:
            start = time.process_time()
            curves: dict[int, list[float]] = {}
            ((_, trial),) = replace(self, choice=self._watched(one, curves)).run([one])
            seconds = time.process_time() - start
            if trial.is_ok:
                grown = [np.array(scores) for scores in curves.values()] if curves else None
                self.seen.append(Grown(trial.fold_scores, seconds, grown, *self._look_at(one)))
            yield one, trial

    def _look_at(self, one: Configuration) -> tuple[float, float]:
        """Return score and seconds of a first look."""
        if not self.takes_looks:
            return np.nan, 0.0
        start = time.process_time()
        ((_, _, (trial,)),) = self._run([[one]], {(0, FIRST_LOOK)})
        score = trial.fold_metrics[0][SCORE] if trial.fold_metrics else np.nan
        return score, time.process_time() - start

    def _watched(self, one: Configuration, curves: dict[int, list[float]]) -> RoundChoice | None:
        """Return a choice of rounds that keeps each score, which is computed once."""
        if self.choice is None or not self.grows(one):
            return self.choice
        choice = self.choice

        def look(response: Response, fold: Fold, task_type: TaskType) -> dict[str, float]:
            found = choice.look(response, fold, task_type)
            curves.setdefault(id(fold), []).append(found[SCORE])
            return found

        return replace(choice, look=look)

    def _start(self, groups: Any, positions: Any, race: Any = None) -> Iterator[Any]:
        watcher: Any = Watcher(FoldRace(len(self.folds)).looks)
        is_look = any(place == FIRST_LOOK for _, place in positions)
        return super()._start(groups, positions, race if is_look else watcher)


class WatchingSearch(MetaSearchCV):
    """Search whose evaluator keeps scores."""

    takes_looks = False

    def _evaluator(self, *given: Any) -> TrialEvaluator:
        parts = vars(super()._evaluator(*given))
        self.evaluator_ = WatchingEvaluator(**parts, takes_looks=self.takes_looks)
        return self.evaluator_


@dataclass
class ReplayedModel:
    """Booster whose prediction is the known score."""

    curve: npt.NDArray[np.float64]
    every: int
    n_rounds: int = 0
    ended: bool = False

    def grow(self, n_rounds: int) -> list[tuple[int, Any]]:
        """Return what is known of the next numbers of rounds."""
        before = self.n_rounds
        self.n_rounds += n_rounds
        places = range(before // self.every, min(self.n_rounds // self.every, len(self.curve)))
        return [((at + 1) * self.every, self.curve[at : at + 1]) for at in places]

    def close(self) -> None:
        """Release nothing."""


@dataclass(frozen=True)
class ReplayedFold(Fold):
    """Fold with the booster that grows on it."""

    model: ReplayedModel | None = None


def register_replayed() -> None:
    """Register a learner for boosters whose scores are known."""
    axis = NestedAxis("n_rounds", 100, lambda *_: iter(()), is_rounds=True)

    def grow(_: Any, __: Any, ___: Any, fold: Any, ____: Any) -> Any:
        return fold.model

    register_learner(Learner(REPLAYED, lambda *_: None, lambda _: {}, nested_axis=axis, grow=grow))


def look_up(response: Response, _: Fold, __: TaskType) -> dict[str, float]:
    """Return the score that a replayed booster predicts."""
    return {SCORE: float(response.output[0])}


@dataclass(frozen=True)
class RegrowingEvaluator(TrialEvaluator):
    """Evaluator whose boosters follow known scores.

    Attributes
    ----------
    known
        Trials by the number of each configuration.
    run_seconds, run_folds
        Seconds and folds of each trial as far as it was run.
    """

    known: Sequence[Grown] = ()
    run_seconds: list[float] = field(default_factory=list)
    run_folds: list[int] = field(default_factory=list)

    def looks_first(self, _: Configuration) -> bool:
        """Return True, to measure what a search does not do."""
        return True

    def _run(
        self,
        groups: Sequence[list[Configuration]],
        left: set[tuple[int, int]],
        race: FoldRace | None = None,
    ) -> Iterator[Any]:
        for group_at, fold_at in sorted(left):
            (configuration,) = groups[group_at]
            if fold_at == FIRST_LOOK:
                grown = self.known[configuration.params["at"]]
                self.run_seconds.append(grown.look_seconds)
                yield group_at, fold_at, [Trial([{SCORE: grown.look}], "ok", "", 0.0)]
            else:
                yield group_at, fold_at, [self._regrow(configuration, race)]

    def _regrow(self, configuration: Configuration, race: FoldRace | None) -> Trial:
        if self.choice is None:
            raise ValueError("nothing grows")
        grown = self.known[configuration.params["at"]]
        every, curves = self.choice.every, grown.curves or []
        models = [ReplayedModel(curve, every) for curve in curves]
        row = np.zeros((1, 1))
        folds = [ReplayedFold(row, row, row, row, model=model) for model in models]
        choice = replace(self.choice, look=look_up, race=race)
        trial = evaluate_growing(configuration, folds, "regression", 0, choice, look_up)
        share = sum(model.n_rounds for model in models) / (every * sum(map(len, curves)))
        self.run_seconds.append(grown.seconds * share)
        self.run_folds.append(len(trial.fold_metrics))
        return trial


def replay_growth(
    trials: Sequence[Grown], choice: RoundChoice | None, *, takes_looks: bool = False
) -> Replayed:
    """Race trials that early stopping ended, after the first, which is the library default."""
    default, *others = trials
    n_folds = len(default.scores)
    configurations = [Configuration(REPLAYED, {"at": at}, "given") for at in range(len(others))]
    folds: Any = [None] * n_folds
    # The default is one of the first batch
    n_first = N_TOGETHER - 1
    batches = [configurations[:n_first], *([one] for one in configurations[n_first:])]

    def run(race: FoldRace | None) -> tuple[npt.NDArray[np.float64], float, int]:
        evaluator = RegrowingEvaluator(folds, "regression", 0, scorer=max, choice=choice, known=others)
        if race is not None:
            race.record(default.scores, default.look)
        found = [trial for batch in batches for _, trial in evaluator.evaluate(batch, race)]
        complete = [default.scores, *(trial.fold_scores for trial in found if trial.is_ok)]
        # The look of the default is a part of the race
        seconds = default.seconds + (race is not None) * default.look_seconds + sum(evaluator.run_seconds)
        return max(complete, key=np.mean), seconds, n_folds + sum(evaluator.run_folds)

    whole, whole_seconds, n_whole = run(None)
    raced, raced_seconds, n_raced = run(FoldRace(n_folds, takes_looks=takes_looks))
    error = max(np.std(one, ddof=1) for one in (whole, raced)) / np.sqrt(n_folds)
    return Replayed(
        float(whole.mean()), float(raced.mean()), error, n_raced / n_whole, raced_seconds / whole_seconds
    )


def replay_searches(options: argparse.Namespace) -> None:
    """Search once on each table, race its trials in random orders, and print."""
    register_replayed()
    outcomes: dict[str, list[Replayed]] = {"": []}
    if options.first_looks:
        outcomes["with first looks "] = []
    for name, X, y in read_tables(options):
        watching = WatchingSearch(**search_parameters(options, 0, racing=False))
        watching.takes_looks = options.first_looks
        evaluator = watching.fit(X, y).evaluator_
        default, *others = sorted(evaluator.seen, key=lambda trial: trial.curves is not None)
        if default.curves is not None or not all(trial.curves for trial in others):
            print(f"{name}: the library default failed, or a learner that does not grow was tried")
            continue
        for said in outcomes:
            of_table = []
            for seed in range(options.seeds):
                order = np.random.default_rng(seed).permutation(len(others))
                trials = [default, *(others[at] for at in order)]
                of_table.append(replay_growth(trials, evaluator.choice, takes_looks=bool(said)))
            outcomes[said] += of_table
            print(f"{name}: {said}{describe_replays(of_table)}", flush=True)
    for said, of_all in outcomes.items():
        print(f"in all {said}{describe_replays(of_all)}")


def describe_replays(outcomes: Sequence[Replayed]) -> str:
    """Describe replayed searches of trials that early stopping ended."""
    whole, raced, error, share, seconds = np.array(outcomes).T
    return (
        f"{len(outcomes)} replayed searches: the same within one standard error in "
        f"{np.mean(raced >= whole - error - 1e-12):.1%}, the very same in {np.mean(raced >= whole):.0%}, "
        f"{share.mean():.0%} of the folds, {seconds.mean():.0%} of the time"
    )


class Found(NamedTuple):
    """Scores of the chosen configuration on the folds, and the seconds of the search."""

    scores: npt.NDArray[np.float64]
    seconds: float
    n_stopped: int


def search_parameters(options: argparse.Namespace, seed: int, *, racing: bool) -> dict[str, Any]:
    """Return the arguments of a search."""
    return {
        "learner": options.learner,
        "n_trials": options.trials,
        "scoring": options.scoring,
        "early_stopping": EarlyStopping(options.patience) if options.early_stopping else None,
        "refit": False,
        "random_state": seed,
        "racing": racing,
        "cv": options.cv,
    }


def search(X: pd.DataFrame, y: pd.Series, options: argparse.Namespace, seed: int, *, racing: bool) -> Found:
    """Search without a last fit."""
    start = time.process_time()
    found = MetaSearchCV(**search_parameters(options, seed, racing=racing)).fit(X, y)
    seconds = time.process_time() - start
    results = found.cv_results_
    folds = [results[f"split{fold}_test_score"][found.best_index_] for fold in range(found.n_splits_)]
    return Found(np.array(folds), seconds, int((results["status"] == "stopped").sum()))


def is_same(whole: Found, raced: Found) -> bool:
    """Whether the choice of the race is at most one standard error behind."""
    errors = [np.std(one, ddof=1) for one in (whole.scores, raced.scores)]
    standard_error = max(errors) / np.sqrt(len(whole.scores))
    return bool(raced.scores.mean() >= whole.scores.mean() - standard_error)


def read_tables(options: argparse.Namespace) -> Iterator[tuple[str, pd.DataFrame, pd.Series]]:
    """Read the tables, with up to ``--max-rows`` rows: those of the folder, or of scikit-learn."""
    if options.folder is None:
        for load in (load_breast_cancer, load_diabetes, load_digits, load_wine):
            name = load.__name__.removeprefix("load_")
            if name in (options.tables or [name]):
                yield name, *load(return_X_y=True, as_frame=True)
        return
    for path in sorted(options.folder.glob("*.parquet")):
        if options.tables and path.stem not in options.tables:
            continue
        table = pd.read_parquet(path)
        if len(table) > options.max_rows:
            table = table.sample(options.max_rows, random_state=0).reset_index(drop=True)
        yield path.stem, table.drop(columns="target"), table["target"]


def race_engine(options: argparse.Namespace) -> None:
    """Run the engine on bundled tasks without and with racing, and print."""
    names = options.tables or ENGINE_TASKS
    generation = read_parameters("task_generation") | {"task_ids": names, "synthetic": []}
    generated = TaskGenerationParameters(**generation)
    tasks = generate_tasks(select_task_sources(generated, {}), {}, generated, 0)[0]
    given = {"n_configurations": options.trials, "strategy": "optuna_tpe", "limits": {}}
    raw = read_parameters("hpo") | given | ({"n_folds": options.cv} if options.cv else {})
    outcomes = []
    for seed in range(options.seeds):
        whole, raced = (
            run_hpo(tasks, HpoParameters(**(raw | {"racing": is_on})), seed) for is_on in (False, True)
        )
        outcomes.append(compare_runs(*whole, *raced))
        print(f"seed {seed}: {describe_engine(outcomes[-1:])}", flush=True)
    print(f"in all {describe_engine(outcomes)}")


def compare_runs(
    whole: pd.DataFrame, whole_costs: pd.DataFrame, raced: pd.DataFrame, raced_costs: pd.DataFrame
) -> dict[str, float]:
    """Compare two runs on the same tasks: trials, folds, seconds, and the best of each learner and task."""
    before, after = find_best(whole), find_best(raced)
    scores = raced.filter(like="score_fold_")
    n_folds = scores.shape[1]
    standard_error = before["score_std"] / np.sqrt(n_folds - 1)
    return {
        "n_trials": len(raced),
        "n_stopped": int(raced["status"].eq("stopped").sum()),
        "share": int(scores.notna().to_numpy().sum()) / (n_folds * int(raced["status"].isin(WORKED).sum())),
        "seconds": raced_costs["fit_seconds"].sum() / whole_costs["fit_seconds"].sum(),
        "n_searches": len(before),
        "n_same": int((after["score"] >= before["score"] - standard_error).sum()),
        "n_ahead": int((after["score"] >= before["score"]).sum()),
    }


def find_best(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the best complete trial of each learner on each task, sorted by them."""
    ranked = trials[trials["status"] == "ok"].sort_values("score", ascending=False, kind="stable")
    best = ranked.drop_duplicates(["task_id", "learner"]).set_index(["task_id", "learner"])
    return best.sort_index()


def describe_engine(outcomes: Sequence[dict[str, float]]) -> str:
    """Describe pairs of runs of the engine."""
    table = pd.DataFrame(outcomes)
    total = {name: f"{value:.0f}" for name, value in table.sum().items()}
    return (
        f"{total['n_stopped']} of {total['n_trials']} trials stopped, {table['share'].mean():.0%} of the "
        f"folds, {table['seconds'].mean():.0%} of the seconds; of {total['n_searches']} searches the best is "
        f"at most one standard error behind in {total['n_same']}, and not at all in {total['n_ahead']}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument(
        "--ledger", type=Path, default=LEDGER, help="backup that is replayed without a folder"
    )
    parser.add_argument("--n-tasks", type=int, default=100, help="of the ledger")
    parser.add_argument("--tables", nargs="+", default=[], help="names of files; all if not given")
    parser.add_argument("--learner", default="xgboost")
    parser.add_argument("--scoring", default=None)
    parser.add_argument("--trials", type=int, default=20)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--max-rows", type=int, default=2_000)
    parser.add_argument("--cv", type=int, default=None, help="number of folds")
    parser.add_argument("--early-stopping", action="store_true", help="of boosting rounds")
    parser.add_argument("--patience", type=int, default=50)
    parser.add_argument("--first-looks", action="store_true", help="in replays")
    parser.add_argument("--replay", action="store_true", help="of trials with early stopping")
    parser.add_argument("--engine", action="store_true", help="hpo on bundled tasks, which --tables names")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.engine:
        race_engine(options)
        return
    if options.replay and options.early_stopping:
        replay_searches(options)
        return
    if options.folder is None and not options.early_stopping:
        replay_ledger(options)
        return
    same, seconds = [], []
    for name, X, y in read_tables(options):
        for seed in range(options.seeds):
            whole = search(X, y, options, seed, racing=False)
            raced = search(X, y, options, seed, racing=True)
            same.append(is_same(whole, raced))
            seconds.append((whole.seconds, raced.seconds))
            print(
                f"{name}, seed {seed}: {whole.scores.mean():.4f} in {whole.seconds:.1f} s, racing "
                f"{raced.scores.mean():.4f} in {raced.seconds:.1f} s, {raced.n_stopped} stopped",
                flush=True,
            )
    total = np.array(seconds)
    shares = total[:, 1] / total[:, 0]
    whole_seconds, raced_seconds = total.sum(axis=0)
    print(
        f"{len(same)} searches: the same within one standard error in {np.mean(same):.0%}, "
        f"{raced_seconds / whole_seconds:.0%} of the time in all, {np.median(shares):.0%} in the median"
    )


if __name__ == "__main__":
    main()
