"""Nodes of the pipeline ``evaluation``."""

from __future__ import annotations

from typing import Any

from foretune.base import show_progress
from foretune.evaluation import EvaluationParameters
from foretune.execution import ParallelParameters
from foretune.meta_model import MetaTrainingParameters
from foretune.pipelines.frames import Figure, pd
from foretune.understanding import UnderstandingParameters

# Figures that are drawn by nodes of their own, and shown in the report
FIGURES = (
    "regret_curves",
    "learning_curve_figure",
    "rank_curves",
    "critical_differences",
    "surrogate_quality_figure",
    "calibration_figure",
    "evaluation_costs_figure",
    "hyperparameter_importance_figure",
    "marginals_figure",
    "tunability_figure",
    "better_defaults_figure",
    "shap_figure",
    "metafeature_ablation_figure",
)


def hold_out_tasks(
    meta_dataset: pd.DataFrame,
    trial_costs: pd.DataFrame,
    parameters: EvaluationParameters,
    meta_training: MetaTrainingParameters,
    learners: list[str],
    parallel: ParallelParameters,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Evaluate all methods on held-out tasks; return regret, quality, calibration, costs, regret in time."""
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
            trial_costs=trial_costs,
        )


def rank_methods(
    regret: pd.DataFrame, regret_in_time: pd.DataFrame, parameters: EvaluationParameters, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Build the leaderboards, after numbers of trials and in time: regret with intervals, ranks, harm."""
    from foretune.evaluation import build_leaderboard, build_leaderboard_in_time

    return (
        build_leaderboard(regret, parameters, seed),
        build_leaderboard_in_time(regret_in_time, parameters, seed),
    )


def rank_by_size(
    regret: pd.DataFrame, meta_dataset: pd.DataFrame, parameters: EvaluationParameters, seed: int
) -> pd.DataFrame:
    """Build the leaderboard by size class: regret on tasks of similar numbers of rows."""
    from foretune.evaluation import build_leaderboard_by_size

    return build_leaderboard_by_size(regret, meta_dataset, parameters, seed)


def compare_methods(
    regret: pd.DataFrame, leaderboard: pd.DataFrame, parameters: EvaluationParameters, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Compute pairwise tests, Friedman test, ranks, speed-ups and checked claims."""
    from foretune.evaluation import check_claims, compare_pairs, compute_speed_up, rank_by_family

    comparisons = compare_pairs(regret, parameters, seed)
    friedman, ranks = rank_by_family(regret, parameters)
    claims = check_claims(leaderboard, comparisons)
    return comparisons, friedman, ranks, compute_speed_up(leaderboard), claims


def study_tasks(
    meta_dataset: pd.DataFrame,
    surrogates: dict[str, Any],
    parameters: EvaluationParameters,
    meta_training: MetaTrainingParameters,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Count the known tasks, list configurations to start with, and measure what more tasks bring."""
    from foretune.evaluation import count_known_tasks, list_starters, measure_learning_curve

    configurations = {name: memory.provenance.configurations for name, memory in surrogates.items()}
    return (
        count_known_tasks(meta_dataset, parameters.claims_on),
        list_starters(meta_dataset, configurations, meta_training),
        measure_learning_curve(meta_dataset, parameters, meta_training, seed),
    )


def find_best_methods(
    regret: pd.DataFrame, leaderboard: pd.DataFrame, parameters: EvaluationParameters, seed: int
) -> pd.DataFrame:
    """Find the best method at each number of trials, and those that cannot be told apart from it."""
    from foretune import evaluation

    return evaluation.find_best_methods(regret, leaderboard, parameters, seed)


def advise_owner(parameters: EvaluationParameters, seed: int, **tables: pd.DataFrame) -> pd.DataFrame:
    """Compute what follows for the owner of the memory: sentences with their evidence."""
    from foretune.evaluation import AdviceTables, advise

    return advise(AdviceTables(**tables), parameters, seed)


def draw_learning_curve(learning_curve: pd.DataFrame) -> Figure:
    """Plot the regret of the starting list over the number of known tasks."""
    from foretune.evaluation import plot_learning_curve

    return plot_learning_curve(learning_curve)


def draw_regret_curves(leaderboard: pd.DataFrame) -> tuple[Figure, Figure]:
    """Plot mean regret over trials, for Kedro-Viz and as an HTML page."""
    from foretune.evaluation import plot_regret_curves

    figure = plot_regret_curves(leaderboard)
    return figure, figure


def draw_surrogate_quality(surrogate_quality: pd.DataFrame) -> Figure:
    """Plot the rank correlation of predicted and true scores on each held-out task."""
    from foretune.evaluation import plot_surrogate_quality

    return plot_surrogate_quality(surrogate_quality)


def draw_calibration(calibration: pd.DataFrame) -> Figure:
    """Plot the coverage of the surrogate's intervals."""
    from foretune.evaluation import plot_calibration

    return plot_calibration(calibration)


def draw_costs(evaluation_costs: pd.DataFrame) -> Figure:
    """Plot the evaluation time of each method."""
    from foretune.evaluation import plot_costs

    return plot_costs(evaluation_costs)


def draw_ranks(ranks: pd.DataFrame, friedman: pd.DataFrame) -> tuple[Figure, Figure]:
    """Plot mean ranks over trials, and with critical differences."""
    from foretune.evaluation import plot_critical_differences, plot_rank_curves

    return plot_rank_curves(ranks), plot_critical_differences(ranks, friedman)


def write_report(parameters: EvaluationParameters, settings: dict[str, Any], **results: Any) -> str:
    """Render the report: results, parameters and versions on one HTML page."""
    from foretune.evaluation import EvaluationTables, build_report
    from foretune.understanding import TABLES, build_sections

    figures = {name: results.pop(name) for name in FIGURES if name in results}
    sections = build_sections({name: results.pop(name) for name in TABLES}, figures)
    return build_report(EvaluationTables(**results, figures=figures), parameters, settings, sections)


def study_hyperparameters(
    meta_dataset: pd.DataFrame, parameters: UnderstandingParameters, parallel: ParallelParameters, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Compute importance, interactions, marginals, tunability and better defaults of each learner."""
    from foretune import understanding

    with show_progress("understanding") as on_progress:
        return understanding.study_hyperparameters(
            meta_dataset, parameters, seed, n_workers=parallel.n_workers, on_progress=on_progress
        )


def study_sizes(
    meta_dataset: pd.DataFrame, parameters: UnderstandingParameters, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compare the best values of hyperparameters between samples of the same tables."""
    from foretune import understanding

    return understanding.study_sizes(meta_dataset, parameters, seed)


def explain_surrogates(
    meta_dataset: pd.DataFrame, surrogates: dict[str, Any], parameters: UnderstandingParameters, seed: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Compute SHAP values of a sample of the surrogates' predictions."""
    from foretune import understanding

    return understanding.explain_surrogates(meta_dataset, surrogates, parameters, seed)


def ablate_metafeatures(
    meta_dataset: pd.DataFrame,
    parameters: UnderstandingParameters,
    meta_training: MetaTrainingParameters,
    parallel: ParallelParameters,
    seed: int,
) -> pd.DataFrame:
    """Compare surrogates without each group of metafeatures, and with each group alone."""
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
    """Plot the importance and the marginals of hyperparameters."""
    from foretune.understanding import plot_importance, plot_marginals

    return plot_importance(importance, interactions), plot_marginals(marginals)


def draw_gains(tunability: pd.DataFrame, better_defaults: pd.DataFrame) -> tuple[Figure, Figure]:
    """Plot the gains of tuning and of better defaults."""
    from foretune.understanding import plot_better_defaults, plot_tunability

    return plot_tunability(tunability), plot_better_defaults(better_defaults)


def draw_shap(shap: pd.DataFrame, shap_points: pd.DataFrame) -> Figure:
    """Plot the largest SHAP values."""
    from foretune.understanding import plot_shap

    return plot_shap(shap, shap_points)


def draw_ablation(metafeature_ablation: pd.DataFrame) -> Figure:
    """Plot the ablation of metafeature groups."""
    from foretune.understanding import plot_ablation

    return plot_ablation(metafeature_ablation)
