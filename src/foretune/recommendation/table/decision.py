"""First section of the page: what to use, and what to expect of it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from foretune.base import counted
from foretune.recommendation.core import COVERAGE
from foretune.recommendation.table.choice import (
    compare_with_others,
    configuration_to_fit,
    describe_rows,
    write_params,
)
from foretune.recommendation.table.result import RecommendationResult
from foretune.recommendation.table.trial_run import choose_best
from foretune.reporting import Decision, Fact, Listing, ReportSection

# Title of the section of notes, to which the first one points
NOTES = "What was changed or left out"


def show_decision(
    result: RecommendationResult, programs: Mapping[str, str], rounds: str = ""
) -> ReportSection:
    """Return the first section of the page: what to use, its score and gain, and on what these stand.

    Parameters
    ----------
    result
        Recommendations and measured scores.
    programs
        Texts of :func:`programs_for`.
    rounds
        A sentence on the number of boosting rounds of the program; may be empty.
    """
    table = result.table
    best = None if result.measured is None else choose_best(result.measured)
    chosen, _ = configuration_to_fit(result)
    first = result.recommendations.iloc[0]
    return ReportSection(
        "What to do now",
        f"For {table.file}: {result.task_type} of {table.target}, {counted(result.n_rows, 'row')}, "
        f"{counted(result.n_features, 'feature')}.{rounds}",
        decision=Decision(
            f"Use {chosen.learner} with {write_params(chosen.params)}.",
            Listing("Program that fits it", programs["program"]) if "program" in programs else None,
            _predicted_facts(result, first) if best is None else _measured_facts(result, best),
            tuple(_warn(result)),
            _point_on(result, programs),
        ),
    )


def _predicted_facts(result: RecommendationResult, first: Mapping[str, Any] | pd.Series) -> tuple[Fact, ...]:
    n_folds = result.memory["n_folds"]
    folds = f" as a mean over {n_folds} folds" if n_folds else ""
    return (
        Fact(
            f"Expected {result.score_in_words}",
            f"{first['predicted_score']:.3f}",
            f"{first['score_low']:.3f} to {first['score_high']:.3f} with a probability of {COVERAGE:.0%}",
        ),
        _expected_gain(result, first),
        Fact(
            "Measured on",
            "nothing yet",
            f"predicted{folds} of {counted(result.n_rows, 'row')}, from {result.memory['n_tasks']} known "
            "tasks",
        ),
    )


def _expected_gain(result: RecommendationResult, first: Mapping[str, Any] | pd.Series) -> Fact:
    name = "Expected gain over the library default"
    if result.default is None:
        return Fact(name, "not known", "this memory knows no library default")
    if first["is_default"]:
        return Fact(name, "none", "it is the library default")
    return Fact(
        name,
        f"{first['gain']:+.3f}",
        f"{first['gain_low']:+.3f} to {first['gain_high']:+.3f}; {first['probability_worse']:.0%} risk that "
        f"the default of {result.default.learner} is better",
    )


def _measured_facts(result: RecommendationResult, best: Mapping[str, Any]) -> tuple[Fact, ...]:
    plan = result.measured_on
    if plan is None:
        raise ValueError("nothing was measured")
    predicted = (
        f"; predicted were {best['score_low']:.3f} to {best['score_high']:.3f}"
        if not math.isnan(best["score_low"])
        else ""
    )
    gain = Fact("Measured gain over the library default", "not known", "it has no score to compare with")
    if best["is_default"]:
        gain = Fact(gain.name, "none", "it is the library default")
    elif not math.isnan(best["measured_gain"]):
        error = f"standard error {best['measured_gain_se']:.4f}"
        gain = Fact(gain.name, f"{best['measured_gain']:+.4f}", error)
    return (
        Fact(
            f"Measured {result.score_in_words}",
            f"{best['score']:.3f}",
            f"deviation over the folds {best['score_std']:.3f}{predicted}",
        ),
        gain,
        Fact("Measured on", describe_rows(result).removeprefix("on "), "the mean over the folds"),
    )


def _warn(result: RecommendationResult) -> list[str]:
    """Say why the recommendation is worth less than usual."""
    warnings = []
    if result.is_out_of_distribution:
        distances = result.distances
        warnings.append(
            f"This table is unlike all {result.memory['n_tasks']} that the memory knows: the nearest is "
            f"{distances['nearest']:.2f} away, they are at most {distances['largest']:.2f} from theirs. What "
            "is recommended does well on all of them and may not suit this one: try several before you rely "
            "on it."
        )
    elif result.neighbours.empty:
        warnings.append(
            "Nothing of this table was compared with the known ones, since no metafeature is known of both: "
            "what is recommended does well on all of them."
        )
    if result.measured is not None and choose_best(result.measured) is None:
        warnings.append(
            f"None of the {counted(len(result.measured), 'trial')} has a score, so the prediction stands: "
            "see Measured."
        )
    return warnings


def _point_on(result: RecommendationResult, programs: Mapping[str, str]) -> str:
    said = []
    if "program" not in programs:
        said.append(
            "This table cannot be cross-validated, so there is no program to paste."
            if "search" in programs
            else "This installation does not know how to build what the log has tried, so there is no "
            "program to paste."
        )
    best = None if result.measured is None else choose_best(result.measured)
    if best is not None:
        said += [f"{other[:1].upper()}{other[1:]}." for other in compare_with_others(result, best)]
    if result.measured is None and "program" in programs:
        said.append("The program measures it, and so does this command with evaluate=3, beside the default.")
    if result.notes:
        said.append(f"{counted(len(result.notes), 'note')} below, under {NOTES}.")
    return " ".join(said)
