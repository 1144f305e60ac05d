"""HTML page of a fitted search."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

from foretune.base import UserError, counted
from foretune.plots import PlotError, ShownSearch, TrialPlots
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
        _show_search(search, plots, record),
        _show_hyperparameters(plots),
        *([] if shown.memory is None else [_show_against_memory(plots)]),
        _show_code(search),
        *_show_recommendation(shown, record),
        _show_notes(search),
        ReportSection(
            "Settings",
            "What made this page.",
            listings=(
                Listing("Search", write_settings(_settings(search))),
                Listing("Versions", write_settings(list_versions())),
            ),
        ),
    ]
    return render_page(f"Foretune: search of {record.target_name or 'a target'}", sections)


def _show_search(search: Any, plots: TrialPlots, record: SearchRecord) -> ReportSection:
    frame = results_frame(search.cv_results_, lead_of(search))
    shown = frame[["trial", "learner", "score", "score_std", "predicted_score", "fit_seconds", "status"]]
    params = [write_params(one) for one in search.cv_results_["params"]]
    rows = shown.assign(params=params, error=frame["error"])
    n_ok, n_failed = int((frame["status"] == "ok").sum()), int((~frame["status"].isin(OK_STATUSES)).sum())
    verdicts = [Verdict("holds" if n_ok else "unknown", _describe_best(search, frame))]
    if n_failed:
        verdicts.append(
            Verdict("fails", f"{n_failed} of {counted(len(frame), 'trial')} failed; see the errors.")
        )
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
                "score is the mean over the folds and score_std its deviation; predicted_score is what the "
                "memory predicted; fit_seconds are those of a fold.",
                search=True,
            ),
        ),
    )


OK_STATUSES = ("ok", "stopped", "not evaluated")


def _describe_best(search: Any, frame: pd.DataFrame) -> str:
    if not hasattr(search, "best_params_"):
        return "No configuration was chosen: of several scores, refit names none."
    use = f"Use {search.best_learner_} with {write_params(search.best_params_)}"
    score = best_score_of(search)
    if math.isnan(score):
        return f"{use}: nothing was measured."
    said = f"{use}: {name_score(search)} {score:.4f}"
    defaults = frame.loc[frame["is_default"] & (frame["status"] == "ok"), "score"]
    if not len(defaults):
        return f"{said}."
    return f"{said}, {score - float(defaults.max()):+.4f} over the default."


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


def _show_code(search: Any) -> ReportSection:
    try:
        code = write_search_code(search)
    except UserError as error:
        return ReportSection("Paste and run", f"There is no program to paste: {error}.")
    return ReportSection(
        "Paste and run",
        "The program takes the features X and the target y, prepares them as the trials were prepared, and "
        "prints the cross-validated score of the configuration above.",
        listings=(Listing("scikit-learn", code),),
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
        "What was guarded",
        "What was changed in the table, clipped or left out, and why.",
        verdicts=tuple(Verdict(state, f"{note.removesuffix('.')}.") for note in notes),  # type: ignore[arg-type]
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
