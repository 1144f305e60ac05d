"""Writes ``docs/metafeatures.md`` from the catalogue; run ``.venv/bin/python docs/write_metafeatures.py``."""

from __future__ import annotations

import runpy
from pathlib import Path
from typing import TYPE_CHECKING

from foretune.metafeatures import MetafeatureExtractor

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

PAGE = Path(__file__).parent / "metafeatures.md"
_PYMFE = runpy.run_path(str(PAGE.parents[1] / "tests/metafeatures/equivalents.py"))
DIFFERENCES, EQUIVALENTS, SPECIAL_CASES = (
    _PYMFE[name] for name in ("DIFFERENCES", "EQUIVALENTS", "SPECIAL_CASES")
)
DEFINED_FOR = {
    "classification, regression": "both",
    "classification": "classification",
    "regression": "regression",
}
INTRODUCTION = """\
# Metafeatures

<!-- Written by docs/write_metafeatures.py -->

{n_classification} values describe a classification task, {n_regression} a regression task.
`MetafeatureExtractor` computes them:

```text
MetafeatureExtractor().catalogue()              # what would be computed, and what it costs: the table below
MetafeatureExtractor().extract(X, y)            # one table: a pandas Series
MetafeatureExtractor().extract_many({{"name": (X, y)}})   # many: a DataFrame with one row a table
MetafeatureExtractor(groups=["simple", "pca"], caps={{"pca": {{"max_rows": 5000, "max_seconds": 10}}}})
```

`data/04_feature` has the values (`metafeatures.parquet`), their costs and failures after a run,
`data/08_reporting` the figures: correlations and missing values, and the map of tasks. Your own group takes
five lines, see [Contributing](../CONTRIBUTING.md).

## What holds for all of them

- A value that is undefined for a task is missing (NaN), never a magic number, and never infinite.
- The order of rows and columns does not matter. Columns are told apart by their names, rows by what they
  hold.
- Units do not matter to the groups statistical, information, pca and missingness: any positive scale, any
  shift. Nor to any group but simple and target if the scale is a power of two.
- Every group has **caps**: rows and columns that it reads of a larger table, a sample that is
  stratified by the target and seeded, and seconds. A group that fails or takes too long leaves its values
  missing and a row in `metafeature_failures`, and the run goes on.
- The caps, settings and seed travel with the values (`values.attrs["metafeature_settings"]`, which Parquet
  keeps); `MetafeatureExtractor.from_settings` makes the same extractor again.

| a column of | is |
|---|---|
| numbers: any integer, float or decimal, nullable, sparse or of Arrow | numeric; infinity is missing |
| dates with and without a zone, durations, periods (by their start) | numeric, in days |
| booleans | numeric, 0 and 1; counted apart, and so are numbers of which all are 0 or 1 |
| `category`, text, intervals, complex numbers, any other object | nominal; lists and the like by their text |
| nothing but missing values | left out |
| one value | constant: without moments and correlations, the rest goes on |
| very many categories | nominal; one-hot encoded up to `max_categories`, the rest as none of them |

Missing numbers are left out of moments and of each correlation, put at the median for distances,
landmarkers and the tree, and at the mean for principal components; they are a level of their own for
entropies. Missing categories are a level, too; for landmarkers and the tree the most frequent category
takes their place.

## Costs

![Seconds of each group as rows, columns and classes grow](images/metafeature_costs.png)

`make bench` measures them, and the ratio to pymfe; `.venv/bin/python benchmarks/metafeatures.py --plot`
draws the picture again. The curves go flat where a cap bites.

"""
DIFFERENT = """\
## Where pymfe differs

The column "pymfe" says which values are the same number in [pymfe](https://pymfe.readthedocs.io) 0.4, the
reference implementation for classification: `raw` is the table as it is, `standard` its numeric columns
standardised, `levels` the columns as levels of the group information, `paired` the first twelve of those,
`tree` the encoded columns. `tests/metafeatures/test_equivalents.py` compares them on 22 real tasks, to
1e-8. What is equal but for special cases:

"""


def write_page() -> str:
    """Return the page."""
    extractor = MetafeatureExtractor()
    counts = {
        "n_classification": len(extractor.columns(["classification"])),
        "n_regression": len(extractor.columns(["regression"])),
    }
    groups = "".join(_group(name, rows) for name, rows in extractor.catalogue().groupby("group", sort=False))
    special = _table(("case", "here and there"), SPECIAL_CASES.items())
    different = _table(
        ("feature of pymfe", "why it is not computed, or is another number"), DIFFERENCES.items()
    )
    return (
        f"{INTRODUCTION.format(**counts)}{groups}{DIFFERENT}{special}\nAnd what is different:\n\n{different}"
    )


def _group(name: object, rows: pd.DataFrame) -> str:
    first = rows.iloc[0]
    lines = [
        (
            f"`{row.name.removeprefix(f'{name}.')}`",
            row.formula,
            row.range,
            DEFINED_FOR[row.task_types],
            row.source,
            f"`{EQUIVALENTS[row.name]}`" if row.name in EQUIVALENTS else "",
        )
        for row in rows.itertuples(index=False, name="Row")
    ]
    columns = ("value", "formula", "range", "tasks", "source", "pymfe")
    cost = f"Time grows as {first['cost']}; reads {first['reads']}.\n\n"
    return f"## Group `{name}`\n\n{cost}{_table(columns, lines)}\n"


def _table(columns: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    cells = [columns, tuple("---" for _ in columns), *rows]
    return "".join("| " + " | ".join(text.replace("|", "\\|") for text in row) + " |\n" for row in cells)


if __name__ == "__main__":
    PAGE.write_text(write_page(), encoding="utf-8")
