"""Nodes of the pipeline ``evaluation``."""

from __future__ import annotations

from typing import Any

from foretune.base import show_progress
from foretune.evaluation import EvaluationParameters
from foretune.execution import ParallelParameters
from foretune.meta_model import MetaTrainingParameters
from foretune.pipelines.frames import Figure, pd
from foretune.understanding import UnderstandingParameters


def hold_out_tasks(
    meta_dataset: pd.DataFrame,
    parameters: EvaluationParameters,
    meta_training: MetaTrainingParameters,
    learners: list[str],
    parallel: ParallelParameters,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Hold out every task once; return regret, the surrogate's quality, its calibration, and what it cost."""
    from foretune.evaluation import evaluate_methods

    with show_progress("evaluation") as on_progress:
        return evaluate_methods(
            meta_dataset,
            parameters,
            meta_training,
            seed=seed,
            n_workers=parallel.n_workers,
            learner_order=learners,
            on_progress=on_progress,
        )


def rank_methods(regret: pd.DataFrame, parameters: EvaluationParameters, seed: int) -> pd.DataFrame:
    """Summarise regret over tasks, with intervals, ranks and harm done."""
    from foretune.evaluation import build_leaderboard

    return build_leaderboard(regret, parameters, seed)


def compare_methods(
    regret: pd.DataFrame, leaderboard: pd.DataFrame, parameters: EvaluationParameters, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Test Foretune against every other method and all methods' ranks; check what is claimed."""
    from foretune.evaluation import check_claims, compare_pairs, compute_speed_up, rank_by_family

    comparisons = compare_pairs(regret, parameters, seed)
    friedman, ranks = rank_by_family(regret, parameters)
    claims = check_claims(leaderboard, comparisons)
    return comparisons, friedman, ranks, compute_speed_up(leaderboard), claims


def draw_regret_curves(leaderboard: pd.DataFrame) -> tuple[Figure, Figure]:
    """Draw mean regret over trials, once for Kedro-Viz and once as a page."""
    from foretune.evaluation import plot_regret_curves

    figure = plot_regret_curves(leaderboard)
    return figure, figure


def draw_surrogate_quality(surrogate_quality: pd.DataFrame) -> Figure:
    """Draw how well the surrogate ranks the configurations of each held-out task."""
    from foretune.evaluation import plot_surrogate_quality

    return plot_surrogate_quality(surrogate_quality)


def draw_calibration(calibration: pd.DataFrame) -> Figure:
    """Draw how often the surrogate's intervals hold the truth."""
    from foretune.evaluation import plot_calibration

    return plot_calibration(calibration)


def draw_costs(evaluation_costs: pd.DataFrame) -> Figure:
    """Draw what the evaluation of each method cost."""
    from foretune.evaluation import plot_costs

    return plot_costs(evaluation_costs)


def draw_ranks(ranks: pd.DataFrame, friedman: pd.DataFrame) -> tuple[Figure, Figure]:
    """Draw mean ranks over trials, and critical-difference diagrams."""
    from foretune.evaluation import plot_critical_differences, plot_rank_curves

    return plot_rank_curves(ranks), plot_critical_differences(ranks, friedman)


def write_report(parameters: EvaluationParameters, settings: dict[str, Any], **tables: pd.DataFrame) -> str:
    """Write everything that was found, and what it was found with, as one page."""
    from foretune.evaluation import EvaluationTables, build_report
    from foretune.understanding import TABLES, build_sections

    sections = build_sections({name: tables.pop(name) for name in TABLES})
    return build_report(EvaluationTables(**tables), parameters, settings, sections)


def study_hyperparameters(
    meta_dataset: pd.DataFrame, parameters: UnderstandingParameters, parallel: ParallelParameters, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Find what matters for each learner: importance, interactions, curves, tunability, better defaults."""
    from foretune import understanding

    with show_progress("understanding") as on_progress:
        return understanding.study_hyperparameters(
            meta_dataset, parameters, seed, n_workers=parallel.n_workers, on_progress=on_progress
        )


def explain_surrogates(
    meta_dataset: pd.DataFrame, surrogates: dict[str, Any], parameters: UnderstandingParameters, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Explain a sample of the surrogates' predictions by SHAP values."""
    from foretune import understanding

    return understanding.explain_surrogates(meta_dataset, surrogates, parameters, seed)


def ablate_metafeatures(
    meta_dataset: pd.DataFrame,
    parameters: UnderstandingParameters,
    meta_training: MetaTrainingParameters,
    parallel: ParallelParameters,
    seed: int,
) -> pd.DataFrame:
    """Measure the surrogate without each group of metafeatures, and with each alone."""
    from foretune import understanding

    with show_progress("ablation") as on_progress:
        return understanding.ablate_metafeatures(
            meta_dataset,
            parameters,
            meta_training.target,
            seed,
            n_workers=parallel.n_workers,
            on_progress=on_progress,
        )


def draw_hyperparameters(
    importance: pd.DataFrame, interactions: pd.DataFrame, marginals: pd.DataFrame
) -> tuple[Figure, Figure]:
    """Draw the importance of hyperparameters, and how the score changes with them."""
    from foretune.understanding import plot_importance, plot_marginals

    return plot_importance(importance, interactions), plot_marginals(marginals)


def draw_gains(tunability: pd.DataFrame, better_defaults: pd.DataFrame) -> tuple[Figure, Figure]:
    """Draw what tuning gains, and what better defaults gain."""
    from foretune.understanding import plot_better_defaults, plot_tunability

    return plot_tunability(tunability), plot_better_defaults(better_defaults)


def draw_shap(shap: pd.DataFrame, shap_points: pd.DataFrame) -> Figure:
    """Draw what moves the surrogates' predictions most."""
    from foretune.understanding import plot_shap

    return plot_shap(shap, shap_points)


def draw_ablation(metafeature_ablation: pd.DataFrame) -> Figure:
    """Draw which groups of metafeatures earn their keep."""
    from foretune.understanding import plot_ablation

    return plot_ablation(metafeature_ablation)
