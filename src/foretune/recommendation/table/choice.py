"""The configuration to use, of those that were recommended and tried, in sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from foretune.recommendation.table.result import RecommendationResult
from foretune.recommendation.table.trial_run import choose_best
from foretune.spaces import Configuration


def configuration_to_fit(result: RecommendationResult) -> tuple[Configuration, bool]:
    """Return the configuration to use, and whether early stopping chose its number of rounds."""
    config_id = chosen_configuration(result)
    recommended = result.configurations[config_id]
    evaluated = replace(recommended, params=result.params_of(config_id))
    return evaluated, evaluated.params != recommended.params


def chosen_configuration(result: RecommendationResult) -> str:
    """Return the ``config_id`` to use: that of :func:`.choose_best`, or the first recommended."""
    best = None if result.measured is None else choose_best(result.measured)
    return str(result.recommendations["config_id"].iloc[0] if best is None else best["config_id"])


def describe_choice(result: RecommendationResult) -> str:
    """Return a sentence with the configuration to use and its predicted or measured score."""
    best = None if result.measured is None else choose_best(result.measured)
    score = result.score_in_words
    if best is None:
        first = result.recommendations.iloc[0]
        return (
            f"Use {first['learner']} with {write_params(first['params'])}: predicted {score} "
            f"{first['predicted_score']:.4f} ({first['score_low']:.4f} to {first['score_high']:.4f})."
        )
    use = f"Use {best['learner']} with {write_params(best['params'])}: measured {score} {best['score']:.4f}"
    said = [
        f"{use} {describe_rows(result)}",
        _compare_with_default(best),
        *compare_with_others(result, best),
    ]
    return f"{'; '.join(said)}."


def describe_rows(result: RecommendationResult) -> str:
    """Return the rows and folds of the measured scores as part of a sentence."""
    plan = result.measured_on
    if plan is None:
        raise ValueError("nothing was measured")
    n_rows = f"{len(plan.rows):,}" + (f" of {plan.n_known:,}" if len(plan.rows) < plan.n_known else "")
    column = result.table.split_column
    by = "" if column is None else f" by {'groups' if column.kind == 'groups' else 'time'} ({column.name})"
    return f"on {n_rows} rows in {plan.n_folds} folds{by}"


def _compare_with_default(best: Mapping[str, Any]) -> str:
    if best["is_default"]:
        return "it is the library default"
    if math.isnan(best["measured_gain"]):
        return "the library default has no score to compare with"
    return f"{_difference(best, 'measured_gain')} over the library default"


def compare_with_others(result: RecommendationResult, best: Mapping[str, Any]) -> list[str]:
    """Say why another than the first is advised, or why not one with a higher score."""
    assert result.measured is not None
    done = result.measured[result.measured["score"].notna()]
    first, highest = done.iloc[0], done.iloc[int(done["score"].argmax())]
    if best["config_id"] != first["config_id"]:
        return [f"{_difference(best, 'over_first')} over {_name(first)}"]
    if highest["score"] > first["score"]:
        difference = _difference(highest, "over_first")
        return [f"{_name(highest)} has {difference}, not more than its standard error"]
    return []


def _difference(row: Mapping[str, Any] | pd.Series, column: str) -> str:
    return f"{row[column]:+.4f} (standard error {row[f'{column}_se']:.4f})"


def _name(row: Mapping[str, Any] | pd.Series) -> str:
    return "the library default" if pd.isna(row["rank"]) else f"rank {row['rank']}"


def write_params(params: Mapping[str, Any]) -> str:
    """Write hyperparameters as arguments."""
    return ", ".join(f"{name}={value!r}" for name, value in params.items()) or "no parameters"
