"""Sections, tables, statements, verdicts and listings of a report, and the format of table cells."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd
from plotly.graph_objects import Figure

from foretune.base import is_number

# More would make the page slow to open
MOST_ROWS = 2_000
MISSING = "\N{EN DASH}"

State = Literal["holds", "partly", "fails", "unknown"]
Tone = Literal["plain", "caution", "missing"]


@dataclass(frozen=True)
class ReportTable:
    """A table of a report.

    Parameters
    ----------
    title
        Caption.
    rows
        Rows, or frames of equal shape by the option that shows them. The page has the first ``MOST_ROWS``
        rows, and a note if there are more.
    explanation
        Meaning of the columns, in plain text.
    choose
        Columns to filter by: each has a list of its values above the table. With frames by option, the name
        of the option.
    search
        Whether the table has a search box.
    folded
        Names, in a column ``method``, ``name`` or ``opponent`` or as headings, that are shown only on demand.
    """

    title: str
    rows: pd.DataFrame | Mapping[str, pd.DataFrame]
    explanation: str = ""
    choose: tuple[str, ...] = ()
    search: bool = False
    folded: frozenset[str] = frozenset()

    @property
    def frames(self) -> dict[str, pd.DataFrame]:
        """Frames by option; a single frame has the option ``""``."""
        return dict(self.rows) if isinstance(self.rows, Mapping) else {"": self.rows}


@dataclass(frozen=True)
class Verdict:
    """A statement of a report, and whether it holds.

    Parameters
    ----------
    state
        Its colour, and what it is marked with, unless ``mark`` says it better.
    sentence
        Plain text.
    mark
        A word or two for the reader.
    """

    state: State
    sentence: str
    mark: str = ""


@dataclass(frozen=True)
class Statement:
    """A sentence with its evidence in smaller letters below.

    Parameters
    ----------
    mark
        What it is about, in a word or two.
    sentence, evidence
        Plain texts; the evidence may be empty.
    tone
        Colour of the mark.
    """

    mark: str
    sentence: str
    evidence: str = ""
    tone: Tone = "plain"


@dataclass(frozen=True)
class Listing:
    """A preformatted text, such as a program."""

    title: str
    text: str


@dataclass(frozen=True)
class Fact:
    """A figure that a decision rests on.

    Parameters
    ----------
    name, value
        What it is, and the figure in large letters.
    note
        What qualifies it, such as its interval.
    """

    name: str
    value: str
    note: str = ""


@dataclass(frozen=True)
class Decision:
    """What to do, on the first screen of a page.

    Parameters
    ----------
    sentence
        What to do, in a sentence.
    code
        The same as code; None if there is none.
    facts
        Why to believe it, in figures.
    warnings
        Why to doubt it, a sentence each.
    pointer
        A sentence on where to read on; empty if there is nothing.
    """

    sentence: str
    code: Listing | None = None
    facts: tuple[Fact, ...] = ()
    warnings: tuple[str, ...] = ()
    pointer: str = ""


@dataclass(frozen=True)
class ReportSection:
    """A section of a report: a decision, text, then statements, verdicts, figures, tables and listings.

    Parameters
    ----------
    title
        Heading, also in the table of contents.
    explanation
        What the section shows and how to read it, in plain text; an empty line begins a paragraph.
    figures
        Plotly figures.
    tables, verdicts, listings, statements
        Other contents.
    decision
        What to do, which comes first; None if the section does not say.
    folded
        Whether only the title is seen, until it is clicked.
    """

    title: str
    explanation: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[ReportTable, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    listings: tuple[Listing, ...] = ()
    statements: tuple[Statement, ...] = ()
    decision: Decision | None = None
    folded: bool = False


def format_cell(value: Any) -> str:
    """Format a value for display: four decimals below 1, fewer above; a dash if it is missing."""
    if isinstance(value, bool | np.bool_):
        return "yes" if value else "no"
    if _is_missing(value):
        return MISSING
    if isinstance(value, float | np.floating):
        return _format_number(float(value))
    return str(value)


def sort_key(value: Any) -> str:
    """Return the text that a cell is sorted by: a number in full precision, empty if it is missing."""
    if _is_missing(value):
        return ""
    if isinstance(value, bool | np.bool_):
        return str(int(value))
    return repr(float(value)) if is_number(value) else str(value)


def _is_missing(value: Any) -> bool:
    return bool(np.ndim(value) == 0 and pd.isna(value))


def _format_number(value: float) -> str:
    size = abs(value)
    if size == 0 or not np.isfinite(value):
        return f"{value:g}"
    if size < 1e-4:
        return f"{value:.1e}"
    return f"{value:.4f}" if size < 1 else f"{value:.2f}" if size < 100 else f"{value:.0f}"
