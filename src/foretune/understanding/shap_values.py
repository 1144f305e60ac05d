"""SHAP values of the surrogate's predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost as xgb
from scipy.stats import spearmanr

from foretune.base import derive_seed
from foretune.meta_model import Member, Memory, MetaDataset, finite_or_missing, with_main_effect
from foretune.understanding.parameters import UnderstandingParameters

Floats = npt.NDArray[np.float64]
Record = dict[str, Any]


METAFEATURE, HYPERPARAMETER, LEARNER = "metafeature", "hyperparameter", "learner"
SHAP_COLUMNS = ["task_type", "kind", "group", "name", "mean_abs_shap", "share", "direction", "n_rows"]
POINT_COLUMNS = ["task_type", "name", "shap", "value", "value_rank"]
N_DRAWN = 20
N_POINTS = 200


def explain_surrogates(
    meta_dataset_table: pd.DataFrame,
    surrogates: Mapping[str, Memory],
    parameters: UnderstandingParameters,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute SHAP values of the surrogate for a sample of the meta-dataset.

    SHAP values sum to the difference of a prediction from the mean prediction (Lundberg, Erion and Lee,
    2018); those of the columns of a nominal hyperparameter are added.

    Parameters
    ----------
    meta_dataset_table
        Result of :func:`foretune.meta_model.meta_dataset.build_meta_dataset`.
    surrogates
        Memories trained on it, by task type.
    parameters
        ``shap_rows`` is the size of the sample, balanced over tasks; ``shap_members`` is the maximum number
        of members explained.
    seed
        Seed of the run.

    Returns
    -------
    shap : pandas.DataFrame
        Per task type and feature, largest first: mean absolute SHAP value in the unit of the surrogate's
        target, its share of the sum, and ``direction``, the rank correlation of value and SHAP value (missing
        for nominal and constant features).
    shap_points : pandas.DataFrame
        SHAP values of the largest features on some rows, with the rank of the value from 0 to 1, for figures.
    """
    summaries: list[pd.DataFrame] = []
    points: list[pd.DataFrame] = []
    kinds = meta_dataset_table["task_type"].astype(str)
    for task_type in sorted(surrogates) if "shap" in parameters.parts else ():
        table = meta_dataset_table[kinds == task_type]
        if table.empty:
            continue
        sample_seed = derive_seed(seed, "understanding", "shap", task_type)
        summary, drawn = _explain(table, surrogates[task_type], parameters, sample_seed)
        summaries.append(summary.assign(task_type=task_type))
        points.append(drawn.assign(task_type=task_type))
    if not summaries:
        return pd.DataFrame(columns=SHAP_COLUMNS), pd.DataFrame(columns=POINT_COLUMNS)
    return (
        pd.concat(summaries, ignore_index=True)[SHAP_COLUMNS],
        pd.concat(points, ignore_index=True)[POINT_COLUMNS],
    )


def _explain(
    table: pd.DataFrame, memory: Memory, parameters: UnderstandingParameters, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:

    known = MetaDataset.from_table(table)
    rows = _sample(known.training_rows(), parameters.shap_rows, seed)
    described = known.metafeatures.reindex(columns=list(memory.metafeatures))
    encoded = known.configurations.reindex(columns=list(memory.surrogate.configuration_columns))
    features = np.hstack(
        [described.loc[rows["task_id"]].to_numpy(), encoded.loc[rows["config_id"]].to_numpy()]
    )
    step = -(-len(memory.surrogate.members) // parameters.shap_members)
    contributions = _contributions(memory.surrogate.members[::step], features, len(memory.metafeatures))
    contributions *= memory.surrogate.line[1]  # as the predictions
    merged = _merge_nominal(memory, features, contributions)
    summary = pd.DataFrame([_summarise(feature) for feature in merged])
    summary["share"] = summary["mean_abs_shap"] / max(summary["mean_abs_shap"].sum(), np.finfo(float).tiny)
    summary = summary.sort_values(["mean_abs_shap", "name"], ascending=[False, True], ignore_index=True)
    shown = [
        feature for name in summary["name"].head(N_DRAWN) for feature in merged if feature["name"] == name
    ]
    return summary, pd.concat([_points(feature) for feature in shown], ignore_index=True)


def _sample(rows: pd.DataFrame, n_rows: int, seed: int) -> pd.DataFrame:
    """Sample rows balanced over tasks, in random order within a task."""
    shuffled = rows.sample(frac=1, random_state=np.random.RandomState(seed))
    turn = shuffled.groupby("task_id").cumcount()
    chosen = shuffled.assign(turn=turn).sort_values("turn", kind="stable").head(n_rows)
    return chosen.drop(columns="turn").sort_index()


def _contributions(members: Sequence[Member], features: Floats, n_metafeatures: int) -> Floats:
    """Compute mean SHAP values of the members, shape (n_rows, n_features)."""
    values = finite_or_missing(features)
    mean: Floats = np.mean([_of_member(member, values, n_metafeatures) for member in members], axis=0)
    return mean


def _of_member(member: Member, values: npt.NDArray[np.float32], n_metafeatures: int) -> Floats:
    """Compute SHAP values of one member.

    The contribution of the main effect's column is distributed over the hyperparameters in proportion to
    their contributions to it.
    """
    described, encoded = values[:, :n_metafeatures], values[:, n_metafeatures:]
    rows = np.hstack([described, with_main_effect(member.main_effect, encoded)])
    of_all = member.regressor.predict(xgb.DMatrix(rows, nthread=1), pred_contribs=True)[:, :-1]
    own = member.main_effect.predict(xgb.DMatrix(encoded, nthread=1), pred_contribs=True)[:, :-1]
    total = np.abs(own).sum(axis=1, keepdims=True)
    even = np.full_like(own, 1 / max(own.shape[1], 1))
    share = np.divide(np.abs(own), total, out=even, where=total > 0)
    contributions: Floats = of_all[:, :-1].astype(np.float64)
    contributions[:, n_metafeatures:] += of_all[:, -1:] * share
    return contributions


def _merge_nominal(memory: Memory, features: Floats, contributions: Floats) -> list[Record]:
    merged: dict[str, Record] = {}
    names = [*memory.metafeatures, *memory.surrogate.configuration_columns]
    for at, column in enumerate(names):
        if at < len(memory.metafeatures):
            kind, name, is_nominal = METAFEATURE, str(column), False
        else:
            name, equals, _ = str(column).partition("=")
            kind, is_nominal = (LEARNER if name == LEARNER else HYPERPARAMETER), bool(equals)
        key = f"{kind}:{name}"
        if key not in merged:
            values = np.full(len(features), np.nan) if is_nominal else features[:, at]
            merged[key] = {"kind": kind, "name": name, "values": values, "shap": contributions[:, at]}
        else:
            merged[key]["shap"] = merged[key]["shap"] + contributions[:, at]
    return list(merged.values())


def _summarise(feature: Record) -> Record:
    values, shap = feature["values"], feature["shap"]
    known = np.isfinite(values)
    is_varied = known.sum() > 2 and np.ptp(values[known]) > 0 and np.ptp(shap[known]) > 0
    group, dot, _ = feature["name"].partition(".")
    return {
        "kind": feature["kind"],
        "group": group if dot and feature["kind"] == METAFEATURE else feature["kind"],
        "name": feature["name"],
        "mean_abs_shap": float(np.abs(shap).mean()),
        "direction": float(spearmanr(values[known], shap[known]).statistic) if is_varied else np.nan,
        "n_rows": len(shap),
    }


def _points(feature: Record) -> pd.DataFrame:

    values = pd.Series(feature["values"])
    n_known = max(int(values.notna().sum()) - 1, 1)
    ranks = (values.rank() - 1) / n_known
    # Evenly spaced over the sample, which is ordered by task
    shown = np.unique(np.linspace(0, len(values) - 1, min(N_POINTS, len(values))).astype(int))
    points = pd.DataFrame({"shap": feature["shap"], "value": values, "value_rank": ranks})
    return points.iloc[shown].assign(name=feature["name"])
