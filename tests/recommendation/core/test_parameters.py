from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from foretune.recommendation.core.parameters import RecommendationParameters, check_memory_folder

CONF = Path(__file__).parents[3] / "conf/base/parameters_recommendation.yml"


def test_the_written_parameters_are_the_defaults() -> None:
    raw: dict[str, Any] = yaml.safe_load(CONF.read_text(encoding="utf-8"))["recommendation"]
    names = set(RecommendationParameters.model_fields)
    written = RecommendationParameters.model_validate({name: raw[name] for name in names & raw.keys()})
    assert written == RecommendationParameters()


@pytest.mark.parametrize(
    ("given", "learner"),
    [
        ("auto", "auto"),
        ("svm", "svm"),
        ("svm+xgboost", ("svm", "xgboost")),
        ("svm + xgboost", ("svm", "xgboost")),
        (["svm", "linear"], ("svm", "linear")),
    ],
)
def test_learners_may_be_joined_by_a_plus(given: Any, learner: Any) -> None:
    assert RecommendationParameters(learner=given).learner == learner


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"feed_ledger": True}, "feed_ledger needs evaluate"),
        ({"k": 0}, "greater than or equal to 1"),
        ({"k": 1001}, "less than or equal to 1000"),
        ({"evaluate": -1}, "greater than or equal to 0"),
        ({"evaluate": True}, "must be the number of recommendations to evaluate, such as 3"),
        ({"n_folds": 2}, "greater than or equal to 3"),
        ({"max_rows": 19}, "greater than or equal to 20"),
        ({"learner": ""}, "at least 1"),
        ({"task_type": "ranking"}, "classification"),
        ({"colour": "red"}, "Extra inputs"),
        ({"read_options": {"decimal": None}}, "decimal is empty: write the sign as a word, one of comma, "),
        ({"read_options": {"sep": ""}}, "sep is empty: write the sign as a word"),
    ],
)
def test_wrong_values_are_refused(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        RecommendationParameters(**wrong)


def test_signs_may_be_words_and_a_separator_of_none_is_that_of_pandas() -> None:
    given = {"sep": None, "decimal": "comma", "thousands": "point", "encoding": ""}
    read = RecommendationParameters(read_options=given).read_options
    assert read == {"sep": None, "decimal": ",", "thousands": ".", "encoding": ""}


def test_a_folder_of_surrogates_must_be_there(tmp_path: Path) -> None:
    assert RecommendationParameters(memory=str(tmp_path)).memory == str(tmp_path)
    assert check_memory_folder(None) is None
    with pytest.raises(ValidationError, match="no such folder; the pipeline meta_training writes"):
        RecommendationParameters(memory=str(tmp_path / "nowhere"))


def test_several_folders_are_joined_by_a_plus(tmp_path: Path) -> None:
    (tmp_path / "a+b").mkdir()
    (tmp_path / "c").mkdir()
    one, other = str(tmp_path / "a+b"), str(tmp_path / "c")
    assert RecommendationParameters(memory=one).memory == one
    assert RecommendationParameters(memory=f"reference+{other}").memory == ("reference", other)
    assert RecommendationParameters(memory=[one, "reference"]).memory == (one, "reference")
    assert RecommendationParameters(memory="reference").memory == "reference"
    with pytest.raises(ValidationError, match="no such folder 'nowhere'; the pipeline"):
        RecommendationParameters(memory=f"{other}+nowhere")


@pytest.mark.parametrize("given", ["wine+iris", ["wine", "iris"]])
def test_families_to_leave_out_are_a_list_or_joined_by_a_plus(given: Any) -> None:
    assert RecommendationParameters(exclude_families=given).exclude_families == ("wine", "iris")


def test_trials_that_are_evaluated_may_be_kept() -> None:
    assert RecommendationParameters(feed_ledger=True, evaluate=1).feed_ledger
