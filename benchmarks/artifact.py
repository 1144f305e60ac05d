"""Benchmark of saved memories against pickles: size on disk, time to save and to load.

Times are medians of several alternating repetitions. Loading a pickle runs any code it contains; Foretune's
format does not, and is checked for damage. Run by ``make bench``.
"""

from __future__ import annotations

import argparse
import os
import pickle
import statistics
import tempfile
import time
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import joblib
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from foretune.meta_model.artifact import read_memory, save_memory
from foretune.meta_model.meta_dataset import build_meta_dataset
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.training import train_memories
from stages import read_parameters
from synthetic_tasks import make_history

if TYPE_CHECKING:
    from collections.abc import Callable

    from foretune.meta_model.memory import Memory

N_TASKS, N_CONFIGURATIONS = 150, 500


class Way(NamedTuple):
    """A way to keep a surrogate."""

    name: str
    save: Callable[[Memory, Path], Any]
    load: Callable[[Path], Memory]


def save_pickle(memory: Memory, path: Path) -> None:
    """Pickle by the standard library."""
    path.write_bytes(pickle.dumps(memory, protocol=pickle.HIGHEST_PROTOCOL))


def load_pickle(path: Path) -> Memory:
    """Read the pickle."""
    memory: Memory = pickle.loads(path.read_bytes())
    return memory


def save_compressed(memory: Memory, path: Path) -> None:
    """Pickle by joblib, compressed as much as NumPy compresses its archives."""
    joblib.dump(memory, path, compress=("zlib", 6))


WAYS = (
    Way("foretune", save_memory, read_memory),
    Way("pickle", save_pickle, load_pickle),
    Way("joblib", joblib.dump, joblib.load),
    Way("joblib, zlib", save_compressed, joblib.load),
)


def size_of(path: Path) -> int:
    """Bytes of a file, or of all files in a folder."""
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def measure(memory: Memory, folder: Path, n_repetitions: int) -> dict[str, tuple[int, float, float]]:
    """Bytes, and medians of the seconds to save and to load, of every way."""
    saving: dict[str, list[float]] = {way.name: [] for way in WAYS}
    loading: dict[str, list[float]] = {way.name: [] for way in WAYS}
    for _ in range(n_repetitions):
        for way in WAYS:
            path = folder / way.name
            start = time.perf_counter()
            way.save(memory, path)
            saved = time.perf_counter()
            way.load(path)
            saving[way.name].append(saved - start)
            loading[way.name].append(time.perf_counter() - saved)
    return {
        way.name: (
            size_of(folder / way.name),
            statistics.median(saving[way.name]),
            statistics.median(loading[way.name]),
        )
        for way in WAYS
    }


def largest_difference(memory: Memory, folder: Path, described: pd.Series) -> float:
    """Largest difference between predictions before and after."""
    known = pd.DataFrame(
        memory.residuals.configurations, columns=list(memory.surrogate.configuration_columns)
    )
    before = memory.surrogate.predict_target(described, known)
    after = read_memory(folder / "foretune").surrogate.predict_target(described, known)
    return float(np.abs(before - after).max())


def main() -> None:
    """Train, save, load and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5, help="times that each way saves and loads")
    parser.add_argument("--workers", type=int, default=2, help="members trained at once")
    arguments = parser.parse_args()
    training = MetaTrainingParameters(**read_parameters("meta_training"))
    history = make_history(N_TASKS, N_CONFIGURATIONS)
    table = build_meta_dataset(*history, training.target)
    memory = train_memories(table, training, 0, arguments.workers)["classification"]
    with tempfile.TemporaryDirectory() as folder:
        measured = measure(memory, Path(folder), arguments.repetitions)
        described = history.metafeatures.set_index("task_id").iloc[0]
        difference = largest_difference(memory, Path(folder), described)
    print(
        f"{N_TASKS} tasks x {N_CONFIGURATIONS} configurations, {len(memory.surrogate.members)} members; "
        f"load of the machine {os.getloadavg()[0]:.1f}; largest difference of a prediction after loading "
        f"{difference:.1e}"
    )
    own = measured["foretune"]
    print(f"  {'':14}{'MB':>8}{'save s':>9}{'load s':>9}   as a multiple of foretune: size, save, load")
    for name, row in measured.items():
        size, save, load = row
        ratios = "".join(f"{value / base:8.2f}" for value, base in zip(row, own, strict=True))
        print(f"  {name:14}{size / 1e6:8.2f}{save:9.3f}{load:9.3f}   {ratios}")


if __name__ == "__main__":
    with threadpool_limits(1), warnings.catch_warnings(action="ignore"):
        main()
