"""HTML page of a fitted search."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any

import pandas as pd

from foretune.base import UserError, counted
from foretune.plots import PlotError, ShownSearch, TrialPlots, in_sentence
from foretune.recommendation.core import RecommendationParameters
from foretune.recommendation.search_cv.results import results_frame
from foretune.recommendation.search_cv.search_code import write_search_code
from foretune.recommendation.search_cv.search_record import SearchRecord
from foretune.recommendation.search_cv.search_view import (
    SearchMemory,
    best_score_of,
    lead_of,
    name_score,
    record_of,
    view_search,
)
from foretune.recommendation.table import (
    RecommendationResult,
    UserTable,
    recommend_by,
    show_memory,
    write_params,
)
from foretune.reporting import (
    Decision,
    Fact,
    Listing,
    ReportSection,
    ReportTable,
    Verdict,
    list_versions,
    render_page,
    write_settings,
)

NO_FILE = "the table of fit"
ENDINGS = {
    "n_trials": "The search ended after its n_trials",
    "min_gain": "The search ended because nothing more was to be gained",
    "no_candidates": "The search ended because no candidate was left",
    "max_time": "The search ended with its time",
    "interrupted": "The search was interrupted",
    "callback": "The search was ended by a callback",
    "zero_shot": "The recommended configuration was fitted without any trial",
}
PASSWORD = re.compile(r"(?<=://)[^@/\s]*(?=@)|(?<=password=)[^&\s]*")
NOTES = "What was changed or left out"
# Recommendations that are listed beside the trials
N_LISTED = 5


def build_search_page(search: Any) -> str:
    """Build the self-contained HTML page of a fitted :class:`.MetaSearchCV`.

    Raises
    ------
    UserError
        If the search is not fitted, or its memory has changed since.
    """
    record, shown = record_of(search), view_search(search)
    plots = TrialPlots(lambda: shown)
    sections = [
        _show_decision(search, record),
        _show_search(search, plots, record),
        _show_hyperparameters(plots),
        *([] if shown.memory is None else [_show_against_memory(plots)]),
        *_show_recommendation(shown, record),
        _show_notes(search),
        ReportSection(
            "Settings",
            "What made this page.",
            listings=(
                Listing("Search", write_settings(_settings(search))),
                Listing("Versions", write_settings(list_versions())),
            ),
            folded=True,
        ),
    ]
    return render_page(f"Foretune: search of {record.target_name or 'a target'}", sections)


def _show_decision(search: Any, record: SearchRecord) -> ReportSection:
    """Show what to use, its score and gain, and the program that fits it."""
    code, why_no_code = _write_code(search)
    frame = results_frame(search.cv_results_, lead_of(search))
    if not hasattr(search, "best_params_"):
        sentence = "No configuration was chosen: of several scores, refit names none."
    else:
        sentence = f"Use {search.best_learner_} with {write_params(search.best_params_)}."
    pointer = [f"There is no program to paste: {why_no_code}."] if why_no_code else []
    if search.notes_:
        pointer.append(f"{counted(len(search.notes_), 'note')} below, under {NOTES}.")
    return ReportSection(
        "What to do now",
        "",
        decision=Decision(
            sentence,
            None if code is None else Listing("Program that fits it", code),
            tuple(_list_facts(search, record, frame)),
            pointer=" ".join(pointer),
        ),
    )


def _list_facts(search: Any, record: SearchRecord, frame: pd.DataFrame) -> Iterator[Fact]:
    score = best_score_of(search) if hasattr(search, "best_params_") else math.nan
    if not math.isnan(score):
        found = frame[(frame["status"] == "ok") & (frame["score"] == score)]
        deviation = float(found["score_std"].iloc[0]) if len(found) else math.nan
        note = "" if math.isnan(deviation) else f"deviation over the folds {deviation:.4f}"
        yield Fact(f"Measured {in_sentence(name_score(search))}", f"{score:.4f}", note)
        defaults = frame.loc[frame["is_default"] & (frame["status"] == "ok"), "score"]
        gain = "Measured gain over the library default"
        if len(defaults):
            default = float(defaults.max())
            yield Fact(gain, f"{score - default:+.4f}", f"the default has {default:.4f}")
        else:
            yield Fact(gain, "not known", "the default was not among the trials")
    rows = counted(record.n_rows, "row")
    if search.n_splits_ and search.n_trials_:
        chosen = f"the best of {counted(search.n_trials_, 'trial')}, so a little too high"
        yield Fact("Measured on", f"{rows} in {search.n_splits_} folds", chosen)
    else:
        yield Fact("Measured on", "nothing", f"recommended for {rows}, without any trial")


def _write_code(search: Any) -> tuple[str | None, str]:
    """Return the program, or the reason why there is none."""
    try:
        return write_search_code(search), ""
    except UserError as error:
        return None, str(error).removesuffix(".")


def _show_search(search: Any, plots: TrialPlots, record: SearchRecord) -> ReportSection:
    frame = results_frame(search.cv_results_, lead_of(search))
    shown = frame[["trial", "learner", "score", "score_std", "predicted_score", "fit_seconds", "status"]]
    params = [write_params(one) for one in search.cv_results_["params"]]
    rows = shown.assign(params=params, error=frame["error"])
    n_failed = int((~frame["status"].isin(OK_STATUSES)).sum())
    verdicts = []
    if n_failed:
        told = f"{n_failed} of {counted(len(frame), 'trial')} failed; see the errors."
        verdicts.append(Verdict("fails", told, "failed"))
    what = "No target"
    if search.task_type_ is not None:
        what = f"{search.task_type_.capitalize()} of {record.target_name or 'the target'}"
    folds = f"{search.n_splits_} folds" if search.n_splits_ else "no folds, since nothing was measured"
    return ReportSection(
        "Search",
        f"{what}, {record.n_rows:,} rows, "
        f"{getattr(search, 'n_features_in_', 'unknown')} features; {counted(search.n_trials_, 'trial')} on "
        f"{folds}. {ENDINGS[search.stop_reason_]}.",
        figures=(plots.history(),),
        verdicts=tuple(verdicts),
        tables=(
            ReportTable(
                "Trials",
                rows,
                "The score is the mean over the folds; the predicted score is what the memory expected; fit "
                "seconds are those of a fold.",
                search=True,
            ),
        ),
    )


OK_STATUSES = ("ok", "stopped", "not evaluated")


def _show_hyperparameters(plots: TrialPlots) -> ReportSection:
    figures, reasons = [], []
    for draw in (plots.parameters, plots.importance):
        try:
            figures.append(draw())
        except PlotError as error:
            reasons.append(str(error))
    told = "".join(f"\n\nNot shown: {reason}." for reason in reasons)
    return ReportSection(
        "Hyperparameters", f"What was tried, and what matters.{told}", figures=tuple(figures)
    )


def _show_against_memory(plots: TrialPlots) -> ReportSection:
    return ReportSection(
        "Measured against predicted",
        "Scores that the memory predicted before any trial, and those measured.",
        figures=(plots.against_memory(),),
    )


def _show_recommendation(shown: ShownSearch, record: SearchRecord) -> list[ReportSection]:
    """Return the sections of the page of a recommendation, of a search over Foretune's own estimators."""
    memory = shown.memory
    if not isinstance(memory, SearchMemory) or memory.recommender is None:
        return []
    table = UserTable(
        pd.DataFrame({record.target_name or "target": []}), NO_FILE, record.target_name or "target"
    )
    parameters = RecommendationParameters(k=N_LISTED)
    result: RecommendationResult = recommend_by(memory.recommender, table, parameters)
    return show_memory(result, parameters, of_user=memory.part is not None)


def _show_notes(search: Any) -> ReportSection:
    notes = search.notes_ or ["Nothing was changed, clipped or left out."]
    state = "partly" if search.notes_ else "holds"
    return ReportSection(
        NOTES,
        "What was changed in the table, clipped or left out, and why.",
        verdicts=tuple(Verdict(state, f"{note.removesuffix('.')}.", "note") for note in notes),  # type: ignore[arg-type]
    )


def _settings(search: Any) -> dict[str, Any]:
    given = {name: _plain(value) for name, value in search.get_params(deep=False).items()}
    # The URL of a database may have a password
    return {
        name: PASSWORD.sub("***", value) if isinstance(value, str) else value for name, value in given.items()
    }


def _plain(value: Any) -> Any:
    return (
        value if isinstance(value, bool | int | float | str | None) else " ".join(repr(value).split())[:300]
    )
