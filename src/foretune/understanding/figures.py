"""Plotly figures of the importance of hyperparameters, defaults and metafeatures.

Equal input gives equal JSON; an empty table gives an empty figure.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from plotly.graph_objects import Bar, Figure, Scatter
from plotly.subplots import make_subplots

from foretune.understanding.ablation import ALL, ONLY, WITHOUT
from foretune.understanding.hyperparameters import NOT_SET

# Palette of Okabe and Ito, safe for colour-blind readers
_COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
_GREY = "#777777"
_PIXELS_PER_BAR = 19
_PIXELS_AROUND = 190
_CURVES_PER_LEARNER = 3
_MOST_LEARNERS_WITH_CURVES = 16
_LONGEST_NAME = 34
_LONGEST_LEARNER = 20
_MEASURES_DRAWN = {"spearman": "Spearman correlation", "regret_1": "regret of the first proposal"}


def plot_importance(importance: pd.DataFrame, interactions: pd.DataFrame) -> Figure:
    """Plot the share of variance of each hyperparameter and of each learner's strongest interaction.

    Parameters
    ----------
    importance, interactions
        Result of :func:`foretune.understanding.hyperparameter_tables.study_hyperparameters`.

    Returns
    -------
    plotly.graph_objects.Figure
        One panel per task type. Bars are means over tasks, lines span the quartiles; the grey bar is the
        strongest interaction of two hyperparameters. Beside a learner is the out-of-bag R2 of its forests.
    """
    strongest = interactions.groupby(["task_type", "learner"], sort=False).head(1)
    names = strongest["first"].astype(str) + " x " + strongest["second"].astype(str)
    columns = ["task_type", "learner", "hyperparameter", "mean", "q25", "median", "q75", "is_pair"]
    fit = importance.drop_duplicates(["task_type", "learner"]).set_index(["task_type", "learner"])[
        "surface_r2"
    ]
    rows = [
        importance.assign(is_pair=False).reindex(columns=columns),
        strongest.assign(hyperparameter=names, is_pair=True).reindex(columns=columns),
    ]
    table = pd.concat([part for part in rows if len(part)]) if len(importance) else rows[0]
    return _bars_by_learner(
        table,
        columns=("mean", "q25", "q75"),
        title="Which hyperparameters matter: share of the variance of a learner's scores within a task",
        axis="share of variance (bar: mean over tasks, line: quartiles)",
        hover="mean %{x:.1%}, median %{customdata[0]:.1%}",
        percent=True,
        notes={key: f"R2 {r2:.2f}" for key, r2 in fit.dropna().items()},
    )


def plot_tunability(tunability: pd.DataFrame) -> Figure:
    """Plot the gain over the reference from tuning each hyperparameter alone, and all together.

    Parameters
    ----------
    tunability
        Result of :func:`foretune.understanding.hyperparameter_tables.study_hyperparameters`.
    """
    references = " or ".join(sorted(tunability["reference"].astype(str).unique()))
    return _bars_by_learner(
        tunability.assign(is_pair=tunability["hyperparameter"] == "(all)"),
        columns=("mean_gain", "ci_low", "ci_high"),
        title=f"Tunability: what tuning gains over the {references or 'reference'}",
        axis="gain in relative score, 0 worst to 1 best trial (line: bootstrap interval)",
        hover="mean gain %{x:.3f}, median %{customdata[0]:.3f}",
        percent=False,
    )


def plot_better_defaults(better_defaults: pd.DataFrame) -> Figure:
    """Plot the gain of each learner's better default on held-out families.

    Parameters
    ----------
    better_defaults
        Result of :func:`foretune.understanding.hyperparameter_tables.study_hyperparameters`.

    Returns
    -------
    plotly.graph_objects.Figure
        One panel per task type; hovering shows the configuration.
    """
    task_types = sorted(better_defaults["task_type"].unique())
    figure = _panels(task_types, horizontal_spacing=0.18)
    for column, task_type in enumerate(task_types, start=1):
        rows = better_defaults[better_defaults["task_type"] == task_type].sort_values("learner")
        learners = rows["learner"].astype(str).tolist()
        told = [_told(text) for text in rows["parameters"]]
        best = Scatter(
            x=_plain(rows["best_possible_gain"]),
            y=learners,
            mode="markers",
            name="best configuration of each task",
            marker={"symbol": "line-ns-open", "size": 14, "color": _GREY, "line": {"width": 2}},
            showlegend=column == 1,
            hovertemplate="%{y}: best possible %{x:.3f}",
        )
        gain = Scatter(
            x=_plain(rows["mean_gain"]),
            y=learners,
            error_x=_whiskers(rows, "mean_gain", "ci_low", "ci_high"),
            customdata=list(zip(told, _plain(rows["share_improved"]), strict=True)),
            mode="markers",
            name="better default, on families that it was not chosen on",
            marker={"size": 10, "color": _COLOURS[1]},
            showlegend=column == 1,
            hovertemplate="%{y}: %{x:.3f}, improves %{customdata[1]:.0%} of the tasks<br>%{customdata[0]}",
        )
        figure.add_traces([best, gain], rows=1, cols=column)
    references = " or ".join(sorted(better_defaults["reference"].astype(str).unique()))
    figure.update_xaxes(title=f"gain in relative score over the {references}", zeroline=True)
    figure.update_yaxes(autorange="reversed", automargin=True)
    tallest = better_defaults["task_type"].value_counts().max() if len(better_defaults) else 0
    return _laid_out(figure, "Better defaults: one configuration per learner for all tasks", int(tallest) * 2)


def plot_marginals(marginals: pd.DataFrame) -> Figure:
    """Plot the marginal effects of the most important hyperparameters of each learner.

    Parameters
    ----------
    marginals
        Result of :func:`foretune.understanding.hyperparameter_tables.study_hyperparameters`.

    Returns
    -------
    plotly.graph_objects.Figure
        A row per task type and learner with its three most important hyperparameters: the mean over tasks and
        the band between the quartiles. All panels share the vertical axis.
    """
    learners = list(marginals.groupby(["task_type", "learner"], sort=True))[:_MOST_LEARNERS_WITH_CURVES]
    curves = [
        [
            rows[rows["hyperparameter"] == name]
            for name in rows["hyperparameter"].unique()[:_CURVES_PER_LEARNER]
        ]
        for _, rows in learners
    ]
    titles = [
        _curve_title(row[at]) if at < len(row) else "" for row in curves for at in range(_CURVES_PER_LEARNER)
    ]
    figure = make_subplots(
        rows=max(len(curves), 1),
        cols=_CURVES_PER_LEARNER,
        subplot_titles=titles,
        shared_yaxes="all",
        vertical_spacing=0.35 / max(len(curves), 1),
        horizontal_spacing=0.05,
    )
    for row, ((task_type, learner), shown) in enumerate(
        zip([key for key, _ in learners], curves, strict=True)
    ):
        for column, curve in enumerate(shown):
            at = {"row": row + 1, "col": column + 1}
            has_axis = not curve["value"].isna().any()
            figure.add_traces(_curve(curve, has_axis), rows=row + 1, cols=column + 1)
            is_log = has_axis and bool(curve["is_log"].iloc[0])
            figure.update_xaxes(type=("log" if is_log else "linear") if has_axis else "category", **at)
            if is_log:
                ticks = _log_ticks(float(curve["value"].min()), float(curve["value"].max()))
                figure.update_xaxes(tickvals=ticks, ticktext=[f"{tick:g}" for tick in ticks], **at)
        figure.update_yaxes(
            title=f"{_short(str(learner), _LONGEST_LEARNER)}<br>({task_type})", row=row + 1, col=1
        )
    figure.update_annotations(font_size=12)
    figure.update_xaxes(tickfont_size=11)
    figure.update_yaxes(title_font_size=12, tickfont_size=11)
    title = (
        "Effect of a hyperparameter on the relative score (0 to 1) within a task, averaged over the others"
    )
    figure = _laid_out(figure, title, 0)
    return figure.update_layout(height=_PIXELS_AROUND + 175 * max(len(curves), 1), showlegend=False)


def plot_size_trends(best_by_rows: pd.DataFrame, size_trends: pd.DataFrame) -> Figure:
    """Plot how the best values of hyperparameters move with the number of rows.

    Parameters
    ----------
    best_by_rows, size_trends
        Result of :func:`foretune.understanding.size_trends.study_sizes`.

    Returns
    -------
    plotly.graph_objects.Figure
        A row per task type and learner with the three hyperparameters of the clearest trends. A thin line is
        a table, the thick one the trend over all of them.
    """
    clear = size_trends.assign(clearness=_clearness(size_trends)).sort_values("clearness", ascending=False)
    shown = [
        (key, _records(rows.head(_CURVES_PER_LEARNER)))
        for key, rows in clear.groupby(["task_type", "learner"], sort=True)
    ][:_MOST_LEARNERS_WITH_CURVES]
    titles = [
        row[at]["hyperparameter"] if at < len(row) else ""
        for _, row in shown
        for at in range(_CURVES_PER_LEARNER)
    ]
    figure = make_subplots(
        rows=max(len(shown), 1),
        cols=_CURVES_PER_LEARNER,
        subplot_titles=titles,
        vertical_spacing=0.35 / max(len(shown), 1),
        horizontal_spacing=0.08,
    )
    for row, ((task_type, learner), trends) in enumerate(shown, start=1):
        for column, trend in enumerate(trends, start=1):
            keys = ["task_type", "learner", "hyperparameter"]
            own = best_by_rows.merge(pd.DataFrame([{name: trend[name] for name in keys}]), on=keys)
            figure.add_traces(_size_lines(own, trend), rows=row, cols=column)
            figure.update_yaxes(type="log" if trend["is_log"] else "linear", row=row, col=column)
            figure.update_xaxes(type="log", row=row, col=column)
        name = f"{_short(str(learner), _LONGEST_LEARNER)}<br>({task_type})"
        figure.update_yaxes(title=name, row=row, col=1)
    figure.update_annotations(font_size=12)
    figure = _laid_out(figure, "Best values by the number of rows: samples of the same tables", 0)
    return figure.update_layout(height=_PIXELS_AROUND + 200 * max(len(shown), 1), showlegend=False)


def _records(rows: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): value for name, value in row.items()} for row in rows.to_dict(orient="records")]


def _clearness(trends: pd.DataFrame) -> pd.Series:
    """Return the distance of each trend from none, in widths of its interval."""
    found = [
        abs(math.log10(middle)) / max(math.log10(high / low), 1e-9)
        if is_log
        else abs(middle) / max(high - low, 1e-9)
        for middle, low, high, is_log in zip(
            *(trends[name] for name in ("per_tenfold", "ci_low", "ci_high", "is_log")), strict=True
        )
    ]
    return pd.Series(found, index=trends.index, dtype=float)


def _size_lines(best: pd.DataFrame, trend: Mapping[str, Any]) -> list[Scatter]:
    """Return a thin line per table, and the trend through the middle of them."""
    lines = [
        Scatter(
            x=rows["n_rows"].tolist(),
            y=rows["value"].tolist(),
            mode="lines",
            line={"color": _GREY, "width": 0.6},
            opacity=0.5,
            name=str(table),
        )
        for table, rows in best.sort_values("n_rows").groupby("table", sort=True)
    ]
    ends = [float(best["n_rows"].min()), float(best["n_rows"].max())]
    middle = float(best["n_rows"].median())
    tens = [math.log10(end / middle) for end in ends]
    typical, slope = trend["typical"], trend["per_tenfold"]
    on_trend = [typical * slope**ten if trend["is_log"] else typical + slope * ten for ten in tens]
    thick = {"color": _COLOURS[1], "width": 3}
    return [*lines, Scatter(x=ends, y=on_trend, mode="lines", line=thick, name="trend")]


def plot_shap(shap: pd.DataFrame, shap_points: pd.DataFrame) -> Figure:
    """Plot the SHAP values of the most influential features.

    Parameters
    ----------
    shap, shap_points
        Results of :func:`foretune.understanding.shap_values.explain_surrogates`.

    Returns
    -------
    plotly.graph_objects.Figure
        One panel per task type, a line of points per feature, the most influential on top. A point is a row
        of the meta-dataset; its colour is the rank of the feature's value, grey if missing.
    """
    task_types = sorted(shap["task_type"].unique())
    figure = _panels(task_types, horizontal_spacing=0.24)
    tallest = 0
    for column, task_type in enumerate(task_types, start=1):
        points = shap_points[shap_points["task_type"] == task_type]
        names = [str(name) for name in points["name"].unique()]
        tallest = max(tallest, len(names))
        for position, name in enumerate(names):
            rows = points[points["name"] == name]
            figure.add_traces(_swarm(rows, name, position), rows=1, cols=column)
        kinds = shap[shap["task_type"] == task_type].drop_duplicates("name").set_index("name")["kind"]
        labels = [
            f"<b>{_short(name)}</b>" if kinds[name] != "metafeature" else _short(name) for name in names
        ]
        figure.update_yaxes(
            tickvals=list(range(len(names))), ticktext=labels, range=[len(names) - 0.4, -0.6], col=column
        )
    figure.update_xaxes(
        title="SHAP value (change of the predicted target)", zeroline=True, zerolinecolor=_GREY
    )
    title = "What moves the surrogate's predictions: hyperparameters (bold) and metafeatures"
    bar = {"title": "value", "tickvals": [0, 1], "ticktext": ["low", "high"], "len": 0.5, "thickness": 12}
    figure.update_layout(coloraxis={"colorscale": "Viridis", "cmin": 0, "cmax": 1, "colorbar": bar})
    return _laid_out(figure, title, int(tallest * 1.3))


def plot_ablation(metafeature_ablation: pd.DataFrame) -> Figure:
    """Plot the ablation of metafeature groups.

    Parameters
    ----------
    metafeature_ablation
        Result of :func:`foretune.understanding.ablation.ablate_metafeatures`.

    Returns
    -------
    plotly.graph_objects.Figure
        A row per task type, a column per measure. For each group, the loss without it and the gain with it
        alone, with bootstrap intervals; values above zero mean that it helps.
    """
    task_types = sorted(metafeature_ablation["task_type"].unique())
    n_groups = sum(
        rows["group"].nunique() + 3 for _, rows in metafeature_ablation.groupby("task_type", sort=True)
    )
    titles = [f"{task_type}: {label}" for task_type in task_types for label in _MEASURES_DRAWN.values()]
    figure = make_subplots(
        rows=max(len(task_types), 1),
        cols=len(_MEASURES_DRAWN),
        subplot_titles=titles,
        shared_yaxes=True,
        horizontal_spacing=0.04,
        # As high as tick labels and a title, whatever the height of the figure
        vertical_spacing=min(70 / (26 * max(n_groups, 1)), 0.4) if len(task_types) > 1 else 0,
    )
    for row, task_type in enumerate(task_types, start=1):
        rows = metafeature_ablation[metafeature_ablation["task_type"] == task_type]
        order = ["all metafeatures", *_order_of_groups(rows)]
        for column, measure in enumerate(_MEASURES_DRAWN, start=1):
            traces = _ablation_points(rows[rows["measure"] == measure], is_first=row == 1 and column == 1)
            figure.add_traces(traces, rows=row, cols=column)
            figure.add_vline(x=0, line_color=_GREY, line_width=1, row=row, col=column)
        figure.update_yaxes(
            categoryorder="array", categoryarray=order, autorange="reversed", automargin=True, row=row
        )
    figure.update_xaxes(
        title="improvement by the group (right of zero: it helps)", row=max(len(task_types), 1)
    )
    figure = _laid_out(figure, "Which metafeatures are useful", 0)
    return figure.update_layout(height=_PIXELS_AROUND + 26 * n_groups, scattermode="group")


def _bars_by_learner(
    table: pd.DataFrame,
    *,
    columns: tuple[str, str, str],
    title: str,
    axis: str,
    hover: str,
    percent: bool,
    notes: Mapping[Any, str] | None = None,
) -> Figure:
    task_types = sorted(table["task_type"].unique())
    figure = _panels(task_types, horizontal_spacing=0.3)
    learners = sorted(table["learner"].unique())
    for column, task_type in enumerate(task_types, start=1):
        panel = table[table["task_type"] == task_type]
        for learner in learners:
            rows = panel[panel["learner"] == learner]
            colour = _COLOURS[learners.index(learner) % len(_COLOURS)]
            # Invisible marks, because plotly gives equal names of several learners one place in the order
            mark = "\u200b" * learners.index(learner)
            names = [_short(str(name)) + mark for name in rows["hyperparameter"]]
            if not names:
                continue
            note = (notes or {}).get((task_type, learner))
            heading = f"<b>{_short(str(learner), _LONGEST_LEARNER)}</b>" + (f", {note}" if note else "")
            bars = Bar(
                # A row without a bar carries the name of the learner
                x=[None, *_plain(rows[columns[0]])],
                y=[heading, *names],
                orientation="h",
                error_x=_below_heading(_whiskers(rows, *columns)),
                marker_color=[colour, *(_GREY if is_pair else colour for is_pair in rows["is_pair"])],
                customdata=[[None], *([median] for median in _plain(rows["median"]))],
                showlegend=False,
                hovertemplate=f"%{{y}}: {hover}<extra></extra>",
            )
            figure.add_trace(bars, row=1, col=column)
    figure.update_xaxes(title=axis, rangemode="tozero", tickformat=".0%" if percent else None)
    figure.update_yaxes(type="category", autorange="reversed", automargin=True, tickfont_size=11)
    n_rows = table.groupby("task_type")["learner"].agg(lambda rows: len(rows) + rows.nunique())
    return _laid_out(figure, title, int(n_rows.max()) if len(table) else 0)


def _below_heading(whiskers: Mapping[str, Any]) -> dict[str, Any]:
    """Give the row of a heading no line."""
    return {
        **whiskers,
        **{side: [None, *whiskers[side]] for side in ("array", "arrayminus")},
    }


def _whiskers(rows: pd.DataFrame, value: str, low: str, high: str) -> dict[str, Any]:
    # A mean may lie outside of the quartiles, and a negative length would point to the wrong side
    above = _plain((rows[high] - rows[value]).clip(lower=0))
    below = _plain((rows[value] - rows[low]).clip(lower=0))
    return {
        "type": "data",
        "symmetric": False,
        "array": above,
        "arrayminus": below,
        "color": "#333333",
        "thickness": 1.2,
        "width": 3,
    }


def _curve(curve: pd.DataFrame, has_axis: bool) -> list[Any]:
    x = _plain(curve["value"]) if has_axis else curve["label"].astype(str).tolist()
    line = Scatter(
        x=x,
        y=_plain(curve["effect"]),
        mode="lines+markers" if has_axis else "markers",
        line={"color": _COLOURS[0], "width": 2},
        marker={"size": 5 if has_axis else 9},
        hovertemplate="%{x}: %{y:.3f}<extra></extra>",
    )
    if not has_axis:
        return [line.update(error_y=_whiskers(curve, "effect", "q25", "q75"))]
    band = Scatter(
        x=x + x[::-1],
        y=_plain(curve["q75"]) + _plain(curve["q25"])[::-1],
        fill="toself",
        fillcolor=_COLOURS[0],
        opacity=0.15,
        line={"width": 0},
        hoverinfo="skip",
    )
    return [band, line]


def _curve_title(curve: pd.DataFrame) -> str:
    return f"{_short(str(curve['hyperparameter'].iloc[0]))} ({curve['importance'].iloc[0]:.0%})"


def _log_ticks(low: float, high: float) -> list[float]:
    """Return a few round numbers for a logarithmic axis: powers of ten, within two decades also 2 and 5."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    is_short = math.log10(high / low) < 2
    step = 1 if is_short else math.ceil((last - first) / 5)
    digits = (1, 2, 5) if is_short else (1,)
    ticks = [float(f"{digit}e{power}") for power in range(first, last + 1, step) for digit in digits]
    return [tick for tick in ticks if low * 0.99 <= tick <= high * 1.01]


def _swarm(rows: pd.DataFrame, name: str, position: int) -> list[Any]:
    # Golden ratio: evenly spread and reproducible
    spread = [((number * 0.6180339887) % 1 - 0.5) * 0.62 for number in range(len(rows))]
    placed = rows.assign(y=[position + offset for offset in spread])
    has_value = placed["value_rank"].notna()
    series = (
        (placed[~has_value], {"color": "#AAAAAA"}, f"{name}: %{{x:.3f}}"),
        (
            placed[has_value],
            {"color": _plain(placed.loc[has_value, "value_rank"]), "coloraxis": "coloraxis"},
            f"{name} = %{{customdata[0]:.4g}}: %{{x:.3f}}",
        ),
    )
    return [
        Scatter(
            x=_plain(shown["shap"].round(5)),
            y=_plain(shown["y"]),
            customdata=[[value] for value in _plain(shown["value"])],
            mode="markers",
            marker={"size": 4, "opacity": 0.75, **colouring},
            showlegend=False,
            hovertemplate=f"{told}<extra></extra>",
        )
        for shown, colouring, told in series
        if len(shown)
    ]


def _order_of_groups(rows: pd.DataFrame) -> list[str]:
    by_loss = rows[(rows["variant"] == WITHOUT) & (rows["measure"] == "spearman")]
    return by_loss.sort_values(["improvement", "group"])["group"].astype(str).tolist()


def _ablation_points(rows: pd.DataFrame, *, is_first: bool) -> list[Any]:
    everything = rows[rows["variant"] == ALL].assign(group="all metafeatures")
    without = rows[rows["variant"] == WITHOUT]
    lost = without.assign(
        improvement=-without["improvement"], ci_low=-without["ci_high"], ci_high=-without["ci_low"]
    )
    series = (
        ("all against none", everything, "#000000", "square"),
        ("lost without the group", lost, _COLOURS[0], "circle"),
        ("gained by the group alone, against none", rows[rows["variant"] == ONLY], _COLOURS[1], "diamond"),
    )
    return [
        Scatter(
            x=_plain(shown["improvement"]),
            y=shown["group"].astype(str).tolist(),
            error_x=_whiskers(shown, "improvement", "ci_low", "ci_high") | {"color": colour},
            orientation="h",
            mode="markers",
            name=label,
            legendgroup=label,
            offsetgroup=label if symbol != "square" else "lost without the group",
            showlegend=is_first,
            marker={"color": colour, "symbol": symbol, "size": 8},
            hovertemplate="%{y}: %{x:.4f}",
        )
        for label, shown, colour, symbol in series
    ]


def _panels(titles: Sequence[Any], horizontal_spacing: float) -> Figure:
    return make_subplots(
        rows=1,
        cols=max(len(titles), 1),
        subplot_titles=[str(title) for title in titles],
        horizontal_spacing=horizontal_spacing / max(len(titles) - 1, 1),
    )


def _laid_out(figure: Figure, title: str, n_bars: int) -> Figure:
    return figure.update_layout(
        title=title,
        template="plotly_white",
        hovermode="closest",
        height=max(360, _PIXELS_AROUND + _PIXELS_PER_BAR * n_bars),
        legend={"orientation": "h", "yanchor": "bottom", "y": 0, "yref": "container", "x": 0},
        margin={"t": 90, "b": 100},
    )


def _told(parameters: str) -> str:
    settings = json.loads(parameters).items()
    return ", ".join(f"{name} = {value}" for name, value in settings) or NOT_SET


def _plain(values: Any) -> list[float | None]:
    """Return plain numbers for any version of plotly.js, None for NaN."""
    return [None if math.isnan(value) else float(value) for value in values]


def _short(name: str, longest: int = _LONGEST_NAME) -> str:
    return name if len(name) <= longest else f"{name[: longest - 1]}…"
