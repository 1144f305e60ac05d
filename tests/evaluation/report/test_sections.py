from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest
import yaml
from tests.evaluation.report.conftest import EVIL, LEVELS

from foretune import __version__
from foretune.evaluation.figures.regret import label_of
from foretune.evaluation.leaderboard import build_leaderboard_in_time
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.report import sections
from foretune.evaluation.report.page import build_report
from foretune.evaluation.report.tables import EvaluationTables
from foretune.reporting.section import ReportSection

MakeTables = Callable[..., EvaluationTables]


def frames(section: ReportSection) -> dict[str, pd.DataFrame]:
    """Frames of a section by the titles of their tables."""
    return {table.title: next(iter(table.frames.values())) for table in section.tables}


def choices(section: ReportSection) -> dict[str, tuple[str, ...]]:
    return {table.title: table.choose for table in section.tables}


def test_the_leaderboard_is_shown_with_labels_and_what_hardly_varies_last(tables: EvaluationTables) -> None:
    section = sections.show_regret(tables, ("real",))
    (shown,) = frames(section).values()
    assert shown.columns[-1] == "n_tasks"
    assert sorted(shown.columns) == sorted(tables.leaderboard.columns)
    assert shown["method"].tolist() == [label_of(name) for name in tables.leaderboard["method"]]
    pd.testing.assert_series_equal(shown["mean_regret"], tables.leaderboard["mean_regret"])
    assert choices(section) == {"Leaderboard": ("task_type", "n_trials")}
    (figure,) = section.figures
    assert {trace.legendgroup for trace in figure.data} == set(LEVELS)


def test_comparisons_name_the_opponents_only(tables: EvaluationTables) -> None:
    (shown,) = frames(sections.show_comparisons(tables)).values()
    assert "method" not in shown
    assert set(shown["opponent"]) == {label_of(name) for name in LEVELS if name != "foretune"}
    assert sections.show_comparisons(tables).tables[0].search


def test_ranks_are_shown_with_their_tests(tables: EvaluationTables) -> None:
    section = sections.show_ranks(tables)
    assert len(section.figures) == 2
    shown = frames(section)
    assert shown["Friedman tests"] is tables.friedman
    assert set(shown["Mean ranks"]["method"]) == {label_of(name) for name in LEVELS}
    assert choices(section) == {"Friedman tests": ("task_type",), "Mean ranks": ("task_type", "n_trials")}


def test_speed_up_is_shown_by_task_type_and_number_of_trials(tables: EvaluationTables) -> None:
    (table,) = sections.show_speed_up(tables).tables
    assert table.choose == ("task_type", "n_trials")
    assert len(table.frames[""]) == len(tables.speed_up)


def test_tasks_are_all_there_and_the_worst_are_of_those_that_count(tables: EvaluationTables) -> None:
    by_task, worst, known = sections.show_tasks(tables, ("real",)).tables
    assert known.frames[""] is tables.known_tasks
    assert list(by_task.frames) == ["1", "5", "20"]
    assert len(by_task.frames["1"]) == 15
    assert EVIL in set(by_task.frames["1"]["task_id"])
    synthetic = set(tables.regret.loc[tables.regret["provenance"] == "synthetic", "task_id"])
    assert synthetic
    assert not synthetic & set(worst.frames[""]["task_id"])
    assert set(sections.show_tasks(tables, ("synthetic",)).tables[1].frames[""]["task_id"]) == synthetic


def test_the_surrogate_is_shown_with_its_calibration_where_that_is_known(tables: EvaluationTables) -> None:
    section = sections.show_surrogate(tables)
    assert [table.title for table in section.tables] == [
        "Quality by task",
        "Coverage, mean over tasks",
        "Coverage by task",
    ]
    assert len(section.figures) == 2
    coverage = frames(section)["Coverage, mean over tasks"].set_index(["task_type", "nominal"])["coverage"]
    assert coverage["regression", 0.8] == pytest.approx(0.7)
    assert coverage["classification", 0.95] == pytest.approx(0.85)
    without = sections.show_surrogate(replace(tables, calibration=None))
    assert ([table.title for table in without.tables], len(without.figures)) == (["Quality by task"], 1)


def test_near_duplicates_are_the_groups_that_are_given_or_the_families(
    tables: EvaluationTables, make_tables: MakeTables
) -> None:
    (section,) = sections.show_near_duplicates(tables)
    (families,) = frames(section).values()
    assert families["family"].tolist() == ["cla family 1", "reg family 1"]
    assert families["n_tasks"].tolist() == [2, 2]
    groups = pd.DataFrame({"group": ["wines"], "tasks": ["red, white"]})
    (section,) = sections.show_near_duplicates(replace(tables, near_duplicates=groups))
    assert frames(section)["Groups"] is groups
    assert list(sections.show_near_duplicates(replace(tables, near_duplicates=groups.head(0)))) == []
    alone = tables.regret.assign(family=tables.regret["task_id"])
    assert list(sections.show_near_duplicates(replace(tables, regret=alone))) == []


def test_costs_are_summed_and_the_largest_come_first(tables: EvaluationTables) -> None:
    (section,) = sections.show_costs(tables)
    (shown,) = frames(section).values()
    assert shown[["task_type", "stage", "seconds"]].to_numpy().tolist() == [
        ["classification", "fit", 12.5],
        ["classification", "search", 4.25],
        ["regression", "fit", 12.5],
        ["regression", "search", 4.25],
    ]
    assert shown["name"].tolist()[1] == label_of("foretune")
    assert tables.evaluation_costs is not None
    for costs in (None, tables.evaluation_costs.head(0)):
        assert list(sections.show_costs(replace(tables, evaluation_costs=costs))) == []


def test_settings_and_versions_are_listings() -> None:
    versions, parameters = sections.show_settings({"seed": 3, "evaluation": {"n_seeds": 2}}).listings
    assert f"foretune {__version__}" in versions.text.splitlines()
    assert yaml.safe_load(parameters.text) == {"seed": 3, "evaluation": {"n_seeds": 2}}


def _in_time(regret: pd.DataFrame, factor: float) -> pd.DataFrame:
    timed = regret[regret["method"] == "foretune"].assign(
        method="foretune_timed", regret=lambda table: table["regret"] * factor
    )
    return pd.concat([regret, timed], ignore_index=True).assign(time=lambda table: table["n_trials"] / 2)


@pytest.mark.parametrize("factor", [0.1, 3.0])
def test_regret_in_time_names_the_best_other_method(
    tables: EvaluationTables, regret: pd.DataFrame, parameters: EvaluationParameters, factor: float
) -> None:
    in_time = _in_time(regret, factor)
    board = build_leaderboard_in_time(in_time, parameters, 0)
    (section,) = sections.show_regret_in_time(
        replace(tables, regret_in_time=in_time, leaderboard_in_time=board)
    )
    shown = board.set_index(["task_type", "time", "method"])["mean_regret"]
    for task_type in ("classification", "regression"):
        at = shown[task_type, 2.5]
        best = str(at.drop("foretune_timed").idxmin())
        said = f"{at['foretune_timed']:.3g} against {at[best]:.3g} ({label_of(best)}) after 2.5"
        assert said in section.explanation
    assert choices(section) == {
        "Leaderboard in time": ("task_type", "time"),
        "Regret in time by task": ("time",),
    }
    assert list(section.tables[1].frames) == ["0.5", "2.5", "10"]
    assert "Foretune timed's place" in section.tables[1].frames["2.5"]


def test_without_times_there_is_no_section_on_time(
    tables: EvaluationTables, regret: pd.DataFrame, parameters: EvaluationParameters
) -> None:
    assert list(sections.show_regret_in_time(tables)) == []
    none = regret.assign(time=1.0).iloc[:0]
    board = build_leaderboard_in_time(none, parameters, 0)
    empty = replace(tables, regret_in_time=none, leaderboard_in_time=board)
    assert list(sections.show_regret_in_time(empty)) == []
    assert "Regret in time" not in build_report(empty, parameters)


def test_what_metafeatures_weigh_is_said_for_each_task_type() -> None:
    quality = pd.DataFrame(
        {"task_type": ["classification"] * 2 + ["regression"], "metafeature_weight": [0.2, 0.6, 0.0]}
    )
    text = sections.describe_weights(quality)
    assert "Classification: metafeatures have a weight of 0.40 on average (0.20 to 0.60)" in text
    assert "Regression: metafeatures have a weight of 0.00 on average (0.00 to 0.00)" in text
    assert sections.describe_weights(quality.drop(columns="metafeature_weight")) == ""
