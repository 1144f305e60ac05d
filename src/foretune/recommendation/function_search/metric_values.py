"""Metrics by name: their value in what a program returns, their direction and task type."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from foretune.base import TaskType, UserError, close_matches, is_number, quoted, shortened
from foretune.recommendation.core import SCORERS

# By parts of a name; the first list that has one of them decides
LOWER_IS_BETTER = frozenset(
    {
        *("rmse", "mse", "mae", "mape", "smape", "wape", "mase", "medae", "rmsle", "msle", "rmspe"),
        *("wmape", "mpe", "error", "errors", "err", "loss", "logloss", "brier", "deviance"),
        *("perplexity", "hinge", "hamming", "pinball", "crps", "nll", "nlpd", "regret", "cost"),
        *("costs", "cer", "wer", "fpr", "fnr", "seconds", "latency", "inertia", "aic", "bic"),
    }
)
HIGHER_IS_BETTER = frozenset(
    {
        *("r2", "accuracy", "acc", "auc", "roc", "auroc", "auprc", "prauc", "f1", "fbeta", "precision"),
        *("recall", "ap", "map", "mcc", "kappa", "ndcg", "mrr", "iou", "dice", "jaccard", "gini"),
        *("score", "correlation", "corr", "spearman", "pearson", "silhouette", "bleu", "rouge"),
        *("sensitivity", "specificity", "tpr", "tnr", "likelihood", "explained", "reward", "return"),
        *("profit", "revenue", "hits"),
    }
)
# scikit-learn's scorers have their sign in the name, and D2 is 1 less a share of an error
SIGNED = frozenset({"neg", "d2"})
REGRESSION = frozenset(
    {
        *("r2", "rmse", "mse", "mae", "mape", "smape", "wape", "mase", "medae", "rmsle", "msle"),
        *("rmspe", "wmape", "explained"),
    }
)
CLASSIFICATION = frozenset(
    {
        *("accuracy", "acc", "auc", "roc", "auroc", "auprc", "prauc", "f1", "fbeta", "precision"),
        *("recall", "ap", "mcc", "kappa", "logloss", "brier"),
    }
)
# Names of the same metrics in scikit-learn, for the choice of a memory
SCORERS_BY_NAME = {
    **SCORERS,
    **{"mse": "neg_mean_squared_error", "logloss": "neg_log_loss", "auc": "roc_auc", "roc_auc": "roc_auc"},
    **{"mape": "neg_mean_absolute_percentage_error", "acc": "accuracy", "f1": "f1_weighted"},
}
SUMMARIES = ("mean", "median", "min", "max", "first", "last")


class MetricError(UserError, ValueError):
    """A metric cannot be found; the message names it and what there is."""


class Metric(NamedTuple):
    """A number in a dataset: its name, and the path to the number in it, empty if it is the number itself."""

    dataset: str
    path: str

    @classmethod
    def read(cls, text: str) -> Metric:
        """Read ``dataset`` or ``dataset:path``.

        Raises
        ------
        MetricError
            If it names no dataset.
        """
        dataset, _, path = text.partition(":")
        if not dataset.strip() or (":" in text and not path.strip()):
            raise MetricError(
                f"metric = {text!r} must name a dataset and, after a colon, a key, such as metrics:r2"
            )
        return cls(dataset.strip(), path.strip())

    def __str__(self) -> str:
        return f"{self.dataset}:{self.path}" if self.path else self.dataset

    @property
    def name(self) -> str:
        """Last part of the path, or the name of the dataset."""
        return (self.path or self.dataset).rpartition(".")[2]

    @property
    def direction(self) -> str | None:
        """``maximize`` or ``minimize``, by the name; None if it says neither."""
        for text in (self.name, self.path, self.dataset):
            if found := direction_of(text):
                return found
        return None

    @property
    def task_type(self) -> TaskType | None:
        """Task type that the metric is of, by the name; None if it does not say."""
        for parts in map(_parts, (self.path, self.dataset)):
            if parts & REGRESSION:
                return "regression"
            if parts & CLASSIFICATION or {"log", "loss"} <= parts:
                return "classification"
        return None

    @property
    def scorer(self) -> str | None:
        """Scorer of scikit-learn of the same metric; None if there is none."""
        parts = self.path.lower().split(".") if self.path else [self.dataset.lower()]
        return next((SCORERS_BY_NAME[one] for one in reversed(parts) if one in SCORERS_BY_NAME), None)

    def value_in(self, data: Any) -> float:
        """Return the metric in the data of its dataset; not necessarily a finite number.

        Parameters
        ----------
        data
            A number; or mappings, lists, columns and frames down to a number. Of a column with several values
            the path names a row, or ``mean``, ``median``, ``min``, ``max``, ``first`` or ``last``.

        Raises
        ------
        MetricError
            If there is no number.
        """
        found = self._follow(data, self.path)
        found = _only(found)
        if _is_score(found):
            return float(found)
        raise MetricError(f"metric {self} is no number, but {_described(found)}")

    def _follow(self, data: Any, path: str) -> Any:
        while path:
            data, path = self._step(data, path)
        return data

    def _step(self, data: Any, path: str) -> tuple[Any, str]:
        """Return what the longest key at the beginning of a path leads to, and the rest of the path."""
        data = _only(data) if isinstance(data, np.ndarray) and data.ndim == 0 else data
        for key, rest in _heads(path):
            if isinstance(data, Mapping) and key in data:
                return data[key], rest
            if isinstance(data, pd.DataFrame) and key in data.columns:
                return data[key], rest
            if (found := _element(data, key)) is not None:
                return found[0], rest
        known = _keys(data)
        # Keys and columns are in the description of the data
        hint = close_matches(path, known)
        raise MetricError(f"metric {self}: there is no {path!r} in {_described(data)}{hint}")


def direction_of(name: str) -> str | None:
    """Return ``maximize`` or ``minimize``, by the name of a metric; None if it says neither."""
    parts = _parts(name)
    if SIGNED & parts:
        return "maximize"
    if parts & LOWER_IS_BETTER:
        return "minimize"
    return "maximize" if parts & HIGHER_IS_BETTER else None


def _parts(name: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()
    return set(re.split(r"[^a-z0-9]+", spaced)) - {""}


def _heads(path: str) -> list[tuple[str, str]]:
    """List the beginnings of a path, longest first, since a key may have dots, each with the rest."""
    parts = path.split(".")
    return [(".".join(parts[:at]), ".".join(parts[at:])) for at in range(len(parts), 0, -1)]


def _element(data: Any, key: str) -> tuple[Any] | None:
    """Return the element of a column or list that a key names, or a summary of it; None if there is none."""
    values = _listed(data)
    if isinstance(data, pd.Series):
        at = [place for place, label in enumerate(data.index) if str(label) == key]
        if len(at) == 1:
            return (values[at[0]],)
    elif key.removeprefix("-").isdecimal() and -len(values) <= int(key) < len(values):
        return (values[int(key)],)
    if key not in SUMMARIES or not values or not all(_is_score(value) for value in values):
        return None
    if key in ("first", "last"):
        return (values[0 if key == "first" else -1],)
    return (getattr(np, key)(np.array(values, dtype=np.float64)),)


def _listed(data: Any) -> list[Any]:
    """Return the values of a column or list; none of anything else."""
    if isinstance(data, pd.Series | np.ndarray):
        return list(data.tolist())
    is_list = isinstance(data, Sequence) and not isinstance(data, str | bytes)
    return list(data) if is_list else []


def _only(data: Any) -> Any:
    """Return the only value of a column, list or frame; anything else as it is."""
    if isinstance(data, pd.DataFrame | pd.Series | np.ndarray) and data.size == 1:
        return np.asarray(data).reshape(-1)[0]
    if isinstance(data, list | tuple) and len(data) == 1:
        return _only(data[0])
    return data


def _is_score(value: Any) -> bool:
    return is_number(value) and not isinstance(value, np.bool_)


def _keys(data: Any) -> list[str]:
    if isinstance(data, Mapping):
        return [str(key) for key in data]
    if isinstance(data, pd.DataFrame):
        return [str(name) for name in data.columns]
    if isinstance(data, pd.Series | np.ndarray | list | tuple):
        return list(SUMMARIES)
    return []


def _described(data: Any) -> str:
    if isinstance(data, pd.DataFrame):
        n_rows, n_columns = data.shape
        return f"a frame of {n_rows} rows and {n_columns} columns: name a column, {quoted(data.columns)}"
    if isinstance(data, Mapping):
        return f"a mapping with the keys {quoted(data)}"
    if isinstance(data, pd.Series | np.ndarray | list | tuple):
        return f"{len(data)} values: add the number of one, or .{', .'.join(SUMMARIES)}"
    return f"{type(data).__name__} {shortened(repr(data), 60)}"
