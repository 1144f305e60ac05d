from __future__ import annotations

from pathlib import Path

import yaml

from foretune.meta_model.parameters import MetaTrainingParameters

CONF = Path(__file__).parents[2] / "conf/base/parameters_meta_training.yml"


def test_the_library_and_the_default_run_have_the_same_defaults() -> None:
    raw = yaml.safe_load(CONF.read_text(encoding="utf-8"))["meta_training"]
    assert MetaTrainingParameters.model_validate(raw) == MetaTrainingParameters()
