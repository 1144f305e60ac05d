from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from foretune.evaluation.advice.cautions import caution

MakeKnown = Callable[..., dict[str, Any]]


def _say(known: dict[str, Any], n_trials: tuple[int, ...] = (1, 5, 20)) -> list[tuple[str, str]]:
    return [(one.kind, one.sentence) for one in caution(known, [], n_trials, 0.95)]


def test_enough_tasks_need_no_caution(make_known: MakeKnown) -> None:
    assert _say(make_known(20)) == []


@pytest.mark.parametrize(
    ("n_tasks", "n_families", "kind", "beginning"),
    [
        (1, 1, "missing", "Your only task is 1 family: no method can be judged"),
        (9, 1, "missing", "Your 9 tasks are 1 family: no method can be judged"),
        (2, 2, "missing", "Your 2 tasks are 2 families: no method can be judged"),
        (3, 3, "caution", "Only 3 families to judge by: no difference between two methods can be told"),
        (5, 5, "caution", "Only 5 families to judge by: no difference between two methods can be told"),
        (6, 6, "caution", "Only 6 families to judge by: small differences"),
        (19, 19, "caution", "Only 19 families to judge by: small differences"),
    ],
)
def test_few_families(
    make_known: MakeKnown, n_tasks: int, n_families: int, kind: str, beginning: str
) -> None:
    ((found, sentence),) = _say(make_known(n_tasks, n_families))
    assert found == kind
    assert sentence.startswith(beginning)


def test_near_duplicates(make_known: MakeKnown) -> None:
    ((kind, sentence),) = _say(make_known(60, 31, n_tasks_of_largest=30))
    assert kind == "caution"
    assert sentence.startswith("30 of these 60 tasks are one family (big)")
    assert _say(make_known(60, 41, n_tasks_of_largest=20)) == []


def test_few_configurations(make_known: MakeKnown) -> None:
    ((_, sentence),) = _say(make_known(30, n_configurations=5))
    # Where nothing can be judged, that is all there is to say
    assert len(_say(make_known(4, 1, n_configurations=5))) == 1
    assert sentence.startswith("A task has 5 configurations (median): after 5 and 20 trials every method")


def test_no_task_that_counts(make_known: MakeKnown) -> None:
    ((kind, sentence),) = _say(make_known(30, n_counted_families=0))
    assert (kind, sentence) == ("missing", "None of these 30 tasks counts: no method can be judged.")
