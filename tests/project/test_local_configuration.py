from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from kedro.config import MissingConfigException, OmegaConfigLoader

from foretune.project.local_configuration import read_local_configuration

SETTINGS: dict[str, Any] = {
    "base_env": "base",
    "default_run_env": "local",
    "merge_strategy": {"parameters": "soft"},
}


def _write(folder: Path, **files: Any) -> None:
    folder.mkdir(exist_ok=True)
    for name, values in files.items():
        (folder / f"{name}.yml").write_text(yaml.safe_dump(values))


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    _write(
        tmp_path / "base",
        parameters={"seed": 0, "hpo": {"n": 1, "deep": {"a": 1, "b": 1}}},
        catalog_hpo={"ledger": {"type": "a", "filepath": "base"}, "trials": {"type": "t"}},
    )
    _write(tmp_path / "full", parameters={"hpo": {"n": 2, "deep": {"a": 2}}})
    (tmp_path / "local").mkdir()
    return tmp_path


def _load(conf: Path, **given: Any) -> OmegaConfigLoader:
    loader = OmegaConfigLoader(conf, env="full", runtime_params=given, **SETTINGS)
    read_local_configuration(loader)
    return loader


def test_it_comes_over_the_environment_and_below_the_command_line(conf: Path) -> None:
    _write(conf / "local", parameters={"hpo": {"deep": {"b": 3}, "n": 3}, "seed": 3})
    assert _load(conf)["parameters"] == {"seed": 3, "hpo": {"n": 3, "deep": {"a": 2, "b": 3}}}
    loaded = _load(conf, seed=9, hpo={"n": 9})["parameters"]
    assert loaded == {"seed": 9, "hpo": {"n": 9, "deep": {"a": 2, "b": 3}}}


def test_an_entry_of_the_catalog_is_replaced_as_a_whole(conf: Path) -> None:
    _write(
        conf / "local",
        catalog={"ledger": {"type": "a", "credentials": "trial_ledger"}},
        credentials={"trial_ledger": {"url": "postgresql://me@host/trials"}},
    )
    loader = _load(conf)
    assert loader["catalog"] == {
        "ledger": {"type": "a", "credentials": "trial_ledger"},
        "trials": {"type": "t"},
    }
    assert loader["credentials"] == {"trial_ledger": {"url": "postgresql://me@host/trials"}}
    assert loader["parameters"]["hpo"]["n"] == 2


def test_an_empty_folder_changes_nothing(conf: Path) -> None:
    for _ in range(2):
        loader = _load(conf)
        assert loader["parameters"] == {"seed": 0, "hpo": {"n": 2, "deep": {"a": 2, "b": 1}}}
        assert loader["catalog"].keys() == {"ledger", "trials"}
        with pytest.raises(MissingConfigException):
            loader["credentials"]
        if (conf / "local").exists():
            (conf / "local").rmdir()
