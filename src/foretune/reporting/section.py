"""What a report is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

# More would make the page slow to open
MOST_ROWS = 2_000
MISSING = "\N{EN DASH}"

State = Literal["holds", "partly", "fails", "unknown"]


@dataclass(frozen=True)
class ReportTable:
    """A table of a report.

    Parameters
    ----------
    title
        Its caption.
    rows
        Its rows, or several frames of the same shape by the option that shows them. Only the first
        ``MOST_ROWS`` rows go into the page, which says so.
    explanation
        What the columns mean, in plain text.
    choose
        Columns with a list of their values above the table, to show the rows of one value; with frames by
        option, the name of the option.
    search
        Whether there is a box that finds rows by their text.
    """

    title: str
    rows: pd.DataFrame | Mapping[str, pd.DataFrame]
    explanation: str = ""
    choose: tuple[str, ...] = ()
    search: bool = False

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """The frames by option; the option of a single one is empty."""
        return dict(self.rows) if isinstance(self.rows, Mapping) else {"": self.rows}


@dataclass(frozen=True)
class Verdict:
    """Whether something that was promised holds, in a sentence."""

    state: State
    sentence: str


@dataclass(frozen=True)
class Listing:
    """A text that is shown as it is."""

    title: str
    text: str


@dataclass(frozen=True)
class ReportSection:
    """A section of a report: text, then verdicts, figures, tables and listings.

    Parameters
    ----------
    title
        Its heading, which also stands in the table of contents.
    explanation
        What is seen and how to read it, in plain text; an empty line begins a paragraph.
    figures
        Plotly figures.
    tables, verdicts, listings
        What else it has.
    """

    title: str
    explanation: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    listings: tuple[Listing, ...] = ()


def format_cell(value: Any) -> str:
    """Write a value for a reader: four decimals below 1, fewer above; a dash where it is missing."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if _is_missing(value):
        return MISSING
    if isinstance(value, float | np.floating):
        return _format_number(float(value))
    return str(value)


def sort_key(value: Any) -> str:
    """Write what a column is sorted by: numbers in full, nothing where a value is missing."""
    if _is_missing(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    return repr(float(value)) if isinstance(value, int | float | np.number) else str(value)


def is_number(value: Any) -> bool:
    """Tell whether a value is a number, which stands on the right of its column."""
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _is_missing(value: Any) -> bool:

    missing = pd.isna(value) if np.ndim(value) == 0 else False
    return bool(missing)


def _format_number(value: float) -> str:
    size = abs(value)
    if size == 0 or not np.isfinite(value):
        return f"{value:g}"
    if size < 1e-4:
        return f"{value:.1e}"
    return f"{value:.4f}" if size < 1 else f"{value:.2f}" if size < 100 else f"{value:.0f}"
