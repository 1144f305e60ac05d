"""Search over the parameters of a Kedro project."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from kedro.framework import project as kedro_project
from kedro.io import CatalogProtocol
from kedro.pipeline import Pipeline

from foretune.base import close_matches, describe_error, quoted
from foretune.ledger import EvaluationContext
from foretune.project.tuning.fingerprint import fingerprint
from foretune.project.tuning.project_run import DEFAULT, ProjectError, ProjectRun, value_of, with_values
from foretune.project.tuning.trial_runner import (
    PARAMETERS,
    PREFIX,
    KeptOutputs,
    OnceRunner,
    TableRunner,
    TrialRunner,
    changed_inputs,
    split_pipeline,
)
from foretune.project.tuning.written_parameters import write_parameters
from foretune.recommendation.function_search import (
    AbortedSearchError,
    DeclaredLearner,
    FunctionRun,
    FunctionSearch,
    FunctionTrial,
    Metric,
    MetricError,
    TrialStore,
    start_search,
    touches,
)

if TYPE_CHECKING:
    from foretune.ledger import Ledger

# Raise it with every change by which a trial gives another score for the same input
TRIAL_VERSION = 1
OPTION = "--param"
MISSING = object()
SOFT = "soft"


class LearnerOptions(NamedTuple):
    """What is said of the learner that the pipeline trains; see :class:`.DeclaredLearner`.

    Attributes
    ----------
    learner, task_type, memory
        As there.
    table, target
        Datasets with features and target; the target may be a column of the table.
    """

    learner: str | None = None
    task_type: Any = None
    memory: str | None = None
    table: str | None = None
    target: str | None = None


@dataclass(frozen=True)
class ProjectTuning:
    """Search over the parameters of a Kedro project.

    Attributes
    ----------
    project
        What is run.
    space
        Ranges by the dotted name of the parameter; None for the range of the memory.
    metric, direction
        The metric, and ``maximize`` or ``minimize``.
    learner
        What is said of the learner.
    seed
        Seed of the search.
    with_code
        Whether a change of the project's code makes its trials unknown.
    is_quiet
        Whether logs of trials are not shown.
    folder
        Folder for the files of trials.
    """

    project: ProjectRun
    space: Mapping[str, Any]
    metric: Metric
    direction: str
    learner: LearnerOptions
    seed: int
    folder: Path
    with_code: bool = True
    is_quiet: bool = True
    notes: list[str] = field(default_factory=list)
    _made: dict[str, Any] = field(default_factory=dict, init=False)

    @cached_property
    def pipeline(self) -> Pipeline:
        """Nodes that the metric needs."""
        return self.project.pipeline(self.metric.dataset)

    @cached_property
    def _catalog(self) -> CatalogProtocol[Any, Any]:
        with self._quiet():
            return self.project.context().catalog

    @cached_property
    def _params(self) -> Mapping[str, Any]:
        """All parameters."""
        with self._quiet():
            return self.project.parameters()

    @cached_property
    def current(self) -> dict[str, Any]:
        """Current values of the parameters that are searched."""
        found = {name: value_of(self._params, name, MISSING) for name in self.space}
        return {name: value for name, value in found.items() if value is not MISSING}

    @cached_property
    def kept(self) -> KeptOutputs:
        """Outputs of the nodes that run once."""
        also = [name for name in (self.learner.table, self.learner.target) if name]
        return KeptOutputs(split_pipeline(self.pipeline, self.space, also), self.folder)

    def check(self) -> None:
        """Check that the parameters, the metric and the inputs are there.

        Raises
        ------
        UserError
            If not.
        """
        inputs = self.pipeline.inputs()
        names = [name.removeprefix(PREFIX) for name in inputs if name.startswith(PREFIX)]
        for name in self.space:
            if PARAMETERS in inputs or any(touches(name, other) for other in names):
                continue
            leaves = [leaf for other in names for leaf in _leaves(other, value_of(self._params, other))]
            hint = close_matches(name, leaves) or f"; they read {quoted(sorted(names), 10)}"
            raise ProjectError(f"{OPTION} {name}: no node that {self.metric.dataset} needs reads it{hint}")
        for name in self.space:
            self._check_groups(name)
            if name not in self.current:
                known = _leaves("", self._params)
                hint = close_matches(name, known)
                self.notes.append(f"{name} is not among the parameters, and is added to them{hint}")
        self._inputs  # noqa: B018 (they exist)

    def _check_groups(self, name: str) -> None:
        """Refuse a parameter in one that is no group: to add it would replace a value."""
        parts = name.split(".")
        for n_parts in range(1, len(parts)):
            group = ".".join(parts[:n_parts])
            value = value_of(self._params, group, MISSING)
            if value is not MISSING and value is not None and not isinstance(value, Mapping):
                raise ProjectError(f"{OPTION} {name}: {group} is no group of parameters, but {value!r}")

    @cached_property
    def _inputs(self) -> list[str]:
        with self._quiet():
            return self.project.existing_inputs(self.pipeline, self._catalog)

    def start(self, store: TrialStore) -> FunctionSearch:
        """Start the search.

        It begins with the current values; where these are known already, which they are once the best have
        been written, it goes on as it began.

        Raises
        ------
        UserError
            If a range or the memory cannot be used.
        """
        declared = None
        if self.learner.learner is not None:
            X, y = self._table()
            groups = {name.rpartition(".")[0] for name in self.space} - {""}
            fixed = {
                f"{group}.{key}": value
                for group in groups
                for key, value in _items(value_of(self._params, group))
                if f"{group}.{key}" not in self.space
            }
            kind = self.learner.task_type or (None if X is not None else self.metric.task_type)
            if kind is None and X is None:
                raise ProjectError(
                    f"the name of {self.metric} does not say which memory of {self.learner.learner} to take: "
                    f"add --task-type=classification or regression, or --table and --target"
                )
            declared = DeclaredLearner(
                self.learner.learner, kind, self.learner.memory, self.metric.scorer, X, y, fixed
            )
        start = self.current
        if start.keys() == self.space.keys() and store.find(start) is not None:
            start = store.first_start(list(self.space)) or start
        # In one order, so that the options may stand in any
        space = dict(sorted(self.space.items()))
        return start_search(space, start, self.seed, declared, OPTION)

    def score_of_current(self, store: TrialStore) -> float | None:
        """Return the score of the current values, of this or an earlier search; None if it is not known."""
        if self.current.keys() != self.space.keys():
            return None
        found = store.find(self.current)
        return found.score if found is not None and found.is_ok else None

    def is_better(self, score: float, other: float) -> bool:
        """Return whether one score of the metric is better than another."""
        return score > other if self.direction == "maximize" else score < other

    def open_store(self, ledger: Ledger, *, retries: bool) -> TrialStore:
        """Return the trials of this search in a ledger."""
        with self._quiet():
            digest, notes = fingerprint(
                self.pipeline, self._catalog, self._params, self.space, with_code=self.with_code
            )
        self.notes.extend(notes)
        pipelines = sorted(self.project.pipeline_names) or [DEFAULT]
        context = EvaluationContext(
            digest, "kedro", 1, 0, 0, {"pipelines": pipelines}, (str(self.metric),), TRIAL_VERSION
        )
        name = str(kedro_project.PACKAGE_NAME)
        kind = self.learner.task_type or self.metric.task_type or "regression"
        return TrialStore(ledger, context, name, "+".join(pipelines), kind, retries=retries)

    def make_run(
        self, search: FunctionSearch, store: TrialStore, report: Callable[[FunctionTrial], None]
    ) -> FunctionRun:
        """Return the run of a search, whose function is a run of the pipeline."""

        def has_scored() -> bool:
            return any(one.is_ok for one in run.trials)

        run = FunctionRun(
            search, lambda params: self._score(params, has_scored=has_scored()), self.direction, store, report
        )
        return run

    def _score(self, params: Mapping[str, Any], *, has_scored: bool) -> float:
        """Run the pipeline, and return the metric.

        Raises
        ------
        AbortedSearchError
            If a fault has nothing to do with the parameters.
        """
        self._run_once()
        runner = TrialRunner(self.kept, self.metric)
        try:
            with self._quiet():
                self.project.run(runner, self._as_given(params), [self.metric.dataset])
        except Exception as error:
            if runner.has_begun or has_scored:
                raise
            raise AbortedSearchError(f"the run cannot begin: {describe_error(error)}") from error
        try:
            return self.metric.value_in(runner.data)
        except MetricError as error:
            if has_scored:
                raise
            raise AbortedSearchError(str(error)) from None

    @cached_property
    def replaces_groups(self) -> bool:
        """Whether a parameter of the command line takes the place of its whole group.

        Kedro merges the parameters of the command line into those of ``base`` and of the environment, and
        then lets a group of the latter replace that of ``base``, unless the project merges them softly.
        """
        given = with_values(self.project.params, self.current)
        with self._quiet():
            now = self.project.parameters(given)
        return bool(set(_leaves("", self._params)) - set(_leaves("", now)))

    def _as_given(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters as they are given to a run; whole groups where a part would replace them."""
        known = dict(self.project.params)
        if self.replaces_groups:
            known |= _groups_of(params, self._params)
        return with_values(known, params)

    def _run_once(self) -> None:
        """Run the nodes that do not depend on the parameters, unless they have run.

        Raises
        ------
        AbortedSearchError
            If one fails.
        """
        if self.kept.is_made:
            return
        runner = OnceRunner(self.kept)
        try:
            with self._quiet():
                self.project.run(runner, self.project.params, [self.metric.dataset])
        except Exception as error:
            what = "a node that does not depend on the parameters failed" if runner.has_begun else ""
            raise AbortedSearchError(f"{what or 'the run cannot begin'}: {describe_error(error)}") from error

    def notes_of_trials(self) -> list[str]:
        """List what trials have done otherwise than a run, one sentence each."""
        if not self.kept.in_memory:
            return []
        names = quoted(sorted(self.kept.in_memory))
        return [f"{names}: kept in memory in trials, since this is no file that can be put elsewhere"]

    def _table(self) -> tuple[Any, Any]:
        """Return features and target of the table that is named; None without it."""
        table, target = self.learner.table, self.learner.target
        if table is None or target is None:
            if table is not target:
                raise ProjectError("--table and --target belong together: give both, or neither")
            return None, None
        if set(self.kept.split.kept) & {table, target}:
            self._run_once()
        if made := self._made_in_trials & {table, target}:
            self._made.update(self._make_now(made))
        X, y = self._load(table), None
        if isinstance(X, pd.DataFrame) and target in X.columns:
            return X.drop(columns=target), X[target]
        y = self._load(target)
        return X, y.iloc[:, 0] if isinstance(y, pd.DataFrame) and y.shape[1] == 1 else y

    @property
    def _made_in_trials(self) -> set[str]:
        """Datasets that depend on the parameters."""
        each = set(self.kept.split.each)
        return {name for node in self.pipeline.nodes if node.name in each for name in node.outputs}

    def _make_now(self, names: set[str]) -> dict[str, Any]:
        """Make datasets that depend on the parameters, with the current values.

        Raises
        ------
        AbortedSearchError
            If they cannot be made.
        """
        self._run_once()
        runner = TableRunner(self.kept, names)
        try:
            with self._quiet():
                self.project.run(runner, self.project.params, [self.metric.dataset])
        except Exception as error:
            raise AbortedSearchError(
                f"--table, --target: {quoted(sorted(names))} cannot be made with the current parameters: "
                f"{describe_error(error)}"
            ) from error
        self.notes.append(
            f"{quoted(sorted(names))} of each trial may differ: the memory is asked about the current one"
        )
        return runner.data

    def _load(self, name: str) -> Any:
        if name in self._made:
            return self._made[name]
        if name in self.kept.datasets:
            return self.kept.datasets[name].load()
        if name in self._inputs or (name in self._catalog and self._catalog.exists(name)):
            with self._quiet():
                return self._catalog.load(name)
        known = sorted({*self.pipeline.datasets(), *self.kept.datasets} - changed_inputs(self.pipeline, [""]))
        hint = close_matches(name, known)
        raise ProjectError(f"--table, --target: {name!r} neither exists nor is made for the metric{hint}")

    def write(self, params: Mapping[str, Any], header: str) -> tuple[list[Path], list[str]]:
        """Write parameters into the configuration of the environment; ``local`` if none is given.

        Returns
        -------
        list of Path
            The files that were written.
        list of str
            Other parameters that a run has now, but the trial had not: those that follow a written one by an
            interpolation, which Kedro resolves within an environment.

        Raises
        ------
        UserError
            If they cannot be written, or the configuration would not give them afterwards.
        """
        with self._quiet():
            loader = self.project.context({}).config_loader
            before = self.project.parameters({})
            whole = _groups_of(params, before) if self.replaces_groups else {}
            wanted = self.project.parameters(with_values(whole, params))
        source = Path(str(loader.conf_source))
        if not source.is_dir():
            raise ProjectError(f"{source} is no folder, so the parameters are not written: give --no-write")
        env = getattr(loader, "env", None) or getattr(loader, "default_run_env", None) or "local"
        strategy = getattr(loader, "merge_strategy", None) or {}
        groups = None if strategy.get(PARAMETERS) == SOFT else before
        written = write_parameters(source / env, params, groups, header)
        with self._quiet():
            now = self.project.parameters({})
        wrong = [name for name, value in params.items() if value_of(now, name, MISSING) != value]
        if wrong:
            shown = ", ".join(str(file) for file in written)
            raise ProjectError(
                f"{shown} is written, but the configuration still gives another value for {quoted(wrong)}"
            )
        names = {*_leaves("", wanted), *_leaves("", now)}
        others = [name for name in sorted(names) if value_of(now, name) != value_of(wanted, name)]
        return written, others

    @contextmanager
    def _quiet(self) -> Iterator[None]:
        """Show no logs of the project."""
        before = logging.root.manager.disable
        if self.is_quiet:
            logging.disable(logging.ERROR)
        try:
            yield
        finally:
            logging.disable(before)


@contextmanager
def working_folder() -> Iterator[Path]:
    """Give a folder for the files of trials, which is removed at the end."""
    with TemporaryDirectory(prefix="foretune-tune-", ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _groups_of(params: Mapping[str, Any], known: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole groups of parameters, given by their dotted names."""
    groups = {name.split(".")[0] for name in params if "." in name}
    return {name: known[name] for name in sorted(groups) if name in known}


def _items(group: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(group, Mapping):
        yield from ((str(key), value) for key, value in group.items())


def _leaves(prefix: str, value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return [prefix]
    return [
        leaf
        for key, inner in value.items()
        for leaf in _leaves(f"{prefix}.{key}" if prefix else str(key), inner)
    ]
