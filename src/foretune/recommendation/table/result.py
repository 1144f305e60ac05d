"""Result of a recommendation for a table, as tables to show and save."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from foretune.base import TaskType, quote_formulas
from foretune.learners import EarlyStopping, PreprocessingParameters, name_splitter
from foretune.plots import in_sentence, score_in_words
from foretune.recommendation.core import (
    COVERAGE,
    GAIN_COLUMNS,
    SCORERS,
    Drivers,
    MemorySource,
    RecommendationParameters,
    Recommender,
    expected_gains,
    find_drivers,
    read_metafeatures,
)
from foretune.recommendation.table.cross_validation import CrossValidation
from foretune.recommendation.table.user_table import UserTable
from foretune.reporting import list_versions
from foretune.spaces import Configuration
from foretune.tables import for_command_line

DECIMALS = 6
# Losses are scores with their sign changed
NEGATED = "neg_"


@dataclass(frozen=True)
class RecommendationResult:
    """Recommended configurations for a table, with explanations.

    Attributes
    ----------
    table, task_type
        The table, and ``"classification"`` or ``"regression"``.
    score
        Metric that is predicted; None if the memory does not name it.
    n_rows, n_features
        Number of rows with a target and of columns with a value.
    recommendations
        Columns of :meth:`foretune.recommendation.core.recommender.Recommender.rank`, and ``gain, gain_low,
        gain_high, probability_worse`` over the library default, see
        :func:`foretune.recommendation.core.gains.expected_gains`.
    gain_of_all
        The same four values for the best of all recommendations.
    default
        The library default that gains refer to; None if the memory has none.
    configurations
        Recommended configurations and the default, by ``config_id``.
    neighbours
        ``task_id, family, distance, times_typical, best_learner`` of the nearest known tasks.
    distances
        ``nearest`` of this table; ``typical, largest`` of known tasks to their nearest.
    drivers, driven
        Explanation of the first recommendation that is not a library default, or of the first, and its rank.
    clipped, left_out
        Tables ``metafeature, value, low, high`` and ``reason, n_configurations``.
    notes
        What was changed, clipped, left out and guarded, one sentence each.
    preprocessing
        Preprocessing of the known tables; None if the memory does not name it.
    memory
        Source of the memory, its numbers of tasks, configurations and metafeatures, and its evaluation.
    measured
        Evaluated recommendations, see :func:`.run_trials`; None before.
    measured_on
        Rows and folds that they were evaluated on; None before.
    early_stopping
        Early stopping of the known trials, which the evaluated ones have as well; None if they had none.
    is_out_of_distribution
        Whether the table is unlike all known ones, so that its metafeatures were not used.
    """

    table: UserTable
    task_type: TaskType
    score: str | None
    n_rows: int
    n_features: int
    recommendations: pd.DataFrame
    gain_of_all: dict[str, float]
    default: Configuration | None
    configurations: dict[str, Configuration]
    neighbours: pd.DataFrame
    distances: dict[str, float]
    drivers: Drivers
    driven: int
    clipped: pd.DataFrame
    left_out: pd.DataFrame
    notes: tuple[str, ...]
    preprocessing: PreprocessingParameters | None
    memory: dict[str, Any]
    measured: pd.DataFrame | None = None
    measured_on: CrossValidation | None = None
    early_stopping: EarlyStopping | None = None
    is_out_of_distribution: bool = False

    @property
    def score_in_words(self) -> str:
        """Name of the score within a sentence: ``balanced accuracy``, and of a loss ``negative log loss``."""
        if self.score is None:
            return "score"
        words = in_sentence(score_in_words(self.score.removeprefix(NEGATED)))
        return f"negative {words}" if SCORERS.get(self.score, self.score).startswith(NEGATED) else words

    def with_measured(self, measured: pd.DataFrame, plan: CrossValidation) -> RecommendationResult:
        """Return a copy with scores measured on the rows and folds of a plan, and its notes."""
        return replace(self, measured=measured, measured_on=plan, notes=self.notes + plan.notes)

    def to_json(self, settings: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Convert the result, with the settings behind it, to plain JSON values; missing ones are None."""
        return {
            "table": {
                "file": self.table.file,
                "task": self.table.name,
                "target": self.table.target,
                "task_type": self.task_type,
                "n_rows": self.n_rows,
                "n_features": self.n_features,
                **({} if self.table.split_column is None else {"split_by": self._describe_split()}),
            },
            "score": self.score,
            "interval": COVERAGE,
            "recommendations": _records(self.recommendations),
            "gain_of_all": {name: _plain(value) for name, value in self.gain_of_all.items()},
            "default": None
            if self.default is None
            else {"learner": self.default.learner, "params": dict(self.default.params)},
            "nearest_tasks": _records(self.neighbours),
            "is_out_of_distribution": self.is_out_of_distribution,
            "distances": {name: _plain(value) for name, value in self.distances.items()},
            "drivers": {
                "of_rank": self.driven,
                "metafeatures": _records(self.drivers.metafeatures),
                "configuration": _plain(self.drivers.configuration),
                "advantage": _plain(self.drivers.advantage),
            },
            "clipped": _records(self.clipped),
            "left_out": _records(self.left_out),
            "notes": list(self.notes),
            "memory": self.memory,
            "measured": None if self.measured is None else _records(self.measured),
            "measured_on": None
            if self.measured_on is None
            else {
                "n_rows": len(self.measured_on.rows),
                "n_folds": self.measured_on.n_folds,
                **({} if self.measured_on.split is None else {"splitter": self._name_splitter()}),
            },
            "settings": dict(settings or {}),
            "versions": list_versions(),
        }

    def _name_splitter(self) -> str:
        split = None if self.measured_on is None else self.measured_on.split
        return name_splitter(self.task_type, None if split is None else split.kind)

    def _describe_split(self) -> dict[str, Any]:
        column = self.table.split_column
        return {} if column is None else {column.kind: column.name, "is_feature": column.is_feature}

    def params_of(self, config_id: str) -> dict[str, Any]:
        """Return the hyperparameters of a configuration as it was evaluated, or as it is recommended."""
        if self.measured is not None:
            evaluated = self.measured.loc[self.measured["config_id"] == config_id, "params"]
            if len(evaluated):
                return dict(evaluated.iloc[0])
        listed = self.recommendations.loc[self.recommendations["config_id"] == config_id, "params"]
        # With the usual number of rounds where the memory left it to early stopping
        return dict(listed.iloc[0] if len(listed) else self.configurations[config_id].params)

    def to_table(self) -> pd.DataFrame:
        """Return the recommendations for a CSV file, with parameters as JSON and measured scores.

        Parameters are those that were evaluated, with the number of rounds that early stopping chose.
        """
        ids = self.recommendations["config_id"]
        shown = self.recommendations.assign(params=[json.dumps(self.params_of(one)) for one in ids])
        if self.measured is None:
            return quote_formulas(shown)
        columns = [
            "config_id",
            "score",
            "score_std",
            "status",
            "error",
            "is_inside",
            "measured_gain",
            "measured_gain_se",
        ]
        return quote_formulas(shown.merge(self.measured[columns], on="config_id", how="left"))


def recommend_from_parameters(
    table: UserTable, parameters: RecommendationParameters, seed: int
) -> RecommendationResult:
    """Recommend configurations for a table from the memory that the parameters name, for their score.

    Raises
    ------
    UserError
        If the memory cannot be used, or nothing can be recommended.
    """
    given = parameters.memory
    source = " + ".join(given) if isinstance(given, tuple) else given or "the memory of the package"
    return recommend_to(table, given, parameters, seed, source)


def recommend_to(
    table: UserTable, memory: MemorySource, parameters: RecommendationParameters, seed: int, source: str = ""
) -> RecommendationResult:
    """Recommend configurations for a table from a memory, called ``source`` in the result.

    Raises
    ------
    UserError
        If nothing can be recommended.
    """
    given = parameters.metafeatures
    recommender = Recommender.for_table(
        table.features,
        table.answer,
        parameters.learner,
        task_type=parameters.task_type,
        memory=memory,
        exclude_families=parameters.exclude_families,
        metafeatures=None if given is None else read_metafeatures(given),
        n_more=parameters.n_more,
        max_rows=parameters.max_rows,
        guard=parameters.guard,
        seed=seed,
        column_types=table.types_of_features if table.split_column else parameters.column_types,
        scoring=parameters.scoring,
    )
    return recommend_by(recommender, table, parameters, source)


def recommend_by(
    recommender: Recommender, table: UserTable, parameters: RecommendationParameters, source: str = ""
) -> RecommendationResult:
    """Recommend configurations for the table of a recommender, whose memory is called ``source``."""
    ranked = recommender.rank(max(parameters.k, parameters.evaluate))
    gains, default = expected_gains(recommender, ranked["config_id"].tolist())
    recommendations = ranked.assign(**{name: gains[name].to_numpy()[:-1] for name in GAIN_COLUMNS})
    known = {one.config_id: one for one in recommender.candidates.configurations}
    first = _first_of_interest(ranked)
    familiarity, provenance = recommender.familiarity, recommender.provenance
    return RecommendationResult(
        table=table,
        task_type=recommender.new_task.task_type,
        score=provenance.score,
        n_rows=recommender.new_task.n_rows,
        n_features=recommender.new_task.X.shape[1],
        recommendations=recommendations,
        gain_of_all={name: float(gains[name].iloc[-1]) for name in GAIN_COLUMNS},
        default=None if default is None else known[default],
        configurations={
            config_id: known[config_id] for config_id in [*ranked["config_id"], default] if config_id
        },
        neighbours=_nearest(recommender, parameters.n_neighbours),
        distances={
            "nearest": familiarity.nearest_distance,
            "typical": familiarity.typical_distance,
            "largest": familiarity.largest_distance,
        },
        drivers=find_drivers(recommender, known[ranked["config_id"].iloc[first]]),
        driven=first + 1,
        clipped=familiarity.clipped,
        left_out=_left_out(recommender),
        notes=tuple(
            map(for_command_line, (*table.notes, *recommender.notes(), *_describe_predictions(table)))
        ),
        preprocessing=provenance.preprocessing,
        memory={
            "source": source,
            "n_tasks": len(recommender.memory.task_hashes),
            "n_configurations": len(recommender.memory.training_set.config_ids),
            "n_metafeatures": len(recommender.memory.metafeatures),
            "learners": provenance.learners,
            "score": provenance.score,
            "n_folds": provenance.n_folds,
            "preprocessing": provenance.preprocessing and provenance.preprocessing.model_dump(),
            **(
                {}
                if provenance.early_stopping is None
                else {"early_stopping": asdict(provenance.early_stopping)}
            ),
        },
        early_stopping=provenance.early_stopping,
        is_out_of_distribution=recommender.is_out_of_distribution,
    )


def _describe_predictions(table: UserTable) -> list[str]:
    """Say that predictions are of other folds than those of a table that is split by groups or time."""
    column = table.split_column
    if column is None:
        return []
    return [
        f"predicted scores are those of folds at random, as most known tasks have: by {column.kind} "
        f"('{column.name}') they are usually lower"
    ]


def _first_of_interest(ranked: pd.DataFrame) -> int:
    """Return the position of the recommendation to explain: the first that is not a library default."""
    others = np.flatnonzero(~ranked["is_default"].to_numpy(dtype=bool))
    return int(others[0]) if len(others) else 0


def _nearest(recommender: Recommender, n: int) -> pd.DataFrame:
    """List the nearest known tasks, and the learner that was best on each."""
    familiarity, memory = recommender.familiarity, recommender.memory
    nearest = familiarity.near.head(n)
    position = {task: at for at, task in enumerate(memory.task_hashes)}
    known = memory.residuals
    best = []
    for task in nearest["task_id"]:
        rows = np.flatnonzero(known.task == position[task])
        config = known.config[rows[np.argmax(known.target[rows])]]
        best.append(recommender.provenance.configurations[memory.training_set.config_ids[config]].learner)
    return nearest.assign(
        times_typical=nearest["distance"] / familiarity.typical_distance, best_learner=best
    ).reset_index(drop=True)


def _left_out(recommender: Recommender) -> pd.DataFrame:

    return pd.DataFrame(
        list(recommender.candidates.infeasible.items()), columns=["reason", "n_configurations"]
    )


def _records(table: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {str(name): _plain(value) for name, value in row.items()} for row in table.to_dict(orient="records")
    ]


def _plain(value: Any) -> Any:
    """Convert a value to JSON, rounded because the last digits differ between machines."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return round(value, DECIMALS) if np.isfinite(value) else None
    return value
