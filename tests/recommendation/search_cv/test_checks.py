from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from foretune import MetaSearchCV
from foretune.recommendation.core.errors import SearchError
from foretune.recommendation.search_cv.checks import check_fit_params, check_parameters, check_sample_weight


@pytest.mark.parametrize("verbose", [0, 1, 3, True, False, np.True_, np.int64(2)])
def test_verbose_is_a_number_or_yes_or_no(verbose: Any) -> None:
    check_parameters(MetaSearchCV(verbose=verbose).get_params())


@pytest.mark.parametrize("verbose", [-1, 1.5, "yes", None])
def test_no_other_verbose(verbose: Any) -> None:
    with pytest.raises(SearchError, match=r"verbose = .* must be a whole number of at least 0"):
        check_parameters(MetaSearchCV(verbose=verbose).get_params())


def test_a_search_of_one_type_takes_no_other() -> None:
    check_parameters(MetaSearchCV(task_type="regression").get_params(), "regression")
    with pytest.raises(SearchError, match="task_type = 'regression' must be one of classification, or None"):
        check_parameters(MetaSearchCV(task_type="regression").get_params(), "classification")


def test_fit_takes_nothing_else() -> None:
    check_fit_params({})
    with pytest.raises(SearchError, match="groups and sample_weight, but not 'callbacks', 'eval_set': leave"):
        check_fit_params({"callbacks": [], "eval_set": []})


def test_wrong_weights_are_an_error_of_the_user() -> None:
    assert check_sample_weight(None, 3) is None
    with pytest.raises(SearchError, match="sample_weight must not be negative") as caught:
        check_sample_weight([1, 2, -1], 3)
    assert "\n" not in str(caught.value)
