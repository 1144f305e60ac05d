"""Configurations of the user's own estimator."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

from foretune.recommendation.search_cv.own_configuration import OwnConfiguration, text_of


def test_estimators_count_by_all_their_parameters() -> None:
    assert text_of(LogisticRegression()) == text_of(LogisticRegression(C=1.0))
    assert text_of(LogisticRegression()) != text_of(LogisticRegression(C=2.0))
    masks = [FunctionTransformer(kw_args={"mask": np.arange(3000) == at}) for at in (1500, 1501)]
    ids = {OwnConfiguration("step", {"step": one}).config_id for one in masks}
    assert len(ids) == 2


def test_types_count() -> None:
    values = [1, True, 1.0, "1", (1,), [1], None]
    assert len({text_of(one) for one in values}) == len(values)
