"""Advice on when to trust the search rather than the starting list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from foretune.evaluation.advice.pairs import Pair
from foretune.evaluation.advice.statement import Advice
from foretune.evaluation.leaderboard import TIE
from foretune.evaluation.words import after_trials, count, write_regret

TOPIC = "Search"


def search_or_list(pairs: Sequence[Pair]) -> Iterator[Advice]:
    """Return from how many trials on Foretune's search is not behind the starting list.

    Parameters
    ----------
    pairs
        Foretune against the list, by number of trials; nothing is returned where they are empty.
    """
    if not pairs:
        return
    ahead = [pair.difference <= TIE for pair in pairs]
    # The first number of trials from which the search is never behind again
    at = next((at for at in range(len(pairs)) if all(ahead[at:])), None)
    first, last = pairs[at or 0], pairs[-1]
    if at is None:
        sentence = f"Keep to the list: {after_trials(last.n_trials)} the search is still behind it."
        told = [first, last] if len(pairs) > 1 else [first]
    elif at == 0:
        start = "the first trial" if first.n_trials == 1 else count(first.n_trials, "trial")
        sentence = f"Trust the search rather than the list from {start} on: it is never behind."
        told = [next((pair for pair in pairs if pair.is_clear), first)]
    else:
        before = pairs[at - 1]
        rest = "neither is always ahead" if any(ahead[:at]) else "the list has less regret"
        sentence = (
            f"Trust the search rather than the list where you can afford {first.n_trials} trials; with "
            f"{before.n_trials} or fewer {rest}."
        )
        told = [before, first]
    yield Advice(TOPIC, "advice", sentence, " ".join([*map(_compare, told), _clear(pairs)]))


def _compare(pair: Pair) -> str:
    text = after_trials(pair.n_trials)
    return (
        f"{text[0].upper()}{text[1:]} mean regret is {write_regret(pair.ours)} with the search and "
        f"{write_regret(pair.theirs)} with the list ({pair.evidence()})."
    )


def _clear(pairs: Sequence[Pair]) -> str:
    families = count(pairs[0].n_families, "family")
    search = [pair.n_trials for pair in pairs if pair.is_clear and pair.difference < 0]
    other = [pair.n_trials for pair in pairs if pair.is_clear and pair.difference > 0]
    parts = [f"the search is ahead {after_trials(*search)}"] if search else []
    parts += [f"the list is ahead {after_trials(*other)}"] if other else []
    if not parts:
        return f"By {families}, no difference at any number of trials is more than noise."
    return f"By {families}, more than noise: {', '.join(parts)}."
