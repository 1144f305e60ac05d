"""Memory of one task type: surrogate, residuals on the known tasks, and provenance."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.base import counted, one_thread
from foretune.learners import known_learners, without_rounds
from foretune.meta_model.interpolation import Interpolation
from foretune.meta_model.kernel import ConfigurationKernel
from foretune.meta_model.parameters import Guard, PolicyParameters
from foretune.meta_model.prior import (
    RelativeShapes,
    SurfacePrior,
    average_level,
    average_surface,
    build_prior,
    combine_predictions,
)
from foretune.meta_model.provenance import Provenance, tabulate_configurations
from foretune.meta_model.surrogate import Surrogate
from foretune.meta_model.task_distances import TaskDistances
from foretune.spaces import Configuration, describe_range, is_number_text, spell

SHOWN_TASKS = 8


class Residuals(NamedTuple):
    """Scores of the known tasks and their residuals from held-out predictions.

    Attributes
    ----------
    configurations
        Encoded configurations, shape (n_configurations, n_columns).
    task, config
        Positions of each evaluation's task and configuration, sorted by task; shape (n_evaluations,).
    target
        Normalised score of each evaluation, shape (n_evaluations,).
    residual
        Target minus its held-out prediction.
    level
        Location and log scale of each task's scores, shape (n_tasks, 2).
    level_residual
        Level minus its held-out prediction.
    shapes
        Relative score of each task as a function of the target.
    """

    configurations: npt.NDArray[np.float64]
    task: npt.NDArray[np.intp]
    config: npt.NDArray[np.intp]
    target: npt.NDArray[np.float64]
    residual: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]
    level_residual: npt.NDArray[np.float64]
    shapes: RelativeShapes

    def of_tasks(self, kept: npt.NDArray[np.bool_]) -> Residuals:
        """Return the residuals of some tasks; ``kept`` has shape (n_tasks,)."""
        rows = kept[self.task]
        return Residuals(
            configurations=self.configurations,
            task=(np.cumsum(kept) - 1)[self.task[rows]],
            config=self.config[rows],
            target=self.target[rows],
            residual=self.residual[rows],
            level=self.level[kept],
            level_residual=self.level_residual[kept],
            shapes=self.shapes.select(np.flatnonzero(kept)),
        )


class TrainingSet(NamedTuple):
    """Training tasks and configurations of a surrogate, in the order of the residuals.

    Attributes
    ----------
    families
        Family of each task.
    metafeatures
        Shape (n_tasks, n_metafeatures).
    seen
        Whether each member was trained on each task, shape (n_members, n_tasks).
    config_ids
        Identity of each configuration.
    """

    families: tuple[str, ...]
    metafeatures: npt.NDArray[np.float32]
    seen: npt.NDArray[np.bool_]
    config_ids: tuple[str, ...]


@dataclass(frozen=True, repr=False)
class Memory:
    """Everything learnt from the trials of one task type.

    Attributes
    ----------
    task_type
        ``classification``, ``regression``, or the task type of a log.
    surrogate
        Model of the scores of configurations on any task.
    residuals
        Residuals of the surrogate on the known tasks, for :meth:`prior`.
    policy
        Parameters of :meth:`prior` and of :class:`foretune.meta_model.policy.Policy`.
    task_hashes
        Content hash of every training task, by ``task_id``.
    training_set
        Training tasks and configurations.
    provenance
        Origin of the trials; None if unknown.
    kernel
        Kernel between configurations; if None, chosen by the known tasks.
    guard
        Safeguards of every search that starts from this memory.
    """

    task_type: str
    surrogate: Surrogate
    residuals: Residuals
    policy: PolicyParameters
    task_hashes: dict[str, str]
    training_set: TrainingSet
    provenance: Provenance | None = None
    kernel: ConfigurationKernel | None = None
    guard: Guard = field(default_factory=Guard)

    def __repr__(self) -> str:
        """Describe what was learnt in a few lines: tasks, and the search space of each learner."""
        n_tasks, n_trials = len(self.task_hashes), len(self.residuals.target)
        shown = ", ".join(list(self.task_hashes)[:SHOWN_TASKS])
        more = f" and {n_tasks - SHOWN_TASKS} more" if n_tasks > SHOWN_TASKS else ""
        lines = [f"Memory of {n_trials:,} trials on {counted(n_tasks, 'task')}: {shown}{more}"]
        for learner in self.provenance.learners if self.provenance is not None else ():
            space = self.provenance.spaces.get(learner) if self.provenance is not None else None
            what = "its search space is not known"
            if space is not None:
                # A memory of both types has no hyperparameter of one alone
                ranges = space.of("regression" if self.task_type == "regression" else "classification")
                what = ", ".join(f"{name} {describe_range(one)}" for name, one in ranges.items())
            lines.append(f"{learner or 'learner'}: {what}")
        return "\n".join(lines)

    @property
    def metafeatures(self) -> tuple[str, ...]:
        """Names of the metafeatures that describe a task, in order."""
        return self.surrogate.metafeatures

    def encode(self, configurations: Sequence[Configuration]) -> pd.DataFrame:
        """Encode configurations, shape (n_configurations, n_columns).

        Where early stopping chose the numbers of boosting rounds, those of configurations count for nothing.

        Raises
        ------
        ValueError
            If one has a value or hyperparameter unseen in training.
        """
        configurations = [self._without_rounds(one) for one in configurations]
        positions = [self._position_of.get(one.config_id, -1) for one in configurations]
        # Known configurations are already encoded
        encoded = self._known_configurations.take(np.maximum(positions, 0)).reset_index(drop=True)
        new = [at for at, position in enumerate(positions) if position < 0]
        if new:
            table = tabulate_configurations([self._in_words(configurations[at]) for at in new])
            encoded.iloc[new] = self.surrogate.encoder.encode(table).to_numpy()
        return encoded

    def why_untried(self, configuration: Configuration) -> str | None:
        """Say which value of a configuration no known trial had, and so cannot be encoded; None if all had.

        A space may list more than its trials happened to have: one of its choices, or what depends on it.
        """
        for name, value in self._in_words(self._without_rounds(configuration)).params.items():
            labels = self._labels.get(name)
            if labels is None:
                return f"no known trial sets {name}"
            text = str(value)
            is_number = name in self.surrogate.configuration_columns and is_number_text(text)
            if value is not None and not is_number and text not in labels:
                return f"no known trial has {name}={text}"
        return None

    def prior(
        self, metafeatures: pd.Series | None, configurations: pd.DataFrame, seed: int = 0
    ) -> SurfacePrior:
        """Compute the prior of a task's surface over some configurations.

        Parameters
        ----------
        metafeatures, configurations
            As for :meth:`.Surrogate.predict_target`; configurations may be new. Without metafeatures the
            prior is the distribution of the known tasks.
        seed
            Seed of the samples.
        """
        known, interpolation, kernel = self.residuals, self._interpolation, self.chosen_kernel
        families = self.training_set.families
        asked = configurations[list(self.surrogate.configuration_columns)].astype(np.float64)
        coordinates = interpolation.space.place(asked.to_numpy())
        positions = _positions(self._known_hashes, asked)
        targets, interpolated = interpolation.complete_at(known.target, coordinates, positions, kernel)
        if metafeatures is None or not self.metafeatures:
            expected = [average_surface(targets, families)]
            level, level_residual = average_level(known.level)
        else:
            predicted = self.surrogate.predict_target(metafeatures, configurations)
            residuals, _ = interpolation.complete_at(known.residual, coordinates, positions, kernel)
            expected = combine_predictions(targets, predicted, residuals, families)
            level, level_residual = self.surrogate.level(metafeatures), known.level_residual
        return build_prior(
            expected,
            level,
            level_residual,
            known.shapes,
            self.policy,
            kernel=kernel,
            coordinates=coordinates,
            interpolated=interpolated,
            rng=np.random.default_rng(seed),
        )

    def without(self, families: Collection[str]) -> Memory:
        """Return the memory without some families of tasks.

        Removes the families' tasks and the members trained on them. Residuals of other tasks are unchanged,
        and may depend on members trained on these families; :mod:`foretune.evaluation` holds out both.

        Raises
        ------
        ValueError
            If no member or no task is left.
        """
        kept = ~np.isin(np.array(self.training_set.families), list(families))
        members = ~self.training_set.seen[:, ~kept].any(axis=1)
        if not members.any() or not kept.any():
            raise ValueError(f"no member of the ensemble is without {', '.join(sorted(families)[:5])}")
        tasks = [task for task, keep in zip(self.task_hashes, kept, strict=True) if keep]
        return replace(
            self,
            surrogate=replace(
                self.surrogate, members=tuple(self.surrogate.members[at] for at in np.flatnonzero(members))
            ),
            residuals=self.residuals.of_tasks(kept),
            task_hashes={task: self.task_hashes[task] for task in tasks},
            training_set=TrainingSet(
                tuple(np.array(self.training_set.families)[kept].tolist()),
                self.training_set.metafeatures[kept],
                self.training_set.seen[np.ix_(members, kept)],
                self.training_set.config_ids,
            ),
            # Chosen by twenty tasks, so that one family hardly matters
            kernel=self.chosen_kernel,
        )

    def with_members(self, n_members: int) -> Memory:
        """Return the memory with only the surrogate's first members, for a smaller file."""
        training_set = self.training_set._replace(seen=self.training_set.seen[:n_members])
        surrogate = replace(self.surrogate, members=self.surrogate.members[:n_members])
        return replace(self, surrogate=surrogate, training_set=training_set)

    @cached_property
    def _known_configurations(self) -> pd.DataFrame:

        return pd.DataFrame(self.residuals.configurations, columns=list(self.surrogate.configuration_columns))

    def _without_rounds(self, one: Configuration) -> Configuration:
        if self.provenance is None or self.provenance.early_stopping is None:
            return one
        # A library default has its own number
        if one.config_id in self._position_of or one.learner not in known_learners():
            return one
        return without_rounds(one)

    def _in_words(self, one: Configuration) -> Configuration:
        """Spell a configuration as the trials do, without hyperparameters that are constant there."""
        labels = self._labels
        params = {
            name: spell(value, labels.get(name, ()))
            for name, value in one.params.items()
            if name in labels or name not in self._known_names
        }
        return replace(one, params=params)

    @cached_property
    def _labels(self) -> dict[str, list[str]]:
        """Nominal values by hyperparameter; empty for a number."""
        labels: dict[str, list[str]] = {}
        for column in self.surrogate.configuration_columns:
            name, is_nominal, text = column.partition("=")
            labels.setdefault(name, []).extend([text] if is_nominal else [])
        return labels

    @cached_property
    def _known_names(self) -> frozenset[str]:
        known = {} if self.provenance is None else self.provenance.configurations
        return frozenset(name for one in known.values() for name in one.params)

    @cached_property
    def _position_of(self) -> dict[str, int]:
        """Position of each known configuration by the hash of its content, not its name in a log."""
        known = {} if self.provenance is None else self.provenance.configurations
        at = {config_id: position for position, config_id in enumerate(self.training_set.config_ids)}
        return {one.config_id: at[config_id] for config_id, one in known.items() if config_id in at}

    @cached_property
    def _known_hashes(self) -> pd.Index:

        # Hashes of rows treat NaN as equal to NaN
        return pd.Index(pd.util.hash_pandas_object(self._known_configurations, index=False))

    @cached_property
    def task_distances(self) -> TaskDistances:
        """Distances of the known tasks by their metafeatures."""
        training_set = self.training_set
        return TaskDistances.of(training_set.metafeatures.astype(np.float64), training_set.families)

    @cached_property
    def _interpolation(self) -> Interpolation:
        known = self.residuals
        return Interpolation(
            known.configurations, self.surrogate.configuration_columns, known.task, known.config
        )

    @cached_property
    def chosen_kernel(self) -> ConfigurationKernel:
        """Kernel between configurations."""
        if self.kernel is not None:
            return self.kernel
        nobody = np.zeros(len(self.task_hashes), dtype=bool)
        # Hundreds of small inversions, for which threads would wait for each other
        with one_thread():
            return self._interpolation.choose_kernel(self.residuals.target).without(nobody)


def _positions(known: pd.Index, asked: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Return the positions of configurations among the hashes of the known ones, -1 if new."""
    first = ~known.duplicated()
    found = known[first].get_indexer(pd.Index(pd.util.hash_pandas_object(asked, index=False)))
    return np.where(found >= 0, np.flatnonzero(first)[found], -1)
