from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from foretune.understanding.parameters import UnderstandingParameters

CONF = Path(__file__).parents[2] / "conf/base/parameters_understanding.yml"


def test_the_project_names_every_parameter_at_its_default() -> None:
    raw: dict[str, Any] = yaml.safe_load(CONF.read_text())["understanding"]
    assert UnderstandingParameters(**raw) == UnderstandingParameters()
    assert set(raw) == set(UnderstandingParameters.model_fields)
    for group in ("surface", "ablation"):
        assert set(raw[group]) == set(UnderstandingParameters.model_fields[group].default.model_dump())


@pytest.mark.parametrize(
    "wrong",
    [{"parts": ["lime"]}, {"surface": {"n_trees": 1}}, {"ablation": {"n_folds": 1}}, {"n_bootstraps": 100}],
)
def test_what_is_wrong_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        UnderstandingParameters(**wrong)
