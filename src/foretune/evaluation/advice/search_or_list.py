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
    clear = [pair for pair in pairs if pair.is_clear]
    sentence, told = _weigh(pairs) if clear else _lean(pairs)
    yield Advice(TOPIC, "advice", sentence, " ".join([*map(_compare, told), _clear(pairs)]))


def _weigh(pairs: Sequence[Pair]) -> tuple[str, list[Pair]]:
    """Return from where on to trust the search, and the pairs to tell, if some difference is no noise."""
    ahead = [pair.difference <= TIE for pair in pairs]
    is_behind = [pair.is_clear and pair.difference > 0 for pair in pairs]
    # From there on the search is never behind by more than noise
    at = next((at for at, pair in enumerate(pairs) if ahead[at] and not any(is_behind[at:])), None)
    first, last = pairs[at or 0], pairs[-1]
    if at is None:
        told = [first, last] if len(pairs) > 1 else [first]
        return f"Keep to the list: up to {count(last.n_trials, 'trial')} the search is not ahead of it.", told
    if at == 0:
        start = "the first trial" if first.n_trials == 1 else count(first.n_trials, "trial")
        told = [next((pair for pair in pairs if pair.is_clear), first)]
        return f"Trust the search rather than the list from {start} on.", told
    before = pairs[at - 1]
    fewer = "one trial" if before.n_trials == 1 else f"{before.n_trials} or fewer"
    rest = "neither is always ahead" if any(ahead[:at]) else "the list has less regret"
    return (
        f"Trust the search rather than the list where you can afford {first.n_trials} trials; with "
        f"{fewer} {rest}."
    ), [before, first]


def _lean(pairs: Sequence[Pair]) -> tuple[str, list[Pair]]:
    """Return which one the means favour, and the pairs to tell, if all differences are noise."""
    ahead = [pair.difference <= TIE for pair in pairs]
    at = next((at for at in range(len(pairs)) if all(ahead[at:])), None)
    if at == 0:
        lean, told = "by the means the search is never behind", [pairs[0]]
    elif not any(ahead):
        lean, told = "by the means the list is always ahead", [pairs[0]]
    elif at is None:
        lean, told = "by the means now one is ahead, now the other", [pairs[0]]
    else:
        number = pairs[at].n_trials
        lean, told = f"by the means the search is ahead from {number} trials on", [pairs[at - 1], pairs[at]]
    return f"Search or list, these tasks do not show a difference yet; {lean}.", told


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
