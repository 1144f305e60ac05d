"""Families of near-duplicate tasks, which are never on both sides of a split."""

from __future__ import annotations

import logging

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.distance import pdist, squareform

from foretune.base import TEXT, counted, quoted

logger = logging.getLogger(__name__)

GROUP_COLUMNS = ["task_id", "family", "n_in_family", "nearest_task", "distance"]
# Tasks with a smaller share of known metafeatures have no distances: they would all be near each other
LEAST_SHARE_KNOWN = 0.5
# A larger group is a chain of neighbours rather than a family of near-duplicates
LARGEST_SHARE = 0.25
SAID_GROUPS = 5


def group_tasks(
    metafeatures: pd.DataFrame, families: pd.Series, content_hashes: pd.Series, threshold: float
) -> pd.DataFrame:
    """Find the family of each task, and the task nearest to it.

    Families named in the log are kept. Otherwise two tasks are in one family if they have the same
    fingerprint, or if the distance of their metafeatures is below ``threshold`` times the median distance
    (single linkage). If that would chain more than a quarter of the tasks together, as with few, densely
    distributed metafeatures, complete linkage is used.

    Parameters
    ----------
    metafeatures
        ``task_id`` and ``float64`` columns.
    families
        Given family of each task, NaN where there is none, indexed by ``task_id``.
    content_hashes
        Fingerprint of each task's trials, with the same index; NaN where equality is not informative.
    threshold
        Share of the median distance.

    Returns
    -------
    pandas.DataFrame
        One row per task, sorted: ``task_id, family, n_in_family, nearest_task, distance``. ``distance`` is
        that to the nearest task in units of the median distance, missing if there are too few metafeatures.
    """
    task_ids = sorted(families.index)
    distances = relative_distances(metafeatures)
    groups = pd.DataFrame({"task_id": task_ids}).join(_nearest(distances), on="task_id")
    if families.notna().any():
        family = families.fillna(pd.Series(families.index, index=families.index))
        groups["family"] = family.loc[task_ids].to_numpy()
    else:
        groups["family"] = _join_groups(task_ids, _near_groups(distances, threshold), content_hashes)
    groups["n_in_family"] = groups.groupby("family")["family"].transform("size")
    _say_groups(groups, is_given=bool(families.notna().any()))
    return groups[GROUP_COLUMNS]


def relative_distances(metafeatures: pd.DataFrame) -> pd.DataFrame:
    """Compute the distances between tasks, in units of the median distance.

    Metafeatures span many orders of magnitude, so they enter as ``sign(x) log(1 + |x|)``, standardised; the
    distance is Euclidean. Missing values are imputed by the median. Tasks with less than half of the
    metafeatures are left out: imputation would bring them near each other.

    Returns a square frame with sorted task ids as index and columns; empty without metafeatures.
    """
    values = metafeatures.set_index("task_id").sort_index()
    known = values.notna().mean(axis="columns") >= LEAST_SHARE_KNOWN
    values = values[known & bool(values.shape[1])]
    logarithms = values.transform(lambda column: np.sign(column) * np.log1p(np.abs(column)))
    logarithms = logarithms.fillna(logarithms.median())
    spread = logarithms.std(ddof=0)
    varying = spread[spread > 0].index
    if len(values) < 2 or not len(varying):
        return pd.DataFrame()
    scaled = (logarithms[varying] - logarithms[varying].mean()) / spread[varying]
    distances = pdist(scaled.to_numpy())
    median = np.median(distances)
    relative = distances / (median if median > 0 else 1.0)
    return pd.DataFrame(squareform(relative), index=values.index, columns=values.index)


def _nearest(distances: pd.DataFrame) -> pd.DataFrame:
    if distances.empty:
        return pd.DataFrame({"nearest_task": pd.Series(dtype=TEXT), "distance": pd.Series(dtype="float64")})
    others = distances.to_numpy(copy=True)
    np.fill_diagonal(others, np.inf)
    nearest = others.argmin(axis=1)
    return pd.DataFrame(
        {"nearest_task": distances.columns[nearest], "distance": others.min(axis=1)}, index=distances.index
    )


def _near_groups(distances: pd.DataFrame, threshold: float) -> pd.Series:
    """Return the number of the group of each task that has a distance."""
    if distances.empty:
        return pd.Series(dtype="int64")
    condensed = squareform(distances.to_numpy(), checks=False)
    groups = fcluster(linkage(condensed, "single"), threshold, "distance")
    if np.bincount(groups).max() > max(LARGEST_SHARE * len(distances), 2):
        groups = fcluster(linkage(condensed, "complete"), threshold, "distance")
        logger.info("near tasks form a chain through the metafeatures: families are tasks that are all near")
    return pd.Series(groups, index=distances.index)


def _join_groups(task_ids: list[str], near: pd.Series, content_hashes: pd.Series) -> npt.NDArray[np.object_]:
    """Name each family after its first task; tasks are joined by nearness or by identical trials."""
    position = {task_id: number for number, task_id in enumerate(task_ids)}
    first_of: dict[tuple[str, object], int] = {}
    links: list[tuple[int, int]] = []
    for kind, labels in (("near", near), ("same", content_hashes)):
        for task_id, label in labels.dropna().items():
            at = position[str(task_id)]
            links.append((at, first_of.setdefault((kind, label), at)))
    rows, columns = np.array(links, dtype=int).reshape(-1, 2).T
    graph = coo_array((np.ones(len(links)), (rows, columns)), shape=(len(task_ids), len(task_ids)))
    _, component = connected_components(graph, directed=False)
    _, first = np.unique(component, return_index=True)
    return np.array(task_ids, dtype=object)[first[component]]


def _say_groups(groups: pd.DataFrame, *, is_given: bool) -> None:
    sizes = groups["family"].value_counts()
    logger.info(
        "%s in %s%s",
        counted(len(groups), "task"),
        counted(len(sizes), "family", "families"),
        " that the log names" if is_given else "",
    )
    if is_given:
        return
    for family, size in (
        sizes[sizes > 1].sort_index().sort_values(ascending=False, kind="stable")[:SAID_GROUPS].items()
    ):
        members = groups.loc[groups["family"] == family, "task_id"]
        logger.info("family of %d near-duplicates: %s", size, quoted(members))
