"""Parameters of the metafeature extraction."""

from __future__ import annotations

from typing import TypeVar

from pydantic import Field, field_validator

from foretune.metafeatures.caps import Caps, ExtractionSettings

Names = TypeVar("Names", tuple[str, ...], dict[str, "Caps"])

GROUP_NAMES = (
    "simple",
    "missingness",
    "cardinality",
    "target",
    "statistical",
    "information",
    "pca",
    "landmarking",
    "model_based",
    "complexity",
)


class MetafeatureParameters(ExtractionSettings):
    """Parameters of the extraction: the arguments of ``MetafeatureExtractor`` except the seed.

    Attributes
    ----------
    groups
        Groups to extract; their order is irrelevant, columns come in catalogue order.
    caps
        Caps by group; fields not given keep the group's default.
    """

    groups: tuple[str, ...] = Field(GROUP_NAMES, min_length=1)
    caps: dict[str, Caps] = Field(default_factory=dict)

    @field_validator("groups", "caps")
    @classmethod
    def _check_names(cls, names: Names) -> Names:
        if others := [name for name in names if name not in GROUP_NAMES]:
            # Another package may register them; the slow search is needed only then
            from foretune.metafeatures.registry import registered_groups

            registered_groups(others)
        return names

    @field_validator("groups")
    @classmethod
    def _no_group_twice(cls, groups: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(groups)) < len(groups):
            raise ValueError(f"every group at most once, got {list(groups)}")
        return groups
