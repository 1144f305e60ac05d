"""Regret against the size of the memory, for each method, on logs of trials.

From each log random subsets of tasks are drawn, and every method is evaluated on them by leaving out one
family at a time. Logs are folders with ``trials.parquet`` and, where there are any, ``metafeatures.parquet``;
``--reference`` adds Foretune's own reference trials by task type, and ``--learners`` one learner at a time
without metafeatures. The families of a log are dealt into two halves once and for all: what a method is
chosen by is the first (``--half chosen``), what is reported is the other (the default).

Every subset is a line of ``--out`` and is not computed again when the program is called again. Prints the
mean regret of each method, and in how many cells Foretune is more than 3 % above the best other method.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from foretune.base import UserError, derive_seed
from foretune.evaluation.evaluate import evaluate_methods
from foretune.evaluation.parameters import EvaluationParameters
from foretune.logs import import_logs
from foretune.meta_model import METAFEATURE_PREFIX, build_meta_dataset, read_memory
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.recommendation import reference_folder

ROOT = Path(__file__).resolve().parents[1]
LEDGER = ROOT / "data/01_raw/reference_ledger.parquet"
METHODS = (
    "best_average",
    "greedy_portfolio",
    "quantile_transfer",
    "rgpe",
    "no_metafeatures",
    "foretune",
)
METRIC = {"classification": "balanced_accuracy", "regression": "r2"}
HALVES = ("chosen", "reported", "both")
# Above the best other method by more than so much a cell of the table counts as lost
TOLERANCE = 0.03
# Fewer families have no halves
FEWEST_TO_HALVE = 12


def main(arguments: Sequence[str] | None = None) -> int:
    """Evaluate what is missing, print the tables and draw the figure; return the exit status."""
    options = _read_options(arguments)
    try:
        results = _evaluate(options)
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130
    print_report(results)
    if options.figure:
        draw(results, options.figure)
        print(f"drawn: {options.figure}")
    return 0


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("logs", type=Path, nargs="*", metavar="FOLDER", help="trials.parquet and metafeatures.parquet")
    add("--reference", action="store_true", help="the reference trials, by task type")
    add("--learners", nargs="*", default=[], metavar="LEARNER", help="of the reference trials, one at a time")
    add("--sizes", type=int, nargs="+", default=[10, 20, 40, 80, 160], help="tasks in the memory")
    add("--draws", type=int, default=10, help="random subsets of each size")
    add("--half", choices=HALVES, default="reported", help="families that are drawn from")
    add("--max-trials", type=int, default=256, help="configurations of a task, a sample of more")
    add("--workers", type=int, default=1)
    add("--out", type=Path, default=Path("memory_size.jsonl"), help="file of the results")
    add("--figure", type=Path, help="PNG file for the picture")
    return parser.parse_args(arguments)


def _evaluate(options: argparse.Namespace) -> pd.DataFrame:
    done = _read_results(options.out)
    raw = yaml.safe_load((ROOT / "conf/base/parameters_meta_training.yml").read_text())["meta_training"]
    training = MetaTrainingParameters.model_validate(raw)
    parameters = EvaluationParameters(methods=METHODS, n_seeds=1)
    chosen = []
    for name, table in read_logs(options).items():
        tasks = np.array(sorted(_half(table, options.half)["task_id"].unique()))
        for size in options.sizes:
            if size > len(tasks) * 1.1:
                continue
            # All of them are one draw
            for draw_number in range(options.draws if size < len(tasks) else 1):
                key = f"{name} {options.half} {min(size, len(tasks))} {draw_number}"
                chosen.append(key)
                if key in done:
                    continue
                rng = np.random.default_rng(derive_seed(0, "memory size", name, size, draw_number))
                drawn = rng.permutation(tasks)[:size]
                rows = table[table["task_id"].isin(drawn)].assign(task_type=name)
                regret = evaluate_methods(rows, parameters, training, 0, options.workers).regret
                curves = regret.pivot_table("regret", "method", "n_trials")
                done[key] = {
                    "key": key,
                    "log": name,
                    "half": options.half,
                    "n_tasks": int(rows["task_id"].nunique()),
                    "size": size,
                    "regret": {
                        method: {str(n): float(value) for n, value in curve.items()}
                        for method, curve in curves.iterrows()
                    },
                }
                with options.out.open("a") as file:
                    file.write(json.dumps(done[key]) + "\n")
                print(f"{key}: {_shortly(done[key])}", file=sys.stderr, flush=True)
    if not chosen:
        raise UserError(
            "nothing to evaluate: give a FOLDER, --reference or --learners, and --sizes up to their tasks"
        )
    return tabulate([done[key] for key in chosen])


def _shortly(result: dict[str, Any]) -> str:
    return ", ".join(
        f"{method} {curve['1']:.3f} {curve['5']:.3f}" for method, curve in result["regret"].items()
    )


def _read_results(path: Path) -> dict[str, dict[str, Any]]:
    if not path.is_file():
        return {}
    rows = [json.loads(line) for line in path.read_text().splitlines() if line]
    return {row["key"]: row for row in rows}


def tabulate(results: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Return one row for each log, size, draw, method and number of trials."""
    return pd.DataFrame(
        [
            {"log": one["log"], "size": one["size"], "method": method, "n_trials": int(n), "regret": value}
            for one in results
            for method, curve in one["regret"].items()
            for n, value in curve.items()
        ]
    )


def read_logs(options: argparse.Namespace) -> dict[str, pd.DataFrame]:
    """Read the meta-dataset of every log by name."""
    tables = {}
    for folder in options.logs:
        trials_path, described = folder / "trials.parquet", folder / "metafeatures.parquet"
        if not trials_path.is_file():
            raise UserError(f"{folder} has no trials.parquet")
        trials = pd.read_parquet(trials_path)
        rng = np.random.default_rng(0)
        trials = trials.iloc[np.sort(_sampled(trials["task_id"].to_numpy(), options.max_trials, rng))]
        metafeatures = pd.read_parquet(described) if described.is_file() else None
        tables[folder.name] = import_logs(trials, metafeatures).build_meta_dataset("copula")
    if options.reference or options.learners:
        for task_type, table in _reference_tables().items():
            if options.reference:
                tables[f"reference_{task_type}"] = table
            for learner in options.learners:
                own = table[table["learner"] == learner].drop(columns=_metafeatures_of(table))
                tables[f"{learner}_{task_type}"] = own
    return tables


def _sampled(tasks: np.ndarray, most: int, rng: np.random.Generator) -> np.ndarray:
    """Return the positions of at most so many trials of each task."""
    order = rng.permutation(len(tasks))
    number = pd.Series(tasks[order]).groupby(tasks[order]).cumcount().to_numpy()
    return order[number < most]


def _metafeatures_of(table: pd.DataFrame) -> list[str]:
    return [column for column in map(str, table) if column.startswith(METAFEATURE_PREFIX)]


def _reference_tables() -> dict[str, pd.DataFrame]:
    """Read the real tasks of the reference trials, without defaults, as a log has none."""
    ledger = pd.read_parquet(LEDGER)
    ledger = ledger[ledger["fidelity"] == 1.0]
    catalogue = pd.read_csv(ROOT / "src/foretune/tasks/catalogue.csv")
    real = set(catalogue.loc[catalogue["provenance"] == "real", "task_id"])
    tables = {}
    for task_type, metric in METRIC.items():
        memory = read_memory(reference_folder() / task_type)
        tasks = pd.DataFrame(
            {
                "task_id": list(memory.task_hashes),
                "task_type": task_type,
                "family": memory.training_set.families,
                "provenance": "logged",
                "content_hash": list(memory.task_hashes.values()),
            }
        )
        described = pd.DataFrame(
            memory.training_set.metafeatures.astype(np.float64), columns=list(memory.metafeatures)
        ).assign(task_id=tasks["task_id"])
        tasks = tasks[tasks["task_id"].isin(real)]
        hashes = ledger["task_id"].map(memory.task_hashes)
        rows = ledger[ledger["task_id"].isin(tasks["task_id"]) & (ledger["task_hash"] == hashes)]
        values = [json.loads(text) for text in rows["fold_metrics"]]
        scores = [float(np.mean(one[metric])) if one and metric in one else np.nan for one in values]
        params = pd.DataFrame([json.loads(text) for text in rows["params"]], index=rows.index)
        for column in params.select_dtypes(exclude="number"):
            params[column] = [None if value is None else str(value) for value in params[column]]
        trials = pd.concat(
            [rows[["task_id", "learner", "config_id"]], params.add_prefix("param_")], axis=1
        ).assign(score=scores, strategy="logged")
        tables[task_type] = build_meta_dataset(trials, described, tasks, "copula")
    return tables


def _half(table: pd.DataFrame, half: str) -> pd.DataFrame:
    families = np.random.default_rng(7).permutation(sorted(table["family"].unique()))
    if half == "both" or len(families) <= FEWEST_TO_HALVE:
        return table
    is_first = table["family"].isin(families[: len(families) // 2])
    return table[is_first if half == "chosen" else ~is_first]


def print_report(results: pd.DataFrame) -> None:
    """Print the means over draws by log and size, and where Foretune is behind."""
    means = results.pivot_table("regret", ["log", "size", "method"], "n_trials")
    print(means.round(4).to_string())
    ours = means.xs("foretune", level="method")
    others = means.drop("foretune", level="method").groupby(level=["log", "size"]).min()
    ratio = ours / others.clip(lower=1e-4)
    print("\nForetune's regret as a multiple of the best other method's")
    print(ratio.round(2).to_string())
    lost = ours > (1 + TOLERANCE) * others + 1e-4
    n_lost = int(lost.to_numpy().sum())
    print(f"\nmore than {TOLERANCE:.0%} above the best other method: {n_lost} of {lost.size} cells")
    common = keep_comparable(results)
    overall = common.pivot_table("regret", ["size", "method"], "n_trials")
    print(f"\nmean over the logs that have every size and method: {', '.join(common['log'].unique())}")
    print(overall.round(4).to_string())


def keep_comparable(results: pd.DataFrame) -> pd.DataFrame:
    """Return the results of the logs with every size and method, so that means are over the same logs."""
    n_cells = results.groupby("log")[["size", "method"]].nunique()
    kept = n_cells.index[(n_cells == n_cells.max()).all(axis=1)]
    return results[results["log"].isin(kept)]


def draw(results: pd.DataFrame, path: Path) -> None:
    """Draw regret against the size of the memory after 1, 5 and 20 trials."""
    import matplotlib as mpl

    mpl.use("Agg")
    import matplotlib.pyplot as plt

    styles = {
        "foretune": ("Foretune", "#D55E00", "-", 2.8),
        "no_metafeatures": ("without metafeatures", "#CC79A7", "--", 1.6),
        "greedy_portfolio": ("greedy portfolio", "#0072B2", "-", 1.4),
        "best_average": ("best on average", "#56B4E9", "-", 1.4),
        "quantile_transfer": ("quantile transfer", "#009E73", "-", 1.4),
        "rgpe": ("RGPE", "#777777", "-", 1.4),
    }
    results = keep_comparable(results)
    figure, panels = plt.subplots(1, 3, figsize=(11.5, 3.8), layout="constrained")
    for panel, n in zip(panels, (1, 5, 20), strict=True):
        rows = results[results["n_trials"] == n]
        curves = rows.pivot_table("regret", "size", "method")
        for method, (label, colour, dash, width) in styles.items():
            panel.plot(curves.index, curves[method], dash, color=colour, lw=width, label=label)
        panel.set(xscale="log", xlabel="tasks in the memory", title=f"after {n} trial{'s' if n > 1 else ''}")
        panel.set_xticks(list(curves.index), labels=list(curves.index), minor=False)
        panel.minorticks_off()
        panel.grid(alpha=0.25)
        panel.set_ylim(bottom=0)
    panels[0].set_ylabel("mean normalised regret")
    handles, labels = panels[-1].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", frameon=False, fontsize=9)
    # No date in the file: the same results draw the same bytes
    figure.savefig(path, dpi=110, metadata={"Software": None})


if __name__ == "__main__":
    sys.exit(main())
