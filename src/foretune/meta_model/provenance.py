"""Provenance of a memory: configurations, search spaces and settings of the trials behind it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Annotated, Any, get_args

import numpy as np
import pandas as pd
from pydantic import ConfigDict, Field

from foretune.base import FrozenParameters
from foretune.hpo import N_ROUNDS
from foretune.learners import EarlyStopping, PreprocessingParameters
from foretune.meta_model.cost_model import CostModel
from foretune.spaces import LEARNER, PARAM_PREFIX, Configuration, LearnerSpace, Scalar
from foretune.tables import SplitKind

SETTINGS_ATTRIBUTE = "metafeature_settings"
NO_LEARNER = ""


@dataclass(frozen=True)
class Provenance:
    """The search whose trials a memory was trained on.

    Attributes
    ----------
    configurations
        By ``config_id``, as an estimator's constructor takes them; the library defaults have the strategy
        ``default``. A learner without a name is ``""``.
    score
        Metric that was the score; None if a log does not name it.
    spaces
        Search space of each learner, where known.
    metafeature_settings
        Arguments of the metafeature extractor; None if the metafeatures come from elsewhere.
    preprocessing, n_folds
        Preprocessing and number of cross-validation folds; None if a log does not name them.
    costs
        Seconds of the learners' fits; None if they were not measured.
    early_stopping
        How the numbers of boosting rounds were chosen, which the configurations then do not have; None if
        they have them.
    typical_rounds
        Median number of boosting rounds that early stopping chose for a configuration, by its name in
        ``configurations``.
    splits
        By what the rows of a task were split, ``"groups"`` or ``"time"``, by ``task_id``; the rows of other
        tasks were split at random.
    """

    configurations: dict[str, Configuration]
    score: str | None = None
    spaces: dict[str, LearnerSpace] = field(default_factory=dict)
    metafeature_settings: dict[str, Any] | None = None
    preprocessing: PreprocessingParameters | None = None
    n_folds: int | None = None
    costs: CostModel | None = None
    early_stopping: EarlyStopping | None = None
    typical_rounds: dict[str, int] = field(default_factory=dict)
    splits: dict[str, SplitKind] = field(default_factory=dict)

    @property
    def learners(self) -> list[str]:
        """Learners of the configurations, sorted."""
        return sorted({configuration.learner for configuration in self.configurations.values()})

    def rounds_of(self, configuration: Configuration) -> int | None:
        """Return the usual boosting rounds of a configuration, whatever its name; None if unknown."""
        return self._rounds_by_content.get(configuration.config_id)

    @cached_property
    def _rounds_by_content(self) -> dict[str, int]:
        return {
            self.configurations[name].config_id: n_rounds
            for name, n_rounds in self.typical_rounds.items()
            if name in self.configurations
        }

    def to_json(self) -> dict[str, Any]:
        """Convert to plain JSON values; the inverse of :meth:`from_json`."""
        return {
            "configurations": {
                config_id: [one.learner, one.strategy, one.params]
                for config_id, one in self.configurations.items()
            },
            "score": self.score,
            "spaces": {name: space.model_dump(mode="json") for name, space in self.spaces.items()},
            "metafeature_settings": self.metafeature_settings,
            "preprocessing": None if self.preprocessing is None else self.preprocessing.model_dump(),
            "n_folds": self.n_folds,
            **({} if self.costs is None else {"costs": self.costs.model_dump()}),
            **({} if self.early_stopping is None else {"early_stopping": asdict(self.early_stopping)}),
            **({"typical_rounds": self.typical_rounds} if self.typical_rounds else {}),
            **({"splits": self.splits} if self.splits else {}),
        }

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> Provenance:
        """Read the result of :meth:`to_json`.

        Raises
        ------
        pydantic.ValidationError
            If something is missing, of another kind or unknown.
        """
        read = _Saved.model_validate(values)
        settings = read.metafeature_settings
        return cls(
            configurations={
                config_id: Configuration(learner, params, strategy)
                for config_id, (learner, strategy, params) in read.configurations.items()
            },
            score=read.score,
            spaces=read.spaces,
            metafeature_settings=None if settings is None else settings.model_dump(exclude_unset=True),
            preprocessing=read.preprocessing,
            n_folds=read.n_folds,
            costs=read.costs,
            early_stopping=read.early_stopping,
            typical_rounds=read.typical_rounds,
            splits=read.splits,
        )


class _ExtractorSettings(FrozenParameters):
    """Those arguments of the metafeature extractor that are given; it checks their values."""

    groups: list[str] | None = None
    caps: dict[str, dict[str, int | float | None]] | None = None
    n_folds: int = 3
    n_bins: int = 5
    max_categories: int = 10
    random_state: int = Field(0, ge=0)


class _Saved(FrozenParameters):
    """A provenance as JSON: of each configuration learner, strategy and hyperparameters."""

    # A hyperparameter may be infinite
    model_config = ConfigDict(allow_inf_nan=True)

    configurations: dict[str, tuple[str, str, dict[str, Scalar]]] = Field(min_length=1)
    score: str | None
    spaces: dict[str, LearnerSpace]
    metafeature_settings: _ExtractorSettings | None
    preprocessing: PreprocessingParameters | None
    n_folds: int | None = Field(ge=2)
    # Memories of earlier versions have none of these
    costs: CostModel | None = None
    early_stopping: EarlyStopping | None = None
    typical_rounds: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    splits: dict[str, SplitKind] = Field(default_factory=dict)


def read_configurations(trials: pd.DataFrame) -> dict[str, Configuration]:
    """Read the configurations of a table of trials, by ``config_id``.

    Parameters
    ----------
    trials
        ``config_id``, ``strategy``, and ``params`` (JSON) or ``param_*`` columns; ``learner`` is optional.
    """
    distinct = trials.drop_duplicates("config_id").sort_values("config_id")
    learners = distinct[LEARNER].astype(str) if LEARNER in distinct else [NO_LEARNER] * len(distinct)
    strategies = distinct["strategy"] if "strategy" in distinct else ["given"] * len(distinct)
    if "params" in distinct:
        params = [dict(json.loads(text)) for text in distinct["params"]]
    else:
        names = [str(name) for name in distinct if str(name).startswith(PARAM_PREFIX)]
        params = [
            {
                str(name).removeprefix(PARAM_PREFIX): _plain(value)
                for name, value in row.items()
                if _is_set(value)
            }
            for row in distinct[names].to_dict(orient="records")
        ]
    return {
        str(config_id): Configuration(learner, values, str(strategy))
        for config_id, learner, values, strategy in zip(
            distinct["config_id"], learners, params, strategies, strict=True
        )
    }


def find_typical_rounds(trials: pd.DataFrame) -> dict[str, int]:
    """Return the median number of boosting rounds that early stopping chose, by ``config_id``.

    Parameters
    ----------
    trials
        ``config_id`` and ``n_rounds``, missing where nothing was chosen; without the column nothing was.
    """
    if N_ROUNDS not in trials:
        return {}
    chosen = trials.dropna(subset=[N_ROUNDS]).groupby("config_id")[N_ROUNDS].median()
    return {str(config_id): max(round(float(n_rounds)), 1) for config_id, n_rounds in chosen.items()}


def find_splits(task_catalogue: pd.DataFrame) -> dict[str, SplitKind]:
    """Return by what the rows of tasks are split that are not split at random, by ``task_id``.

    Parameters
    ----------
    task_catalogue
        ``task_id``, and ``groups`` and ``time``, missing for other tasks; logs have neither.
    """
    kinds: tuple[SplitKind, ...] = get_args(SplitKind)
    return {
        str(task_id): kind
        for kind in kinds
        if kind in task_catalogue
        for task_id in task_catalogue.loc[task_catalogue[kind].notna(), "task_id"]
    }


def tabulate_configurations(configurations: Sequence[Configuration]) -> pd.DataFrame:
    """Tabulate configurations in the columns ``learner`` and ``param_*`` of the encoder."""
    rows = [
        {
            **({LEARNER: one.learner} if one.learner != NO_LEARNER else {}),
            **{f"{PARAM_PREFIX}{name}": value for name, value in one.params.items()},
        }
        for one in configurations
    ]
    return pd.DataFrame(rows, index=range(len(rows)))


def _is_set(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and np.isnan(value))


def _plain(value: Any) -> Any:
    """Convert a value to JSON; whole numbers become integers, as constructors require."""
    if isinstance(value, np.generic):
        value = value.item()
    return int(value) if isinstance(value, float) and value.is_integer() else value
