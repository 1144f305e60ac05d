"""Foretune's pipelines in another Kedro project, in real sessions."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest
from click import ClickException
from kedro.config import OmegaConfigLoader
from sklearn.datasets import load_wine

from foretune.project import EmbedForetune
from foretune.project.embedding import find_configuration

PROJECT = Path(__file__).parents[2]
REGISTRY = """
from kedro.pipeline import Pipeline

from foretune.pipelines import hpo, meta_training, metafeatures, recommendation, task_generation


def register_pipelines():
    learning = [stage.create_pipeline() for stage in (task_generation, hpo, metafeatures, meta_training)]
    return {
        "__default__": Pipeline([]),
        "learn": Pipeline(learning, namespace="foretune"),
        "recommend": Pipeline(recommendation.create_pipeline(), namespace="foretune"),
    }
"""
PARAMETERS = """
seed: not of Foretune
foretune:
  table: data/wine.csv
  target: kind
  parallel: {n_workers: 1}
  task_generation: {task_ids: [haberman, iris, diabetes, yacht], synthetic: [], max_rows: 90}
  hpo: {n_configurations: 2, learners: [random_forest]}
  metafeatures: {groups: [simple]}
  meta_training: {n_members: 4}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Make a project that has nothing of Foretune but what the guide says."""
    files = {
        "pyproject.toml": """
            [tool.kedro]
            package_name = "shop"
            project_name = "shop"
            kedro_init_version = "1.7.0"
            source_dir = "src"
        """,
        "src/shop/__init__.py": "",
        "src/shop/settings.py": """
            from foretune.project import EmbedForetune

            HOOKS = (EmbedForetune(),)
        """,
        "src/shop/pipeline_registry.py": REGISTRY,
        "conf/base/parameters.yml": PARAMETERS,
        "conf/local/.gitkeep": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    (tmp_path / "data").mkdir()
    X, y = load_wine(return_X_y=True, as_frame=True)
    X.assign(kind=y).to_csv(tmp_path / "data/wine.csv", index=False)
    return tmp_path


def run(shop: Path, *options: str) -> subprocess.CompletedProcess[str]:
    kedro = Path(sys.executable).with_name("kedro")
    return subprocess.run([kedro, "run", *options], cwd=shop, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_it_recommends_learns_and_recommends_from_what_it_has_learnt(shop: Path) -> None:
    first = run(shop, "--pipelines=recommend")
    assert first.returncode == 0, first.stdout + first.stderr
    page = shop / "data/foretune/08_reporting/recommendation/wine/recommendation.html"
    assert page.is_file()
    learnt = run(shop, "--pipelines=learn")
    assert learnt.returncode == 0, learnt.stdout + learnt.stderr
    memory = "data/foretune/06_models/surrogates"
    assert (shop / memory / "classification/manifest.json").is_file()
    page.unlink()
    again = run(shop, "--pipelines=recommend", f"--params=foretune.memory={memory}")
    assert again.returncode == 0, again.stdout + again.stderr
    assert page.is_file()
    # Everything is in one folder, and nothing of the project has changed
    assert {path.name for path in (shop / "data").iterdir()} == {"wine.csv", "foretune"}


@pytest.mark.slow
def test_what_is_wrong_is_said_in_one_line(shop: Path) -> None:
    wrong = run(shop, "--pipelines=recommend", "--params=foretune.target=sort")
    assert wrong.returncode == 1
    assert wrong.stderr.strip().splitlines()[-1].startswith("Error: ")
    assert "'sort'" in wrong.stderr
    assert "Traceback" not in wrong.stdout + wrong.stderr


def make_context(project: Path) -> Any:
    return SimpleNamespace(
        project_path=project,
        config_loader=OmegaConfigLoader(str(project / "conf"), base_env="base", default_run_env="local"),
    )


def test_parameters_and_entries_of_the_project_go_first(shop: Path) -> None:
    (shop / "conf/base/catalog.yml").write_text("foretune.trials: {type: MemoryDataset}")
    context = make_context(shop)
    with chdir(shop.parent):
        EmbedForetune().after_context_created(context)
    loader = context.config_loader
    mine = loader["parameters"]["foretune"]
    assert loader["parameters"]["seed"] == "not of Foretune"
    assert (mine["seed"], mine["hpo"]["n_configurations"], mine["hpo"]["n_folds"]) == (0, 2, 3)
    # From the project, wherever a scheduler works
    assert mine["table"] == str(shop / "data/wine.csv")
    catalog = loader["catalog"]
    assert catalog["foretune.trials"] == {"type": "MemoryDataset"}
    assert catalog["foretune.trial_costs"]["filepath"] == "data/foretune/03_primary/trial_costs.parquet"
    assert catalog["foretune.tasks"]["path"] == "data/foretune/03_primary/tasks"
    assert catalog["foretune.recommendation_table"]["file"] == mine["table"]


def test_folders_of_memories_are_of_the_project(shop: Path) -> None:
    text = (shop / "conf/base/parameters.yml").read_text()
    (shop / "memories/current").mkdir(parents=True)
    (shop / "conf/base/parameters.yml").write_text(f"{text}\n  memory: reference+memories/current\n")
    shutil.copytree(
        PROJECT / "src/foretune/recommendation/reference/classification",
        shop / "memories/current/classification",
    )
    context = make_context(shop)
    EmbedForetune().after_context_created(context)
    group = context.config_loader["parameters"]["foretune"]["recommendation"]
    assert list(group["memory"]) == ["reference", str(shop / "memories/current")]


@pytest.mark.parametrize(
    ("group", "message"),
    [
        ("{hpo: {n_fold: 3}}", r"^foretune: parameter hpo\.n_fold = 3 is unknown"),
        ("[hpo]", "^parameter foretune = .* must be a group of parameters"),
    ],
)
def test_wrong_parameters_end_the_command(shop: Path, group: str, message: str) -> None:
    (shop / "conf/base/parameters.yml").write_text(f"foretune: {group}")
    with pytest.raises(ClickException, match=message):
        EmbedForetune().after_context_created(make_context(shop))


@pytest.mark.parametrize(("has_table", "named"), [(False, "foretune.table"), (True, "foretune.target")])
def test_a_missing_table_or_target_is_named(has_table: bool, named: str) -> None:
    from kedro.pipeline import Pipeline

    from foretune.pipelines import recommendation

    pipeline = Pipeline(recommendation.create_pipeline(), namespace="foretune")
    catalog: Any = SimpleNamespace(exists=lambda name: has_table, load=lambda name: None)
    with pytest.raises(ClickException, match=f"parameter {named} is missing"):
        EmbedForetune().before_pipeline_run(pipeline, catalog)


def test_the_configuration_is_that_of_the_pipelines() -> None:
    assert (find_configuration() / "parameters_hpo.yml").is_file()
