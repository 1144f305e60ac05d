"""Facts of a table for programs."""

from __future__ import annotations

import numpy as np
import pandas as pd

from foretune.learners.parameters import PreprocessingParameters
from foretune.recommendation.table.cross_validation import CrossValidation
from foretune.recommendation.table.table_facts import TableFacts
from foretune.tables import infer_formats


def test_facts_tell_what_is_converted_left_out_and_encoded() -> None:
    n = 60
    frame = pd.DataFrame(
        {
            "number": np.arange(n) * 0.5,
            "flag": np.arange(n) % 2 == 0,
            "kind": [f"kind {at % 30}" for at in range(n)],
            "nothing": np.nan,
        }
    )
    codes = np.arange(n) % 3
    plan = CrossValidation(5, np.arange(n), codes, n)
    facts = TableFacts.of(frame, infer_formats(frame), plan)
    assert facts.conversions == (("X['flag']", "X['flag'].astype(float)"),)
    assert facts.ignored == ("nothing",)
    assert facts.most_categories == 30
    assert facts.class_counts == (20, 20, 20)
    assert facts.is_code == (False, False, True)
    many = PreprocessingParameters(many_categories="target", max_categories=20)
    assert "TargetEncoder" in str(facts.write_encoder("classification", many))
    assert facts.write_encoder("classification", PreprocessingParameters(max_categories=40)) is None
