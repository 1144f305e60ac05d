"""Interpolation of known tasks' values at configurations that they have not evaluated."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from foretune.meta_model.kernel import ConfigurationKernel, KernelChoice, thinned
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.spaces import ConfigurationCoordinates


class Interpolation:
    """Values of the known tasks at any configurations: exact where evaluated, otherwise interpolated.

    Parameters
    ----------
    configurations
        Encoded configurations, shape (n_configurations, n_columns).
    columns
        Names of the encoded columns.
    task, config
        Position of each evaluation's task and configuration, sorted by task; shape (n_evaluations,).
    """

    def __init__(
        self,
        configurations: npt.NDArray[np.float64],
        columns: Sequence[str],
        task: npt.NDArray[np.intp],
        config: npt.NDArray[np.intp],
    ) -> None:
        self._task, self._config = task, config
        self.space = ConfigurationCoordinates.from_configurations(columns, configurations)
        self.coordinates = self.space.place(configurations)
        self._bounds = np.searchsorted(task, np.arange(task[-1] + 2))
        # By the evaluated configurations, so that tasks with a common design share the inverse
        self._solved: dict[tuple[bytes, ConfigurationKernel], npt.NDArray[np.float64]] = {}
        self._asked: tuple[bytes, ConfigurationKernel] | None = None
        self._kept: dict[bytes, npt.NDArray[np.float32]] = {}

    @classmethod
    def from_meta_dataset(cls, meta_dataset: MetaDataset) -> Interpolation:
        """Create the interpolation of the tasks in a meta-dataset."""
        task, config, _ = meta_dataset.arrays
        columns = [str(column) for column in meta_dataset.configurations.columns]
        return cls(meta_dataset.configurations.to_numpy(dtype=np.float64), columns, task, config)

    def choose_kernel(self, values: npt.NDArray[np.float64]) -> KernelChoice:
        """Prepare the choice of a kernel by its interpolation error of values, shape (n_evaluations,)."""
        return KernelChoice(self.coordinates, self._task, self._config, values)

    def known(
        self, values: npt.NDArray[np.float64], tasks: npt.NDArray[np.intp], configs: npt.NDArray[np.intp]
    ) -> npt.NDArray[np.float64]:
        """Return values where evaluated, NaN elsewhere.

        Parameters
        ----------
        values
            Value of every evaluation, shape (n_evaluations,).
        tasks
            Positions of tasks.
        configs
            Positions of configurations, -1 if never evaluated.

        Returns
        -------
        numpy.ndarray
            Shape (n_tasks, n_configurations), NaN where a task has not evaluated a configuration.
        """
        matrix = np.full((len(tasks), len(configs)), np.nan)
        asked = np.flatnonzero(configs >= 0)
        ordered = asked[np.argsort(configs[asked], kind="stable")]
        for at, task in enumerate(tasks):
            rows = slice(self._bounds[task], self._bounds[task + 1])
            own = self._config[rows]
            place = np.searchsorted(own, configs[ordered])
            place = np.minimum(place, len(own) - 1)
            has = own[place] == configs[ordered]
            matrix[at, ordered[has]] = values[rows][place[has]]
        return matrix

    def complete(
        self,
        values: npt.NDArray[np.float64],
        tasks: npt.NDArray[np.intp],
        configs: npt.NDArray[np.intp],
        kernel: ConfigurationKernel,
    ) -> tuple[npt.NDArray[np.float64], float]:
        """Return values everywhere, and the share that is interpolated.

        Interpolation is the posterior mean of a Gaussian process on at most 128 of the task's values; far
        from all of them it tends to their mean. Parameters as for :meth:`known`, without new configurations,
        for which see :meth:`complete_at`.

        Raises
        ------
        ValueError
            If a configuration is -1, without coordinates.
        """
        if (configs < 0).any():
            raise ValueError(
                "position -1 stands for no configuration; complete_at takes coordinates of new ones"
            )
        return self._complete(values, tasks, configs, self.coordinates[configs], kernel)

    def complete_at(
        self,
        values: npt.NDArray[np.float64],
        coordinates: npt.NDArray[np.float64],
        configs: npt.NDArray[np.intp],
        kernel: ConfigurationKernel,
    ) -> tuple[npt.NDArray[np.float64], float]:
        """Complete the values of all tasks at configurations that may be new; see :meth:`complete`."""
        return self._complete(values, np.arange(len(self._bounds) - 1), configs, coordinates, kernel)

    def _complete(
        self,
        values: npt.NDArray[np.float64],
        tasks: npt.NDArray[np.intp],
        configs: npt.NDArray[np.intp],
        coordinates: npt.NDArray[np.float64],
        kernel: ConfigurationKernel,
    ) -> tuple[npt.NDArray[np.float64], float]:
        matrix = self.known(values, tasks, configs)
        is_missing = np.isnan(matrix)
        for at in np.flatnonzero(is_missing.any(axis=1)):
            rows = self._rows(int(tasks[at]))
            own, columns = values[rows], np.flatnonzero(is_missing[at])
            weights = self._weights(self._config[rows], coordinates, kernel)[columns]
            matrix[at, columns] = own.mean() + weights @ (own - own.mean())
        return matrix, float(is_missing.mean()) if matrix.size else 0.0

    def _weights(
        self,
        evaluated: npt.NDArray[np.intp],
        coordinates: npt.NDArray[np.float64],
        kernel: ConfigurationKernel,
    ) -> npt.NDArray[np.float32]:
        """Return the weights of values at evaluated configurations, cached for the last coordinates.

        The same candidates are completed repeatedly: by each model, for scores and residuals, and for all
        tasks with the same configurations.
        """
        key = coordinates.tobytes(), kernel
        if self._asked != key:
            self._asked, self._kept = key, {}
        own = evaluated.tobytes()
        if own not in self._kept:
            towards = kernel.between(coordinates, self.coordinates[evaluated])
            self._kept[own] = (towards @ self._inverse(evaluated, kernel)).astype(np.float32)
        return self._kept[own]

    def _rows(self, task: int) -> npt.NDArray[np.intp]:
        return thinned(np.arange(self._bounds[task], self._bounds[task + 1]))

    def _inverse(
        self, evaluated: npt.NDArray[np.intp], kernel: ConfigurationKernel
    ) -> npt.NDArray[np.float64]:
        key = evaluated.tobytes(), kernel
        if key not in self._solved:
            at = self.coordinates[evaluated]
            noisy = kernel.between(at, at) + kernel.noise * np.eye(len(at))
            self._solved[key] = np.linalg.inv(noisy).astype(np.float64)
        return self._solved[key]
