"""Protection from cells of a CSV file that a spreadsheet would run as formulas."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

# Also behind a tab or a carriage return
FORMULA_SIGNS = ("=", "+", "-", "@", "\t", "\r")


def quote_formulas(table: pd.DataFrame) -> pd.DataFrame:
    """Put an apostrophe before texts that a spreadsheet would take for formulas; numbers stay as they are."""
    texts = [name for name, dtype in table.dtypes.items() if dtype.kind not in "biufcmM"]
    return table.assign(**{str(name): table[name].map(_quote, na_action="ignore") for name in texts})


def _quote(cell: Any) -> Any:
    if not isinstance(cell, str) or not cell.startswith(FORMULA_SIGNS):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell
