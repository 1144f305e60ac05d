"""Foretune's pipelines in another Kedro project, made of what the guide says, in real sessions."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from textwrap import dedent
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from click import ClickException
from kedro.config import OmegaConfigLoader
from kedro.pipeline import Pipeline
from sklearn.datasets import load_wine

from foretune.pipelines import recommendation
from foretune.project import EmbedForetune
from foretune.project.embedding import find_configuration
from foretune.recommendation import reference_folder

PROJECT = Path(__file__).parents[2]
GUIDE = (PROJECT / "docs/in-your-project.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", GUIDE, re.MULTILINE | re.DOTALL)


def _blocks(language: str) -> list[str]:
    return [block for name, block in BLOCKS if name == language]


SETTINGS, REGISTRY = _blocks("python")
GROUP, ENTRY, TASKS = _blocks("yaml")
(SCRIPT,) = _blocks("sh")
(DOCKERFILE,) = _blocks("dockerfile")
COMMANDS = re.findall(r"^(kedro run .*|ln .*)$", "".join(_blocks("")), re.MULTILINE)
# What keeps the tests short
SMALL = """\
    task_ids: [haberman, iris, diabetes, yacht]
    synthetic: []
    max_rows: 90
  parallel: {n_workers: 1}
  hpo: {n_configurations: 2, learners: [random_forest]}
  metafeatures: {groups: [simple]}
  meta_training: {n_members: 4}
"""

needs_reference = pytest.mark.skipif(
    not (reference_folder() / "classification").is_dir(), reason="the package carries no reference memory"
)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Make a project that has nothing of Foretune but what the guide says."""
    # Both blocks of the guide begin with the name of the group
    tasks = TASKS.removeprefix(GROUP.splitlines(keepends=True)[0])
    files = {
        "pyproject.toml": """
            [tool.kedro]
            package_name = "shop"
            project_name = "shop"
            kedro_init_version = "1.7.0"
            source_dir = "src"
        """,
        "src/shop/__init__.py": "",
        "src/shop/settings.py": SETTINGS,
        "src/shop/pipeline_registry.py": REGISTRY,
        "conf/base/parameters.yml": f"seed: not of Foretune\n{GROUP}{tasks}{SMALL}",
        "conf/local/.gitkeep": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(text))
    folder = tmp_path / "data/foretune/01_raw/tasks"
    folder.mkdir(parents=True)
    X, y = load_wine(return_X_y=True, as_frame=True)
    X.assign(churn=y).to_csv(tmp_path / "data/customers.csv", index=False)
    shutil.copy(tmp_path / "data/customers.csv", folder)
    return tmp_path


def environment() -> dict[str, str]:
    """Find this package and its commands."""
    folder = Path(sys.executable).parent
    return {
        **os.environ,
        "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(PROJECT / "src"),
        "DO_NOT_TRACK": "1",
    }


def run(shop: Path, *options: str, code: int = 0) -> str:
    """Run a pipeline of the project as its user does."""
    kedro = Path(sys.executable).with_name("kedro")
    done = subprocess.run(
        [kedro, "run", *options], cwd=shop, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.mark.slow
@needs_reference
def test_the_guide_recommends_learns_keeps_versions_and_goes_back(
    shop: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORETUNE_CACHE", str(tmp_path_factory.mktemp("cache")))
    page = shop / "data/foretune/08_reporting/recommendation/customers/recommendation.html"
    first, evaluated, learn, own, merged, current, back = COMMANDS

    def recommend(*commands: str) -> None:
        for command in commands:
            run(shop, *shlex.split(command)[2:])
            assert page.is_file(), command
            page.unlink()

    recommend(first, evaluated)
    (shop / "retrain.sh").write_text(SCRIPT)
    assert learn in SCRIPT
    for _ in range(2):
        script = ["sh", "retrain.sh"]
        subprocess.run(script, cwd=shop, env=environment(), check=True, capture_output=True)
    versions = shop / "data/foretune/versions"
    old, new = sorted(path.name for path in versions.iterdir() if path.name[0] == "2")
    assert (versions / "current").readlink() == Path(new)
    assert (versions / old / "learner_costs.json").is_file()
    recommend(own, current)
    # A merged memory takes a minute to train, and has tests of its own
    assert merged.endswith(f"=reference+{own.partition('memory=')[2]}")
    subprocess.run(shlex.split(back.replace("2026-11-01T03-00-00", old)), cwd=shop, check=True)
    assert (versions / "current").readlink() == Path(old)
    recommend(current)
    # Everything is in one folder, and nothing of the project has changed
    assert {path.name for path in (shop / "data").iterdir()} == {"customers.csv", "foretune"}


@pytest.mark.slow
def test_what_is_wrong_is_said_in_one_line(shop: Path) -> None:
    said = run(shop, "--pipelines=recommend", "--params=foretune.target=sort", code=1)
    assert "'sort'" in said
    assert "Traceback" not in said


def make_context(project: Path) -> Any:
    loader = OmegaConfigLoader(str(project / "conf"), base_env="base", default_run_env="local")
    return SimpleNamespace(project_path=project, config_loader=loader)


def test_parameters_and_entries_of_the_project_go_first(shop: Path) -> None:
    (shop / "conf/base/catalog.yml").write_text(ENTRY)
    context = make_context(shop)
    with chdir(shop.parent):
        EmbedForetune().after_context_created(context)
    loader = context.config_loader
    mine = loader["parameters"]["foretune"]
    assert loader["parameters"]["seed"] == "not of Foretune"
    assert (mine["seed"], mine["hpo"]["n_configurations"], mine["hpo"]["n_folds"]) == (0, 2, 3)
    # From the project, wherever a scheduler works
    assert mine["table"] == str(shop / "data/customers.csv")
    catalog = loader["catalog"]
    assert catalog["foretune.trial_ledger"] == yaml.safe_load(ENTRY)["foretune.trial_ledger"]
    assert catalog["foretune.trial_costs"]["filepath"] == "data/foretune/03_primary/trial_costs.parquet"
    assert catalog["foretune.tasks"]["path"] == "data/foretune/03_primary/tasks"
    assert catalog["foretune.recommendation_table"]["file"] == mine["table"]


@needs_reference
def test_folders_of_memories_are_of_the_project(shop: Path) -> None:
    with (shop / "conf/base/parameters.yml").open("a") as file:
        file.write("  memory: reference+memories/current\n")
    shutil.copytree(reference_folder() / "classification", shop / "memories/current/classification")
    context = make_context(shop)
    EmbedForetune().after_context_created(context)
    group = context.config_loader["parameters"]["foretune"]["recommendation"]
    assert list(group["memory"]) == ["reference", str(shop / "memories/current")]


def test_namespace_and_folder_can_be_others(shop: Path) -> None:
    parameters = shop / "conf/base/parameters.yml"
    parameters.write_text(parameters.read_text().replace("foretune:", "tuning:"))
    context = make_context(shop)
    EmbedForetune(namespace="tuning", folder="data/05_tuning").after_context_created(context)
    assert context.config_loader["catalog"]["tuning.surrogates"]["filepath"] == (
        "data/05_tuning/06_models/surrogates"
    )


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
    pipeline = Pipeline(recommendation.create_pipeline(), namespace="foretune")
    catalog: Any = SimpleNamespace(exists=lambda name: has_table, load=lambda name: None)
    with pytest.raises(ClickException, match=f"parameter {named} is missing"):
        EmbedForetune().before_pipeline_run(pipeline, catalog)


def test_a_page_is_named_by_what_the_project_has(shop: Path) -> None:
    pages = shop / "data/foretune/08_reporting/recommendation"
    (pages / "customers").mkdir(parents=True)
    # Of another file of the same name
    (pages / "customers/recommendation.json").write_text('{"table": {"file": "/elsewhere/customers.csv"}}')
    context = make_context(shop)
    with chdir(shop.parent):
        EmbedForetune().after_context_created(context)
    page = context.config_loader["catalog"]["foretune.recommendation_page"]["filepath"]
    assert page == "data/foretune/08_reporting/recommendation/customers-2/recommendation.html"


def test_the_configuration_is_that_of_the_pipelines() -> None:
    assert (find_configuration() / "parameters_hpo.yml").is_file()


def test_the_dockerfile_copies_what_a_project_has(shop: Path) -> None:
    copied = re.findall(r"^COPY (\S+) ", DOCKERFILE, re.MULTILINE)
    wheel, *rest = copied
    assert wheel.startswith("dist/foretune-")
    assert rest == ["pyproject.toml", "src", "conf/base"]
    assert all((shop / name).exists() for name in rest)
    assert "libgomp1" in DOCKERFILE
