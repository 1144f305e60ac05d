"""Logs from the runs of MLflow: a tracking folder, a database or a server."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from foretune.base import first_line, how_to_install, quoted
from foretune.logs.errors import LogError
from foretune.logs.found_log import FoundLog, ScoreChoice
from foretune.logs.log_frame import EvaluatedTrial, make_log
from foretune.spaces import DEFAULT

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run

PARENT, RUN_NAME, ESTIMATOR = "mlflow.parentRunId", "mlflow.runName", "estimator_name"
# By which MetaSearchCV marks the library default
STRATEGY = "strategy"
FINISHED = "FINISHED"
PAGE, DEEPEST = 1000, 10
# What MLflow measures of the machine is no score
SYSTEM = "system/"
# MLflow reads folders only where this variable allows it
ALLOW_FOLDERS = "MLFLOW_ALLOW_FILE_STORE"


def read_mlflow(
    uri: str,
    choice: ScoreChoice,
    pattern: str = "*",
    on_read: Callable[[str], None] = lambda _: None,
) -> list[FoundLog]:
    """Read the runs of the experiments of an MLflow tracking server, database or folder.

    Parameters
    ----------
    uri
        ``http://...`` of a server, URL of its database, or a folder such as ``mlruns``.
    choice
        Which metric is the score; its last value counts.
    pattern
        Of the names of experiments.
    on_read
        Called with the name of each experiment that is read.

    Returns
    -------
    list of FoundLog
        One for each experiment, and of nested runs one for each parent, if an experiment has several: a
        search of one table. Runs that did not finish are left out, and so are those of parents, which repeat
        their best child, and those without parameters or without the score.

    Raises
    ------
    LogError
        If MLflow is missing or cannot read the runs, or the score is unclear.
    """
    client_of = _load()
    found: list[FoundLog] = []
    with _one_line(uri):
        client = client_of(uri)
        experiments = sorted(_pages(client.search_experiments), key=lambda one: str(one.name))
        names = [str(one.name) for one in experiments]
        for experiment in experiments:
            if fnmatchcase(str(experiment.name), pattern):
                on_read(str(experiment.name))
                found += _read_experiment(client, experiment, choice, uri)
    if not found:
        what = f"no run of {quoted(names)} that finished has parameters and metrics" if names else "no run"
        raise LogError(f"{uri} has {what}" + ("" if pattern == "*" else f" (pattern '{pattern}')"))
    return found


def is_mlflow_folder(folder: Path) -> bool:
    """Whether a folder holds experiments of MLflow."""
    return any(folder.glob("*/meta.yaml"))


def _load() -> Callable[[str], MlflowClient]:
    try:
        import mlflow
    except ModuleNotFoundError as error:
        raise LogError(f"this needs MLflow: {how_to_install('mlflow')}") from error
    client: Callable[[str], MlflowClient] = mlflow.MlflowClient
    return client


@contextmanager
def _one_line(uri: str) -> Iterator[None]:
    """Allow MLflow to read folders, quickly give up on a server that is not there, and shorten its errors."""
    from mlflow.exceptions import MlflowException

    settings = {ALLOW_FOLDERS: "true", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1"}
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update({name: value for name, value in settings.items() if name not in os.environ})
    try:
        yield
    except MlflowException as error:
        raise LogError(f"{uri} cannot be read by MLflow: {first_line(error)}") from error
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


def _pages(search: Callable[..., Any], *arguments: Any, **keywords: Any) -> Iterator[Any]:
    token = None
    while True:
        page = search(*arguments, **keywords, max_results=PAGE, page_token=token)
        yield from page
        token = page.token
        if not token:
            return


def _read_experiment(client: MlflowClient, experiment: Any, choice: ScoreChoice, uri: str) -> list[FoundLog]:
    runs = sorted(
        _pages(client.search_runs, [experiment.experiment_id]),
        key=lambda run: (run.info.start_time, run.info.run_id),
    )
    parents = {parent for run in runs if (parent := run.data.tags.get(PARENT))}
    groups: defaultdict[str, list[Run]] = defaultdict(list)
    for run in runs:
        if run.info.run_id not in parents:
            groups[run.data.tags.get(PARENT, "")].append(run)
    tags_of = {run.info.run_id: run.data.tags for run in runs}
    path_of = {parent: _path_of(parent, tags_of) for parent in groups if parent}
    paths = list(path_of.values())
    found = []
    for parent, children in groups.items():
        task_id = str(experiment.name)
        if len(groups) > 1 and parent:
            path = path_of[parent]
            task_id += f"/{path if paths.count(path) == 1 else f'{path} {parent[:8]}'}"
        if (log := _read_runs(task_id, children, choice, uri)) is not None:
            found.append(log)
    return found


def _path_of(run_id: str, tags_of: Mapping[str, Mapping[str, str]]) -> str:
    """Return the names of a run and of those that it is nested in, outermost first."""
    names: list[str] = []
    while run_id in tags_of and len(names) < DEEPEST:
        names.insert(0, tags_of[run_id].get(RUN_NAME, run_id))
        run_id = tags_of[run_id].get(PARENT, "")
    return "/".join(names) or run_id


def _read_runs(task_id: str, runs: list[Run], choice: ScoreChoice, uri: str) -> FoundLog | None:
    finished = [run for run in runs if run.info.status == FINISHED and run.data.params and _metrics(run)]
    if not finished:
        return None
    metric, sign = choice.choose(task_id, {name for run in finished for name in _metrics(run)}, uri)
    scored = [run for run in finished if metric in run.data.metrics]
    trials = [
        EvaluatedTrial(run.data.params, sign * run.data.metrics[metric], _seconds(run)) for run in scored
    ]
    estimators = {run.data.tags.get(ESTIMATOR) for run in scored}
    log = make_log(trials, task_id, None)
    if any(run.data.tags.get(STRATEGY) == DEFAULT for run in scored):
        log = log.assign(is_default=[run.data.tags.get(STRATEGY) == DEFAULT for run in scored])
    return FoundLog(
        log,
        uri,
        estimators.pop() if len(estimators) == 1 else None,
        n_left_out=len(runs) - len(scored),
    )


def _metrics(run: Run) -> list[str]:
    return [name for name in run.data.metrics if not name.startswith(SYSTEM)]


def _seconds(run: Run) -> float | None:
    if not run.info.end_time:
        return None
    return float(run.info.end_time - run.info.start_time) / 1000
