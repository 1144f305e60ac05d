"""Tables of the Penn Machine Learning Benchmarks (PMLB), by name."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import pandas as pd
import yaml

from foretune.base import TASK_TYPES, TaskType, close_matches, exact_numbers, one_line, quoted
from foretune.tables import TARGET_COLUMN
from foretune.tasks.download_parameters import PMLBParameters, TableOverrides, pmlb_task_id
from foretune.tasks.known_tables import known_leaks, table_family, table_provenance
from foretune.tasks.sources.download_cache import AbsentError, DownloadCache, DownloadError, understood
from foretune.tasks.task_source import TaskSource

logger = logging.getLogger(__name__)

SOURCE = "pmlb"
NOMINAL = ("categorical", "nominal")
MISSING = ("", "NaN", "nan")


class PMLBTables:
    """Tables of a PMLB server, from the cache where it has them.

    The cache has the folders of PMLB's own repository, ``<name>/<name>.tsv.gz`` and ``<name>/metadata.yaml``.

    Parameters
    ----------
    parameters
        Tables, and the address of the server.
    cache
        The cache.
    """

    def __init__(self, parameters: PMLBParameters, cache: DownloadCache) -> None:
        self._parameters = parameters
        self._cache = cache

    def list_sources(self) -> list[TaskSource]:
        """Return the sources of the tables; `problem` says why one cannot be had."""
        return [self._describe(name) for name in self._parameters.names]

    def read(self, source: TaskSource) -> pd.DataFrame:
        """Read a table.

        Parameters
        ----------
        source
            ``location`` is the name of the table.

        Returns
        -------
        pandas.DataFrame
            Features and ``target``; what the metadata call categorical is a ``category``. Columns that are
            known to leak are left out.

        Raises
        ------
        DownloadError
            If the table cannot be had.
        TableError
            If its file cannot be read.
        """
        name = source.location
        try:
            path = self._cache.fetch(*self._address(name, f"{name}.tsv.gz"), f"table '{name}' of PMLB")
        except AbsentError as error:
            raise AbsentError(f"{error}{self._similar(name)}") from None
        with understood(f"table '{name}' of PMLB", path):
            frame: pd.DataFrame = pd.read_csv(
                path,
                sep="\t",
                compression="gzip",
                na_values=list(MISSING),
                keep_default_na=False,
                low_memory=False,
                **exact_numbers(),
            )
        leaks = set(known_leaks(name)) - {source.target, *source.drop_columns}
        if left_out := [one for one in frame.columns if one in leaks]:
            logger.info("Task '%s': left out, known to leak: %s", source.task_id, quoted(left_out))
            frame = frame.drop(columns=left_out)
        types = _column_types(self._metadata(name))
        return frame.astype({one: "category" for one in frame.columns if types.get(one) in NOMINAL})

    def _describe(self, name: str) -> TaskSource:
        given = self._parameters.overrides.get(name, TableOverrides())
        problem, task_type = "", given.task_type
        try:
            with understood(f"table '{name}' of PMLB"):
                task_type = task_type or _task_type(self._metadata(name))
        except DownloadError as error:
            problem = one_line(error)
        return TaskSource(
            task_id=pmlb_task_id(name),
            source=SOURCE,
            location=name,
            target=given.target or TARGET_COLUMN,
            task_type=task_type,
            family=given.family or table_family(name),
            provenance=given.provenance or table_provenance(name),
            drop_columns=given.drop_columns,
            column_types=given.column_types,
            problem=problem,
        )

    def _metadata(self, name: str) -> Mapping[str, Any]:
        """Return the metadata of a table; none are known of some tables."""
        what = f"the metadata of table '{name}' of PMLB"
        try:
            path = self._cache.fetch(*self._address(name, "metadata.yaml"), what)
        except AbsentError as error:
            logger.info("%s; the types of its columns are told from their values", error)
            return {}
        with understood(what, path):
            metadata = yaml.safe_load(path.read_text(encoding="utf-8", errors="replace"))
        return metadata if isinstance(metadata, dict) else {}

    def _similar(self, name: str) -> str:
        """Return the names of PMLB that a wrong one is close to, for the end of a message."""
        url = f"{self._parameters.server}/pmlb/all_summary_stats.tsv"
        try:
            path = self._cache.fetch(f"{SOURCE}/all_summary_stats.tsv", url, "the list of PMLB's tables")
            with understood("the list of PMLB's tables", path):
                names = pd.read_csv(path, sep="\t", usecols=["dataset"], dtype=str)["dataset"].dropna()
        except DownloadError:
            return ""
        return close_matches(name, list(names))

    def _address(self, name: str, file: str) -> tuple[str, str]:
        """Return the path of a file in the cache, and its address."""
        url = f"{self._parameters.server}/datasets/{quote(name, safe='')}/{quote(file, safe='')}"
        return f"{SOURCE}/{name}/{file}", url


def _task_type(metadata: Mapping[str, Any]) -> TaskType | None:
    return next((one for one in TASK_TYPES if metadata.get("task") == one), None)


def _column_types(metadata: Mapping[str, Any]) -> dict[str, str]:
    features = metadata.get("features")
    described = [one for one in features if isinstance(one, dict)] if isinstance(features, list) else []
    return {str(one.get("name")): str(one.get("type")).strip().lower() for one in described}
