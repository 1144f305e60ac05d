"""Caps of metafeature groups on rows, columns and seconds; parameters of their computation."""

from __future__ import annotations

from pydantic import Field

from foretune.base import FrozenParameters


class Caps(FrozenParameters):
    """Maximum rows, columns and seconds of a metafeature group.

    Attributes
    ----------
    max_rows
        Rows read; a larger table is subsampled, seeded and stratified by the target. None means all.
    max_columns
        Feature columns read, chosen by a seeded hash of their names. None means all.
    max_seconds
        Time after which a group is stopped: its values are NaN, and a row of the failures records it. The
        other caps keep the time far below, so that values do not depend on the machine.
    """

    max_rows: int | None = Field(20_000, ge=20)
    max_columns: int | None = Field(100, ge=1)
    max_seconds: float = Field(60.0, gt=0)

    def overridden_by(self, other: Caps) -> Caps:
        """Return these caps with the fields that `other` was given explicitly."""
        return Caps(**{**self.model_dump(), **other.model_dump(exclude_unset=True)})


class ExtractionSettings(FrozenParameters):
    """Parameters of the computation of metafeatures.

    Attributes
    ----------
    n_folds
        Cross-validation folds of the landmarkers.
    n_bins
        Equal-frequency bins of numeric columns and a numeric target in the information group. Few, because
        the bias of estimated mutual information grows with bins^2 / n.
    max_categories
        One-hot columns per nominal column in the landmarkers and the tree; rarer categories share the
        all-zero row.
    """

    n_folds: int = Field(3, ge=2, le=20)
    n_bins: int = Field(5, ge=2, le=1_000)
    max_categories: int = Field(10, ge=2)
