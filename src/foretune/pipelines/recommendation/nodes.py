"""Nodes of the pipeline ``recommendation``."""

from __future__ import annotations

from typing import Any

from foretune.base import show_progress
from foretune.execution import ParallelParameters
from foretune.hpo import HpoParameters
from foretune.pipelines.frames import Figure, pd
from foretune.recommendation.core import RecommendationParameters
from foretune.tasks import TaskGenerationParameters


def recommend_configurations(
    recommendation_table: Any, target: str, parameters: RecommendationParameters, seed: int
) -> Any:
    """Rank the configurations of the memory for the table."""
    from foretune.recommendation.table import recommend_from_parameters

    table = recommendation_table(
        target,
        parameters.drop_columns,
        parameters.read_options,
        parameters.column_types,
        parameters.split_column,
    )
    return recommend_from_parameters(table, parameters, seed)


def try_recommendations(
    result: Any,
    trial_ledger: Any,
    parameters: RecommendationParameters,
    task_generation: TaskGenerationParameters,
    hpo: HpoParameters,
    parallel: ParallelParameters,
    seed: int,
) -> Any:
    """Evaluate the first configurations and the library default; keep the trials if asked to."""
    from foretune.recommendation.table import TrialRunSettings, run_trials

    settings = TrialRunSettings(parameters, task_generation, hpo, parallel, seed)
    # Closed even if nothing is evaluated: an open one is finished on the disk only when it is collected
    with trial_ledger as ledger, show_progress("recommendation") as on_progress:
        if not parameters.evaluate:
            return result
        kept = ledger if parameters.feed_ledger else None
        return run_trials(result, settings, kept, on_progress)


def describe_recommendation(
    tried_result: Any, parameters: RecommendationParameters, hpo: HpoParameters, seed: int
) -> tuple[dict[str, Any], pd.DataFrame, str]:
    """Write the result as JSON, table and HTML page, and print the ranking."""
    import rich

    from foretune.recommendation.table import build_page, programs_for, tabulate_result

    settings = {"recommendation": parameters.model_dump(mode="json"), "seed": seed}
    page = build_page(tried_result, parameters, hpo, settings, seed)
    written = tried_result.to_json(settings) | {"to_paste": programs_for(tried_result, parameters, hpo, seed)}
    for part in tabulate_result(tried_result):
        rich.print(part)
    return written, tried_result.to_table(), page


def draw_recommendation(
    tried_result: Any, parameters: RecommendationParameters
) -> tuple[Figure, Figure, Figure, Figure, Figure]:
    """Plot predicted scores, gains, nearest tasks, drivers and measured scores."""
    from foretune.recommendation import table

    return (
        table.plot_predictions(tried_result),
        table.plot_gains(tried_result),
        table.plot_neighbours(tried_result),
        table.plot_drivers(tried_result, parameters.n_drivers),
        table.plot_measured(tried_result),
    )
