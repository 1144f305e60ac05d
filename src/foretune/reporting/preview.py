"""Figures in a small frame that draws with a theme of its own, such as the preview of Kedro-Viz."""

from __future__ import annotations

import copy
import re
import textwrap
from typing import Any

# Kedro-Viz draws 400 x 300 pixels, of which about 290 are left for the panels, in letters 5 pixels wide
PLOT_LETTERS, TITLE_LETTERS = 58, 55
# Left of the panels is room for labels of so many letters; below the title, for two lines of it
LABEL_LETTERS, TITLE_LINES, INSET = 20, 2, 0.15
# Panels side by side, and one above the other; labels of an axis
MOST_BESIDE, MOST_ABOVE, MOST_LABELS = 4, 2, 5
SMALL, GREY, FAINT = 8, "#888888", "rgba(136, 136, 136, 0.25)"
# What Kedro-Viz sets on the first axes only
AXIS = {
    "automargin": True,
    "color": GREY,
    "gridcolor": FAINT,
    "zerolinecolor": FAINT,
    "linecolor": GREY,
    "tickfont": {"size": SMALL, "color": GREY},
    "nticks": MOST_LABELS,
}


def preview_figure(figure: dict[str, Any]) -> dict[str, Any]:
    """Return a figure for a small frame: no buttons, small text, few panels, none over another.

    Parameters
    ----------
    figure
        Figure of Plotly as JSON; it stays as it is.

    Returns
    -------
    dict
        The same figure, its titles on several lines. Of panels with labels of their own the first two are
        left, one above the other, of panels that share them the first four; the title counts them.
    """
    shown = copy.deepcopy(figure)
    layout = shown.setdefault("layout", {})
    for name in ("updatemenus", "template", "height", "width", "margin"):
        layout.pop(name, None)
    numbers = _number_panels(shown)
    beside = all(_is_shared(layout[f"yaxis{number}"]) for number in numbers[1:])
    kept = numbers[: MOST_BESIDE if beside else MOST_ABOVE]
    if len(kept) < len(numbers):
        _keep(shown, kept)
    if not beside:
        _stack(layout, kept)
    for note in layout.get("annotations", []):
        note["font"] = {"size": SMALL + 1, "color": GREY}
        note["text"] = _wrap(
            note.get("text", ""), PLOT_LETTERS // max(len(kept), 1) if beside else PLOT_LETTERS
        )
    for name in (f"{letter}axis{number}" for number in kept for letter in "xy"):
        _calm(layout[name])
    _set_title(layout, len(kept), len(numbers))
    return shown


def _number_panels(figure: dict[str, Any]) -> list[str]:
    """List the numbers of the panels with traces as Plotly writes them: an empty text, 2, 3, ..."""
    layout = figure["layout"]
    used = {trace.get("xaxis", "x")[1:] for trace in figure.get("data", [])}
    numbers = sorted(used, key=lambda number: int(number or 1))
    return [number for number in numbers if {f"xaxis{number}", f"yaxis{number}"} <= set(layout)]


def _is_shared(axis: dict[str, Any]) -> bool:
    return "overlaying" in axis or not axis.get("showticklabels", True)


def _keep(shown: dict[str, Any], kept: list[str]) -> None:
    """Leave out the traces, axes, shapes and titles of all other panels."""
    layout = shown["layout"]
    axes = {f"x{number}" for number in kept}
    shown["data"] = [trace for trace in shown["data"] if trace.get("xaxis", "x") in axes]
    layout["shapes"] = [
        shape for shape in layout.get("shapes", []) if shape.get("xref", "x").split(" ")[0] in axes
    ]
    titles = [_title_of(layout, number) for number in kept]
    layout["annotations"] = [title for title in titles if title is not None]
    for name in [name for name in layout if re.fullmatch(r"[xy]axis\d*", name)]:
        if name[5:] not in kept:
            del layout[name]
        elif layout[name].get("matches", "x")[1:] not in kept:
            del layout[name]["matches"]


def _title_of(layout: dict[str, Any], number: str) -> dict[str, Any] | None:
    """Find the title that stands on a panel."""
    left, right = layout[f"xaxis{number}"].get("domain", (0, 1))
    top = layout[f"yaxis{number}"].get("domain", (0, 1))[1]
    for note in layout.get("annotations", []):
        if note.get("yref") == "paper" and left <= note.get("x", -1) <= right and abs(note["y"] - top) < 0.01:
            return dict(note)
    return None


def _stack(layout: dict[str, Any], kept: list[str]) -> None:
    """Place panels one above the other, with room for a title and the labels of the axis between them."""
    step = 1 / len(kept)
    titles = [_title_of(layout, number) for number in kept]
    for place, number in enumerate(kept):
        top = 1 - place * step - 0.04
        bottom = 0 if number == kept[-1] else top - step * 0.55
        layout[f"xaxis{number}"]["domain"], layout[f"yaxis{number}"]["domain"] = [INSET, 1], [bottom, top]
        if number != kept[-1]:
            layout[f"xaxis{number}"].pop("title", None)
        title = titles[place]
        if title is not None:
            title.update(x=(1 + INSET) / 2, y=top, xanchor="center", yanchor="bottom", textangle=0)
    if any(titles):
        layout["annotations"] = [title for title in titles if title is not None]


def _calm(axis: dict[str, Any]) -> None:
    """Give an axis the colours of a first one, and few labels in small letters."""
    axis.update(copy.deepcopy(AXIS))
    axis.pop("dtick", None)
    values, texts = axis.get("tickvals"), axis.get("ticktext")
    if not axis.get("showticklabels", True):
        # The theme shows the labels of the first axes
        axis.update(tickmode="array", tickvals=[], ticktext=[])
    elif isinstance(values, list) and isinstance(texts, list):
        places = _thin_out(values)
        axis.update(tickvals=[values[at] for at in places], ticktext=[_cut(texts[at]) for at in places])
    title = axis.get("title")
    if isinstance(title, dict):
        title["font"] = {"size": SMALL, "color": GREY}


def _thin_out(values: list[Any]) -> list[int]:
    """Choose labels that are far enough from each other."""
    if not all(isinstance(value, int | float) for value in values) or len(values) <= MOST_LABELS:
        return list(range(0, len(values), -(-len(values) // MOST_LABELS) or 1))
    least = (max(values) - min(values)) / MOST_LABELS
    places = [0]
    for at, value in enumerate(values):
        if abs(value - values[places[-1]]) >= least:
            places.append(at)
    return places


def _set_title(layout: dict[str, Any], n_kept: int, n_panels: int) -> None:
    title = layout.get("title")
    text = title.get("text", "") if isinstance(title, dict) else title or ""
    if n_kept < n_panels:
        text = f"{n_kept} of {n_panels} panels: {text}"
    lines = _wrap(text, TITLE_LETTERS).split("<br>")
    if len(lines) > TITLE_LINES:
        lines = [*lines[: TITLE_LINES - 1], f"{lines[TITLE_LINES - 1]} ..."]
    layout["title"] = {"text": "<br>".join(lines)}


def _cut(label: Any) -> str:
    """Shorten a label; what it is marked up with would not survive."""
    plain = re.sub(r"<[^>]*>", "", str(label))
    return plain if len(plain) <= LABEL_LETTERS else f"{plain[: LABEL_LETTERS - 1]}\N{HORIZONTAL ELLIPSIS}"


def _wrap(text: str, letters: int) -> str:
    return "<br>".join(textwrap.wrap(text.replace("<br>", " "), max(letters, 10)))
