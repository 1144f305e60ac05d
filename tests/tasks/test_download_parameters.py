from typing import Any

import pytest
from pydantic import ValidationError

from foretune.tasks.download_parameters import (
    DownloadParameters,
    OpenMLParameters,
    PMLBParameters,
    pmlb_task_id,
)
from foretune.tasks.parameters import TaskGenerationParameters


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"openml": {"data_id": [61]}}, r"openml.data_id\n"),
        ({"openml": {"data_ids": ["iris"]}}, r"openml.data_ids.0"),
        ({"openml": {"data_ids": [0]}}, r"openml.data_ids.0"),
        ({"openml": {"suites": ["cc18"]}}, r"openml.suites.0"),
        ({"openml": {"names": ["a/../b"]}}, r"openml.names.0"),
        ({"openml": {"server": "www.openml.org"}}, r"'www.openml.org' is no address of a server"),
        ({"openml": {"server": "file:///etc"}}, r"must start with https:// or http://"),
        (
            {"openml": {"server": "http://[::1"}},
            r"'http://\[::1' is no address of a server: Invalid IPv6 URL",
        ),
        ({"openml": {"overrides": {"iris": {}}}}, r"openml.overrides.iris"),
        ({"openml": {"overrides": {61: {"tagret": "a"}}}}, r"openml.overrides.61.tagret"),
        ({"openml": {"overrides": {61: {"family": "A B"}}}}, r"openml.overrides.61.family"),
        ({"pmlb": {"names": ["iris"], "suites": [99]}}, r"pmlb.suites"),
        (
            {"pmlb": {"names": ["iris"], "overrides": {"irsi": {}}}},
            r"'irsi' is not in names \(did you mean 'iris'",
        ),
        ({"pmlb": {"names": ["a-b", "a_b"]}}, r"several of them are the task 'pmlb_a_b'"),
        (
            {
                "pmlb": {"names": ["iris"]},
                "user_tasks": {"pmlb_iris": {"file": "a.csv", "target": "y"}},
            },
            r"occur twice: 'pmlb_iris'",
        ),
        ({"downloads": {"timeout": 0}}, r"downloads.timeout"),
        ({"downloads": {"n_retries": -1}}, r"downloads.n_retries"),
        ({"downloads": {"cache": "here"}}, r"downloads.cache"),
    ],
)
def test_bad_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TaskGenerationParameters(**parameters)


def test_nothing_is_downloaded_by_default() -> None:
    parameters = TaskGenerationParameters()
    assert parameters.openml == OpenMLParameters(data_ids=(), names=(), suites=(), overrides={})
    assert parameters.pmlb == PMLBParameters(names=(), overrides={})
    assert parameters.downloads == DownloadParameters(offline=False)


def test_one_value_and_values_joined_by_a_plus_are_lists() -> None:
    given = OpenMLParameters.model_validate({"data_ids": "31+1590", "names": "adult", "suites": 99})
    assert (given.data_ids, given.names, given.suites) == ((31, 1590), ("adult",), (99,))
    assert PMLBParameters.model_validate({"names": "adult+iris"}).names == ("adult", "iris")


def test_servers_have_no_slash_at_their_end() -> None:
    assert PMLBParameters(server="http://localhost:8000/pmlb/").server == "http://localhost:8000/pmlb"


def test_names_of_tasks() -> None:
    assert pmlb_task_id("1027_ESL") == "pmlb_1027_esl"
    assert len(pmlb_task_id("GAMETES_Epistasis_2_Way_1000atts_0.4H_EDM_1_EDM_1_1" * 2)) == 64
