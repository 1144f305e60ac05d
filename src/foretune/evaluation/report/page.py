"""Page of the evaluation report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from foretune.evaluation.figures.regret import label_of
from foretune.evaluation.leaderboard import OURS
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.report import sections as standard
from foretune.evaluation.report.by_size import show_regret_by_size
from foretune.evaluation.report.for_the_owner import show_advice
from foretune.evaluation.report.summary import show_promises
from foretune.evaluation.report.tables import EvaluationTables
from foretune.reporting import ReportSection, render_page


def build_report(
    tables: EvaluationTables,
    parameters: EvaluationParameters,
    settings: Mapping[str, Any] | None = None,
    sections: Sequence[ReportSection] = (),
) -> str:
    """Build the report of an evaluation: what follows for the owner, figures, tables, promises at the end.

    Parameters
    ----------
    tables
        All tables of the evaluation; optional ones may be missing.
    parameters
        Parameters of the evaluation, of which ``claims_on`` selects the tasks.
    settings
        All parameters of the run, for display.
    sections
        Further sections, between those on the surrogate and on costs.

    Returns
    -------
    str
        Self-contained HTML page with plotly.js, styles and data, whose content security policy forbids
        requests. Equal input gives an equal page; every value is escaped.
    """
    parts = [
        *show_advice(tables),
        standard.show_regret(tables, parameters.claims_on),
        *standard.show_regret_in_time(tables),
        *show_regret_by_size(tables, parameters.confidence_level),
        *standard.show_learning_curve(tables),
        standard.show_comparisons(tables),
        standard.show_ranks(tables),
        standard.show_speed_up(tables),
        standard.show_tasks(tables, parameters.claims_on),
        standard.show_surrogate(tables),
        *sections,
        *standard.show_near_duplicates(tables),
        *standard.show_costs(tables),
        standard.show_settings(settings or {}),
        show_promises(tables.claims),
    ]
    return render_page("Foretune: report of the evaluation", parts, ours=label_of(OURS))
