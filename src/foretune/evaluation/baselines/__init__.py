"""The methods under comparison, one a file, and the registry that finds them by name."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Sequence

    from foretune.evaluation.method import Method
    from foretune.evaluation.parameters import EvaluationParameters

# Name in the parameters: module and class. Imported on use, so that reading parameters stays fast.
METHODS: dict[str, tuple[str, str]] = {
    "library_default": ("library_default", "LibraryDefault"),
    "random_search": ("random_search", "RandomSearch"),
    "cold_gaussian_process": ("cold_gaussian_process", "ColdGaussianProcess"),
    "optuna_tpe": ("optuna_tpe", "OptunaTpe"),
    "best_average": ("best_average", "BestAverage"),
    "greedy_portfolio": ("greedy_portfolio", "GreedyPortfolio"),
    "nearest_tasks": ("nearest_tasks", "NearestTasks"),
    "rgpe": ("rgpe", "RankingWeightedEnsemble"),
    "tst_r": ("tst_r", "TwoStageTransferWithRankings"),
    "quantile_transfer": ("quantile_transfer", "QuantileTransfer"),
    "ndcg_ranking": ("ndcg_ranking", "NdcgRanking"),
    "surrogate_ranking": ("surrogate_ranking", "SurrogateRanking"),
    "zero_shot_list": ("zero_shot_list", "ZeroShotList"),
    "shuffled_metafeatures": ("shuffled_metafeatures", "ShuffledMetafeatures"),
    "no_metafeatures": ("no_metafeatures", "NoMetafeatures"),
    "foretune": ("foretune", "Foretune"),
}


def create_methods(parameters: EvaluationParameters, learner_order: Sequence[str]) -> list[Method]:
    """Create the methods named in the parameters.

    Parameters
    ----------
    parameters
        ``methods`` names them; a method may read settings of its own.
    learner_order
        Learners in the order in which a user would try them.

    Returns
    -------
    list of Method
        In the order of ``parameters.methods``; ``nearest_tasks`` gives one for every number of neighbours.
    """
    methods: list[Method] = []
    for name in parameters.methods:
        module, class_name = METHODS[name]
        kind = cast("type[Method]", getattr(import_module(f"{__name__}.{module}"), class_name))
        methods += kind.create(parameters, learner_order)
    return methods
