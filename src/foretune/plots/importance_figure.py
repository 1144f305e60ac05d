"""Figure of the importance of hyperparameters, by a functional analysis of variance (fANOVA)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from plotly.graph_objects import Bar, Figure
from plotly.subplots import make_subplots

from foretune.base import counted, derive_seed, is_number, one_thread
from foretune.plots.axis import in_sentence, label_of, title_of
from foretune.plots.errors import PlotError
from foretune.plots.look import COLOURS, GREY, escape, lay_out_neutral
from foretune.plots.score_model import ScoreModel
from foretune.plots.shown_search import ShownSearch, count_scores, name_learner
from foretune.spaces import PARAM_PREFIX, ConfigurationEncoder
from foretune.understanding import ForestSurface, SurfaceParameters, describe_space

# Trials of a learner from which their own importance is read
FEWEST_TRIALS = 8
# Configurations that are drawn from the space of a memory
N_DRAWN = 512
FOREST = SurfaceParameters(n_trees=32, max_leaves=64, n_levels=16)
# Pairs of hyperparameters that are shown for each learner
SHOWN_PAIRS = 3
LEAST_SHOWN_PAIR = 0.005
SEED = 0


@dataclass(frozen=True)
class Importance:
    """Importance of the hyperparameters of one learner.

    Attributes
    ----------
    learner
        The learner.
    shares
        Share of the variance of the score of each hyperparameter alone, largest first.
    pairs
        The same of pairs beyond what each of both does.
    source
        What the variance is of, in words.
    r2
        Share of the variance of unseen trials that the forest explains; NaN where it was not fitted to
        trials.
    """

    learner: str
    shares: Mapping[str, float]
    pairs: Mapping[tuple[str, str], float]
    source: str
    r2: float = np.nan


def plot_importance(search: ShownSearch, learner: Any = None) -> Figure:
    """Plot the share of the variance of the score that each hyperparameter explains.

    With a memory, of the scores that it expects all over the search space, corrected by the trials; otherwise
    of the scores of the trials.
    """
    found, problems = [], []
    for one in search.learners if learner is None else [search.choose_learner(learner)]:
        try:
            found.append(measure_importance(search, one))
        except PlotError as error:
            problems.append(str(error))
    if not found:
        raise PlotError(problems[0] if problems else "there is no trial yet: nothing can be drawn")
    return _draw(search, found, problems)


def measure_importance(search: ShownSearch, learner: str) -> Importance:
    """Measure the importance of the hyperparameters of one learner.

    Raises
    ------
    PlotError
        If there are too few trials and no memory, or nothing was varied.
    """
    memory = search.memory
    rng = np.random.default_rng(derive_seed(SEED, "importance", learner))
    drawn = memory.draw(learner, N_DRAWN, rng) if memory is not None and learner in memory.learners else []
    trials = [trial for trial in search.trials_of(learner) if trial.has_score]
    if drawn:
        model = ScoreModel.of(search, learner)
        scores = model.predict(drawn)
        configurations: list[Mapping[str, Any]] = list(drawn)
        source, is_of_trials = f"{model.source}, all over the search space", False
    elif len(trials) < FEWEST_TRIALS:
        raise PlotError(
            f"importance needs at least {count_scores(FEWEST_TRIALS)}, and {name_learner(learner)} has "
            f"{len(trials)}"
        )
    else:
        configurations = [trial.params for trial in trials]
        scores = np.array([trial.score for trial in trials])
        source, is_of_trials = count_scores(len(trials)), True
    known = np.isfinite(scores)
    configurations = [one for one, is_known in zip(configurations, known, strict=True) if is_known]
    return _decompose(learner, configurations, scores[known], source, has_r2=is_of_trials)


def _decompose(
    learner: str,
    configurations: Sequence[Mapping[str, Any]],
    scores: npt.NDArray[np.float64],
    source: str,
    *,
    has_r2: bool,
) -> Importance:
    names = list(dict.fromkeys(name for one in configurations for name in one))
    # Names with a sign of the encoding's own, such as those of parts of a pipeline, are numbered
    table = pd.DataFrame(
        [
            {f"{PARAM_PREFIX}{names.index(name)}": _cell(value) for name, value in one.items()}
            for one in configurations
        ],
        dtype=object,
    )
    for column in table:
        if table[column].dropna().map(is_number).all():
            table[column] = table[column].astype("float64")
    encoded = ConfigurationEncoder.from_trials(table).encode(table)
    space = describe_space(encoded, np.zeros(len(table), dtype=bool), FOREST.n_levels)
    if not space.hyperparameters:
        raise PlotError(f"no hyperparameter of {name_learner(learner)} was varied: none has an importance")
    with one_thread():
        forest = ForestSurface.fit(space.values, scores, FOREST, SEED)
        found = forest.boxes(space).decompose()
    if not np.isfinite(found.main).all():
        raise PlotError(
            f"all scores of {name_learner(learner)} are the same: no hyperparameter has an importance"
        )
    proper = [names[int(name)] for name in space.names]
    shares = dict(sorted(zip(proper, found.main.tolist(), strict=True), key=lambda one: -one[1]))
    pairs = sorted(zip(found.pairs, found.interactions.tolist(), strict=True), key=lambda one: -one[1])
    shown = [(pair, share) for pair, share in pairs[:SHOWN_PAIRS] if share >= LEAST_SHOWN_PAIR]
    named = {(proper[first], proper[second]): share for (first, second), share in shown}
    return Importance(learner, shares, named, source, forest.r2 if has_r2 else np.nan)


def _cell(value: Any) -> Any:
    return float(value) if is_number(value) else label_of(value)


def _draw(search: ShownSearch, found: Sequence[Importance], problems: Sequence[str]) -> Figure:
    several = len(found) > 1
    heights = [len(one.shares) + len(one.pairs) for one in found]
    figure = make_subplots(
        rows=len(found),
        cols=1,
        shared_xaxes=True,
        subplot_titles=[escape(name_learner(one.learner)) for one in found] if several else None,
        row_heights=[height + 1 for height in heights],
        vertical_spacing=min(0.09, 0.5 / len(found)) if several else 0,
    )
    for row, one in enumerate(found, start=1):
        names = [title_of(name) for name in one.shares]
        names += [" with ".join(map(title_of, pair)) for pair in one.pairs]
        values = [*one.shares.values(), *one.pairs.values()]
        colour = COLOURS[search.learners.index(one.learner) % len(COLOURS)]
        bars = Bar(
            x=values,
            y=[escape(name) for name in names],
            orientation="h",
            marker={"color": [*[colour] * len(one.shares), *[GREY] * len(one.pairs)]},
            hovertemplate="%{y}: %{x:.1%}<extra></extra>",
            showlegend=False,
        )
        figure.add_trace(bars, row=row, col=1)
    figure.update_yaxes(type="category", autorange="reversed")
    figure.update_xaxes(tickformat=".0%", rangemode="tozero")
    figure.update_xaxes(
        title=f"Share of the variance of {escape(in_sentence(search.score_name))}", row=len(found), col=1
    )
    sources = list(dict.fromkeys(_describe(one) for one in found)) if not several else _describe_all(found)
    left_out = [f"{counted(len(problems), 'learner')} left out: {escape(problems[0])}"] if problems else []
    subtitle = "<br>".join(
        ["fANOVA of " + sources[0], *sources[1:], *left_out, "grey: two together, beyond each alone"]
    )
    if not any(one.pairs for one in found):
        subtitle = subtitle.rpartition("<br>")[0]
    height = 160 + 28 * sum(heights) + 46 * len(found)
    return lay_out_neutral(figure, "Importance of hyperparameters", subtitle, height=height)


def _describe(one: Importance) -> str:
    explained = (
        f", of which the forest explains {max(one.r2, 0):.0%} where unseen" if np.isfinite(one.r2) else ""
    )
    return f"{escape(one.source)}{explained}"


def _describe_all(found: Sequence[Importance]) -> list[str]:
    distinct = list(dict.fromkeys(_describe(one) for one in found))
    if len(distinct) == 1:
        return [f"each learner by itself: {distinct[0]}"]
    each = [f"{escape(name_learner(one.learner))}: {_describe(one)}" for one in found]
    return ["each learner by itself", *each]
