"""Advice on what more tasks would bring."""

from __future__ import annotations

from collections.abc import Iterator

from foretune.evaluation.advice.gain_of_tasks import LONGEST_PROLONGED, GainOfTasks
from foretune.evaluation.advice.pairs import families_to_tell
from foretune.evaluation.advice.statement import Advice
from foretune.evaluation.leaderboard import TIE
from foretune.evaluation.words import after_trials, count, write_interval, write_regret

TOPIC = "More tasks"
# A gain by twice as many tasks that is surely below this share of the regret is called small
SMALL_SHARE = 0.1


def judge_more_tasks(gain: GainOfTasks | None, n_trials: int, confidence_level: float) -> Iterator[Advice]:
    """Return how much less regret the starting list would have with more tasks.

    Parameters
    ----------
    gain
        What was estimated from the learning curve; None where there is none.
    n_trials
        Number of trials of the estimate.
    confidence_level
        That of the estimate's intervals.
    """
    if gain is None:
        yield Advice(
            TOPIC,
            "missing",
            "What more tasks would bring cannot be said yet.",
            "It is read off what fewer of the known tasks bring, which takes "
            f"{families_to_tell(confidence_level)} families.",
        )
        return
    more, trials = round(gain.n_tasks * (LONGEST_PROLONGED - 1)), after_trials(n_trials)
    now = write_regret(gain.regret)
    if gain.regret <= TIE:
        sentence = f"More tasks cannot help: the starting list has no regret {trials}."
    elif not gain.is_clear:
        is_small = gain.difference_high <= SMALL_SHARE * gain.regret_of_half
        verdict = "More tasks of this kind would hardly help" if is_small else "More tasks may help or not"
        sentence = (
            f"{verdict}: with half of these tasks the starting list has regret "
            f"{write_regret(gain.regret_of_half)} {trials}, with all {now}."
        )
    elif (factor := gain.factor_to_halve) is not None:
        needed = max(1, round(gain.n_tasks * (factor - 1)))
        sentence = (
            f"{needed} more tasks would halve the regret of the starting list {trials}, from {now} to "
            f"{write_regret(gain.regret / 2)}, if they come from new families and the trend goes on."
        )
    else:
        expected, low, high = gain.regret_with(LONGEST_PROLONGED)
        sentence = (
            f"{more} more tasks would lower the regret of the starting list {trials} from {now} to about "
            f"{write_regret(expected)} ({write_interval(low, high, confidence_level)}), if they come from "
            "new families and the trend goes on."
        )
    yield Advice(TOPIC, "advice", sentence, _evidence(gain, confidence_level))


def _evidence(gain: GainOfTasks, confidence_level: float) -> str:
    verdict = "more than noise" if gain.is_clear else "no more than noise"
    interval = write_interval(gain.difference_low, gain.difference_high, confidence_level)
    return (
        f"Measured on held-out families: {write_regret(gain.regret_of_half)} with "
        f"{count(round(gain.n_half), 'known task')}, {write_regret(gain.regret)} with {gain.n_tasks:.0f} "
        f"(difference {write_regret(gain.difference)}, "
        f"{interval}: {verdict}). Beyond twice as many tasks nothing is foretold."
    )
