from __future__ import annotations

import pytest
from click import UsageError
from kedro.pipeline import Pipeline

from foretune.project.registered_pipelines import RegisteredPipelines

PIPELINES = RegisteredPipelines(
    dict.fromkeys(("hpo", "evaluation", "__default__"), Pipeline([])), {"logs": "add --env=logs"}
)


def test_a_pipeline_that_exists_is_found() -> None:
    assert PIPELINES["hpo"].nodes == PIPELINES["__default__"].nodes == []
    assert sorted(PIPELINES) == ["__default__", "evaluation", "hpo"]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "evaluaton",
            "there is no pipeline 'evaluaton' (did you mean 'evaluation'?); there are evaluation, hpo",
        ),
        ("log", "there is no pipeline 'log' (did you mean 'logs'?); there are evaluation, hpo"),
        ("logs", "there is no pipeline 'logs' here: add --env=logs; there are evaluation, hpo"),
        ("", "there is no pipeline ''; there are evaluation, hpo"),
    ],
)
def test_another_name_is_one_line_with_those_that_exist(name: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        PIPELINES[name]
    assert caught.value.message == message
