"""Hooks, one by one; tests/pipelines runs them in sessions."""

from __future__ import annotations

import errno
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from click import ClickException
from kedro.config import OmegaConfigLoader
from kedro.framework.project import configure_project
from kedro.io import DataCatalog, DatasetError, MemoryDataset
from kedro.pipeline import Node, Pipeline

from foretune.base import UserError
from foretune.datasets.ledger_dataset import LedgerDataset
from foretune.project.hooks import (
    CheckExtras,
    CheckInputs,
    CheckTable,
    ExplainErrors,
    LogToFile,
    NameLedger,
    ReadLocalConfiguration,
    ReadLogs,
    ValidateParameters,
)


def _pipeline(*inputs: str) -> Pipeline:
    return Pipeline([Node(lambda *_: None, inputs=list(inputs), outputs="out", name="node")])


RECOMMENDING = _pipeline("recommendation_table", "params:target")


def _check(pipeline: Pipeline, given: dict[str, Any] | None, target: str | None = None) -> None:
    catalog = DataCatalog({"params:target": MemoryDataset(target)})
    CheckTable().before_pipeline_run({"runtime_params": given}, pipeline, catalog)


def test_a_table_is_given_with_the_command_and_its_target_there_or_in_a_file() -> None:
    _check(RECOMMENDING, {"table": "t.csv", "target": "y"}, target="y")
    _check(RECOMMENDING, {"table": "t.csv"}, target="of a file")
    with pytest.raises(ClickException, match="parameter target is missing"):
        _check(RECOMMENDING, {"table": "t.csv"})
    with pytest.raises(ClickException, match="parameter table is missing"):
        _check(RECOMMENDING, None, target="of a file")


def test_packages_of_extras_are_checked_before_anything_else(monkeypatch: pytest.MonkeyPatch) -> None:
    CheckExtras().after_context_created()
    for package in ("plotly", "sqlalchemy"):
        monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ClickException, match=r"^the pipelines need plotly and sqlalchemy: .*'\.\[pipe"):
        CheckExtras().after_context_created()
    monkeypatch.undo()
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(ClickException, match=r"^the pipelines need pyarrow: pip install"):
        CheckExtras().after_context_created()


def test_what_is_for_the_recommendation_is_refused_elsewhere() -> None:
    _check(_pipeline("trials"), None)
    _check(_pipeline("trials"), {"seed": 1}, target="of a file")
    with pytest.raises(ClickException, match="evaluate is for the pipeline recommendation: add --pipelines="):
        _check(_pipeline("trials"), {"evaluate": 3})


def test_short_forms_are_in_their_places_after_the_validation(raw: dict[str, Any]) -> None:
    context = SimpleNamespace(config_loader={"parameters": raw | {"evaluate": 2, "learner": "svm"}})
    ValidateParameters().after_context_created(context)
    placed = context.config_loader["parameters"]["recommendation"]
    assert (placed["evaluate"], placed["learner"], placed["k"]) == (2, "svm", 5)


def test_a_wrong_short_form_is_one_line(raw: dict[str, Any]) -> None:
    context = SimpleNamespace(config_loader={"parameters": raw | {"evaluate": -1}})
    with pytest.raises(ClickException, match="parameter evaluate = -1: Input should be greater"):
        ValidateParameters().after_context_created(context)


def test_an_environment_that_does_not_exist_is_one_line(tmp_path: Path) -> None:
    for name in ("base", "full", "logs"):
        (tmp_path / name).mkdir()
    loader = OmegaConfigLoader(tmp_path, env="lgos", base_env="base", default_run_env="local")
    with pytest.raises(
        ClickException, match=r"no environment 'lgos' \(did you mean 'logs'\?\); there are full, l"
    ):
        ReadLocalConfiguration().after_context_created(SimpleNamespace(env="lgos", config_loader=loader))


def test_the_local_configuration_is_read_in_every_environment(tmp_path: Path) -> None:
    for name, seed in {"base": 1, "full": 2, "local": 3}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "parameters.yml").write_text(f"seed: {seed}")
    found = {}
    environments: tuple[str | None, ...] = (None, "local", "full")
    for env in environments:
        loader = OmegaConfigLoader(tmp_path, env=env, base_env="base", default_run_env="local")
        ReadLocalConfiguration().after_context_created(SimpleNamespace(env=env, config_loader=loader))
        found[env] = loader["parameters"]["seed"]
    assert found == {None: 3, "local": 3, "full": 3}


def test_the_ledger_is_named_where_it_is_used(caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    secret = {"url": "postgresql://me:secret@host/trials"}
    ledger = LedgerDataset(filepath=str(tmp_path / "unused"), credentials=secret)
    catalog = DataCatalog({"trial_ledger": ledger})
    with caplog.at_level(logging.INFO, "foretune"):
        NameLedger().before_pipeline_run(_pipeline("trials"), catalog)
        assert not caplog.messages
        NameLedger().before_pipeline_run(_pipeline("trials", "trial_ledger"), catalog)
    assert caplog.messages == ["Ledger: postgresql+psycopg://me:***@host/trials"]
    wrong = LedgerDataset(filepath=str(tmp_path / "unused"), credentials={"url": "mysql://me:secret@host/t"})
    with pytest.raises(ClickException, match="a ledger cannot be kept in mysql"):
        NameLedger().before_pipeline_run(_pipeline("trial_ledger"), DataCatalog({"trial_ledger": wrong}))


def test_an_error_that_its_reader_can_mend_is_found_among_the_causes() -> None:
    def fail() -> None:
        try:
            raise UserError("the file is empty")
        except UserError as error:
            raise RuntimeError("a node failed") from error

    with pytest.raises(RuntimeError) as caught:
        fail()
    with pytest.raises(ClickException, match=r"^the file is empty$"):
        ExplainErrors().on_pipeline_error(caught.value)
    # Of any other one the traceback is wanted
    ExplainErrors().on_pipeline_error(ValueError("a fault of ours"))


def test_an_error_of_the_disk_is_one_line_that_names_what_was_saved() -> None:
    def fail(error: OSError) -> None:
        try:
            try:
                raise error
            except OSError as caught:
                raise DatasetError("Failed while saving trials.parquet.\nsee above") from caught
        except DatasetError as caught:
            raise RuntimeError("a node failed") from caught

    with pytest.raises(RuntimeError) as caught:
        fail(OSError(errno.ENOSPC, "No space left on device"))
    with pytest.raises(ClickException, match=r"^No space left on device: Failed while .* trials\.parquet"):
        ExplainErrors().on_pipeline_error(caught.value)
    with pytest.raises(RuntimeError) as caught:
        fail(OSError("of another kind"))
    ExplainErrors().on_pipeline_error(caught.value)


def test_a_plugin_that_cannot_be_imported_is_one_line(
    raw: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: object) -> None:
        raise UserError("my-package names broken as an entry point\nof foretune.learners")

    monkeypatch.setattr("foretune.project.run_parameters.validate_parameters", fail)
    context = SimpleNamespace(config_loader={"parameters": raw})
    with pytest.raises(ClickException, match=r"^my-package names broken as an entry point of foretune"):
        ValidateParameters().after_context_created(context)


def test_the_pipeline_that_makes_what_is_missing_is_named() -> None:
    configure_project("foretune")
    catalog = DataCatalog({"here": MemoryDataset(1)})
    CheckInputs().before_pipeline_run(_pipeline("here"), catalog)
    with pytest.raises(ClickException, match="meta_dataset not found: run the pipeline meta_training first"):
        CheckInputs().before_pipeline_run(_pipeline("here", "meta_dataset"), catalog)
    with pytest.raises(ClickException, match="elsewhere not found: put it where the catalog says"):
        CheckInputs().before_pipeline_run(_pipeline("elsewhere"), catalog)


@pytest.fixture
def _root_handlers() -> Iterator[None]:
    before = list(logging.getLogger().handlers)
    yield
    for handler in set(logging.getLogger().handlers) - set(before):
        logging.getLogger().removeHandler(handler)
        handler.close()


@pytest.mark.usefixtures("_root_handlers")
def test_the_log_file_is_opened_once(tmp_path: Path) -> None:
    context: Any = SimpleNamespace(project_path=tmp_path)
    for _ in range(2):
        LogToFile().after_context_created(context)
    logging.getLogger("foretune").warning("a line")
    lines = (tmp_path / "logs/foretune.log").read_text().splitlines()
    assert len(lines) == 1
    assert lines[0].endswith("WARNING foretune: a line")


def test_an_empty_output_folder_is_one_line(raw: dict[str, Any]) -> None:
    context = SimpleNamespace(env="logs", config_loader={"parameters": raw | {"output_dir": None}})
    with pytest.raises(ClickException, match=r"^parameter output_dir is empty: name a folder"):
        ReadLogs().after_context_created(context)
    configure_project("foretune")
