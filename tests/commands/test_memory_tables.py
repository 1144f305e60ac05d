from __future__ import annotations

from typing import Any

import pytest

from foretune.commands.memory_tables import print_memories, print_tasks


def _memory(name: str, score: str | None, **others: Any) -> dict[str, Any]:
    counts = {"n_tasks": 1_234, "n_families": 1, "n_configurations": 6, "n_trials": 1_000_000}
    learners = [{"learner": "svm", "n_configurations": 6, "n_tasks": 5, "n_trials": 7_000}]
    sizes = [{"size": "up to 1,000", "n_tasks": 4, "n_families": 3, "n_trials": 2}]
    given = {"n_folds": 3, "early_stopping": None, "costs": [], "learners": learners, "sizes": sizes}
    task_type = name.rpartition("/")[2].partition(".")[0]
    return {"name": name, "task_type": task_type, "score": score, **counts, **given, **others}


def test_memories_are_counted_in_few_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_memories(
        [
            _memory("classification", None, early_stopping={"patience": 50}, costs=["svm"]),
            _memory("metrics/classification.balanced_accuracy", "balanced_accuracy", n_folds=None),
        ]
    )
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 100
    words = [line.replace("│", " ").split() for line in printed.splitlines()]
    assert ["classification", "unknown", "3", "patience", "50", "1,234", "1", "1,000,000"] in words
    assert ["classification", "balanced_accuracy", "unknown", "no", "1,234", "1", "1,000,000"] in words
    # Further metrics have the same learners
    assert words.count(["svm", "6", "5", "7,000", "known"]) == 1
    assert ["up", "to", "1,000", "4", "3", "2"] in words


def test_names_of_tasks_are_printed_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    long = "x" * 150
    tasks = [
        {
            "task_id": "[red]a",
            "family": long,
            "task_type": "any",
            "n_rows": None,
            "n_evaluations": 5_000,
            "folds": "time",
        }
    ]
    print_tasks(tasks)
    printed = capsys.readouterr().out
    assert max(map(len, printed.splitlines())) <= 100
    assert "[red]a" in printed
    assert printed.count("x") >= 150
    assert "unknown" in printed
    assert "5,000" in printed
