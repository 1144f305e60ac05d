"""Headings of table columns in words."""

from __future__ import annotations

# What is not just its words: an abbreviation, a statistic, or a name that says too little alone
HEADINGS = {
    "best_learner": "best learner there",
    "ci_high": "interval to",
    "ci_low": "interval from",
    "config_id": "configuration id",
    "critical_difference": "critical difference",
    "difference_high": "difference to",
    "difference_low": "difference from",
    "driver_rank": "rank",
    "foretune_regret": "Foretune's regret",
    "gain_high": "gain to",
    "gain_low": "gain from",
    "is_default": "library default",
    "is_inside": "in its interval",
    "is_log": "as a factor",
    "measured_gain_se": "standard error of it",
    "mean_width": "mean width of intervals",
    "not_told_apart": "methods not told apart",
    "over_first": "gain over the first",
    "over_first_se": "standard error of that",
    "p_holm": "p, after Holm",
    "p_value": "p",
    "params": "hyperparameters",
    "per_tenfold": "change per tenfold rows",
    "probability_worse": "probability that the default is better",
    "q25": "lower quartile",
    "q75": "upper quartile",
    "r2": "R2",
    "rank_biserial": "rank-biserial effect",
    "relative_percent": "difference in %",
    "rmse": "RMSE",
    "score_high": "score to",
    "score_low": "score from",
    "score_std": "deviation over folds",
    "share_harmed": "share worse than the default",
    "share_harmed_random": "share worse than random",
    "shap": "SHAP value",
    "surface_r2": "forests' R2",
    "task_id": "task",
    "times_typical": "in typical distances",
}
PREFIXES = {"n_": "", "is_": "", "trivial_": "without metafeatures: "}


def head_column(name: str) -> str:
    """Return the heading of a column in words: ``"mean regret"`` for ``"mean_regret"``."""
    if name in HEADINGS:
        return HEADINGS[name]
    for prefix, words in PREFIXES.items():
        if name.startswith(prefix):
            return words + head_column(name.removeprefix(prefix))
    return name.replace("_", " ")
