from __future__ import annotations

import platform

import numpy as np
import yaml

import foretune
from foretune.evaluation.parameters import EvaluationParameters
from foretune.reporting.versions import list_versions, write_settings


def test_versions_of_what_is_installed() -> None:
    versions = list_versions()
    assert versions["foretune"] == foretune.__version__
    assert versions["python"] == platform.python_version()
    assert versions["numpy"] == np.__version__
    assert {"xgboost", "xgboost-cpu"} & set(versions)


def test_settings_are_written_as_they_could_be_read() -> None:
    parameters = EvaluationParameters(n_seeds=3)
    settings = {"evaluation": parameters, "seed": 1, "nested": {"a": (1, 2), "b": {"y", "x"}, "c": None}}
    read = yaml.safe_load(write_settings(settings))
    assert EvaluationParameters.model_validate(read["evaluation"]) == parameters
    assert read["seed"] == 1
    assert read["nested"] == {"a": [1, 2], "b": ["x", "y"], "c": None}
    assert list(read) == list(settings)


def test_passwords_stay_at_home() -> None:
    written = write_settings({"url": "postgresql://me:secret@host/database", "plain": "tcp://host:8786"})
    assert "secret" not in written
    assert "postgresql://me:***@host/database" in written
    assert "tcp://host:8786" in written
