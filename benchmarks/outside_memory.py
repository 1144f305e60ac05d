"""Benchmark of Foretune against searches from scratch on tables outside of the memory.

Takes a folder of CSV or Parquet files with the target in the last column or in ``--target``. Each table is
split once per seed; the refitted best estimator of every search is scored on the outer test part. All
searches share the space, the folds and the estimator (imputation, scaling, one-hot encoding, the learner).
Searches from scratch run once and are scored after several numbers of trials; Foretune plans its trials
together, so that each number is a separate search. Seconds are those of one core; loading the memory, once
per process, is timed separately.

``--hold-out SHARE`` first creates such a folder: it holds out families of the last run's tasks, trains a
memory on all others, and writes the tables of these families to the folder, with up to ``--max-rows`` rows.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import yaml
from threadpoolctl import threadpool_limits

from foretune.base.parameters import TASK_TYPES
from foretune.hpo.design import default_configuration
from foretune.hpo.parameters import HpoParameters
from foretune.learners import get_learner
from foretune.learners.preprocessing import make_preprocessor
from foretune.meta_model.artifact import save_memory
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.training import train_memories, with_provenance
from foretune.recommendation.reference.make import N_MEMBERS
from foretune.spaces.hyperparameters import Choice, FloatRange
from foretune.tables import infer_task_type
from foretune.tasks.generation import generate_tasks, select_task_sources
from foretune.tasks.parameters import TaskGenerationParameters

if TYPE_CHECKING:
    import numpy.typing as npt

    from foretune.spaces.hyperparameters import IntegerRange

    Hyperparameters = dict[str, FloatRange | IntegerRange | Choice]

ROOT = Path(__file__).resolve().parents[1]
N_TRIALS = (1, 3, 5, 10, 20, 50)
TEST_SHARE = 0.3
N_FOLDS = 3
SCORES = {"classification": "balanced_accuracy", "regression": "r2"}


class Case(NamedTuple):
    """A table, split, with what all searches share."""

    name: str
    task_type: Any
    learner: str
    hyperparameters: Hyperparameters
    X: pd.DataFrame
    y: pd.Series
    X_test: pd.DataFrame
    y_test: pd.Series
    seed: int

    def estimator(self, params: dict[str, Any]) -> Any:
        """Make the estimator that all searches tune."""
        from sklearn.compose import TransformedTargetRegressor
        from sklearn.pipeline import Pipeline
        from sklearn.preprocessing import StandardScaler

        hpo = _read_hpo()
        learner = get_learner(self.learner).build(params, self.task_type, self.seed)
        pipeline = Pipeline([("prepare", make_preprocessor(hpo.preprocessing)), ("learner", learner)])
        if self.task_type == "classification":
            return pipeline
        return TransformedTargetRegressor(pipeline, transformer=StandardScaler())

    def folds(self) -> Any:
        """Make the folds that all searches share."""
        from sklearn.model_selection import KFold, StratifiedKFold

        kind = StratifiedKFold if self.task_type == "classification" else KFold
        return kind(N_FOLDS, shuffle=True, random_state=self.seed)

    def cross_validate(self, params: dict[str, Any]) -> float:
        """Score a configuration as scikit-learn does."""
        from sklearn.model_selection import cross_val_score

        scores = cross_val_score(
            self.estimator(params), self.X, self.y, cv=self.folds(), scoring=SCORES[self.task_type]
        )
        return float(np.mean(scores))

    def test_score(self, params: dict[str, Any]) -> float:
        """Refit on the whole training part and score the test part."""
        from sklearn.metrics import get_scorer

        fitted = self.estimator(params).fit(self.X, self.y)
        return float(get_scorer(SCORES[self.task_type])(fitted, self.X_test, self.y_test))


class Trials(NamedTuple):
    """What a search tried, in order: configurations, their scores, and the seconds from its start."""

    params: list[dict[str, Any]]
    scores: list[float]
    seconds: list[float]

    def best_of_first(self, n_trials: int) -> tuple[dict[str, Any], float]:
        """Give the winner of the first trials, and the seconds that they took."""
        scores = np.nan_to_num(self.scores[:n_trials], nan=-np.inf)
        last = min(n_trials, len(self.seconds)) - 1
        return self.params[int(np.argmax(scores))], self.seconds[last]


def search_foretune(case: Case, n_trials: int, memory: Path | None) -> Trials:
    """Tune by :class:`foretune.MetaSearchCV`."""
    from foretune import MetaSearchCV

    start = time.perf_counter()
    search = MetaSearchCV(
        case.learner,
        n_trials=n_trials,
        scoring=SCORES[case.task_type],
        cv=case.folds(),
        random_state=case.seed,
        memory=memory,
        min_gain=0,
        task_type=case.task_type,
        refit=False,
    ).fit(case.X, case.y)
    seconds = [time.perf_counter() - start] * search.n_trials_
    results = search.cv_results_
    return Trials(list(results["params"]), list(results["mean_test_score"]), seconds)


def search_at_random(case: Case, n_trials: int, memory: Path | None) -> Trials:
    """Tune by scikit-learn's ``RandomizedSearchCV``."""
    from sklearn.model_selection import RandomizedSearchCV

    prefix = "regressor__learner__" if case.task_type == "regression" else "learner__"
    space = {f"{prefix}{key}": _distribution(value) for key, value in case.hyperparameters.items()}
    start = time.perf_counter()
    search = RandomizedSearchCV(
        case.estimator({}),
        space,
        n_iter=n_trials,
        scoring=SCORES[case.task_type],
        cv=case.folds(),
        random_state=case.seed,
        refit=False,
    ).fit(case.X, case.y)
    total = time.perf_counter() - start
    results = search.cv_results_
    params = [{key.removeprefix(prefix): value for key, value in one.items()} for one in results["params"]]
    each = results["mean_fit_time"] + results["mean_score_time"]
    seconds = total * np.cumsum(each) / each.sum()
    return Trials(params, list(results["mean_test_score"]), seconds.tolist())


def search_optuna(case: Case, n_trials: int, memory: Path | None) -> Trials:
    """Tune by Optuna's TPE."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    trials = Trials([], [], [])
    start = time.perf_counter()

    def objective(trial: optuna.Trial) -> float:
        params: dict[str, Any] = {}
        for name, value in case.hyperparameters.items():
            if all(params.get(parent) in allowed for parent, allowed in value.when.items()):
                params[name] = _suggest(trial, name, value)
        return _record(case, trials, params, start)

    sampler = optuna.samplers.TPESampler(seed=case.seed)
    optuna.create_study(direction="maximize", sampler=sampler).optimize(objective, n_trials=n_trials)
    return trials


def search_hyperopt(case: Case, n_trials: int, memory: Path | None) -> Trials:
    """Tune by Hyperopt's TPE."""
    from hyperopt import fmin, tpe

    trials = Trials([], [], [])
    start = time.perf_counter()

    def objective(params: dict[str, Any]) -> float:
        active = {
            name: value
            for name, value in params.items()
            if all(params.get(p) in allowed for p, allowed in case.hyperparameters[name].when.items())
        }
        return -_record(case, trials, active, start)

    space = {name: _hyperopt_range(name, value) for name, value in case.hyperparameters.items()}
    rstate = np.random.default_rng(case.seed)
    fmin(objective, space, tpe.suggest, n_trials, rstate=rstate, show_progressbar=False, verbose=False)
    return trials


def take_default(case: Case, n_trials: int, memory: Path | None) -> Trials:
    """Take the library's own defaults: one trial without a search."""
    start = time.perf_counter()
    params = default_configuration(case.learner, case.task_type).params
    trials = Trials([], [], [])
    _record(case, trials, params, start)
    return trials


def take_flaml(case: Case, n_trials: int, memory: Path | None) -> Trials:
    """Take FLAML's zero-shot suggestion, all of it; nothing is evaluated before the test part."""
    from flaml.default import suggest_hyperparams

    names = {"xgboost": "xgboost", "random_forest": "rf", "extra_trees": "extra_tree"}
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        X = make_preprocessor(_read_hpo().preprocessing).fit_transform(case.X)
        found, _ = suggest_hyperparams(case.task_type, X, case.y.to_numpy(), names[case.learner])
    # The learner has these from us
    params = {name: value for name, value in found.items() if name not in ("n_jobs", "random_state")}
    return Trials([params], [0.0], [time.perf_counter() - start])


Search = Callable[[Case, int, Path | None], Trials]
SEARCHES: dict[str, Search] = {
    "foretune": search_foretune,
    "random search": search_at_random,
    "optuna tpe": search_optuna,
    "hyperopt tpe": search_hyperopt,
    "library default": take_default,
    "flaml zero-shot": take_flaml,
}
# Their first trials depend on how many there may be
PLANS_AHEAD = {"foretune"}


def main() -> None:
    """Compare the searches and print mean test scores, seconds, and whether the target is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("folder", type=Path, help="CSV or Parquet files, one table each")
    parser.add_argument("--target", help="name of the target; the last column where it is not given")
    parser.add_argument("--learner", default="xgboost")
    parser.add_argument("--n-trials", type=int, nargs="+", default=list(N_TRIALS))
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--memory", type=Path, help="folder of surrogates instead of the reference memory")
    parser.add_argument("--hold-out", type=float, help="share of the families to write to the folder first")
    parser.add_argument("--max-rows", type=int, default=10_000, help="rows of a table that is held out")
    parser.add_argument("--max-tables", type=int, help="take so many tables at most")
    parser.add_argument("--searches", nargs="+", choices=SEARCHES, default=list(SEARCHES), metavar="SEARCH")
    parser.add_argument("--out", type=Path, help="write every score to this CSV file")
    options = parser.parse_args()
    if options.hold_out:
        options.memory = hold_out(options.folder, options.hold_out, options.max_rows)
    files = sorted(file for file in options.folder.iterdir() if file.suffix in (".csv", ".parquet"))
    if options.max_tables:
        files = files[: options.max_tables]
    print(f"loading the memory: {load_memories(options.memory):.2f} s, once in a process")
    rows = []
    with threadpool_limits(1):
        for number, file in enumerate(files, 1):
            for seed in range(options.seeds):
                rows += compare(file, seed, options)
            print(f"{number}/{len(files)} {file.stem}", flush=True)
    table = pd.DataFrame(rows)
    if options.out:
        table.to_csv(options.out, index=False)
    report(table)


def load_memories(memory: Path | None) -> float:
    """Load the memories of both task types, and return the seconds that took."""
    from foretune.recommendation.core.memory import load_memory

    start = time.perf_counter()
    for task_type in TASK_TYPES:
        load_memory(task_type, memory)
    return time.perf_counter() - start


def hold_out(folder: Path, share: float, max_rows: int, seed: int = 0) -> Path:
    """Write the tables of some families to a folder and train a memory on all others; return its folder."""
    data = ROOT / "data"
    catalogue = pd.read_parquet(data / "03_primary/task_catalogue.parquet")
    real = catalogue[catalogue["provenance"] == "real"]
    families = np.array(sorted(real["family"].unique()))
    away = np.random.default_rng(seed).permutation(families)[: round(share * len(families))]
    folder.mkdir(parents=True, exist_ok=True)
    chosen = real.loc[real["family"].isin(away)].drop_duplicates("family")["task_id"]
    raw = yaml.safe_load((ROOT / "conf/full/parameters.yml").read_text())["task_generation"]
    parameters = TaskGenerationParameters.model_validate(
        {**raw, "task_ids": list(chosen), "synthetic": [], "max_rows": max_rows}
    )
    tasks, _, _ = generate_tasks(select_task_sources(parameters, []), {}, parameters, seed)
    for task_id, task in tasks.items():
        task.to_frame().to_parquet(folder / f"{task_id}.parquet", index=False)
    meta_dataset = pd.read_parquet(data / "05_model_input/meta_dataset.parquet")
    kept = meta_dataset[~meta_dataset["family"].isin(away)]
    raw = yaml.safe_load((ROOT / "conf/base/parameters_meta_training.yml").read_text())["meta_training"]
    memories = train_memories(kept, MetaTrainingParameters.model_validate(raw), seed, 2)
    trials = pd.read_parquet(data / "03_primary/trials.parquet")
    metafeatures = pd.read_parquet(data / "04_feature/metafeatures.parquet")
    target = folder / "memory"
    for task_type, memory in with_provenance(memories, trials, metafeatures, _read_hpo()).items():
        # As many members as the memory has that ships with the package
        save_memory(memory.with_members(N_MEMBERS), target / task_type)
    print(f"{len(away)} families of {len(families)} are outside of the memory in {target}")
    return target


def compare(file: Path, seed: int, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Run every search on one split of a table."""
    case = read_case(file, options.target, options.learner, seed)
    rows = []
    for name in options.searches:
        search = SEARCHES[name]
        try:
            trials = None if name in PLANS_AHEAD else search(case, max(options.n_trials), options.memory)
        except (ImportError, KeyError):
            continue
        scored: dict[str, float] = {}
        for n_trials in options.n_trials:
            params, seconds = (trials or search(case, n_trials, options.memory)).best_of_first(n_trials)
            key = repr(params)
            if key not in scored:
                scored[key] = case.test_score(params)
            rows.append(
                {
                    "table": case.name,
                    "task_type": case.task_type,
                    "seed": seed,
                    "search": name,
                    "n_trials": n_trials,
                    "test_score": scored[key],
                    "seconds": seconds,
                }
            )
    return rows


def read_case(file: Path, target: str | None, learner: str, seed: int) -> Case:
    """Read and split a table."""
    from sklearn.model_selection import train_test_split

    table = pd.read_csv(file) if file.suffix == ".csv" else pd.read_parquet(file)
    name = target or table.columns[-1]
    table = table[table[name].notna()]
    task_type = infer_task_type(table[name])
    X, y = table.drop(columns=name), table[name]
    if task_type == "classification":
        y = y.astype("category").cat.codes
    stratify = y if task_type == "classification" else None
    X, X_test, y, y_test = train_test_split(X, y, test_size=TEST_SHARE, random_state=seed, stratify=stratify)
    hyperparameters = _read_hpo().spaces[learner].of(task_type)
    return Case(file.stem, task_type, learner, hyperparameters, X, y, X_test, y_test, seed)


def report(table: pd.DataFrame) -> None:
    """Print means over the tables (seeds averaged first), and the target."""
    by_table = table.groupby(["task_type", "search", "n_trials", "table"])[["test_score", "seconds"]].mean()
    for task_type, part in by_table.reset_index().groupby("task_type"):
        n_tables = part["table"].nunique()
        print(f"\n{task_type}: mean {SCORES[str(task_type)]} on the test part of {n_tables} tables")
        for column, title in (("test_score", "score"), ("seconds", "seconds until then")):
            print(title)
            print(part.pivot_table(column, "search", "n_trials").round(4).to_string())
    first, second = _read_off(by_table, "foretune", 5), _read_off(by_table, "random search", 50)
    if first is None or second is None:
        return
    difference = first["test_score"] - second["test_score"]
    interval = _bootstrap(difference.to_numpy())
    ratio = second["seconds"].sum() / first["seconds"].sum()
    by_case = second["seconds"] / first["seconds"]
    print(
        f"\nForetune after 5 trials minus random search after 50: mean {difference.mean():+.4f} "
        f"(95 % interval {interval[0]:+.4f} to {interval[1]:+.4f}), median {difference.median():+.4f}, "
        f"better or equal on {(difference >= 0).sum()} of {len(difference)} tables; {ratio:.1f} times as "
        f"fast in all, {by_case.min():.1f} to {by_case.max():.1f} times on single tables, median "
        f"{by_case.median():.1f} (wanted: at least as good, 10 times)"
    )


def _read_off(by_table: pd.DataFrame, search: str, n_trials: int) -> pd.DataFrame | None:
    rows = by_table.reset_index()
    rows = rows[(rows["search"] == search) & (rows["n_trials"] == n_trials)]
    return None if rows.empty else rows.set_index("table")[["test_score", "seconds"]].sort_index()


def _bootstrap(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    draws = np.random.default_rng(0).choice(values, (10_000, len(values))).mean(axis=1)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def _record(case: Case, trials: Trials, params: dict[str, Any], start: float) -> float:
    score = case.cross_validate(params)
    trials.params.append(params)
    trials.scores.append(score)
    trials.seconds.append(time.perf_counter() - start)
    return score


def _distribution(value: FloatRange | IntegerRange | Choice) -> Any:
    from scipy import stats

    if isinstance(value, Choice):
        return list(value.choices)
    if isinstance(value, FloatRange):
        return (
            stats.loguniform(value.low, value.high)
            if value.log
            else stats.uniform(value.low, value.high - value.low)
        )
    if value.log:
        return [value.at(quantile) for quantile in np.linspace(0, 1, 200, endpoint=False)]
    return list(range(value.low, value.high + 1, value.step))


def _suggest(trial: Any, name: str, value: FloatRange | IntegerRange | Choice) -> Any:
    if isinstance(value, Choice):
        return trial.suggest_categorical(name, value.choices)
    if isinstance(value, FloatRange):
        return trial.suggest_float(name, value.low, value.high, log=value.log)
    return trial.suggest_int(name, value.low, value.high, step=value.step, log=value.log)


def _hyperopt_range(name: str, value: FloatRange | IntegerRange | Choice) -> Any:
    from hyperopt import hp
    from hyperopt.pyll import scope

    if isinstance(value, Choice):
        return hp.choice(name, value.choices)
    low, high = value.low, value.high
    if isinstance(value, FloatRange):
        if value.log:
            return hp.loguniform(name, float(np.log(low)), float(np.log(high)))
        return hp.uniform(name, low, high)
    if value.log:
        return scope.int(hp.qloguniform(name, float(np.log(low)), float(np.log(high)), 1))
    return scope.int(hp.quniform(name, low, high, value.step))


def _read_hpo() -> HpoParameters:
    return HpoParameters.model_validate(
        yaml.safe_load((ROOT / "conf/base/parameters_hpo.yml").read_text())["hpo"]
    )


if __name__ == "__main__":
    main()
