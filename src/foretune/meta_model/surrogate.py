"""The surrogate: predicts how a configuration scores on a task from the task's metafeatures."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
from joblib import Parallel, delayed

from foretune.base.seeds import derive_seed
from foretune.base.threads import one_thread
from foretune.meta_model.bags import FEWEST_FAMILIES, draw_bags
from foretune.meta_model.boosting import finite_or_missing, predict_booster
from foretune.meta_model.ensemble import TrainingData, fit_member, with_main_effect
from foretune.meta_model.interpolation import Interpolation
from foretune.meta_model.out_of_bag import OutOfBag, calibration_line
from foretune.meta_model.prior import RelativeShapes, build_prior
from foretune.meta_model.provenance import tabulate_configurations
from foretune.meta_model.task_distances import TaskDistances
from foretune.spaces.encoding import ConfigurationEncoder, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Sequence

    import numpy.typing as npt
    import pandas as pd

    from foretune.meta_model.ensemble import Member
    from foretune.meta_model.kernel import ConfigurationKernel
    from foretune.meta_model.meta_dataset import MetaDataset
    from foretune.meta_model.parameters import MetaTrainingParameters, PolicyParameters, TargetKind
    from foretune.meta_model.prior import SurfacePrior
    from foretune.meta_model.provenance import Provenance
    from foretune.spaces.configuration import Configuration


class Memory(NamedTuple):
    """What the surrogate remembers of each task that it was trained on, beside its trees.

    Attributes
    ----------
    configurations
        Encoded configurations, shape (n_configurations, n_columns).
    task, config
        Positions of each evaluation's task and configuration, sorted by task; shape (n_evaluations,).
    target
        Normalised score of each evaluation, shape (n_evaluations,).
    residual
        The same minus its held-out prediction.
    level
        Location and log scale of each task's scores, shape (n_tasks, 2).
    level_residual
        The same minus its held-out prediction.
    shapes
        Relative score by target, of each task.
    """

    configurations: npt.NDArray[np.float64]
    task: npt.NDArray[np.intp]
    config: npt.NDArray[np.intp]
    target: npt.NDArray[np.float64]
    residual: npt.NDArray[np.float64]
    level: npt.NDArray[np.float64]
    level_residual: npt.NDArray[np.float64]
    shapes: RelativeShapes

    def of_tasks(self, kept: npt.NDArray[np.bool_]) -> Memory:
        """Return what is remembered of some tasks; ``kept`` has shape (n_tasks,)."""
        rows = kept[self.task]
        return Memory(
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
    """Which tasks and configurations a surrogate was trained on, in the order of its memory.

    Attributes
    ----------
    families
        Family of each task.
    metafeatures
        Shape (n_tasks, n_metafeatures).
    seen
        Which member has seen which task, shape (n_members, n_tasks).
    config_ids
        Identity of each configuration.
    """

    families: tuple[str, ...]
    metafeatures: npt.NDArray[np.float32]
    seen: npt.NDArray[np.bool_]
    config_ids: tuple[str, ...]


@dataclass(frozen=True)
class Surrogate:
    """A trained meta-model of one task type.

    Attributes
    ----------
    task_type
        ``classification`` or ``regression``, or what an log calls it.
    target
        Normalisation that the members were trained on.
    metafeatures, configuration_columns
        Names of the columns that the members read, in order: metafeatures first.
    members
        The ensemble. Its mean predicts, after ``line``.
    line
        Intercept and slope that held-out predictions needed to be right on average.
    memory
        What was got wrong on the known tasks, for :meth:`prior`.
    policy
        Settings of :meth:`prior` and of :class:`foretune.meta_model.policy.Policy`.
    task_hashes
        Content hash of every training task, by ``task_id``.
    training_set
        Which tasks and configurations it was trained on.
    provenance
        The search it learnt from; None where it was not told.
    kernel
        Kernel between configurations; chosen by what is remembered where it is None.
    """

    task_type: str
    target: TargetKind
    metafeatures: tuple[str, ...]
    configuration_columns: tuple[str, ...]
    members: tuple[Member, ...]
    line: tuple[float, float]
    memory: Memory
    policy: PolicyParameters
    task_hashes: dict[str, str]
    training_set: TrainingSet
    provenance: Provenance | None = None
    kernel: ConfigurationKernel | None = None

    @property
    def encoder(self) -> ConfigurationEncoder:
        """Encoder of raw configurations."""
        return ConfigurationEncoder(self.configuration_columns)

    def encode(self, configurations: Sequence[Configuration]) -> pd.DataFrame:
        """Encode configurations, shape (n_configurations, n_columns).

        Raises
        ------
        ValueError
            If one has a value or a hyperparameter that was never seen in training.
        """
        positions = [self._position_of.get(one.config_id, -1) for one in configurations]
        # What is remembered is encoded
        encoded = self._known_configurations.take(np.maximum(positions, 0)).reset_index(drop=True)
        new = [at for at, position in enumerate(positions) if position < 0]
        if new:
            table = tabulate_configurations([self._in_words(configurations[at]) for at in new])
            encoded.iloc[new] = self.encoder.encode(table).to_numpy()
        return encoded

    def predict_target(
        self, metafeatures: pd.Series, configurations: pd.DataFrame
    ) -> npt.NDArray[np.float64]:
        """Predict normalised scores, comparable within the task.

        Parameters
        ----------
        metafeatures
            Of one task, indexed by name; names that the surrogate does not know are ignored, missing ones
            count as undefined.
        configurations
            Encoded configurations, shape (n_configurations, n_columns).

        Returns
        -------
        numpy.ndarray
            Shape (n_configurations,), higher is better.

        Raises
        ------
        ValueError
            If the configurations come from another search space.
        """
        encoded = self._encoded(configurations)
        described = self._described(metafeatures)
        tiled = np.tile(described, (len(encoded), 1))
        predictions = [
            predict_booster(
                member.regressor, np.hstack([tiled, with_main_effect(member.main_effect, encoded)])
            )
            for member in self.members
        ]
        mean = np.asarray(np.mean(predictions, axis=0), dtype=np.float64)
        return self.line[0] + self.line[1] * mean

    def predict(self, metafeatures: pd.Series, configurations: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Predict scores in the score's own unit; arguments as for :meth:`predict_target`."""
        location, scale = self.predict_level(metafeatures)
        return location + scale * self.predict_target(metafeatures, configurations)

    def predict_level(self, metafeatures: pd.Series) -> tuple[float, float]:
        """Predict location and scale of the task's scores, in the score's own unit."""
        location, log_scale = self._level(metafeatures)
        return float(location), float(np.exp(log_scale))

    def prior(
        self, metafeatures: pd.Series | None, configurations: pd.DataFrame, seed: int = 0
    ) -> SurfacePrior:
        """Say what the task's surface over some configurations may look like.

        Parameters
        ----------
        metafeatures, configurations
            As for :meth:`predict_target`; the configurations need not be known. Without metafeatures the task
            may be like any of the known ones.
        seed
            Seed of the samples.
        """
        memory, interpolation, kernel = self.memory, self._interpolation, self.chosen_kernel
        asked = configurations[list(self.configuration_columns)].astype(np.float64)
        coordinates = interpolation.space.place(asked.to_numpy())
        mean, level, level_residual = np.zeros(len(asked)), np.zeros(2), memory.level_residual
        values = memory.residual
        if metafeatures is None:
            values, level = memory.target, np.nanmean(memory.level, axis=0)
            level_residual = np.nan_to_num(memory.level - level)
        else:
            mean, level = self.predict_target(metafeatures, configurations), self._level(metafeatures)
        residuals, interpolated = interpolation.complete_at(
            values, coordinates, _positions(self._known_hashes, asked), kernel
        )
        return build_prior(
            mean,
            residuals,
            level,
            level_residual,
            memory.shapes,
            self.policy,
            kernel=kernel,
            coordinates=coordinates,
            interpolated=interpolated,
            rng=np.random.default_rng(seed),
        )

    def without(self, families: Collection[str]) -> Surrogate:
        """Return what the surrogate would be had it never met some families of tasks.

        Members that have seen one of them leave, and memory loses their tasks. Residuals of the other tasks
        stay as they were: members behind a residual may have seen these families. The evaluation, which holds
        out both, is :mod:`foretune.evaluation`.

        Raises
        ------
        ValueError
            If no member, or no task, is left.
        """
        kept = ~np.isin(np.array(self.training_set.families), list(families))
        members = ~self.training_set.seen[:, ~kept].any(axis=1)
        if not members.any() or not kept.any():
            raise ValueError(f"no member of the ensemble is without {', '.join(sorted(families)[:5])}")
        tasks = [task for task, keep in zip(self.task_hashes, kept, strict=True) if keep]
        return replace(
            self,
            members=tuple(self.members[at] for at in np.flatnonzero(members)),
            memory=self.memory.of_tasks(kept),
            task_hashes={task: self.task_hashes[task] for task in tasks},
            training_set=TrainingSet(
                tuple(np.array(self.training_set.families)[kept].tolist()),
                self.training_set.metafeatures[kept],
                self.training_set.seen[np.ix_(members, kept)],
                self.training_set.config_ids,
            ),
            # A few numbers that twenty tasks agree on: one family more or less hardly moves them
            kernel=self.chosen_kernel,
        )

    def with_members(self, n_members: int) -> Surrogate:
        """Return the surrogate with its first members only: smaller on disk, and a little less certain."""
        seen = self.training_set.seen[:n_members]
        training_set = self.training_set._replace(seen=seen)
        return replace(self, members=self.members[:n_members], training_set=training_set)

    @cached_property
    def _known_configurations(self) -> pd.DataFrame:
        import pandas as pd

        return pd.DataFrame(self.memory.configurations, columns=list(self.configuration_columns))

    def _in_words(self, one: Configuration) -> Configuration:
        """Spell a configuration as the trials did; what never varied there tells nothing apart."""
        labels = self._labels
        params = {
            name: spell(value, labels.get(name, ()))
            for name, value in one.params.items()
            if name in labels or name not in self._remembered_names
        }
        return replace(one, params=params)

    @cached_property
    def _labels(self) -> dict[str, list[str]]:
        """Texts that each hyperparameter can be, by its name; none of a number."""
        labels: dict[str, list[str]] = {}
        for column in self.configuration_columns:
            name, is_nominal, text = column.partition("=")
            labels.setdefault(name, []).extend([text] if is_nominal else [])
        return labels

    @cached_property
    def _remembered_names(self) -> frozenset[str]:
        known = {} if self.provenance is None else self.provenance.configurations
        return frozenset(name for one in known.values() for name in one.params)

    @cached_property
    def _position_of(self) -> dict[str, int]:
        """Position of each remembered configuration by what it is, whatever it was called in a log."""
        known = {} if self.provenance is None else self.provenance.configurations
        at = {config_id: position for position, config_id in enumerate(self.training_set.config_ids)}
        return {one.config_id: at[config_id] for config_id, one in known.items() if config_id in at}

    @cached_property
    def _known_hashes(self) -> pd.Index:
        import pandas as pd

        # A hash of each row takes NaN for equal to NaN
        return pd.Index(pd.util.hash_pandas_object(self._known_configurations, index=False))

    @cached_property
    def task_distances(self) -> TaskDistances:
        """The known tasks by their metafeatures."""
        training_set = self.training_set
        return TaskDistances.of(training_set.metafeatures.astype(np.float64), training_set.families)

    @cached_property
    def _interpolation(self) -> Interpolation:
        memory = self.memory
        return Interpolation(memory.configurations, self.configuration_columns, memory.task, memory.config)

    @cached_property
    def chosen_kernel(self) -> ConfigurationKernel:
        """Kernel between configurations."""
        if self.kernel is not None:
            return self.kernel
        nobody = np.zeros(len(self.task_hashes), dtype=bool)
        # Hundreds of small inversions: threads would wait for each other
        with one_thread():
            return self._interpolation.choose_kernel(self.memory.target).without(nobody)

    def _level(self, metafeatures: pd.Series) -> npt.NDArray[np.float64]:
        described = self._described(metafeatures)[None, :]
        levels = [member.level.predict(described)[0] for member in self.members]
        return np.asarray(np.mean(levels, axis=0), dtype=np.float64)

    def _encoded(self, configurations: pd.DataFrame) -> npt.NDArray[np.float32]:
        missing = [name for name in self.configuration_columns if name not in configurations]
        if missing:
            raise ValueError(
                f"these configurations come from another search space: {', '.join(missing[:5])} not among "
                f"their columns; encode raw configurations with surrogate.encoder"
            )
        return finite_or_missing(configurations[list(self.configuration_columns)].to_numpy(dtype=np.float64))

    def _described(self, metafeatures: pd.Series) -> npt.NDArray[np.float32]:
        return finite_or_missing(metafeatures.reindex(list(self.metafeatures)).to_numpy(dtype=np.float64))


def train_surrogate(
    meta_dataset: MetaDataset,
    parameters: MetaTrainingParameters,
    seed: int,
    n_workers: int = 1,
    on_progress: Callable[[int, int], None] | None = None,
) -> Surrogate:
    """Train the surrogate on all tasks of a meta-dataset.

    Every task weighs the same, however many configurations it has evaluated. XGBoost runs on one thread, so
    the result does not depend on the machine's cores.

    Parameters
    ----------
    meta_dataset
        Meta-dataset of one task type.
    parameters
        Target and the settings of the boosters.
    seed
        Seed of bags, rows and columns.
    n_workers
        Members trained at once; the result does not depend on it.
    on_progress
        Called with the number of members done and their total.

    Raises
    ------
    ValueError
        If the meta-dataset has no finite score.
    """
    if not np.isfinite(meta_dataset.arrays.score).any():
        raise ValueError("the meta-dataset has no finite score: nothing to train a surrogate on")
    data = TrainingData.from_meta_dataset(meta_dataset, parameters.target)
    seen = _bags(meta_dataset, parameters, seed)
    jobs = (
        delayed(_fit_and_predict)(data, bag, parameters, derive_seed(seed, "member", number))
        for number, bag in enumerate(seen)
    )
    parallel = Parallel(n_jobs=n_workers, prefer="processes", return_as="generator")
    fitted: list[tuple[Member, npt.NDArray[np.float32], npt.NDArray[np.float64]]] = []
    for one in cast(
        "Iterator[tuple[Member, npt.NDArray[np.float32], npt.NDArray[np.float64]]]", parallel(jobs)
    ):
        fitted.append(one)
        if on_progress:
            on_progress(len(fitted), len(seen))
    line, memory = _remember(meta_dataset, data, parameters, seen, fitted)
    return Surrogate(
        task_type=str(meta_dataset.tasks["task_type"].iloc[0]),
        target=parameters.target,
        metafeatures=tuple(meta_dataset.metafeatures.columns),
        configuration_columns=tuple(meta_dataset.configurations.columns),
        members=tuple(member for member, _, _ in fitted),
        line=line,
        memory=memory,
        policy=parameters.policy,
        task_hashes=dict(meta_dataset.tasks["content_hash"].astype(str)),
        training_set=TrainingSet(
            tuple(meta_dataset.families.astype(str)),
            data.metafeatures,
            seen,
            tuple(meta_dataset.configurations.index.astype(str)),
        ),
    )


def _bags(meta_dataset: MetaDataset, parameters: MetaTrainingParameters, seed: int) -> npt.NDArray[np.bool_]:
    if meta_dataset.families.nunique() >= FEWEST_FAMILIES:
        return draw_bags(meta_dataset.families, parameters.n_members, parameters.bag_share, seed)
    return np.ones((parameters.n_members, len(meta_dataset.tasks)), dtype=bool)


def _fit_and_predict(
    data: TrainingData, bag: npt.NDArray[np.bool_], parameters: MetaTrainingParameters, seed: int
) -> tuple[Member, npt.NDArray[np.float32], npt.NDArray[np.float64]]:
    member = fit_member(data, bag, parameters, seed)
    return (
        member,
        member.predict_unseen(data, bag).astype(np.float32),
        member.level.predict(data.metafeatures),
    )


def _remember(
    meta_dataset: MetaDataset,
    data: TrainingData,
    parameters: MetaTrainingParameters,
    seen: npt.NDArray[np.bool_],
    fitted: Sequence[tuple[Member, npt.NDArray[np.float32], npt.NDArray[np.float64]]],
) -> tuple[tuple[float, float], Memory]:
    out_of_bag = OutOfBag(seen, np.array([one[1] for one in fitted]), np.array([one[2] for one in fitted]))
    nobody = np.zeros(len(meta_dataset.tasks), dtype=bool)
    held_out = out_of_bag.without(nobody, data.task)
    if np.isfinite(held_out.mean).all():
        line = calibration_line(held_out.mean, data.target)
        residual = data.target - (line[0] + line[1] * held_out.mean)
        level_residual = data.level - held_out.level
    else:
        # Too few families to hold one out: as much is uncertain as if nothing was predicted
        line, residual = (0.0, 1.0), data.target
        level_residual = data.level - np.nanmean(data.level, axis=0)
    memory = Memory(
        configurations=meta_dataset.configurations.to_numpy(dtype=np.float64),
        task=data.task,
        config=data.config,
        target=data.target,
        residual=residual,
        level=data.level,
        level_residual=np.nan_to_num(level_residual),
        shapes=RelativeShapes.from_meta_dataset(meta_dataset, parameters.target),
    )
    return line, memory


def _positions(known: pd.Index, asked: pd.DataFrame) -> npt.NDArray[np.intp]:
    """Position of each asked configuration among the hashes of the known ones, -1 where it is new."""
    import pandas as pd

    first = ~known.duplicated()
    found = known[first].get_indexer(pd.Index(pd.util.hash_pandas_object(asked, index=False)))
    return np.where(found >= 0, np.flatnonzero(first)[found], -1)
