"""Back-test of the guard's ``max_risk`` on every reference task, with its family held out.

Prints for several values the share of tasks and learners for which the first suggestion, the best of the
first three, and the best of these without the default are worse than the default by more than a standard
error, and the mean gain of the first.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from audit import audit_suggestions, count_harm, default_errors, measured_scores
from foretune.base.parameters import TASK_TYPES
from foretune.meta_model.parameters import Guard
from foretune.recommendation import load_memory

LEDGER = Path(__file__).resolve().parents[1] / "data/01_raw/reference_ledger.parquet"


def main() -> None:
    """Print a line for each task type and setting."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--max-risk", type=float, nargs="+", default=[0.3, 0.4])
    options = parser.parse_args()
    trials = pd.read_parquet(LEDGER)
    for task_type in TASK_TYPES:
        memory = load_memory(task_type)
        errors = default_errors(trials, memory)
        scores = measured_scores(trials, memory)
        for max_risk in options.max_risk:
            audit = audit_suggestions(memory, scores, guard=Guard(max_risk=max_risk))
            harm = count_harm(audit, errors)
            gain = (audit["first_score"] - audit["default_score"]).mean()
            print(
                f"{task_type}, max_risk {max_risk:.0%}: {len(audit)} tasks and learners; worse than the "
                f"default: first {harm['first_score']:.1%}, best of three {harm['best_score']:.1%}, without "
                f"the default {harm['best_other_score']:.1%}; mean gain of the first {gain:+.4f}"
            )


if __name__ == "__main__":
    main()
