"""What is found for a table whose names would do harm if they were not escaped."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from sklearn.datasets import load_iris

from foretune import Guard
from foretune.execution.parameters import ParallelParameters
from foretune.hpo.parameters import HpoParameters
from foretune.recommendation.core.memory import load_memory
from foretune.recommendation.core.parameters import RecommendationParameters
from foretune.recommendation.table.result import RecommendationResult, recommend_to
from foretune.recommendation.table.trial_run import TrialRunSettings, run_trials
from foretune.recommendation.table.user_table import read_user_table
from foretune.tasks.parameters import TaskGenerationParameters

ROOT = Path(__file__).parents[3]
EVIL = "<script>document.title = 'harmed'</script>"
DOTS = "what..ever"
TARGET = "<b>kind</b>"


@pytest.fixture(scope="session")
def parameters() -> RecommendationParameters:
    # Believes the metafeatures, so that something drove it
    return RecommendationParameters(k=4, evaluate=2, n_folds=3, guard=Guard(max_distance=100))


@pytest.fixture(scope="session")
def result(
    memory_folder: Path, parameters: RecommendationParameters, tmp_path_factory: pytest.TempPathFactory
) -> RecommendationResult:
    """What is recommended; nothing of it was tried."""
    frame = load_iris(as_frame=True).frame.iloc[::2].rename(columns={"target": TARGET})
    file = tmp_path_factory.mktemp("tables") / "iris <i>.csv"
    frame.assign(**{EVIL: np.nan, DOTS: np.nan}).to_csv(file, index=False)
    table = read_user_table(str(file), TARGET)
    return recommend_to(table, load_memory("classification", memory_folder), parameters, 0, "a small memory")


@pytest.fixture(scope="session")
def measured(
    result: RecommendationResult, parameters: RecommendationParameters, hpo_parameters: HpoParameters
) -> RecommendationResult:
    """The same with two trials."""
    text = (ROOT / "conf/base/parameters_task_generation.yml").read_text(encoding="utf-8")
    raw: dict[str, Any] = yaml.safe_load(text)["task_generation"]
    task_generation = TaskGenerationParameters.model_validate(raw)
    parallel = ParallelParameters(n_workers=1)
    return run_trials(result, TrialRunSettings(parameters, task_generation, hpo_parameters, parallel, seed=0))
