"""Parameters of the metafeature extraction."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from foretune.parameters import FrozenParameters

GroupName = Literal["simple", "target", "statistical", "information", "landmarking"]
GROUP_NAMES: tuple[GroupName, ...] = ("simple", "target", "statistical", "information", "landmarking")


class ExtractionLimits(FrozenParameters):
    """How much of a table is read, and how.

    Attributes
    ----------
    max_rows
        Rows read by the expensive groups (landmarking); larger tables are subsampled, stratified and seeded.
    max_rows_cheap
        Rows read by the groups that cost about n log n (statistical, information).
    max_columns
        Feature columns read by all groups but the free ones (simple, target).
    n_folds
        Cross-validation folds of the landmarkers.
    n_bins
        Equal-frequency bins into which the information group cuts numeric columns and a numeric target. Few,
        because estimates of mutual information grow with bins^2 / n whatever the truth.
    max_categories
        One-hot columns per nominal column in the landmarkers; rarer categories share the all-zero row.
    """

    max_rows: int = Field(2_000, ge=20)
    max_rows_cheap: int = Field(20_000, ge=20)
    max_columns: int = Field(100, ge=1)
    n_folds: int = Field(3, ge=2, le=20)
    n_bins: int = Field(5, ge=2, le=1_000)
    max_categories: int = Field(10, ge=2)


class MetafeatureParameters(ExtractionLimits):
    """The limits, and which groups to extract.

    The fields are the arguments of ``MetafeatureExtractor`` but for the seed, which belongs to the whole run:
    ``MetafeatureExtractor(**parameters.model_dump(), random_state=seed)``.

    Attributes
    ----------
    groups
        Groups to extract; their order is irrelevant, columns come in catalogue order.
    """

    groups: tuple[GroupName, ...] = Field(GROUP_NAMES, min_length=1)

    @field_validator("groups")
    @classmethod
    def _no_group_twice(cls, groups: tuple[GroupName, ...]) -> tuple[GroupName, ...]:
        if len(set(groups)) < len(groups):
            raise ValueError(f"every group at most once, got {list(groups)}")
        return groups
