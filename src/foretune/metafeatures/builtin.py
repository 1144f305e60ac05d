"""The groups that come with the package, one line each; the order is the order of columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.metafeatures import (
    cardinality,
    complexity,
    information,
    landmarking,
    missingness,
    model_based,
    pca,
    simple,
    statistical,
    target,
)

if TYPE_CHECKING:
    from foretune.metafeatures.registry import MetafeatureGroup

BUILTIN_GROUPS: tuple[MetafeatureGroup, ...] = (
    simple.GROUP,
    missingness.GROUP,
    cardinality.GROUP,
    target.GROUP,
    statistical.GROUP,
    information.GROUP,
    pca.GROUP,
    landmarking.GROUP,
    model_based.GROUP,
    complexity.GROUP,
)
