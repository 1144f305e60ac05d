"""Address of a ledger, and the names of scores in it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from foretune.recommendation.core import SearchError
from foretune.recommendation.search_cv.folds import GivenData, Splits
from foretune.recommendation.search_cv.scoring import ScorerMeasure, SeveralScores
from foretune.recommendation.search_cv.searched_table import SearchedTable, ledger_url


def test_a_file_is_one_of_sqlite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    expected = f"sqlite:///{tmp_path}/search.sqlite"
    for given in ("search.sqlite", Path("search.sqlite"), tmp_path / "search.sqlite", "~/search.sqlite"):
        assert ledger_url(given) == expected
    assert ledger_url("postgresql://me@host/db") == "postgresql://me@host/db"
    assert ledger_url("file:search.sqlite") == "sqlite:///file:search.sqlite?uri=true"
    assert ledger_url("file:///a/b.db?mode=rw") == "sqlite:///file:///a/b.db?mode=rw&uri=true"


@pytest.mark.parametrize("given", [3, "", b"file", True, [], {}])
def test_anything_else_is_one_line(given: Any) -> None:
    with pytest.raises(SearchError, match=r"ledger = .* must be a file such as"):
        ledger_url(given)


NAMES = st.sampled_from(["accuracy", "score", "train_score", "test_score", "train_train_", "test_", "", "b"])
NUMBERS = st.floats(allow_nan=False)


@hypothesis.given(st.dictionaries(NAMES, NUMBERS, min_size=1), st.data())
def test_scores_come_back_from_the_ledger_as_they_were(scores: dict[str, float], data: st.DataObject) -> None:
    lead = data.draw(st.sampled_from(list(scores)))
    are_given, on_training = data.draw(st.booleans()), data.draw(st.booleans())
    scorers = {name: (lambda *_, one=one: one) for name, one in scores.items()} if are_given else {}
    several = SeveralScores(lead, scorers)
    measure = ScorerMeasure(lambda *_: scores, several=several)
    measured = measure.score(None, None, None, None)
    if on_training:
        named = {"train_" + name.removeprefix("test_"): one for name, one in measured.items()}
        if len(named) > 1:
            del named["train_score"]
        measured |= named
    rows = np.zeros(1)
    table = SearchedTable(
        *(GivenData(rows, rows, rows), Splits([]), "regression", "y", None, 0, {}), several=several
    )
    stored = table.as_stored(measured)
    assert len(stored) == len(measured) - any(name.startswith("test_") for name in measured)
    assert table.as_measured(stored) == measured
