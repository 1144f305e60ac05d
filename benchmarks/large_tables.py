"""Benchmark of the whole on tables of the size that people have.

Takes folders of Parquet files with a column ``target`` (numbers: regression; anything else: classification).
Every method is given three quarters of the rows and the metric that is asked for; what it has fitted is
scored on the last quarter, which no method sees. Methods:

- library defaults of LightGBM, XGBoost, CatBoost and scikit-learn's histogram boosting;
- ``hand_rule``: LightGBM, rate .05, early stopping on a split, refitted with as many rounds;
- ``random_trials_100``: the best of so many random LightGBM configurations with early stopping on a split;
- ``randomized_search_N``, ``optuna_N``, ``optuna_SECONDSs``: ``RandomizedSearchCV`` in three folds, and TPE
  on a split, both with LightGBM and early stopping;
- ``flaml_zero_shot``, ``flaml_SECONDSs``, ``autogluon_medium_SECONDSs``, ``autogluon_good_SECONDSs``: with
  boosters only, in an environment of their own (``--peers``);
- ``foretune_LEARNER_N`` and ``foretune_LEARNER_SECONDSs``: ``MetaSearchCV``; with ``_early`` at the end with
  ``early_stopping=True``.

The gain of a method on a table is 0 for LightGBM's default and 1 for the random trial that is best on the
test part. The default and the random trials are therefore always run; ``--random-trials 0`` leaves the
latter, and the gains, out. Every result is a line of ``--out``, and is not computed again when the program
is called again; ``--retry`` computes again what has failed. Seconds are those of the fit, after a small fit
in the same process that loads libraries and memory.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from foretune.base import UserError, quoted
from large.methods import DEFAULT, SCALE, Settings, list_methods
from large.metrics import METRICS
from large.report import print_report
from large.results import Results, read_results
from large.run import list_jobs, run_jobs
from large.tables import MIN_ROWS, find_tables, write_catalogue

# Those that the figures of the documents are for
USUAL_METRICS = ("log_loss", "roc_auc", "rmse", "mae")
METRICS_HELP = f"of {', '.join(METRICS)}; default: {', '.join(USUAL_METRICS)}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what is missing and print the report; return the exit status."""
    try:
        _compare(_read_options(arguments))
    except UserError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("stopped; the same command goes on", file=sys.stderr)
        return 130
    return 0


def _read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    add = parser.add_argument
    add("folders", type=Path, nargs="*", metavar="FOLDER", help="Parquet files with a column target")
    add("--catalogue", type=Path, metavar="FOLDER", help="take the catalogue's larger tables, kept here")
    add("--min-rows", type=int, default=MIN_ROWS, help="rows of the catalogue's larger tables")
    add("--budgets", type=_numbers, default=(10.0, 30.0, 60.0, 300.0), metavar="S,S", help="seconds")
    add("--metrics", type=_names, metavar="M,M", help=METRICS_HELP)
    add("--trials", type=_whole_numbers, default=(0, 1, 5, 20), metavar="N,N", help="numbers of trials")
    add("--learners", type=_names, default=("xgboost",), metavar="L,L", help="learners of MetaSearchCV")
    add("--methods", type=_names, default=("*",), metavar="M,M", help="names or patterns such as foretune_*")
    add("--tables", type=_names, default=(), metavar="T,T", help="names or patterns")
    add("--seeds", type=int, default=1, help="number of splits of each table")
    add("--max-rows", type=int, help="rows of a table, test part included; a sample of larger ones")
    add("--random-trials", type=int, default=100, help="random trials at the end of the scale")
    add("--peers", metavar="PYTHON", help="Python interpreter that has FLAML or AutoGluon")
    add("--memory", help="folder of surrogates instead of the reference memory")
    add(
        "--exclude-families",
        type=_names,
        default=(),
        metavar="F,F",
        help="families that the memory forgets: those of the tables, if it knows them",
    )
    add("--threads", type=int, default=1, help="threads of each fit")
    add("--jobs", type=int, default=1, help="fits at once, in processes of their own")
    add("--out", type=Path, default=Path("large_tables.jsonl"), help="file of the results")
    add("--retry", action="store_true", help="compute again what has failed")
    add(
        "--report-only",
        action="store_true",
        help="only print the report of --out, without a FOLDER of all in it",
    )
    options = parser.parse_args(arguments)
    all_of_out = options.report_only and not options.folders and options.catalogue is None
    options.metrics = options.metrics or (tuple(METRICS) if all_of_out else USUAL_METRICS)
    if not options.folders and options.catalogue is None and not options.report_only:
        parser.error("give a FOLDER or --catalogue, or --report-only for all that is in --out")
    if unknown := [one for one in options.metrics if one not in METRICS]:
        parser.error(f"no metric {quoted(unknown)}: choose of {', '.join(METRICS)}")
    return options


def _compare(options: argparse.Namespace) -> None:
    if not options.folders and options.catalogue is None:
        return _report_all(options)
    settings = Settings(
        budgets=options.budgets,
        n_trials=options.trials,
        learners=options.learners,
        random_trials=options.random_trials,
        peers=options.peers,
        memory=options.memory,
        exclude_families=options.exclude_families,
        max_rows=options.max_rows,
        threads=options.threads,
    )
    conditions = {name: getattr(settings, name) for name in ("max_rows", "threads", "memory")}
    if settings.exclude_families:
        conditions["exclude_families"] = list(settings.exclude_families)
    results = Results(options.out, conditions)
    if options.retry:
        results.forget_failed()
    methods, left_out = list_methods(settings)
    print("\n".join(left_out))
    chosen = select_methods([method.name for method in methods], options.methods)
    if options.catalogue is not None:
        write_catalogue(options.catalogue, options.min_rows)
        options.folders.append(options.catalogue)
    jobs = list_jobs(find_tables(options.folders, options.tables), options.metrics, chosen, options.seeds)
    if not options.report_only:
        run_jobs(jobs, settings, results, options.jobs)
    rows = [results.rows[job.key] for job in jobs if job.key in results]
    budgets = {method.name: method.budget for method in methods if method.budget is not None}
    print_report(rows, [method.name for method in methods], budgets)


def _report_all(options: argparse.Namespace) -> None:
    """Print the report of a file of results, without its tables and the options it was made with."""
    rows = read_results(options.out)
    chosen = select_methods(list(dict.fromkeys(row["method"] for row in rows)), options.methods)
    budgets = {name: float(found[1]) for name in chosen if (found := re.search(r"_(\d+)s(_early)?$", name))}
    shown = [row for row in rows if row["method"] in chosen and row["metric"] in options.metrics]
    print_report(shown, chosen, budgets)


def select_methods(names: Sequence[str], patterns: Sequence[str]) -> list[str]:
    """Return the names that match a pattern, and always those of the two ends of the scale."""
    unknown = [one for one in patterns if not any(fnmatchcase(name, one) for name in names)]
    if unknown:
        raise UserError(f"no method {quoted(unknown)}: there are {', '.join(names)}")
    return [
        name
        for name in names
        if name == DEFAULT or name.startswith(SCALE) or any(fnmatchcase(name, one) for one in patterns)
    ]


def _names(text: str) -> tuple[str, ...]:
    return tuple(filter(None, text.split(",")))


def _numbers(text: str) -> tuple[float, ...]:
    return tuple(float(one) for one in _names(text))


def _whole_numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in _names(text))


if __name__ == "__main__":
    sys.exit(main())
