"""Nodes of the pipeline ``evaluation``."""

from __future__ import annotations

from foretune.evaluation.parameters import EvaluationParameters
from foretune.hpo.execution.parameters import ParallelParameters
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.pipelines.frames import Figure, pd
from foretune.progress import show_progress


def hold_out_tasks(
    meta_dataset: pd.DataFrame,
    parameters: EvaluationParameters,
    meta_training: MetaTrainingParameters,
    learners: list[str],
    parallel: ParallelParameters,
    seed: int,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Hold out every task once; return regret, the surrogate's quality, its calibration, and what it cost."""
    from foretune.evaluation.evaluate import evaluate_methods

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
    from foretune.evaluation.leaderboard import build_leaderboard

    return build_leaderboard(regret, parameters, seed)


def draw_regret_curves(leaderboard: pd.DataFrame) -> tuple[Figure, Figure]:
    """Draw mean regret over trials, once for Kedro-Viz and once as a page."""
    from foretune.evaluation.figures import plot_regret_curves

    figure = plot_regret_curves(leaderboard)
    return figure, figure


def draw_surrogate_quality(surrogate_quality: pd.DataFrame) -> Figure:
    """Draw how well the surrogate ranks the configurations of each held-out task."""
    from foretune.evaluation.figures import plot_surrogate_quality

    return plot_surrogate_quality(surrogate_quality)
