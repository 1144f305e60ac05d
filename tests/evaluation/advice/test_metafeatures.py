from __future__ import annotations

import pytest

from foretune.evaluation.advice.metafeatures import judge_metafeatures
from foretune.evaluation.advice.pairs import Pair


def _pair(n_trials: int, difference: float, *, is_clear: bool) -> Pair:
    return Pair(
        n_trials=n_trials,
        n_families=20,
        ours=0.1 + difference,
        theirs=0.1,
        difference=difference,
        low=difference - 0.01,
        high=difference + 0.01,
        p_value=0.01 if is_clear else 0.5,
        is_clear=is_clear,
        confidence_level=0.95,
    )


@pytest.mark.parametrize(
    ("differences", "beginning"),
    [
        # Number of trials, difference, whether it is more than noise
        ([(1, 0.02, False), (5, -0.02, False)], "Metafeatures do not help yet: with them regret after one"),
        ([(1, 0.0, False)], "Metafeatures do not help yet"),
        ([(1, -0.02, False)], "Metafeatures may help, but these tasks do not show it yet"),
        ([(1, 0.02, False), (5, -0.02, True)], "Metafeatures help after 5 trials: with them regret after 5"),
        ([(1, 0.02, True), (5, 0.02, True)], "Metafeatures do harm after 1 and 5 trials: with them regret"),
        ([(1, 0.02, True), (5, -0.02, True)], "Metafeatures help after 5 trials and do harm after one trial"),
    ],
)
def test_the_verdict(differences: list[tuple[int, float, bool]], beginning: str) -> None:
    pairs = [_pair(number, difference, is_clear=is_clear) for number, difference, is_clear in differences]
    (advice,) = judge_metafeatures(30, pairs)
    assert advice.kind == "advice"
    assert advice.sentence.startswith(beginning)
    is_noise = not any(pair.is_clear for pair in pairs)
    assert is_noise == advice.evidence.endswith("At no number of trials is the difference more than noise.")


def test_none_to_judge() -> None:
    (none,) = judge_metafeatures(0, [])
    assert (none.kind, none.sentence[:32]) == ("missing", "Your tasks have no metafeatures:")
    (unmeasured,) = judge_metafeatures(30, [])
    assert unmeasured.sentence == "Whether metafeatures help was not measured."
