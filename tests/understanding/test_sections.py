from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import pytest

from foretune.understanding.hyperparameter_tables import study_hyperparameters
from foretune.understanding.names import TABLES
from foretune.understanding.parameters import UnderstandingParameters
from foretune.understanding.sections import build_sections

PARTS = ["importance", "interactions", "marginals", "tunability", "defaults"]


@pytest.fixture
def tables(
    make_table: Callable[..., pd.DataFrame], svm_design: pd.DataFrame, parameters: UnderstandingParameters
) -> dict[str, pd.DataFrame]:
    """All tables by name; those of SHAP values and of the ablation are made by hand."""
    table = make_table(svm_design, lambda x, quality: quality - x["param_C"], default=3)
    studied = study_hyperparameters(table, parameters, 0)
    found = dict(zip(TABLES[:5], studied, strict=True))
    names = [f"feature {number}" for number in range(40)]
    keys = {"task_type": "classification", "learner": "svm", "hyperparameter": "C"}
    found["best_by_rows"] = pd.DataFrame(
        [keys | {"table": "a", "n_rows": rows, "value": 1.0, "is_log": True} for rows in (1e3, 4e3)]
    )
    trend = {"per_tenfold": 2.0, "ci_low": 1.5, "ci_high": 3.0, "share_rising": 1.0}
    found["size_trends"] = pd.DataFrame([keys | {"n_tables": 3, "is_log": True, "typical": 1.0} | trend])
    found["shap"] = pd.DataFrame(
        {"task_type": "classification", "name": names, "kind": "metafeature", "mean_abs_shap": 0.1}
    )
    found["shap_points"] = pd.DataFrame(
        {"task_type": ["classification"], "name": "feature 0", "shap": 0.5, "value": 1.0, "value_rank": 0.5}
    )
    found["metafeature_ablation"] = pd.DataFrame(
        {"task_type": ["classification"], "variant": "all", "group": "", "measure": "spearman"}
        | dict.fromkeys(("improvement", "ci_low", "ci_high"), 0.1)
    )
    return found


TITLES = [
    "Which hyperparameters matter",
    "Better and worse settings",
    "What is worth tuning",
    "Better defaults",
    "How settings move with the number of rows",
    "What moves the surrogate",
    "Which metafeatures are useful",
]


def test_every_table_has_its_section_with_a_figure(tables: dict[str, pd.DataFrame]) -> None:
    sections = build_sections(tables)
    assert [section.title for section in sections] == TITLES
    assert all(len(section.figures) == 1 and section.explanation for section in sections)
    shown = {table.title: table.rows for section in sections for table in section.tables}
    for title, name in {
        "Importance over tasks": "hyperparameter_importance",
        "Tunability": "tunability",
        "Better defaults": "better_defaults",
        "Trends": "size_trends",
        "Ablation": "metafeature_ablation",
    }.items():
        assert shown[title] is tables[name]
    columns = ["task_type", "learner", "hyperparameter", "label", "effect", "q25", "median", "q75"]
    pd.testing.assert_frame_equal(shown["Effects"], tables["marginals"][columns])


def test_long_tables_show_their_first_rows_by_learner_or_task_type(tables: dict[str, pd.DataFrame]) -> None:
    shown = {table.title: table.rows for section in build_sections(tables) for table in section.tables}
    interactions = tables["hyperparameter_interactions"]
    assert len(interactions) == 6
    pd.testing.assert_frame_equal(shown["Strongest interactions"], interactions.head(3))
    assert shown["Largest mean SHAP values"]["name"].tolist() == [f"feature {at}" for at in range(30)]


def test_a_section_without_rows_is_left_out(tables: dict[str, pd.DataFrame]) -> None:
    empty = {name: tables[name].head(0) for name in ("shap", "shap_points", "metafeature_ablation")}
    assert [section.title for section in build_sections(tables | empty)] == TITLES[:5]
    assert build_sections({name: frame.head(0) for name, frame in tables.items()}) == []


def test_an_absent_table_is_an_error(tables: dict[str, pd.DataFrame]) -> None:
    with pytest.raises(KeyError, match="marginals"):
        build_sections({name: frame for name, frame in tables.items() if name != "marginals"})
