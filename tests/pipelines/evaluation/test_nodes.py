from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.evaluation.regrets import make_regret

from foretune import evaluation, understanding
from foretune.evaluation import EvaluationParameters
from foretune.execution import ParallelParameters
from foretune.meta_model import MetaTrainingParameters
from foretune.pipelines.evaluation import nodes
from foretune.pipelines.evaluation.pipeline import ADVISED
from foretune.understanding import TABLES, UnderstandingParameters

PARAMETERS = EvaluationParameters(n_bootstrap=100)
PARALLEL = ParallelParameters(n_workers=3)
TRAINING = MetaTrainingParameters(target="minmax")


@pytest.fixture(scope="module")
def regret() -> pd.DataFrame:
    rng = np.random.default_rng(0)
    levels = {"foretune": 0.2, "random_search": 0.6, "greedy_portfolio": 0.4}
    regrets = {
        method: {n: (level * rng.uniform(0.5, 1, 8) / n).round(3).tolist() for n in (1, 5)}
        for method, level in levels.items()
    }
    return make_regret(regrets)


def test_methods_are_ranked_and_compared_by_the_same_seed(regret: pd.DataFrame) -> None:
    in_time = regret.assign(time=2.0)
    leaderboard, board_in_time = nodes.rank_methods(regret, in_time, PARAMETERS, 3)
    pd.testing.assert_frame_equal(board_in_time, evaluation.build_leaderboard_in_time(in_time, PARAMETERS, 3))
    pd.testing.assert_frame_equal(leaderboard, evaluation.build_leaderboard(regret, PARAMETERS, 3))
    found = nodes.compare_methods(regret, leaderboard, PARAMETERS, 3)
    comparisons = evaluation.compare_pairs(regret, PARAMETERS, 3)
    expected = (
        comparisons,
        *evaluation.rank_by_family(regret, PARAMETERS),
        evaluation.compute_speed_up(leaderboard),
        evaluation.check_claims(leaderboard, comparisons),
    )
    for one, other in zip(found, expected, strict=True):
        pd.testing.assert_frame_equal(one, other)


def test_methods_are_ranked_by_the_sizes_of_the_tasks(regret: pd.DataFrame) -> None:
    tasks = regret[["task_id", "provenance"]].drop_duplicates()
    meta_dataset = tasks.assign(n_rows=[100.0, 5_000.0] * 4)
    board = nodes.rank_by_size(regret, meta_dataset, PARAMETERS, 3)
    pd.testing.assert_frame_equal(
        board, evaluation.build_leaderboard_by_size(regret, meta_dataset, PARAMETERS, 3)
    )
    assert set(board["size_class"]) == {"up to 1,000", "4,000 to 20,000"}


class Call:
    """Stands for a function of the library; says what it was called with."""

    def __init__(self, returned: Any) -> None:
        self.returned = returned
        self.arguments: tuple[Any, ...] = ()
        self.named: dict[str, Any] = {}

    def __call__(self, *arguments: Any, **named: Any) -> Any:
        self.arguments, self.named = arguments, named
        return self.returned


def replaced(monkeypatch: pytest.MonkeyPatch, package: Any, name: str) -> Call:
    call = Call(f"result of {name}")
    monkeypatch.setattr(package, name, call)
    return call


def test_every_task_is_held_out_by_the_settings_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    call = replaced(monkeypatch, evaluation, "evaluate_methods")
    found: Any = nodes.hold_out_tasks("table", "costs", PARAMETERS, TRAINING, ["svm"], PARALLEL, 7)
    assert found == call.returned
    assert call.arguments == ("table", PARAMETERS, TRAINING)
    assert callable(call.named.pop("on_progress"))
    assert call.named == {"seed": 7, "n_workers": 3, "learner_order": ["svm"], "trial_costs": "costs"}


def test_hyperparameters_and_surrogates_are_studied_by_the_settings_of_the_run(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    wanted = UnderstandingParameters(shap_rows=33)
    table: Any = "table"
    studied = replaced(monkeypatch, understanding, "study_hyperparameters")
    assert nodes.study_hyperparameters(table, wanted, PARALLEL, 7) == studied.returned
    assert studied.arguments == ("table", wanted, 7)
    assert studied.named["n_workers"] == 3
    explained = replaced(monkeypatch, understanding, "explain_surrogates")
    assert nodes.explain_surrogates(table, {"a": 1}, wanted, 7) == explained.returned
    assert explained.arguments == ("table", {"a": 1}, wanted, 7)
    ablated = replaced(monkeypatch, understanding, "ablate_metafeatures")
    assert nodes.ablate_metafeatures(table, wanted, TRAINING, PARALLEL, 7) == ablated.returned
    assert ablated.arguments == ("table", wanted, "minmax", 7)
    assert ablated.named["n_workers"] == 3


def test_tasks_are_studied_with_the_configurations_of_the_memories(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = replaced(monkeypatch, evaluation, "count_known_tasks")
    listed = replaced(monkeypatch, evaluation, "list_starters")
    measured = replaced(monkeypatch, evaluation, "measure_learning_curve")
    memory = SimpleNamespace(provenance=SimpleNamespace(configurations={"c": "configuration"}))
    table: Any = "table"
    found = nodes.study_tasks(table, {"regression": memory}, PARAMETERS, TRAINING, 7)
    assert found == (counted.returned, listed.returned, measured.returned)
    assert counted.arguments == ("table", PARAMETERS.claims_on)
    assert listed.arguments == ("table", {"regression": {"c": "configuration"}}, TRAINING)
    assert measured.arguments == ("table", PARAMETERS, TRAINING, 7)


def test_advice_is_computed_of_its_tables(regret: pd.DataFrame, monkeypatch: pytest.MonkeyPatch) -> None:
    leaderboard = evaluation.build_leaderboard(regret, PARAMETERS, 3)
    found = nodes.find_best_methods(regret, leaderboard, PARAMETERS, 3)
    expected = evaluation.find_best_methods(regret, leaderboard, PARAMETERS, 3)
    pd.testing.assert_frame_equal(found, expected)
    advised = replaced(monkeypatch, evaluation, "advise")
    tables: Any = {name: f"table {name}" for name in ADVISED}
    assert nodes.advise_owner(PARAMETERS, 7, **tables) == advised.returned
    assert advised.arguments == (evaluation.AdviceTables(**tables), PARAMETERS, 7)


@pytest.mark.parametrize(
    ("node", "package", "drawn"),
    [
        ("draw_surrogate_quality", evaluation, {"plot_surrogate_quality": ("a",)}),
        ("draw_calibration", evaluation, {"plot_calibration": ("a",)}),
        ("draw_learning_curve", evaluation, {"plot_learning_curve": ("a",)}),
        ("draw_costs", evaluation, {"plot_costs": ("a",)}),
        ("draw_ranks", evaluation, {"plot_rank_curves": ("a",), "plot_critical_differences": ("a", "b")}),
        (
            "draw_hyperparameters",
            understanding,
            {"plot_importance": ("a", "b"), "plot_marginals": ("c",)},
        ),
        ("draw_gains", understanding, {"plot_tunability": ("a",), "plot_better_defaults": ("b",)}),
        ("draw_shap", understanding, {"plot_shap": ("a", "b")}),
        ("draw_ablation", understanding, {"plot_ablation": ("a",)}),
    ],
)
def test_figures_are_drawn_of_their_tables(
    node: str, package: Any, drawn: dict[str, tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = {name: replaced(monkeypatch, package, name) for name in drawn}
    given = sorted({name for names in drawn.values() for name in names})
    found = getattr(nodes, node)(*given)
    assert {name: call.arguments for name, call in calls.items()} == drawn
    results = tuple(call.returned for call in calls.values())
    assert found == (results if len(results) > 1 else results[0])


def test_regret_curves_are_drawn_once_for_two_places(monkeypatch: pytest.MonkeyPatch) -> None:
    call = replaced(monkeypatch, evaluation, "plot_regret_curves")
    leaderboard: Any = "leaderboard"
    assert nodes.draw_regret_curves(leaderboard) == (call.returned, call.returned)
    assert call.arguments == ("leaderboard",)


def test_the_report_is_made_of_both_kinds_of_tables_and_their_figures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    report = replaced(monkeypatch, evaluation, "build_report")
    sections = replaced(monkeypatch, understanding, "build_sections")
    names = ["regret", "leaderboard", "comparisons", "friedman", "ranks", "speed_up", "claims"]
    tables: dict[str, Any] = dict.fromkeys([*names, "surrogate_quality", *TABLES])
    figures: dict[str, Any] = {name: f"figure {name}" for name in nodes.FIGURES}
    written = nodes.write_report(PARAMETERS, {"seed": 7}, **(tables | {"regret": "r", "shap": "s"} | figures))
    assert written == report.returned
    assert sections.arguments == (dict.fromkeys(TABLES) | {"shap": "s"}, figures)
    shown, *rest = report.arguments
    assert (shown.regret, shown.calibration, shown.figures) == ("r", None, figures)
    assert rest == [PARAMETERS, {"seed": 7}, sections.returned]
