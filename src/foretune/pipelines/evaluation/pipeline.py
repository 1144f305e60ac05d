"""Pipeline ``evaluation``: regret on held-out tasks, statistics, hyperparameter studies, report."""

from __future__ import annotations

from kedro.pipeline import Pipeline

from foretune.pipelines.evaluation.nodes import (
    FIGURES,
    ablate_metafeatures,
    advise_owner,
    compare_methods,
    draw_ablation,
    draw_calibration,
    draw_costs,
    draw_gains,
    draw_hyperparameters,
    draw_learning_curve,
    draw_ranks,
    draw_regret_curves,
    draw_shap,
    draw_surrogate_quality,
    explain_surrogates,
    find_best_methods,
    hold_out_tasks,
    rank_by_size,
    rank_methods,
    study_hyperparameters,
    study_sizes,
    study_tasks,
    write_report,
)
from foretune.project import GroupNode
from foretune.understanding import TABLES

# What the advice is computed from
ADVISED = [
    "known_tasks",
    "starting_list",
    "learning_curve",
    "leaderboard",
    "comparisons",
    "best_methods",
    "speed_up",
]
# What the report shows, by the names of the datasets
REPORTED = [
    "regret",
    "regret_in_time",
    "surrogate_quality",
    "leaderboard",
    "leaderboard_in_time",
    "leaderboard_by_size",
    "comparisons",
    "friedman",
    "ranks",
    "speed_up",
    "claims",
    "calibration",
    "evaluation_costs",
    "known_tasks",
    "starting_list",
    "learning_curve",
    "best_methods",
    "advice",
    *TABLES,
]


def create_pipeline() -> Pipeline:
    """Create the pipeline."""
    return Pipeline(
        [
            GroupNode(
                hold_out_tasks,
                inputs=[
                    "meta_dataset",
                    "trial_costs",
                    "params:evaluation",
                    "params:meta_training",
                    "params:hpo.learners",
                    "params:parallel",
                    "params:seed",
                ],
                outputs=[
                    "regret",
                    "surrogate_quality",
                    "calibration",
                    "evaluation_costs",
                    "regret_in_time",
                ],
                name="hold_out_tasks",
            ),
            GroupNode(
                rank_methods,
                inputs=["regret", "regret_in_time", "params:evaluation", "params:seed"],
                outputs=["leaderboard", "leaderboard_in_time"],
                name="rank_methods",
            ),
            GroupNode(
                rank_by_size,
                inputs=["regret", "meta_dataset", "params:evaluation", "params:seed"],
                outputs="leaderboard_by_size",
                name="rank_by_size",
            ),
            GroupNode(
                compare_methods,
                inputs=["regret", "leaderboard", "params:evaluation", "params:seed"],
                outputs=["comparisons", "friedman", "ranks", "speed_up", "claims"],
                name="compare_methods",
            ),
            GroupNode(
                study_tasks,
                inputs=[
                    "meta_dataset",
                    "surrogates",
                    "params:evaluation",
                    "params:meta_training",
                    "params:seed",
                ],
                outputs=["known_tasks", "starting_list", "learning_curve"],
                name="study_tasks",
            ),
            GroupNode(
                find_best_methods,
                inputs=["regret", "leaderboard", "params:evaluation", "params:seed"],
                outputs="best_methods",
                name="find_best_methods",
            ),
            GroupNode(
                advise_owner,
                inputs={"parameters": "params:evaluation", "seed": "params:seed"}
                | {name: name for name in ADVISED},
                outputs="advice",
                name="advise_owner",
            ),
            GroupNode(
                draw_learning_curve,
                inputs=["learning_curve"],
                outputs="learning_curve_figure",
                name="draw_learning_curve",
            ),
            GroupNode(
                draw_regret_curves,
                inputs=["leaderboard"],
                outputs=["regret_curves", "regret_curves_page"],
                name="draw_regret_curves",
            ),
            GroupNode(
                draw_surrogate_quality,
                inputs=["surrogate_quality"],
                outputs="surrogate_quality_figure",
                name="draw_surrogate_quality",
            ),
            GroupNode(
                draw_calibration,
                inputs=["calibration"],
                outputs="calibration_figure",
                name="draw_calibration",
            ),
            GroupNode(
                draw_costs,
                inputs=["evaluation_costs"],
                outputs="evaluation_costs_figure",
                name="draw_costs",
            ),
            GroupNode(
                draw_ranks,
                inputs=["ranks", "friedman"],
                outputs=["rank_curves", "critical_differences"],
                name="draw_ranks",
            ),
            GroupNode(
                write_report,
                inputs={"parameters": "params:evaluation", "settings": "parameters"}
                | {name: name for name in (*REPORTED, *FIGURES)},
                outputs="report",
                name="write_report",
            ),
            GroupNode(
                study_hyperparameters,
                inputs=["meta_dataset", "params:understanding", "params:parallel", "params:seed"],
                outputs=[
                    "hyperparameter_importance",
                    "hyperparameter_interactions",
                    "marginals",
                    "tunability",
                    "better_defaults",
                ],
                name="study_hyperparameters",
            ),
            GroupNode(
                study_sizes,
                inputs=["meta_dataset", "params:understanding", "params:seed"],
                outputs=["best_by_rows", "size_trends"],
                name="study_sizes",
            ),
            GroupNode(
                explain_surrogates,
                inputs=["meta_dataset", "surrogates", "params:understanding", "params:seed"],
                outputs=["shap", "shap_points"],
                name="explain_surrogates",
            ),
            GroupNode(
                ablate_metafeatures,
                inputs=[
                    "meta_dataset",
                    "params:understanding",
                    "params:meta_training",
                    "params:parallel",
                    "params:seed",
                ],
                outputs="metafeature_ablation",
                name="ablate_metafeatures",
            ),
            GroupNode(
                draw_hyperparameters,
                inputs=["hyperparameter_importance", "hyperparameter_interactions", "marginals"],
                outputs=["hyperparameter_importance_figure", "marginals_figure"],
                name="draw_hyperparameters",
            ),
            GroupNode(
                draw_gains,
                inputs=["tunability", "better_defaults"],
                outputs=["tunability_figure", "better_defaults_figure"],
                name="draw_gains",
            ),
            GroupNode(
                draw_shap,
                inputs=["shap", "shap_points"],
                outputs="shap_figure",
                name="draw_shap",
            ),
            GroupNode(
                draw_ablation,
                inputs=["metafeature_ablation"],
                outputs="metafeature_ablation_figure",
                name="draw_ablation",
            ),
        ],
        tags="evaluation",
        namespace="evaluation",
        prefix_datasets_with_namespace=False,
    )
