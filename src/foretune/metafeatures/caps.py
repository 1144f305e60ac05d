"""Caps of metafeature groups: rows, columns and seconds; settings of the extraction."""

from __future__ import annotations

from pydantic import Field

from foretune.base import FrozenParameters


class Caps(FrozenParameters):
    """What a group may read of a table, and how long it may take.

    Attributes
    ----------
    max_rows
        Rows read; a larger table is subsampled, stratified by the target and seeded. None is all.
    max_columns
        Feature columns read, chosen by a seeded hash of their names. None is all.
    max_seconds
        A group that takes longer is stopped; its values are NaN, and a row of the failures says so. It is
        there for the unforeseen: the caps keep the groups far below it, so that no value depends on the
        machine.
    """

    max_rows: int | None = Field(20_000, ge=20)
    max_columns: int | None = Field(100, ge=1)
    max_seconds: float = Field(60.0, gt=0)

    def overridden_by(self, other: Caps) -> Caps:
        """Return these caps with the fields that `other` was given explicitly."""
        return Caps(**{**self.model_dump(), **other.model_dump(exclude_unset=True)})


class ExtractionSettings(FrozenParameters):
    """How the groups compute.

    Attributes
    ----------
    n_folds
        Cross-validation folds of the landmarkers.
    n_bins
        Equal-frequency bins into which the information group cuts numeric columns and a numeric target. Few,
        because estimates of mutual information grow with bins^2 / n whatever the truth.
    max_categories
        One-hot columns per nominal column in the landmarkers and the tree; rarer categories share the
        all-zero row.
    """

    n_folds: int = Field(3, ge=2, le=20)
    n_bins: int = Field(5, ge=2, le=1_000)
    max_categories: int = Field(10, ge=2)
