"""Parameters of the tables of OpenML and PMLB, and of their download."""

from __future__ import annotations

import re
from collections import Counter
from typing import Annotated, Any, Self
from urllib.parse import urlsplit
from zlib import crc32

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from foretune.base import FrozenParameters, TaskType, close_matches, quoted, split_at_plus
from foretune.tables import ColumnType
from foretune.tasks.names import LONGEST_TASK_ID, TASK_ID_PATTERN, Provenance, check_no_device


def _split(given: Any) -> Any:
    """Make a list of one value, or of several that ``+`` joins."""
    return [given] if isinstance(given, int) else split_at_plus(given)


def _check_server(server: str) -> str:
    try:
        parts = urlsplit(server)
    except ValueError as error:
        raise ValueError(f"'{server}' is no address of a server: {error}") from None
    if parts.scheme not in {"http", "https"} or not parts.netloc:
        raise ValueError(f"'{server}' is no address of a server: it must start with https:// or http://")
    return server.rstrip("/")


Identifier = Annotated[int, Field(ge=1)]
TableName = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^/\\\s][^/\\]*$")]
Identifiers = Annotated[tuple[Identifier, ...], BeforeValidator(_split)]
TableNames = Annotated[tuple[TableName, ...], BeforeValidator(_split)]
Server = Annotated[str, AfterValidator(_check_server)]
FamilyName = Annotated[str, Field(pattern=TASK_ID_PATTERN), AfterValidator(check_no_device)]


class TableOverrides(FrozenParameters):
    """What holds of a downloaded table instead of what its metadata say."""

    target: str | None = Field(None, min_length=1, description="Column to predict.")
    task_type: TaskType | None = Field(None, description="What is to be predicted, a class or a number.")
    drop_columns: tuple[str, ...] = Field((), description="Further columns that are no features.")
    column_types: dict[str, ColumnType] = Field(
        default_factory=dict, description="What columns are, by name, instead of what their values say."
    )
    family: FamilyName | None = Field(
        None, description="Tasks of one family never stand on both sides of a split."
    )
    provenance: Provenance | None = Field(None, description="Where the data come from.")


class OpenMLParameters(FrozenParameters):
    """Tables of OpenML."""

    data_ids: Identifiers = Field((), description="Numbers of tables, as in openml.org/d/31.")
    names: TableNames = Field((), description="Names of tables, of which the oldest active version is taken.")
    suites: Identifiers = Field(
        (), description="Numbers of suites: 99 is CC-18, 271 and 269 are the AutoML benchmark."
    )
    overrides: dict[Identifier, TableOverrides] = Field(
        default_factory=dict, description="What holds of a table, by its number, instead of its metadata."
    )
    server: Server = Field("https://www.openml.org", description="Address of OpenML, or of a mirror.")


class PMLBParameters(FrozenParameters):
    """Tables of the Penn Machine Learning Benchmarks."""

    names: TableNames = Field((), description="Names of tables.")
    overrides: dict[str, TableOverrides] = Field(
        default_factory=dict, description="What holds of a table, by its name, instead of its metadata."
    )
    server: Server = Field(
        "https://github.com/EpistasisLab/pmlb/raw/master", description="Address of PMLB, or of a mirror."
    )

    @model_validator(mode="after")
    def _check_overrides(self) -> Self:
        for name in self.overrides:
            if name not in self.names:
                raise ValueError(f"overrides: '{name}' is not in names{close_matches(name, self.names)}")
        return self

    @model_validator(mode="after")
    def _check_ids(self) -> Self:
        repeated = [one for one, count in Counter(map(pmlb_task_id, self.names)).items() if count > 1]
        if repeated:
            raise ValueError(f"names: several of them are the task {quoted(repeated)}")
        return self


class DownloadParameters(FrozenParameters):
    """The cache of downloaded tables, and how they are downloaded."""

    folder: str = Field("data/01_raw/downloads", min_length=1, description="Folder of the cache.")
    offline: bool = Field(False, description="Take tables from the cache only.")
    timeout: float = Field(60, gt=0, le=3_600, description="Seconds to wait for a server's next answer.")
    n_retries: int = Field(3, ge=0, le=20, description="Further attempts after a failure that may pass.")
    delay: float = Field(1, ge=0, le=600, description="Seconds before the first of them, doubled each time.")
    max_megabytes: float = Field(1_000, gt=0, description="Larger tables are not downloaded.")


def openml_task_id(data_id: int, name: str = "") -> str:
    """Return the name of the task that a table of OpenML is, such as ``openml_61_iris``."""
    return _task_id(f"openml_{data_id}_{name}" if name else f"openml_{data_id}")


def pmlb_task_id(name: str) -> str:
    """Return the name of the task that a table of PMLB is, such as ``pmlb_iris``."""
    return _task_id(f"pmlb_{name}")


def _task_id(name: str) -> str:
    """Return small letters, digits and underscores; of a long name a checksum stands for the end."""
    task_id = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    if len(task_id) <= LONGEST_TASK_ID:
        return task_id
    return f"{task_id[: LONGEST_TASK_ID - 9]}_{crc32(task_id.encode()):08x}"
