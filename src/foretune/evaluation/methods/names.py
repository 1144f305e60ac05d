"""Names of the compared methods, with their modules and classes."""

from __future__ import annotations

# Module and class by the name in the parameters; imported on use, so that parameters are read fast
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
    "rows_hidden": ("rows_hidden", "RowsHidden"),
    "foretune_unguarded": ("foretune_unguarded", "ForetuneUnguarded"),
    "foretune": ("foretune", "Foretune"),
    "foretune_timed": ("foretune_timed", "ForetuneTimed"),
}
