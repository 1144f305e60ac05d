"""What was evaluated, and the section of promises: verdicts on the claims of Foretune's authors."""

from __future__ import annotations

from collections.abc import Collection, Iterator

import pandas as pd

from foretune.evaluation.figures.regret import label_of
from foretune.evaluation.statistics.claims import CLAIMS
from foretune.evaluation.words import count, join_words
from foretune.reporting import ReportSection, ReportTable, State, Verdict

CLAIM_TEXTS = {
    "lowest_mean": "Foretune has the lowest mean regret of all methods",
    "below_portfolio": (
        "Foretune's mean regret is at least 10 % below the greedy portfolio's up to 5 trials, and at least "
        "40 % below it from 10 trials on"
    ),
    "beats_cold_tpe": "Foretune is significantly better than TPE that starts from nothing, up to 20 trials",
    "beats_cold_gp": (
        "Foretune is significantly better than a Gaussian process that starts from nothing, up to 20 trials"
    ),
    "shuffled_worse": "With shuffled metafeatures it is significantly worse, so metafeatures are useful",
}


def show_promises(claims: pd.DataFrame) -> ReportSection:
    """Show what Foretune's authors promise of it, with a verdict on every claim.

    Parameters
    ----------
    claims
        Result of :func:`foretune.evaluation.statistics.claims.check_claims`.
    """
    # Read from a file, booleans with missing values are objects
    claims = claims.astype({"holds": "boolean"})
    shown = claims.assign(
        claim=claims["claim"].map(CLAIM_TEXTS), opponent=claims["opponent"].map(label_of, na_action="ignore")
    )
    table = ReportTable(
        "Every check",
        shown[["claim", "task_type", "n_trials", "opponent", "wanted", "found", "holds"]],
        "Claimed and observed results; a dash means that the check could not be made.",
        choose=("task_type", "n_trials"),
    )
    return ReportSection(
        "Promises of Foretune's authors",
        f"They are about memories of many tasks, and are checked on these.\n\n{_headline(claims)}",
        tables=(table,),
        verdicts=tuple(_judge(claims)),
        folded=True,
    )


def _headline(claims: pd.DataFrame) -> str:
    n_checks, n_unknown = len(claims), int(claims["holds"].isna().sum())
    n_holding = int(claims["holds"].fillna(False).sum())
    if not n_checks:
        return "There is no task to claim anything on."
    if n_holding == n_checks:
        return f"Every claim holds, in all of its checks ({n_checks})."
    text = f"The claims do not all hold: {n_holding} of {n_checks} checks do"
    n_failing = n_checks - n_holding - n_unknown
    parts = [f"{n_failing} do not"] if n_failing else []
    if n_unknown:
        parts.append(f"{n_unknown} could not be made, since a method is missing or has no regret to undercut")
    return f"{text}, {' and '.join(parts)}."


def describe_evaluation(
    regret: pd.DataFrame, surrogate_quality: pd.DataFrame, claims_on: Collection[str]
) -> str:
    """Return in sentences what was evaluated, and how.

    Parameters
    ----------
    regret, surrogate_quality
        Results of :func:`foretune.evaluation.evaluate.evaluate_methods`.
    claims_on
        Provenances of the tasks that count.
    """
    counted = regret[regret["provenance"].isin(claims_on)]
    others = regret.loc[~regret["provenance"].isin(claims_on), "task_id"].nunique()
    kinds = [
        f"{count(rows['task_id'].nunique(), f'{task_type} task')} in "
        f"{count(rows['family'].nunique(), 'family')}"
        for task_type, rows in counted.groupby("task_type")
    ]
    if regret.empty:
        return "Nothing was evaluated: no task type has the three families that it takes."
    sentences = [
        f"Evaluated on {join_words(kinds) or 'no task'}.",
        "Each task was held out with its whole family, everything was fitted on the other tasks, and "
        f"{count(counted['method'].nunique(), 'method')} chose among the configurations that are known for it"
        f"{_pool(surrogate_quality)}.",
        f"Regret was read after {join_words(sorted(set(counted['n_trials'].astype(int))))} trials; what is "
        f"random was repeated with {count(counted['seed'].nunique(), 'seed')} and averaged.",
    ]
    if others:
        verb = "is" if others == 1 else "are"
        sentences.append(
            f"{count(others, 'further task')} of another provenance than {join_words(claims_on)} {verb} in "
            "the table of tasks, but not in any statistic."
        )
    return " ".join(sentences)


def _pool(surrogate_quality: pd.DataFrame) -> str:
    if surrogate_quality.empty or "n_configurations" not in surrogate_quality:
        return ""
    low, high = (int(surrogate_quality["n_configurations"].agg(name)) for name in ("min", "max"))
    return f" ({low} to {high} a task)" if high > low else f" ({low} a task)"


def _judge(claims: pd.DataFrame) -> Iterator[Verdict]:
    """Return the verdict on every claim and task type."""
    for claim in CLAIMS:
        for task_type, rows in claims[claims["claim"] == claim].groupby("task_type"):
            holding = rows[rows["holds"].fillna(False)]
            failing = rows[~rows["holds"].fillna(True)]
            parts = []
            if len(holding):
                parts.append(f"holds after {join_words(holding['n_trials'])} trials")
            if len(failing):
                found = [f"{row.n_trials} ({row.found})" for row in failing.itertuples()]
                parts.append(f"does NOT hold after {join_words(found)} trials")
            if rows["holds"].isna().any():
                found = sorted(set(rows.loc[rows["holds"].isna(), "found"]))
                parts.append(f"is not known ({join_words(found)})")
            state = _state(len(holding), len(failing))
            yield Verdict(state, f"{CLAIM_TEXTS[claim]}; {task_type}: {', '.join(parts)}.")


def _state(n_holding: int, n_failing: int) -> State:
    if n_holding and n_failing:
        return "partly"
    return "holds" if n_holding else "fails" if n_failing else "unknown"
