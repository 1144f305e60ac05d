"""Grouping of metafeatures by prefix or by correlation."""

from __future__ import annotations

from collections import Counter

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import squareform

OTHERS = "others"
LEAST_SHARE_WITH_PREFIX = 0.9
N_CLUSTERS = 8


def group_metafeatures(metafeatures: pd.DataFrame, most_groups: int) -> dict[str, list[str]]:
    """Group the columns of a table of metafeatures.

    If nine in ten columns are named ``<group>.<name>`` and there are at least two groups, these are the
    groups. Otherwise columns are clustered (average linkage on one minus the absolute rank correlation),
    because near-copies would replace each other when one is left out; a cluster is named after its most
    central column. The smallest groups are merged down to the maximum number.

    Returns the column names of each group, sorted by the group's name, without constant and empty columns.
    """
    varied = metafeatures[[column for column in metafeatures if len(metafeatures[column].unique()) > 1]]
    prefixes = [str(column).partition(".")[0] for column in varied.columns if "." in str(column)]
    has_prefixes = len(prefixes) >= LEAST_SHARE_WITH_PREFIX * varied.shape[1]
    if has_prefixes and len(set(prefixes)) > 1:
        labels = [
            str(column).partition(".")[0] if "." in str(column) else OTHERS for column in varied.columns
        ]
    else:
        labels = _clusters(varied, min(N_CLUSTERS, most_groups))
    labels = _merge_smallest(labels, most_groups)
    return {
        group: [column for column, label in zip(varied.columns, labels, strict=True) if label == group]
        for group in sorted(set(labels))
    }


def _clusters(metafeatures: pd.DataFrame, n_clusters: int) -> list[str]:
    columns = [str(column) for column in metafeatures.columns]
    if len(columns) <= n_clusters:
        return columns
    similarity = _absolute_rank_correlations(metafeatures)
    distance = np.clip(1 - similarity, 0, None)
    np.fill_diagonal(distance, 0)
    tree = linkage(squareform(distance, checks=False), method="average")
    cluster = fcluster(tree, n_clusters, criterion="maxclust")
    names: dict[int, str] = {}
    for number in np.unique(cluster):
        members = np.flatnonzero(cluster == number)
        central = members[np.argmax(similarity[np.ix_(members, members)].sum(axis=1))]
        names[int(number)] = columns[central] if len(members) == 1 else f"like {columns[central]}"
    return [names[int(number)] for number in cluster]


def _absolute_rank_correlations(metafeatures: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Compute absolute Spearman correlations, with missing values at the median."""
    filled = metafeatures.astype(np.float64).replace([np.inf, -np.inf], np.nan)
    ranks = filled.fillna(filled.median()).fillna(0.0).rank().to_numpy()
    spread = ranks.std(axis=0)
    scaled = (ranks - ranks.mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    correlations: npt.NDArray[np.float64] = np.abs(scaled.T @ scaled) / len(scaled)
    return correlations


def _merge_smallest(labels: list[str], most_groups: int) -> list[str]:
    sizes = Counter(label for label in labels if label != OTHERS)
    if len(set(labels)) <= most_groups:
        return labels
    by_size = sorted(sizes, key=lambda label: (-sizes[label], label))
    kept = set(by_size[: most_groups - 1])
    return [label if label in kept else OTHERS for label in labels]
