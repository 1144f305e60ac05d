"""What racing over folds saves, and whether it changes what a search chooses.

Without a folder, trials of a ledger's backup are raced, those of the shipped memory by default: on each of
``--n-tasks`` tasks and for each seed the library default and others in random order, of which all folds are
known, by the evaluator of ``MetaSearchCV``.
Printed is how often the choice is the same within one standard error, and the share of the folds that ran.

With a folder it searches: Parquet files with the column ``target``. On each table and seed ``MetaSearchCV``
searches twice, with every fold of every trial and with racing, on the same folds. A choice counts as the same
if its mean score is at most one standard error behind: the standard deviation over the folds, divided by the
root of their number. Seconds are those of the whole search without the last fit.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune import MetaSearchCV
from foretune.learners import Trial
from foretune.recommendation.search_cv.fold_race import FoldRace
from foretune.recommendation.search_cv.scoring import SCORE
from foretune.recommendation.search_cv.trial_evaluator import TrialEvaluator
from foretune.spaces import DEFAULT, Configuration

ROOT = Path(__file__).resolve().parents[1]
LEDGER = ROOT / "data/01_raw/reference_ledger.parquet"
SCORES = {"classification": "balanced_accuracy", "regression": "r2"}
# Trials that a search plans together
N_TOGETHER = 3


class Replayed(NamedTuple):
    """Best mean score of all trials and of the race, the standard error, and the share of folds that ran."""

    whole: float
    raced: float
    standard_error: float
    share: float


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
    whole, raced, error, share = np.array(outcomes).T
    print(
        f"{len(outcomes)} replayed searches of {len(chosen)} tasks, {options.learner}: the same within one "
        f"standard error in {np.mean(raced >= whole - error - 1e-12):.1%}, the very same in "
        f"{np.mean(raced >= whole):.0%}, {share.mean():.0%} of the folds"
    )


class Found(NamedTuple):
    """Scores of the chosen configuration on the folds, and the seconds of the search."""

    scores: npt.NDArray[np.float64]
    seconds: float
    n_stopped: int


def search(X: pd.DataFrame, y: pd.Series, options: argparse.Namespace, seed: int, *, racing: bool) -> Found:
    """Search without a last fit."""
    start = time.perf_counter()
    found = MetaSearchCV(
        options.learner,
        options.trials,
        scoring=options.scoring,
        refit=False,
        random_state=seed,
        racing=racing,
    ).fit(X, y)
    seconds = time.perf_counter() - start
    results = found.cv_results_
    folds = [results[f"split{fold}_test_score"][found.best_index_] for fold in range(found.n_splits_)]
    return Found(np.array(folds), seconds, int((results["status"] == "stopped").sum()))


def is_same(whole: Found, raced: Found) -> bool:
    """Whether the choice of the race is at most one standard error behind."""
    errors = [np.std(one, ddof=1) for one in (whole.scores, raced.scores)]
    standard_error = max(errors) / np.sqrt(len(whole.scores))
    return bool(raced.scores.mean() >= whole.scores.mean() - standard_error)


def read_tables(options: argparse.Namespace) -> Iterator[tuple[str, pd.DataFrame, pd.Series]]:
    """Read the tables, with up to ``--max-rows`` rows."""
    for path in sorted(options.folder.glob("*.parquet")):
        if options.tables and path.stem not in options.tables:
            continue
        table = pd.read_parquet(path)
        if len(table) > options.max_rows:
            table = table.sample(options.max_rows, random_state=0).reset_index(drop=True)
        yield path.stem, table.drop(columns="target"), table["target"]


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
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    if options.folder is None:
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
