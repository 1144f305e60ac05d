"""A memory learnt in one call from studies, runs and results of other tools."""

from __future__ import annotations

import logging
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pandas as pd

from foretune.base import (
    ANY_TYPE,
    ArgumentError,
    check_kind,
    check_seed,
    check_task_type,
    close_matches,
    counted,
    quoted,
)
from foretune.logs import (
    LogError,
    LogParameters,
    LogTables,
    ScoreChoice,
    import_logs,
    value_for,
)
from foretune.meta_model import Memory
from foretune.recommendation.core import check_whole
from foretune.recommendation.learning.found_space import Ranges, SpaceNotFoundError, find_space
from foretune.recommendation.learning.learner_of_log import (
    NamedLog,
    hyperparameters_of,
    name_parameters,
    without_constants,
)
from foretune.recommendation.learning.sources import FORMS, SourceReader
from foretune.spaces import DEFAULT, LearnerSpace

logger = logging.getLogger(__name__)

OnProgress = Callable[[str, int, int], None]
FEWEST_TASKS = 2
# Below this no prediction can be checked on a task that was left out
ENOUGH_TASKS = 3


def learn(  # noqa: PLR0913
    sources: Any,
    *,
    names: Mapping[str, str] | None = None,
    learner: str | Mapping[str, str] | None = None,
    score: str | Mapping[str, str] | None = None,
    minimize: bool | None = None,
    study_pattern: str = "*",
    task_type: str | None = None,
    seed: int = 0,
    n_workers: int = 1,
    on_progress: OnProgress | None = None,
) -> Memory:
    """Learn a memory from studies, runs and results of other tools.

    Each study of Optuna, experiment of MLflow, search of scikit-learn and file is a task, on which
    configurations are compared by their score; tasks may have different scores. Metafeatures are not needed:
    the memory recommends what does well on all tasks, and learns from the first scores which of them a new
    one is like.

    Parameters
    ----------
    sources
        One source, a list of them, or a dictionary that names them. A source is

        - the URL of a database with studies of Optuna, runs of MLflow or the ledger of
          :class:`foretune.MetaSearchCV` (``sqlite:///team.db``), its file if it is of SQLite
          (``search.sqlite``), or a study;
        - the folder (``mlruns/``) or server (``http://...``) of MLflow, which needs the extra ``mlflow``;
        - a fitted search of scikit-learn or :class:`foretune.MetaSearchCV`, its ``cv_results_``, or a CSV,
          Parquet or JSON file of them;
        - a frame of Ray Tune (``ExperimentAnalysis.dataframe()``, ``results_df``) or a CSV file of it; a CSV
          file of runs that Weights & Biases has exported; or a table as :func:`foretune.import_logs` takes.
    names
        Hyperparameters of the learner's constructor by the names in the sources, such as
        ``{"lr": "learning_rate"}``, where they are not recognised. Prefixes of pipelines
        (``clf__learning_rate``, ``model.lr``) and synonyms of the libraries (``eta``) are.
    learner
        Name of the learner, or a dictionary of it by patterns of tasks. None to tell it from each source; a
        learner that Foretune does not know can have any name.
    score
        Which of several metrics is the score, or a dictionary of it by patterns of tasks. Of a study with
        several objectives the name or number of one.
    minimize
        Whether lower scores are better, where neither a study nor the name of the metric says it.
    study_pattern
        Of the names of studies, experiments and tasks of a ledger, such as ``"churn*"``.
    task_type
        ``"classification"`` or ``"regression"``; None for a memory that serves both.
    seed, n_workers
        Seed of the training, and members trained at once, which make no difference.
    on_progress
        Called with a label, the number done and the total.

    Returns
    -------
    Memory
        To be given as ``memory=``, alone or on top of the shipped one (``memory=["reference", learnt]``), and
        kept by :func:`foretune.meta_model.save_memory`. Its search spaces, with logarithmic scales and
        conditions, are found in the trials.

    Raises
    ------
    UserError
        If a source cannot be read, what it holds is unclear, or there are too few tasks; one line that names
        the source and what to do.

    Examples
    --------
    >>> import optuna
    >>> import foretune
    >>> studies = []
    >>> for best in (0.2, 0.3):
    ...     study = optuna.create_study(study_name=f"best at {best}")
    ...     study.enqueue_trial({"learning_rate": best})
    ...     study.optimize(lambda trial: (trial.suggest_float("learning_rate", 0, 1) - best) ** 2, n_trials=5)
    ...     studies.append(study)
    >>> len(foretune.learn(studies, learner="xgboost").task_hashes)
    2
    """
    names = {} if names is None else names
    _check_names(names=names, learner=learner, score=score)
    check_kind("minimize", minimize, bool, "True or False", optional=True)
    check_kind("study_pattern", study_pattern, str, "a pattern of names, such as 'churn*'")
    check_task_type(task_type, optional=True)
    check_seed("seed", seed)
    check_whole("n_workers", n_workers, 1)
    named_sources = _named_sources(sources)
    report: OnProgress = on_progress or (lambda *_: None)
    logs: list[NamedLog] = []
    n_left_out = 0
    for number, (name, source) in enumerate(named_sources):

        def on_read(what: str, number: int = number) -> None:
            report(f"reading {what}", number, len(named_sources))

        on_read(name)
        reader = SourceReader(ScoreChoice(score, minimize), study_pattern, learner, names, on_read)
        for found in reader.read(source, name):
            task_id = str(found.log["task_id"].iloc[0]) if len(found.log) else name
            logs.append(name_parameters(found, value_for(learner, task_id), names))
            n_left_out += found.n_left_out
    report("read", len(named_sources), len(named_sources))
    _check_used(names, logs)
    logs = _with_distinct_tasks(without_constants(_of_one_type(logs, task_type)))
    _check_number(logs, [name for name, _ in named_sources])
    if n_left_out:
        logger.info("%s without a score to compare left out", counted(n_left_out, "trial"))
    tables = _as_tables(logs, task_type)
    if len(types := sorted(tables.task_catalogue["task_type"].unique())) > 1:
        raise LogError(
            f"the tasks are of several types, {', '.join(types)}: learn from each alone (task_type=, "
            "--task-type)"
        )
    memories = tables.train_memories(seed=seed, n_workers=n_workers, on_progress=on_progress)
    (memory,) = memories.values()
    return _with_spaces(memory, tables, logs)


def _check_names(names: Any, **by_task: Any) -> None:
    check_kind("names", names, Mapping, "a mapping of the sources' names to the learner's", optional=True)
    if not all(isinstance(one, str) for pair in names.items() for one in pair):
        raise ArgumentError("names must be a mapping of texts to texts, such as {'lr': 'learning_rate'}")
    for argument, given in by_task.items():
        what = f"the name of a {argument}, or a mapping of patterns of tasks to names"
        check_kind(argument, given, (str, Mapping), what, optional=True)
        pairs = given.items() if isinstance(given, Mapping) else ()
        if not all(isinstance(one, str) for pair in pairs for one in pair):
            raise ArgumentError(
                f"{argument} must map patterns of tasks to names, as {{'churn*': 'auc'}} does"
            )


def _named_sources(sources: Any) -> list[tuple[str, Any]]:
    """Return the sources with their names, or texts for messages."""
    is_results = isinstance(sources, Mapping) and any(str(key).startswith("mean_test_") for key in sources)
    if isinstance(sources, Mapping) and not is_results:
        named = [(str(name), source) for name, source in sources.items()]
    else:
        listed = list(sources) if isinstance(sources, list | tuple) else [sources]
        named = [(_name_of(source, number), source) for number, source in enumerate(listed, start=1)]
    if not named:
        raise LogError(f"sources is empty: give {FORMS}")
    return named


def _name_of(source: Any, number: int) -> str:
    if isinstance(source, str):
        return source
    if (study := getattr(source, "study_name", None)) is not None:
        return f"the study {study!r}"
    kind = "table" if isinstance(source, pd.DataFrame) else "search"
    return (
        f"{kind} {number}"
        if isinstance(source, pd.DataFrame | Mapping) or hasattr(source, "cv_results_")
        else str(source)
    )


def _check_used(names: Mapping[str, str], logs: Sequence[NamedLog]) -> None:
    """Check that each given name is that of some parameter, so that a slip is no silence."""
    used = {name for one in logs for name in one.used}
    if unused := sorted(names.keys() - used):
        known = {
            str(name).removeprefix("param_")
            for one in logs
            for name in one.log
            if str(name).startswith("param_")
        }
        raise LogError(f"names: no source has a parameter '{unused[0]}'{close_matches(unused[0], known)}")


def _with_distinct_tasks(logs: Sequence[NamedLog]) -> list[NamedLog]:
    """Rename tasks of several sources that have one name; of those with the same trials one is kept."""
    logs = _without_copies(logs)
    counts = Counter(str(task) for one in logs for task in one.log["task_id"].unique())
    seen: Counter[str] = Counter()
    renamed = []
    for one in logs:
        new = {}
        for task in one.log["task_id"].unique():
            if counts[str(task)] > 1:
                label = f"{task} ({one.source})"
                seen[label] += 1
                new[task] = label if seen[label] == 1 else f"{label} {seen[label]}"
        task_ids = one.log["task_id"].map(lambda task, new=new: new.get(task, str(task)))
        renamed.append(replace(one, log=one.log.assign(task_id=task_ids)))
    return renamed


def _without_copies(logs: Sequence[NamedLog]) -> list[NamedLog]:
    """Leave out tasks with the name and the trials of an earlier one, such as a study that is given twice."""
    seen: set[tuple[str, str]] = set()
    n_copies = 0
    kept = []
    for one in logs:
        copies = set()
        for task, rows in one.log.groupby("task_id", sort=False):
            cells = rows.drop(columns="task_id").reindex(columns=sorted(rows.columns.drop("task_id")))
            content = cells.to_csv(index=False)
            if (str(task), content) in seen:
                copies.add(task)
            seen.add((str(task), content))
        n_copies += len(copies)
        kept.append(replace(one, log=one.log[~one.log["task_id"].isin(copies)]) if copies else one)
    if n_copies:
        logger.warning("%s given twice: one of each is kept", counted(n_copies, "task is", "tasks are"))
    return [one for one in kept if len(one.log)]


def _of_one_type(logs: Sequence[NamedLog], task_type: str | None) -> Sequence[NamedLog]:
    """Leave out tasks of another type than the one asked for, and types where some logs do not say theirs."""
    typed = [one for one in logs if "task_type" in one.log]
    if task_type is not None:
        kept = [
            one for one in logs if "task_type" not in one.log or (one.log["task_type"] == task_type).any()
        ]
        if not kept:
            raise LogError(f"{logs[0].source} has no task of {task_type}")
        return kept
    if len(typed) < len(logs):
        return [replace(one, log=one.log.drop(columns="task_type", errors="ignore")) for one in logs]
    return logs


def _check_number(logs: Sequence[NamedLog], sources: Sequence[str]) -> None:
    tasks = {str(task): one for one in logs for task in one.log["task_id"].unique()}
    families = {str(one) for log in logs for one in log.log.get("family", log.log["task_id"]).unique()}
    if len(families) >= FEWEST_TASKS:
        return
    if not tasks:
        raise LogError(f"no trial of {quoted(sources)} has a score: nothing can be learned from it")
    (task, log), *_ = tasks.items()
    n_trials = counted(len(log.log), "trial")
    raise LogError(
        f"{log.source} has one task alone, '{task}' with {n_trials}: too few to learn from; give studies, "
        f"experiments or files of {FEWEST_TASKS} tasks at least, each on a table of its own"
    )


def _as_tables(logs: Sequence[NamedLog], task_type: str | None) -> LogTables:
    frames = [one.log for one in logs]
    sure = {name for one in logs for name in one.sure}
    unsure = {
        name
        for one in logs
        for name in map(str, one.log)
        if name.startswith("param_") and name not in one.sure
    }
    if task_type is not None:
        frames = [frame.drop(columns="task_type", errors="ignore") for frame in frames]
    parameters = LogParameters(task_type=task_type or ANY_TYPE, keep_columns=tuple(sorted(sure - unsure)))
    return import_logs(frames, parameters=parameters)


def _with_spaces(memory: Memory, tables: LogTables, logs: Sequence[NamedLog]) -> Memory:
    """Return the memory with the search spaces that its trials show."""
    provenance = memory.provenance
    if provenance is None:
        return memory
    tried: defaultdict[str, defaultdict[str, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for task_id, config_id in tables.trials[["task_id", "config_id"]].itertuples(index=False):
        one = provenance.configurations[config_id]
        if one.strategy != DEFAULT:
            tried[one.learner][task_id].append(one)
    spaces: dict[str, LearnerSpace] = {}
    for learner, by_task in sorted(tried.items()):
        try:
            spaces[learner] = find_space(list(by_task.values()), _ranges_of(learner, logs))
        except SpaceNotFoundError as error:
            logger.warning(
                "the search space of %s is not found (%s): no new configurations of it are drawn",
                learner,
                error,
            )
    if len(set(memory.training_set.families)) < ENOUGH_TASKS:
        logger.warning(
            "%d tasks are few: their order counts, but nothing tells how far it carries over",
            len(memory.task_hashes),
        )
    unknown = [learner for learner in tried if not hyperparameters_of(learner)]
    if unknown:
        logger.info("learners that Foretune cannot build: %s", ", ".join(sorted(unknown)))
    return replace(memory, provenance=replace(provenance, spaces=spaces))


def _ranges_of(learner: str, logs: Sequence[NamedLog]) -> Ranges:
    ranges: dict[str, tuple[float, float, bool]] = {}
    for one in logs:
        for (whose, name), (low, high, is_log) in one.ranges.items():
            if whose == learner:
                known = ranges.get(name, (low, high, is_log))
                ranges[name] = (min(known[0], low), max(known[1], high), known[2] or is_log)
    return ranges
