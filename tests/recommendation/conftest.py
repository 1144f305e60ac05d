"""A small memory that the project's own library makes of bundled tasks."""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

import pytest
import yaml

from foretune.hpo.engine import run_hpo
from foretune.hpo.parameters import HpoParameters
from foretune.meta_model.artifact import save_memory
from foretune.meta_model.meta_dataset import build_meta_dataset
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.meta_model.training import train_memories, with_provenance
from foretune.metafeatures import MetafeatureExtractor
from foretune.tasks.generation import generate_tasks, select_task_sources
from foretune.tasks.parameters import TaskGenerationParameters

ROOT = Path(__file__).resolve().parents[2]
TASKS = ["bone_marrow", "haberman", "tae", "wine", "diabetes", "real_estate", "servo", "yacht"]
LEARNERS = ["random_forest", "xgboost", "svm", "k_nearest_neighbours"]
COMPLETE = "complete"
GROUPS = ["simple", "target", "statistical", "landmarking"]


def _parameters(name: str) -> dict[str, Any]:
    text = (ROOT / f"conf/base/parameters_{name}.yml").read_text(encoding="utf-8")
    return dict(yaml.safe_load(text)[name])


def _lighter(parameters: dict[str, Any]) -> dict[str, Any]:
    return {**parameters, "n_members": 6, "surrogate": {**parameters["surrogate"], "n_rounds": 20}}


@pytest.fixture(scope="session")
def memory_folder(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Folder of surrogates, as the pipeline ``meta_training`` writes it; one for all workers."""
    base = tmp_path_factory.getbasetemp()
    folder = (base if worker_id == "master" else base.parent) / "memory"
    with folder.with_suffix(".lock").open("w") as lock:
        # Whoever is second waits until the first is done
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / COMPLETE).exists():
            _make_memory(folder)
            (folder / COMPLETE).touch()
    return folder


def _make_memory(folder: Path) -> None:
    generation = {**_parameters("task_generation"), "task_ids": TASKS, "max_rows": 90, "synthetic": []}
    task_generation = TaskGenerationParameters.model_validate(generation)
    tasks, catalogue, _ = generate_tasks(
        select_task_sources(task_generation, []), {}, task_generation, seed=0
    )
    hpo = HpoParameters.model_validate({**_parameters("hpo"), "learners": LEARNERS, "n_configurations": 6})
    trials, _ = run_hpo(tasks, hpo, seed=0)
    metafeatures = MetafeatureExtractor(groups=GROUPS).extract_many(tasks)
    meta_training = MetaTrainingParameters.model_validate(_lighter(_parameters("meta_training")))
    table = build_meta_dataset(trials, metafeatures, catalogue, meta_training.target)
    surrogates = with_provenance(train_memories(table, meta_training, seed=0), trials, metafeatures, hpo)
    for task_type, memory in surrogates.items():
        save_memory(memory, folder / task_type)
