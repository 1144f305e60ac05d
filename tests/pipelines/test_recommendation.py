"""The pipeline ``recommendation`` in real sessions, with the memory that the package carries."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from click import ClickException
from playwright.sync_api import Browser, Page
from sklearn.datasets import load_diabetes, load_wine
from tests.browser import are_drawn, column_of, open_page, rows_of, table_of
from tests.pipelines.conftest import Workspace

from foretune.ledger import StoredTrial
from foretune.ledger.ledger import Ledger
from foretune.project.table_folder import name_table_folder
from foretune.recommendation import reference_folder

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not (reference_folder() / "classification").is_dir(), reason="the package carries no reference memory"
    ),
]
FOLDER = "data/08_reporting/recommendation"
# Fast, and with the longest name
LEARNER = "k_nearest_neighbours"


@pytest.fixture
def wine(tmp_path: Path) -> Path:
    return _write_wine(tmp_path)


@pytest.fixture(scope="module")
def answered(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """Give a workspace in which wine was asked about, tried and fed back."""
    workspace = Workspace(tmp_path_factory.mktemp("answered"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DO_NOT_TRACK", "1")
        group = {"learner": LEARNER, "evaluate": 3, "feed_ledger": True, "k": 6}
        _ask(workspace, _write_wine(workspace.path), "kind", **group)
        yield workspace


def _write_wine(folder: Path) -> Path:
    X, y = load_wine(return_X_y=True, as_frame=True)
    file = folder / "wine.csv"
    X.assign(empty=np.nan, kind=y.map({0: "red", 1: "white", 2: "green"})).to_csv(file, index=False)
    return file


def _ask(workspace: Workspace, file: Path, target: str, **group: Any) -> dict[str, Any]:
    workspace.run(
        "recommendation", table=str(file), target=target, recommendation=group, parallel={"n_workers": 1}
    )
    return _answer(workspace)


def _answer(workspace: Workspace) -> dict[str, Any]:
    return dict(json.loads((_outputs(workspace) / "recommendation.json").read_text()))


def _outputs(workspace: Workspace) -> Path:
    """Folder of the table that was last recommended to."""
    folder = workspace.path / FOLDER
    return folder / name_table_folder(None, str(folder))


def _stored(workspace: Workspace) -> list[StoredTrial]:
    with Ledger.open(f"sqlite:///{workspace.path / 'data/03_primary/ledger.sqlite'}") as ledger:
        return list(ledger.rows())


def test_a_csv_is_ranked_and_tried(answered: Workspace) -> None:
    ranking = pd.read_csv(_outputs(answered) / "recommendation.csv")
    assert list(ranking["rank"]) == [1, 2, 3, 4, 5, 6]
    assert set(ranking["learner"]) == {LEARNER}
    assert ranking["is_default"].head(3).sum() == 1
    measured = pd.DataFrame(_answer(answered)["measured"])
    assert set(measured["status"]) == {"ok"}
    assert measured["score"].min() > 0.8
    page = (_outputs(answered) / "recommendation.html").read_text(encoding="utf-8")
    assert "empty" in page
    assert "MetaSearchCV" in page


def test_what_was_tried_is_known_to_the_next_run(
    answered: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    measured = pd.DataFrame(_answer(answered)["measured"]).set_index("config_id")
    fed = {one.key: one for one in _stored(answered)}
    assert sorted(one.configuration.config_id for one in fed.values()) == sorted(measured.index)
    # The same table as a user's task, by the entry that the page shows
    entry = yaml.safe_load(_answer(answered)["to_paste"]["user_task"])["task_generation"]["user_tasks"]
    folder = answered.path / "data/01_raw/tasks"
    folder.mkdir(parents=True, exist_ok=True)
    _write_wine(folder)
    with caplog.at_level("INFO", logger="foretune"):
        answered.run(
            *("task_generation", "hpo", "metafeatures", "meta_training"),
            task_generation={
                "sources": ["sklearn"],
                "task_ids": ["iris", "breast_cancer"],
                "user_tasks": entry,
            },
            # Its design has the library default only in common with what was recommended
            hpo={"learners": [LEARNER], "n_configurations": 1},
            metafeatures={"groups": ["simple", "target"]},
            parallel={"n_workers": 1},
        )
    trials = pd.read_parquet(answered.path / "data/03_primary/trials.parquet")
    ours = trials[trials["task_id"] == "wine"].set_index("config_id")
    assert set(measured.index) <= set(ours.index)
    assert (ours.loc[measured.index[~measured["is_default"].astype(bool)], "strategy"] == "recommended").all()
    # Nothing was evaluated again, and all of it is learnt from
    assert "1 trials are known from the ledger, 5 are left" in caplog.text
    assert len(_stored(answered)) == len(trials) == len(fed) + 5
    table = pd.read_parquet(answered.path / "data/05_model_input/meta_dataset.parquet")
    assert set(table.loc[table["task_id"] == "wine", "config_id"]) >= set(measured.index)


def test_the_same_question_has_the_same_answer_and_its_program_runs(
    workspace: Workspace, tmp_path: Path
) -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    file = tmp_path / "diabetes.parquet"
    X.assign(progress=y).to_parquet(file)
    found = _ask(workspace, file, "progress", k=3)
    first = workspace.files()
    assert _ask(workspace, file, "progress", k=3) == found
    changed = [name for name, content in workspace.files().items() if first[name] != content]
    assert changed == []
    program = found["to_paste"]["program"]
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    score = float(ran.stdout.split(": ")[1].split()[0])
    best = found["recommendations"][0]
    assert best["score_low"] - 0.1 < score < best["score_high"] + 0.1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"target": "knd"}, "target column 'knd' is not in the table \\(did you mean 'kind'"),
        (
            {"learner": "forest"},
            r"'forest' is not in this memory \(did you mean 'random_forest'\?\); choose from: auto",
        ),
        ({"one_class": True}, "one class"),
        ({"infinite": True}, "non-finite numbers in columns 'alcohol'"),
    ],
)
def test_what_cannot_be_recommended_to_is_one_line(
    workspace: Workspace, wine: Path, change: dict[str, Any], message: str
) -> None:
    table = pd.read_csv(wine)
    if change.get("one_class"):
        table["kind"] = "red"
    if change.get("infinite"):
        table.loc[0, "alcohol"] = np.inf
    table.to_csv(wine, index=False)
    group = {"learner": change["learner"]} if "learner" in change else {}
    with pytest.raises(ClickException, match=message):
        _ask(workspace, wine, change.get("target", "kind"), **group)


def test_a_table_is_for_the_pipeline_recommendation_and_needs_a_target(
    workspace: Workspace, wine: Path
) -> None:
    with pytest.raises(ClickException, match="parameter table is for the pipeline recommendation"):
        workspace.run("task_generation", table=str(wine))
    with pytest.raises(ClickException, match="parameter target is missing"):
        workspace.run("recommendation", table=str(wine))
    with pytest.raises(ClickException, match="there is no such file"):
        workspace.run("recommendation", table=str(wine) + "x", target="kind")


def _cut_off(page: Page) -> list[str]:
    """Reasons of which a part lies outside of what is seen without scrolling sideways."""
    cut: list[str] = (
        table_of(page, "Why each of them")
        .locator(".scroll")
        .evaluate(
            "box => Array.from(box.querySelectorAll('td:last-child')).filter(cell =>"
            " cell.scrollWidth > cell.clientWidth"
            " || cell.getBoundingClientRect().right > box.getBoundingClientRect().right + 1)"
            ".map(cell => cell.textContent)"
        )
    )
    return cut


def test_the_page_in_a_browser(answered: Workspace, browser: Browser) -> None:
    found = _answer(answered)
    address = (_outputs(answered) / "recommendation.html").as_uri()
    reasons = [one["reason"] for one in found["recommendations"]]
    with open_page(browser, address) as (page, trouble):
        # Scores, what was measured, gains, nearest tasks, drivers
        assert are_drawn(page) == [True] * 5
        ranked = table_of(page, "Ranked configurations")
        assert ranked.count() == 1
        assert column_of(ranked, "rank") == [str(one["rank"]) for one in found["recommendations"]]
        assert len(rows_of(table_of(page, "Measured against predicted"))) == len(found["measured"])
        assert column_of(table_of(page, "Why each of them"), "reason") == reasons
        assert _cut_off(page) == []
        page.set_viewport_size({"width": 390, "height": 800})
        assert _cut_off(page) == []
        scrolling = "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth + 1).length"
        assert page.locator(".plot .scroll").evaluate_all(scrolling) == 0
        assert trouble == []


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_the_first_screen_says_what_to_do(answered: Workspace, browser: Browser, width: int) -> None:
    address = (_outputs(answered) / "recommendation.html").as_uri()
    program = _answer(answered)["to_paste"]["program"]
    with open_page(browser, address, width=width) as (page, trouble):
        seen = page.locator(".sentence, .facts div, .decision .copy").evaluate_all(
            "parts => parts.map(part => part.getBoundingClientRect().bottom <= innerHeight)"
        )
        # What to use, its score, its gain, on how many rows and folds, and the button
        assert seen == [True] * 5
        assert re.search(r"\d+ rows in \d folds", page.locator(".facts").inner_text())
        page.locator(".decision .copy").click()
        page.wait_for_function("() => document.querySelector('.decision .copy').textContent === 'Copied'")
        # What was copied is what is pasted
        page.evaluate("document.body.append(document.createElement('textarea'))")
        page.locator("textarea").focus()
        page.keyboard.press("Control+V")
        assert page.locator("textarea").input_value() == program
        assert trouble == []


def test_another_table_does_not_replace_the_page(workspace: Workspace, tmp_path: Path) -> None:
    X, y = load_diabetes(return_X_y=True, as_frame=True)
    for place, k in (("a", 2), ("b", 3)):
        (tmp_path / place).mkdir()
        X.iloc[::4].assign(progress=y).to_csv(tmp_path / place / "sick.csv", index=False)
        _ask(workspace, tmp_path / place / "sick.csv", "progress", k=k)
    folder = workspace.path / FOLDER
    assert sorted(one.name for one in folder.iterdir() if one.is_dir()) == ["sick", "sick-2"]
    counts = [
        len(json.loads((folder / name / "recommendation.json").read_text())["recommendations"])
        for name in ("sick", "sick-2")
    ]
    assert counts == [2, 3]
    assert (folder / "sick/recommendation.html").is_file()
    # Asked again, a table replaces its own
    _ask(workspace, tmp_path / "a/sick.csv", "progress", k=4)
    assert len(list(folder.iterdir())) == 2 + (folder / ".gitkeep").exists()
