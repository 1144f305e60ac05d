from __future__ import annotations

import pandas as pd

from foretune.recommendation.core.suggestion_frame import SuggestionFrame

PARAMS = {f"hyperparameter_{at}": at / 7 for at in range(12)}


def _frame() -> SuggestionFrame:
    return SuggestionFrame({"rank": [1, 2], "params": [PARAMS, {}], "reason": ["why " * 30, ""]})


def test_cells_are_shown_in_full_in_notebooks_and_terminals() -> None:
    frame = _frame()
    assert str(PARAMS) in repr(frame)
    shown = frame._repr_html_()
    assert "hyperparameter_11" in shown
    assert "..." not in shown
    assert str(PARAMS) not in repr(pd.DataFrame(frame))


def test_what_is_selected_is_shown_in_full_too() -> None:
    for part in (_frame()[["params"]], _frame().head(1), _frame().sort_values("rank")):
        assert isinstance(part, SuggestionFrame)
        assert str(PARAMS) in repr(part)
    assert pd.get_option("display.max_colwidth") == 50


def test_many_rows_are_shortened_as_pandas_does() -> None:
    many = SuggestionFrame({"rank": range(500)})
    assert many._repr_html_().count("<tr") < 100
