"""Manifest of a saved memory: names, counts and settings, checked when it is read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Self

from pydantic import Field, ValidationError, model_validator

from foretune.base import FrozenParameters, UserError
from foretune.meta_model.kernel import ConfigurationKernel
from foretune.meta_model.parameters import Guard, PolicyParameters, TargetKind

FORMAT_VERSION = 5
MANIFEST = "manifest.json"
# A configuration takes about 150 bytes of JSON
MOST_JSON_BYTES = 100_000_000
LONGEST_REASON = 200


class ArtifactError(UserError, ValueError):
    """A saved memory cannot be used; the message names the file and the reason."""


class Axis(FrozenParameters):
    """A column of the encoded configurations; the range may be infinite, where no value is finite."""

    column: str
    low: float = Field(allow_inf_nan=True)
    high: float = Field(allow_inf_nan=True)


class Kernel(FrozenParameters):
    """Arguments of :class:`foretune.meta_model.kernel.ConfigurationKernel`."""

    length_scale: float = Field(gt=0, le=1e6)
    noise: float = Field(gt=0, le=1e6)
    unexplained: float = Field(ge=0, le=1e6)

    def build(self) -> ConfigurationKernel:
        """Build the kernel."""
        return ConfigurationKernel(**self.model_dump())


class Manifest(FrozenParameters):
    """Content of ``manifest.json``.

    Attributes
    ----------
    format_version
        Version of the format of all files.
    task_type, target, metafeatures, line, policy, guard, kernel
        See :class:`foretune.meta_model.memory.Memory` and :class:`foretune.meta_model.surrogate.Surrogate`.
    search_space
        Columns of the encoded configurations.
    n_members, level_means
        Number of members, and means of each one's level model.
    tasks
        Content hash of each task, in order.
    families, configurations
        Family of each task and identity of each configuration, in order.
    libraries
        Versions that wrote the memory.
    sha256
        Checksums of the other files.
    """

    format_version: int
    task_type: str = Field(min_length=1)
    target: TargetKind
    metafeatures: list[str]
    search_space: list[Axis] = Field(min_length=1)
    n_members: int = Field(ge=1, le=1_000)
    level_means: list[tuple[float, float]]
    line: tuple[float, float]
    policy: PolicyParameters
    guard: Guard
    kernel: Kernel
    tasks: dict[str, str] = Field(min_length=1)
    families: list[str]
    configurations: list[str] = Field(min_length=1)
    libraries: dict[str, str]
    sha256: dict[str, str]

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns of the encoded configurations."""
        return tuple(axis.column for axis in self.search_space)

    @model_validator(mode="after")
    def _check_counts(self) -> Self:
        if len(self.families) != len(self.tasks):
            raise ValueError(f"{len(self.families)} families are of {len(self.tasks)} tasks")
        if len(self.level_means) != self.n_members:
            raise ValueError(f"{len(self.level_means)} level_means are of {self.n_members} members")
        for name in ("metafeatures", "columns", "configurations"):
            values = getattr(self, name)
            if len(set(values)) < len(values):
                raise ValueError(f"{name} repeat a name")
        return self


def read_manifest(folder: Path) -> Manifest:
    """Load only the manifest of a memory.

    Raises
    ------
    ArtifactError
        If there is none, it is damaged, or has another format version.
    """
    path = folder / MANIFEST
    if not path.is_file():
        raise ArtifactError(
            f"{path} does not exist: {folder} holds no memory; run the pipeline meta_training"
        )
    values = parse_json(path, read_bytes(path, MOST_JSON_BYTES))
    found = values.get("format_version") if isinstance(values, dict) else None
    if found != FORMAT_VERSION:
        raise ArtifactError(
            f"{path} has format version {str(found)[:20]}, this Foretune reads {FORMAT_VERSION}: train it "
            f"again"
        )
    try:
        return Manifest.model_validate(values)
    except ValidationError as error:
        raise ArtifactError(f"{path} {describe_invalid(error)}: train the memory again") from None


def read_bytes(path: Path, most: int) -> bytes:
    """Read a file of a memory of at most so many bytes.

    Raises
    ------
    ArtifactError
        If it cannot be read or is larger.
    """
    try:
        if path.stat().st_size > most:
            raise ArtifactError(f"{path} has more than {most:,} bytes: it is no part of a memory")
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error.strerror or error}") from error


def parse_json(path: Path, content: bytes) -> Any:
    """Parse the JSON of a memory.

    Raises
    ------
    ArtifactError
        If it is no valid JSON, or nested too deeply.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ArtifactError(f"{path} is no valid JSON ({error}): train the memory again") from None


def describe_invalid(error: ValidationError) -> str:
    """Describe the first problem of values of a memory, such as ``lacks 'tasks'``."""
    problem = error.errors(include_url=False, include_context=False)[0]
    name = ".".join(map(str, problem["loc"]))
    if problem["type"] == "missing":
        return f"lacks {name!r}"
    return shorten_reason(f"is damaged ({name + ': ' if name else ''}{problem['msg']})")


def shorten_reason(reason: str) -> str:
    """Shorten a reason to one line of at most 200 characters."""
    text = " ".join(reason.split())
    return text if len(text) <= LONGEST_REASON else f"{text[: LONGEST_REASON - 3]}..."
