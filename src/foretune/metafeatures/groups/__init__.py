"""Built-in metafeature groups, in the order of their columns."""

from __future__ import annotations

from typing import TYPE_CHECKING

from foretune.metafeatures.groups import (
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
    from foretune.metafeatures.group import MetafeatureGroup

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
