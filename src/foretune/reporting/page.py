"""Rendering of sections as one self-contained HTML page."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined
from plotly.graph_objects import Figure

from foretune.base import is_number
from foretune.reporting.column_names import head_column
from foretune.reporting.glossary import Terms
from foretune.reporting.packing import pack_json, pack_plotly
from foretune.reporting.section import (
    MOST_ROWS,
    Decision,
    ReportSection,
    ReportTable,
    State,
    format_cell,
    sort_key,
)
from foretune.reporting.theme import FOLDED

TRIALS = "n_trials"
LONG_TEXT = 28
SHOWN_FIRST = 5
# A longer table is packed: its cells repeat themselves
MOST_UNPACKED = 40
# Columns that name whose row it is
NAMING = ("method", "name", "opponent")
# What a reader sees beside a verdict that has no word of its own
MARKS: dict[State, str] = {
    "holds": "kept",
    "partly": "kept in part",
    "fails": "not kept",
    "unknown": "not known",
}


def render_page(title: str, sections: Iterable[ReportSection], ours: str = "") -> str:
    """Render sections as one self-contained HTML page.

    Parameters
    ----------
    title
        Title of the page.
    sections
        Sections in the order of the page.
    ours
        Value of the column ``method`` or ``name`` of the table rows to highlight.

    Returns
    -------
    str
        HTML that embeds plotly.js, styles and data; its content security policy forbids every request.
        Equal input gives an equal page; every value is escaped.
    """
    environment = Environment(
        loader=PackageLoader("foretune.reporting"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    terms = Terms()
    parts = [_lay_out_section(section, anchor, terms, ours) for section, anchor in _with_anchors(sections)]
    figures = [figure for part in parts for figure in part["figures"]]
    tables = [table for part in parts for table in part["tables"]]
    rows = environment.get_template("rows.html.jinja")
    for table in tables:
        table["is_packed"] = len(table["rows"]) > MOST_UNPACKED
    packed = {
        "figures": [figure.pop("data") for figure in figures],
        "rows": [rows.render(table=table) for table in tables if table["is_packed"]],
    }
    return environment.get_template("report.html.jinja").render(
        title=title,
        parts=parts,
        marks=MARKS,
        glossary=_for_script(terms.used),
        packed=pack_json(packed) if any(packed.values()) else "",
        plotly_js=pack_plotly() if figures else "",
    )


def _lay_out_section(section: ReportSection, anchor: str, terms: Terms, ours: str) -> dict[str, Any]:
    """Return the template's variables of a section, with the terms of the glossary marked in its texts."""
    terms.begin_section()
    return {
        "section": section,
        "id": anchor,
        "decision": section.decision and _lay_out_decision(section.decision, terms),
        "paragraphs": [terms.mark(text) for text in section.explanation.split("\n\n") if text],
        "statements": [
            {"of": one, "sentence": terms.mark(one.sentence), "evidence": terms.mark(one.evidence)}
            for one in section.statements
        ],
        "verdicts": [{"of": one, "sentence": terms.mark(one.sentence)} for one in section.verdicts],
        "figures": [_embed(figure) for figure in section.figures],
        "tables": [_lay_out(table, ours, terms) for table in section.tables],
    }


def _lay_out_decision(decision: Decision, terms: Terms) -> dict[str, Any]:
    return {
        "sentence": terms.mark(decision.sentence),
        "code": decision.code,
        "facts": [
            {"name": terms.mark(one.name), "value": one.value, "note": terms.mark(one.note)}
            for one in decision.facts
        ],
        "warnings": [terms.mark(one) for one in decision.warnings],
        "pointer": terms.mark(decision.pointer),
    }


def choose_first(numbers: Sequence[int]) -> int | None:
    """Return the number of trials to show first: 5 if present, else the middle one; None if there is none."""
    if SHOWN_FIRST in numbers:
        return SHOWN_FIRST
    return sorted(numbers)[(len(numbers) - 1) // 2] if numbers else None


def _with_anchors(sections: Iterable[ReportSection]) -> Iterable[tuple[ReportSection, str]]:
    taken: set[str] = set()
    for section in sections:
        base = re.sub(r"[^a-z0-9]+", "-", section.title.lower()).strip("-") or "section"
        anchor, number = base, 2
        while anchor in taken:
            anchor, number = f"{base}-{number}", number + 1
        taken.add(anchor)
        yield section, anchor


def _embed(figure: Figure) -> dict[str, Any]:
    """Return the title of a figure, its data, and the number of its lines if some are folded."""
    plain = json.loads(figure.to_json())
    # The section's text describes the figure; a title inside it would take too much space on a phone
    title = plain["layout"].pop("title", {}).get("text", "")
    named = [trace for trace in plain["data"] if trace.get("name") and trace.get("showlegend", True)]
    is_folded = any(trace.get("meta") == FOLDED for trace in plain["data"])
    return {"title": title, "data": plain, "n_lines": len(named) if is_folded else 0}


def _for_script(value: Any) -> str:
    """Write JSON that may stand in a script element."""
    written = json.dumps(value, separators=(",", ":"), sort_keys=True)
    return written.replace("<", "\\u003c").replace("&", "\\u0026")


def _lay_out(table: ReportTable, ours: str, terms: Terms) -> dict[str, Any]:
    """Return the template's variables of a table: cells with their text, sort keys and choices."""
    frames = table.frames
    first = next(iter(frames.values()))
    shown = {option: frame.head(MOST_ROWS) for option, frame in frames.items()}
    columns = [str(column) for column in first.columns]
    by_option = list(frames) if len(frames) > 1 else []
    chosen = [column for column in table.choose if column in columns and not by_option]
    naming = [at for at, column in enumerate(columns) if column in NAMING]
    texts = [_cells(frame, format_cell) for frame in shown.values()]
    keys = [_cells(frame, sort_key) for frame in shown.values()]
    kinds = [_kind(first.iloc[:, at], [text[at] for text in texts[0]]) for at in range(len(columns))]
    names = [{texts[0][at][column] for column in naming} for at in range(len(texts[0]))]
    is_extra = [column in table.folded for column in columns]
    rows = [
        {
            "ours": bool(ours) and ours in names[at],
            "extra": bool(names[at] & table.folded),
            "chosen": json.dumps([texts[0][at][columns.index(column)] for column in chosen]),
            "cells": [
                _cell([text[at][column] for text in texts], [key[at][column] for key in keys])
                | {"kind": kinds[column], "extra": is_extra[column]}
                for column in range(len(columns))
            ],
        }
        for at in range(len(texts[0]))
    ]
    heads = [head_column(column) for column in columns]
    is_folded = any(is_extra) or any(row["extra"] for row in rows)
    return {
        "table": table,
        "explanation": terms.mark(table.explanation),
        "columns": [
            {"name": name, "kind": kind, "extra": extra, "term": terms.find(name)}
            for name, kind, extra in zip(heads, kinds, is_extra, strict=True)
        ],
        "choices": [_choice(column, first[column]) for column in chosen],
        "options": {"name": head_column(table.choose[0]) if table.choose else "shown", "values": by_option},
        "first_option": _first_option(by_option),
        "rows": rows,
        "is_folded": is_folded,
        "n_left_out": len(first) - len(rows),
    }


def _kind(values: pd.Series, texts: Sequence[str]) -> str:
    """Return the style class of a column: numbers are right-aligned, long texts wrapped."""
    if any(is_number(value) for value in values):
        return "number"
    return "long" if max(map(len, texts), default=0) > LONG_TEXT else "short"


def _cells(frame: pd.DataFrame, write: Any) -> list[list[str]]:
    columns = [[write(value) for value in frame.iloc[:, at].tolist()] for at in range(frame.shape[1])]
    return [list(row) for row in zip(*columns, strict=True)]


def _cell(texts: list[str], keys: list[str]) -> dict[str, Any]:
    """Return the template's variables of a cell; texts that depend on the option as JSON."""
    varies = len(set(texts)) > 1
    return {
        "text": texts[0],
        "sort": keys[0],
        "texts": json.dumps(texts) if varies else "",
        "sorts": json.dumps(keys) if varies else "",
    }


def _choice(column: str, values: pd.Series) -> dict[str, Any]:
    distinct = sorted(values.dropna().unique().tolist(), key=lambda value: (isinstance(value, str), value))
    first = choose_first(distinct) if column == TRIALS else None
    return {
        "name": head_column(column),
        "values": [format_cell(value) for value in distinct],
        "first": "" if first is None else format_cell(first),
    }


def _first_option(options: Sequence[str]) -> int:
    numbers = [int(option) for option in options if option.isdigit()]
    first = choose_first(numbers) if len(numbers) == len(options) else None
    return options.index(str(first)) if first is not None else 0
