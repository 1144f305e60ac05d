"""Advice on whether metafeatures help."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from foretune.evaluation.advice.pairs import Pair
from foretune.evaluation.advice.statement import Advice
from foretune.evaluation.words import after_trials, count, write_regret

TOPIC = "Metafeatures"


def judge_metafeatures(
    n_metafeatures: int, pairs: Sequence[Pair], shuffled: Sequence[Pair] = ()
) -> Iterator[Advice]:
    """Return whether metafeatures lower the regret.

    Parameters
    ----------
    n_metafeatures
        Number of metafeatures of the known tasks.
    pairs
        Foretune against itself without metafeatures, by number of trials; empty if not evaluated.
    shuffled
        The same with the metafeatures of other tasks.
    """
    if not n_metafeatures:
        yield Advice(
            TOPIC,
            "missing",
            "Your tasks have no metafeatures: every new table gets the same start, whatever it is like.",
            "Whether metafeatures would help is not known.",
        )
        return
    if not pairs:
        yield Advice(
            TOPIC,
            "missing",
            "Whether metafeatures help was not measured.",
            "It takes the methods foretune and no_metafeatures in evaluation.methods, and three families.",
        )
        return
    helped = [pair for pair in pairs if pair.is_clear and pair.difference < 0]
    harmed = [pair for pair in pairs if pair.is_clear and pair.difference > 0]
    told = (helped or harmed or pairs)[0]
    verdict = _verdict(helped, harmed, told)
    sentence = (
        f"{verdict}: with them regret {after_trials(told.n_trials)} is {write_regret(told.ours)}, without "
        f"{write_regret(told.theirs)} ({told.evidence()})."
    )
    parts = [f"Judged by {count(told.n_families, 'family')} and {count(n_metafeatures, 'metafeature')}."]
    if not helped and not harmed:
        parts.append("At no number of trials is the difference more than noise.")
    parts += [
        f"With the metafeatures of other tasks instead of its own, regret {after_trials(pair.n_trials)} is "
        f"{write_regret(pair.theirs)}."
        for pair in shuffled
        if pair.n_trials == told.n_trials
    ]
    yield Advice(TOPIC, "advice", sentence, " ".join(parts))


def _verdict(helped: Sequence[Pair], harmed: Sequence[Pair], first: Pair) -> str:
    good = f"help {after_trials(*(pair.n_trials for pair in helped))}" if helped else ""
    bad = f"do harm {after_trials(*(pair.n_trials for pair in harmed))}" if harmed else ""
    if good or bad:
        return f"Metafeatures {' and '.join(part for part in (good, bad) if part)}"
    if first.difference < 0:
        return "Metafeatures may help, but these tasks do not show it yet"
    return "Metafeatures do not help yet"
