"""HTML page of a recommendation."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pandas as pd

from foretune.base import counted
from foretune.hpo import HpoParameters
from foretune.learners import has_open_rounds, known_learners
from foretune.recommendation.core import (
    COVERAGE,
    N_FOLDS,
    RecommendationParameters,
    why_not_constructible,
)
from foretune.recommendation.table.choice import (
    chosen_configuration,
    configuration_to_fit,
    describe_choice,
    describe_rows,
    write_params,
)
from foretune.recommendation.table.cross_validation import plan_cross_validation
from foretune.recommendation.table.decision import NOTES, show_decision
from foretune.recommendation.table.figures import (
    plot_drivers,
    plot_gains,
    plot_measured,
    plot_neighbours,
    plot_predictions,
)
from foretune.recommendation.table.program import write_program, write_search, write_user_task
from foretune.recommendation.table.result import RecommendationResult
from foretune.recommendation.table.trial_run import as_in_memory, choose_best
from foretune.reporting import (
    Listing,
    ReportSection,
    ReportTable,
    State,
    Verdict,
    list_versions,
    render_page,
    write_settings,
)


def build_page(
    result: RecommendationResult,
    parameters: RecommendationParameters,
    hpo: HpoParameters,
    settings: Mapping[str, Any],
    seed: int,
) -> str:
    """Build the self-contained HTML page of a recommendation; equal input gives an equal page.

    Parameters
    ----------
    result, parameters
        Recommendations and measured scores, and how much of them is drawn.
    hpo
        Folds and preprocessing of the example program, if the memory has none.
    settings
        Settings of the recommendation, shown on the page.
    seed
        Seed of the example program.
    """
    programs = programs_for(result, parameters, hpo, seed)
    sections = [
        show_decision(result, programs, _explain_rounds(result)),
        _show_recommendations(result),
        *([] if result.measured is None else [_show_measured(result)]),
        _show_gain(result),
        _show_neighbours(result),
        _show_drivers(result, parameters.n_drivers),
        _show_guards(result),
        _show_programs(programs),
        _show_settings(result, settings),
    ]
    return render_page(f"Foretune: hyperparameters for {result.table.name}", sections)


def show_memory(
    result: RecommendationResult, parameters: RecommendationParameters, *, of_user: bool = False
) -> list[ReportSection]:
    """Return the sections on what the memory recommends and why, for the page of a fitted search.

    Parameters
    ----------
    result, parameters
        As for :func:`build_page`; nothing of it was measured.
    of_user
        Whether the estimator is the user's own, which has another space than the memory: then only the
        nearest tasks are shown.
    """
    if of_user:
        return [_show_neighbours(result)]
    # What to use is what the trials say
    recommended = replace(_show_recommendations(result), title="What the memory recommended")
    return [
        recommended,
        _show_gain(result),
        _show_neighbours(result),
        _show_drivers(result, parameters.n_drivers),
    ]


def programs_for(
    result: RecommendationResult, parameters: RecommendationParameters, hpo: HpoParameters, seed: int
) -> dict[str, str]:
    """Write the texts to paste: a program, a further search, and the entry of ``user_tasks``.

    A learner that cannot be constructed has neither program nor search.
    """
    chosen, stopped_early = configuration_to_fit(result)
    plan = plan_cross_validation(result.table, result.task_type, parameters, seed)
    evaluated = as_in_memory(hpo, result, plan.n_folds)
    program = write_program(
        result.table,
        chosen,
        result.task_type,
        evaluated.score.of(result.task_type),
        plan,
        evaluated.preprocessing,
        seed,
        stopped_early=stopped_early,
    )
    user_task = {"user_task": write_user_task(result.table, result.task_type)}
    # A learner that cannot be constructed cannot be searched either
    if why_not_constructible([chosen], result.task_type):
        return user_task
    search = write_search(
        result.table,
        chosen.learner,
        result.task_type,
        result.score,
        parameters.memory,
        parameters.metafeatures,
        parameters.exclude_families,
        n_folds=plan.n_folds or N_FOLDS,
    )
    written = {} if program is None else {"program": program}
    return {**written, "search": search, **user_task}


def _show_recommendations(result: RecommendationResult) -> ReportSection:
    rows = result.recommendations
    interval = [
        f"{low:.3f} to {high:.3f}" for low, high in zip(rows["score_low"], rows["score_high"], strict=True)
    ]
    columns = ["rank", "learner", "params", "predicted_score", "interval", "expected_regret"]
    shown = rows.assign(interval=interval)[columns]
    return ReportSection(
        "What else was considered",
        f"The {counted(len(rows), 'configuration')} that together have the highest expected best score"
        f"{_of_which(result)}. Those after the first are there in case it fails: "
        "where there is time for more trials, they come in this order.",
        figures=(plot_predictions(result),),
        tables=(
            ReportTable(
                "Ranked configurations",
                _written(shown),
                f"Predicted is the {result.score_in_words}; the interval holds it with a probability of "
                f"{COVERAGE:.0%}. The expected regret is the distance to the best known configuration, as a "
                "share of the distance between best and worst.",
            ),
            # A separate table, because sentences beside numbers are cut off on narrow pages
            ReportTable("Why each of them", rows[["rank", "reason"]]),
        ),
    )


def _of_which(result: RecommendationResult) -> str:
    """Say which of the ranked ones is the one to use, if it is not the first."""
    ids = result.recommendations["config_id"].tolist()
    chosen = chosen_configuration(result)
    if chosen == ids[0]:
        return "; the first is the one above"
    rank = ids.index(chosen) + 1 if chosen in ids else None
    which = "the library default" if rank is None else f"number {rank}"
    return f" by the memory's predictions. The trials then spoke for {which}, which is the one above"


def _show_measured(result: RecommendationResult) -> ReportSection:
    measured = result.measured
    if measured is None:
        raise ValueError("nothing was measured")
    inside = measured["is_inside"].dropna()
    n_failed = int((measured["status"] != "ok").sum())
    verdicts = [Verdict(_state_of_choice(measured), describe_choice(result), "result")]
    if len(inside):
        state: State = "holds" if inside.all() else "partly" if inside.any() else "fails"
        told = f"{int(inside.sum())} of {len(inside)} measured scores lie inside of their predicted interval."
        verdicts.append(Verdict(state, told, "prediction"))
    if n_failed:
        verdicts.append(
            Verdict("fails", f"{n_failed} of {len(measured)} trials have no score; see the errors.", "failed")
        )
    return ReportSection(
        "Measured",
        f"These were really fitted, by cross-validation {describe_rows(result)}. Another than the first "
        "is advised only where it scores more than one standard error of the paired difference over the "
        "folds higher.",
        verdicts=tuple(verdicts),
        figures=(plot_measured(result),),
        tables=(
            ReportTable(
                "Measured against predicted",
                _written(measured.drop(columns="config_id")),
                "The deviation is over the folds; gains are over the library default and over the first "
                "with a score, each with the standard error of the paired difference.",
            ),
        ),
    )


def _state_of_choice(measured: pd.DataFrame) -> State:
    """Return whether the advised one is better than the library default by more than one standard error."""
    best = choose_best(measured)
    if best is None:
        return "fails"
    is_better = best["measured_gain"] > best["measured_gain_se"] or math.isnan(best["measured_gain"])
    return "holds" if best["is_default"] or is_better else "partly"


def _show_gain(result: RecommendationResult) -> ReportSection:
    columns = ["rank", "learner", "gain", "gain_low", "gain_high", "probability_worse"]
    if result.default is None:
        return ReportSection(
            "Expected gain", "This memory knows no library default, so there is nothing to compare with."
        )
    gain = result.gain_of_all
    return ReportSection(
        "Expected gain",
        f"Over the library default of {result.default.learner}, in units of the score. Trying all of them "
        f"and keeping the best is expected to gain {gain['gain']:+.4f} ({gain['gain_low']:+.4f} to "
        f"{gain['gain_high']:+.4f}, 80 %).",
        figures=(plot_gains(result),),
        tables=(
            ReportTable(
                "Gain over the library default",
                result.recommendations[columns],
                "The gain is the median over what is plausible for this table; the range beside it holds "
                "80 % of that.",
            ),
        ),
    )


def _explain_rounds(result: RecommendationResult) -> str:
    """Say where the number of rounds comes from if early stopping chooses it, and no trial has done so."""
    recommended = result.configurations[chosen_configuration(result)]
    is_known = result.early_stopping is not None and recommended.learner in known_learners()
    if result.measured is not None or not is_known or not has_open_rounds(recommended):
        return ""
    chosen, _ = configuration_to_fit(result)
    source = "the default of the library" if has_open_rounds(chosen) else "the usual one on known tables"
    return (
        f" Known trials chose the number of boosting rounds by early stopping; without trials on this "
        f"table, which recommendation.evaluate asks for, it is {source}."
    )


def _show_programs(programs: Mapping[str, str]) -> ReportSection:
    titles = {
        "search": "A search that begins with these configurations",
        "user_task": "The table as a task of your own memory (conf/local/parameters.yml)",
    }
    return ReportSection(
        "More code",
        "To search on from here, and to let a memory of your own learn from this table.",
        listings=tuple(Listing(titles[name], text) for name, text in programs.items() if name in titles),
        folded=True,
    )


def _show_neighbours(result: RecommendationResult) -> ReportSection:
    distances = result.distances
    if result.neighbours.empty:
        return ReportSection(
            "Nearest known tasks", "None: no metafeature is known of both this table and the known tasks."
        )
    return ReportSection(
        "Nearest known tasks",
        f"{_say_unlike(result)}The nearest is {distances['nearest']:.3f} away. Between known tasks, the "
        f"nearest of another family is "
        f"typically {distances['typical']:.3f} away, and at most {distances['largest']:.3f}. "
        f"The distance is the "
        "root mean square over the metafeatures, each in units of its spread.",
        figures=(plot_neighbours(result),),
        tables=(
            ReportTable(
                "Nearest tasks",
                result.neighbours,
                "The nearest first, with the learner that had the best score there.",
            ),
        ),
    )


def _say_unlike(result: RecommendationResult) -> str:
    return (
        "This table is unlike all known ones, so none of them was asked. "
        if result.is_out_of_distribution
        else ""
    )


def _show_drivers(result: RecommendationResult, n_drivers: int) -> ReportSection:
    drivers = result.drivers
    if drivers.metafeatures.empty:
        reason = (
            "this memory knows none" if result.neighbours.empty else "this table is unlike all known ones"
        )
        return ReportSection("What drove it", f"No metafeature: {reason}, so they were not used.")
    chosen = result.recommendations.iloc[result.driven - 1]
    return ReportSection(
        "What drove it",
        f"Why rank {result.driven} ({chosen['learner']}) rather than another, for this "
        f"table: SHAP values of the "
        f"surrogate at this configuration minus their mean over the candidates. They add up to its predicted "
        f"advantage of {drivers.advantage:+.3f}, of which {drivers.configuration:+.3f} is what "
        f"the configuration "
        "is worth on any table. The unit is that of the surrogate's target, a task's normalised score.",
        figures=(plot_drivers(result, n_drivers),),
        tables=(
            ReportTable(
                "Metafeatures",
                drivers.metafeatures,
                "The percentile is the place of this table's value among the known tasks.",
                search=True,
            ),
        ),
    )


def _show_guards(result: RecommendationResult) -> ReportSection:
    tables = []
    if len(result.clipped):
        tables.append(
            ReportTable(
                "Clipped metafeatures",
                result.clipped,
                "Outside of the range of all known tasks; the nearer end of the range stands for them.",
            )
        )
    if len(result.left_out):
        tables.append(ReportTable("Configurations left out", result.left_out))
    notes = result.notes or ("Nothing was changed, clipped or left out.",)
    return ReportSection(
        NOTES,
        "What was changed in the table, clipped or left out, and why."
        + (" The library default is always among the first recommendations." if result.default else ""),
        verdicts=tuple(
            Verdict("partly" if result.notes else "holds", f"{note.removesuffix('.')}.", "note")
            for note in notes
        ),
        tables=tuple(tables),
    )


def _show_settings(result: RecommendationResult, settings: Mapping[str, Any]) -> ReportSection:
    return ReportSection(
        "Settings",
        "What made this page.",
        listings=(
            Listing("Memory", write_settings(result.memory)),
            Listing("Parameters", write_settings(settings)),
            Listing("Versions", write_settings(list_versions())),
        ),
        folded=True,
    )


def _written(table: pd.DataFrame) -> pd.DataFrame:
    return table.assign(params=[write_params(one) for one in table["params"]])
