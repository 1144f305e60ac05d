"""Tables of OpenML, by number, name or suite, through its REST interface."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

import pandas as pd

from foretune.base import TaskType, close_matches, counted, one_line, quoted, shortened
from foretune.tasks.download_parameters import OpenMLParameters, TableOverrides, openml_task_id
from foretune.tasks.known_tables import known_leaks, table_family, table_provenance
from foretune.tasks.sources.arff import read_arff
from foretune.tasks.sources.download_cache import DownloadCache, DownloadError, understood
from foretune.tasks.task_source import TaskSource

logger = logging.getLogger(__name__)

SOURCE = "openml"
FORMATS = ("arff", "sparse_arff")


class OpenMLTables:
    """Tables of an OpenML server, from the cache where it has them.

    Parameters
    ----------
    parameters
        Tables, and the address of the server.
    cache
        The cache.
    """

    def __init__(self, parameters: OpenMLParameters, cache: DownloadCache) -> None:
        self._parameters = parameters
        self._cache = cache

    def list_sources(self) -> list[TaskSource]:
        """Return the sources of the tables, each once; `problem` says why one cannot be had."""
        data_ids = dict.fromkeys(self._parameters.data_ids)
        problems: list[TaskSource] = []
        for name in self._parameters.names:
            try:
                with understood(f"table '{name}' of OpenML"):
                    data_ids[self._find(name)] = None
            except DownloadError as error:
                problems.append(_problem(openml_task_id_of_name(name), name, error))
        for suite in self._parameters.suites:
            try:
                with understood(f"suite {suite} of OpenML"):
                    data_ids |= dict.fromkeys(self._list_suite(suite))
            except DownloadError as error:
                problems.append(_problem(f"openml_suite_{suite}", f"suite {suite}", error))
        for data_id in self._parameters.overrides:
            if data_id not in data_ids:
                logger.warning("openml.overrides names table %d, which is not among those chosen", data_id)
        return [*map(self._describe, data_ids), *problems]

    def read(self, source: TaskSource) -> pd.DataFrame:
        """Read a table.

        Parameters
        ----------
        source
            ``location`` is the number of the table.

        Returns
        -------
        pandas.DataFrame
            All columns, nominal ones as ``category``.

        Raises
        ------
        DownloadError
            If the table cannot be had.
        TableError
            If its file cannot be read.
        """
        data_id = int(source.location)
        with understood(f"table {data_id} of OpenML"):
            return self._read(data_id)

    def _read(self, data_id: int) -> pd.DataFrame:
        description, features = self._description(data_id), self._features(data_id)
        format_ = str(description.get("format", "ARFF"))
        if format_.lower() not in FORMATS:
            raise DownloadError(
                f"table {data_id} of OpenML is a file of {shortened(format_)}: only ARFF is read"
            )
        url, md5 = _at(description, data_id, "url"), description.get("md5_checksum")
        name = f"{SOURCE}/data/{data_id}/table.arff.gz"
        path = self._cache.fetch(name, str(url), f"table {data_id} of OpenML", str(md5) if md5 else None)
        with understood(f"table {data_id} of OpenML", path):
            frame = read_arff(path)
        names = [str(feature["name"]) for feature in features]
        if len(names) == frame.shape[1]:
            frame = frame.set_axis(names, axis=1)
        nominal = [
            str(feature["name"])
            for feature in features
            if feature.get("data_type") == "nominal" and feature["name"] in frame.columns
        ]
        return frame.astype(dict.fromkeys(nominal, "category"))

    def _find(self, name: str) -> int:
        """Return the number of the oldest active version of a table."""
        path = f"data/list/data_name/{quote(name, safe='')}/limit/2/status/active/"
        answer = self._ask(f"names/{quote(name, safe='')}", path, f"table '{name}' of OpenML")
        found = [one for one in _objects(_at(answer, name, "data", "dataset")) if one.get("name") == name]
        if not found:
            raise DownloadError(f"table '{name}' of OpenML is not there: there is none of exactly this name")
        if len(found) > 1:
            logger.info(
                "OpenML has several versions of '%s': table %s is the oldest; openml.data_ids takes another",
                name,
                found[0].get("did"),
            )
        return _number(_at(found[0], name, "did"), name)

    def _list_suite(self, suite: int) -> list[int]:
        answer = self._ask(f"suites/{suite}", f"study/{suite}", f"suite {suite} of OpenML")
        listed = _listed(_at(answer, f"suite {suite}", "study", "data", "data_id"))
        data_ids = [_number(one, f"suite {suite}") for one in listed]
        logger.info("Suite %d of OpenML has %s", suite, counted(len(data_ids), "table"))
        return data_ids

    def _describe(self, data_id: int) -> TaskSource:
        """Return the source of a table; `problem` says why it cannot be had."""
        try:
            with understood(f"table {data_id} of OpenML"):
                return self._understand(data_id)
        except DownloadError as error:
            return _problem(openml_task_id(data_id), str(data_id), error)

    def _understand(self, data_id: int) -> TaskSource:
        """Return the source of a table, with target and task type as the server's metadata say."""
        given = self._parameters.overrides.get(data_id, TableOverrides())
        description, features = self._description(data_id), self._features(data_id)
        target = _choose_target(description, features, given.target, data_id)
        name = str(description.get("name", ""))
        leaks = known_leaks(name)
        dropped = [
            str(one["name"])
            for one in features
            if one["name"] != target and (_is_no_feature(one) or one["name"] in leaks)
        ]
        # JSON may hold halves of characters, which no file takes
        "".join([name, target, *dropped]).encode()
        return TaskSource(
            task_id=openml_task_id(data_id, name),
            source=SOURCE,
            location=str(data_id),
            target=target,
            task_type=given.task_type or _task_type(features, target),
            family=given.family or table_family(name),
            provenance=given.provenance or table_provenance(name),
            drop_columns=tuple(dict.fromkeys([*dropped, *given.drop_columns])),
            column_types=given.column_types,
        )

    def _description(self, data_id: int) -> Mapping[str, Any]:
        answer = self._ask(f"data/{data_id}/description", f"data/{data_id}", f"table {data_id} of OpenML")
        return next(_objects(_at(answer, data_id, "data_set_description")), {})

    def _features(self, data_id: int) -> list[Mapping[str, Any]]:
        what = f"the list of columns of table {data_id} of OpenML"
        answer = self._ask(f"data/{data_id}/features", f"data/features/{data_id}", what)
        return [one for one in _objects(_at(answer, data_id, "data_features", "feature")) if "name" in one]

    def _ask(self, name: str, path: str, what: str) -> Any:
        url = f"{self._parameters.server}/api/v1/json/{path}"
        file = self._cache.fetch(f"{SOURCE}/{name}.json", url, what)
        with understood(what, file):
            # Of bytes their encoding is told, as when they came
            return json.loads(file.read_bytes())


def openml_task_id_of_name(name: str) -> str:
    """Return the name of the task that stands for a table whose number is not known."""
    return openml_task_id(0, name).replace("openml_0_", "openml_")


def _problem(task_id: str, location: str, error: DownloadError) -> TaskSource:
    return TaskSource(
        task_id=task_id,
        source=SOURCE,
        location=location,
        target="",
        task_type=None,
        family="",
        problem=one_line(error),
    )


def _at(answer: Any, what: object, *keys: str) -> Any:
    """Return what an answer holds at nested keys."""
    found = answer
    for key in keys:
        if not isinstance(found, dict) or key not in found:
            raise DownloadError(
                f"OpenML's answer about {what} has no '{'.'.join(keys)}': {shortened(answer)}"
            )
        found = found[key]
    return found


def _listed(given: Any) -> list[Any]:
    """Return a list; OpenML gives one of one element as the element."""
    return given if isinstance(given, list) else [given]


def _objects(given: Any) -> Iterator[Mapping[str, Any]]:
    return (one for one in _listed(given) if isinstance(one, dict))


def _number(given: Any, what: object) -> int:
    """Return the number of a table; OpenML writes numbers as text, too."""
    text = shortened(given)
    if not re.fullmatch(r"0*[1-9][0-9]{0,17}", text):
        raise DownloadError(f"OpenML's answer about {what} has no number of a table: {text}")
    return int(text)


def _choose_target(
    description: Mapping[str, Any], features: Iterable[Mapping[str, Any]], wanted: str | None, data_id: int
) -> str:
    names = [str(feature["name"]) for feature in features]
    target = wanted or str(description.get("default_target_attribute") or "")
    where = f"openml.overrides.{data_id}.target"
    if not target:
        raise DownloadError(f"table {data_id} of OpenML names no target: name one in {where}")
    if target in names:
        return target
    several = [one.strip() for one in target.split(",")]
    if len(several) > 1 and set(several) <= set(names):
        raise DownloadError(
            f"table {data_id} of OpenML has several targets ({quoted(several)}): name one in {where}"
        )
    hint = close_matches(target, names)
    raise DownloadError(f"table {data_id} of OpenML has no column '{target}'{hint}: name another in {where}")


def _is_no_feature(feature: Mapping[str, Any]) -> bool:
    """Whether a column is an identifier, to be ignored, or another target."""
    return any(feature.get(key) == "true" for key in ("is_ignore", "is_row_identifier", "is_target"))


def _task_type(features: Iterable[Mapping[str, Any]], target: str) -> TaskType | None:
    """Tell the task type from the type of the target; a text or a date says nothing."""
    type_ = next((one.get("data_type") for one in features if one["name"] == target), None)
    types: dict[Any, TaskType] = {"nominal": "classification", "numeric": "regression"}
    return types.get(type_)
