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
from foretune.recommendation.table.cross_validation import plan_cross_validation
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
    Decision,
    Fact,
    Listing,
    ReportSection,
    ReportTable,
    State,
    Verdict,
    list_versions,
    render_page,
    write_settings,
)
from foretune.spaces import Configuration

NOTES = "What was changed or left out"


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
    chosen, stopped_early = _configuration_to_fit(result)
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


def _configuration_to_fit(result: RecommendationResult) -> tuple[Configuration, bool]:
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
    chosen, _ = _configuration_to_fit(result)
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
            f"predicted{folds} of {counted(result.n_rows, 'row')}, from {result.memory['n_tasks']} known tasks",
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
        f"{first['gain_low']:+.3f} to {first['gain_high']:+.3f}; the default of {result.default.learner} is "
        f"better with a probability of {first['probability_worse']:.0%}",
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
        error = f"standard error {best['measured_gain_se']:.3f}"
        gain = Fact(gain.name, f"{best['measured_gain']:+.3f}", error)
    rows = f"{counted(len(plan.rows), 'row')} in {counted(plan.n_folds, 'fold')}"
    others = "; ".join(compare_with_others(result, best))
    return (
        Fact(
            f"Measured {result.score_in_words}",
            f"{best['score']:.3f}",
            f"deviation over the folds {best['score_std']:.3f}{predicted}",
        ),
        gain,
        Fact("Measured on", rows, others or f"as a mean over the folds {describe_rows(result)}"),
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
            f"None of the {counted(len(result.measured), 'trial')} has a score, so the prediction stands: see "
            "Measured."
        )
    return warnings


def _point_on(result: RecommendationResult, programs: Mapping[str, str]) -> str:
    said = []
    if "program" not in programs:
        said.append(
            "This table cannot be cross-validated, so there is no program to paste."
            if "search" in programs
            else "This installation does not know how to build what the log has tried, so there is no program "
            "to paste."
        )
    if result.measured is None and "program" in programs:
        said.append("The program measures it, and so does this command with evaluate=3, beside the default.")
    if result.notes:
        said.append(f"{counted(len(result.notes), 'note')} below, under {NOTES}.")
    return " ".join(said)


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
                "The gain is the median over what is plausible for this table; the range beside it holds 80 % "
                "of it.",
            ),
        ),
    )


def _explain_rounds(result: RecommendationResult) -> str:
    """Say where the number of rounds comes from if early stopping chooses it, and no trial has done so."""
    recommended = result.configurations[chosen_configuration(result)]
    is_known = result.early_stopping is not None and recommended.learner in known_learners()
    if result.measured is not None or not is_known or not has_open_rounds(recommended):
        return ""
    chosen, _ = _configuration_to_fit(result)
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
        f"{_say_unlike(result)}The nearest is {distances['nearest']:.3f} away. Between known tasks, the nearest of "
        f"another family is "
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


def write_params(params: Mapping[str, Any]) -> str:
    """Write hyperparameters as arguments."""
    return ", ".join(f"{name}={value!r}" for name, value in params.items()) or "no parameters"
