"""Rule for which metafeatures tell the number of rows."""

from __future__ import annotations

from foretune.metafeatures.group import SUMMARIES

# What changes if every row of a table is repeated: counts of rows, counts of something else per row, and
# tests, whose power grows with the rows. Without them nothing tells the number of rows but what rows bring
# about, such as the scores of landmarkers and the size of trees.
TELLING_ROWS = frozenset(
    {
        "simple.log_n_rows",
        "simple.log_rows_per_feature",
        "simple.log_rows_per_class",
        "cardinality.distinct_share",
        "target.log_minority_size",
        "target.share_small_classes",
        "target.distinct_share",
        "statistical.share_normal",
        "information.share_relevant",
        "pca.log_components_per_row",
        "model_based.splits_per_row",
    }
)


def tells_rows(column: str) -> bool:
    """Whether a column of metafeatures tells the number of rows; False for metafeatures from elsewhere."""
    name, _, summary = column.rpartition(".")
    return (name if summary in SUMMARIES else column) in TELLING_ROWS
