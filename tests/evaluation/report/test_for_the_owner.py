from __future__ import annotations

from dataclasses import replace

import pandas as pd

from foretune.evaluation.report.for_the_owner import show_advice
from foretune.evaluation.report.tables import EvaluationTables
from foretune.reporting.section import ReportSection


def _frames(section: ReportSection) -> dict[str, pd.DataFrame]:
    return {table.title: next(iter(table.frames.values())) for table in section.tables}


def test_a_section_for_each_task_type_with_its_sentences(tables: EvaluationTables) -> None:
    assert tables.advice is not None
    sections = list(show_advice(tables))
    assert [section.title.split()[-2] for section in sections] == ["classification", "regression"]
    for section, task_type in zip(sections, ("classification", "regression"), strict=True):
        rows = tables.advice[tables.advice["task_type"] == task_type]
        assert [one.sentence for one in section.statements] == rows["sentence"].tolist()
        assert [one.evidence for one in section.statements] == rows["evidence"].tolist()
        tones = {one.mark: one.tone for one in section.statements}
        # Six families and no method without metafeatures
        assert tones["Caution"] == "caution"
        assert tones["Metafeatures"] == "missing"
        assert tones["Start"] == "plain"


def test_it_says_which_tasks_count(tables: EvaluationTables) -> None:
    one, other = (section.explanation for section in show_advice(tables))
    assert "Every figure is of 7 tasks of 6 families, held out with their families; 1 other" in one
    assert other.endswith("Every figure is of 7 tasks of 6 families, held out with their families.")


def test_the_list_is_written_to_be_read(tables: EvaluationTables) -> None:
    shown = _frames(next(iter(show_advice(tables))))["The list to start with"]
    assert shown["hyperparameters"].tolist() == ["C=0.1235, kernel=<b>", "(defaults)"]


def test_methods_have_their_labels(tables: EvaluationTables) -> None:
    assert tables.best_methods is not None
    shown = _frames(next(iter(show_advice(tables))))["Which method, by number of trials"]
    assert shown["n_trials"].tolist() == [1, 5, 20]
    assert set(shown["method"]) <= {"Foretune", "Greedy portfolio"}
    best = tables.best_methods[tables.best_methods["task_type"] == "classification"]
    assert shown["not_told_apart"].tolist() == [
        len([name for name in names.split(",") if name]) for names in best["not_told_apart"]
    ]


def test_from_a_file_it_is_the_same(tables: EvaluationTables) -> None:
    assert tables.advice is not None
    read = replace(tables, advice=tables.advice.replace({"evidence": {"": float("nan")}}))
    assert [one.statements for one in show_advice(read)] == [one.statements for one in show_advice(tables)]


def test_without_advice_there_is_no_section(tables: EvaluationTables) -> None:
    assert list(show_advice(replace(tables, advice=None))) == []
