"""Steps that run once, and those of each trial."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from foretune.recommendation.function_search.step_split import Step, split_steps, touches


def _step(name: str, inputs: str, outputs: str) -> Step:
    return Step(name, frozenset(inputs.split()), frozenset(outputs.split()))


def test_what_stands_above_the_change_runs_once() -> None:
    steps = [
        _step("clean", "raw", "table"),
        _step("split", "table p:split", "train test"),
        _step("fit", "train p:model", "model"),
        _step("score", "model test", "metrics"),
    ]
    split = split_steps(steps, {"p:model"})
    assert split.once == ("clean", "split")
    assert split.each == ("fit", "score")
    assert split.kept == {"train", "test"}
    assert split_steps(steps, {"p:split"}).kept == {"table"}
    assert split_steps(steps, {"raw"}) == ((), ("clean", "split", "fit", "score"), frozenset())


@settings(max_examples=25)
@given(st.data())
def test_no_step_that_runs_once_depends_on_a_change(data: st.DataObject) -> None:
    n = data.draw(st.integers(1, 8))
    names = ["a", "b"]
    steps = []
    for at in range(n):
        inputs = data.draw(st.sets(st.sampled_from(names), min_size=1))
        steps.append(Step(f"s{at}", frozenset(inputs), frozenset({f"o{at}"})))
        names.append(f"o{at}")
    split = split_steps(steps, {"a"})
    assert sorted([*split.once, *split.each]) == sorted(one.name for one in steps)
    # By the definition: whatever can be reached from the change
    reached, grows = {"a"}, True
    while grows:
        more = {out for one in steps if one.inputs & reached for out in one.outputs}
        grows = not more <= reached
        reached |= more
    for one in steps:
        assert (one.name in split.each) == bool(one.inputs & reached)
    of_each = {name for one in steps if one.name in split.each for name in one.inputs}
    made_once = {name for one in steps if one.name in split.once for name in one.outputs}
    assert split.kept == of_each & made_once


def test_a_group_is_touched_by_its_parts_and_the_other_way_round() -> None:
    assert touches("model", "model.depth")
    assert touches("model.depth", "model")
    assert touches("model.depth", "model.depth")
    assert not touches("model", "model_options.depth")
    assert not touches("model.depth", "model.rate")
