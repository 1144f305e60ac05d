"""Table of suggestions, shown with its hyperparameters in full."""

from __future__ import annotations

from typing import Any

import pandas as pd

# pandas would end a cell after 50 characters, within the second hyperparameter
IN_FULL = ("display.max_colwidth", None, "display.max_columns", None)


class SuggestionFrame(pd.DataFrame):
    """A data frame that notebooks and terminals show without cutting cells off.

    It is a :class:`pandas.DataFrame` in everything else, and so are selections of its columns and rows.
    """

    @property
    def _constructor(self) -> Any:
        return SuggestionFrame

    def __repr__(self) -> str:
        """Return the rows as text, with whole cells."""
        with pd.option_context(*IN_FULL):
            return super().__repr__()

    def _repr_html_(self) -> str:
        """Return the rows as HTML for a notebook, with whole cells."""
        with pd.option_context(*IN_FULL):
            return self.to_html(max_rows=pd.get_option("display.max_rows"), notebook=True)
