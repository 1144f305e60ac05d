from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import foretune
from foretune.base import UserError
from foretune.meta_model.memory import Memory
from foretune.meta_model.merging import join_memories, merge_memories, with_members_without, without_tasks
from foretune.meta_model.meta_dataset import MetaDataset, build_meta_dataset
from foretune.meta_model.parameters import Guard, MetaTrainingParameters
from foretune.meta_model.training import train_memory, with_provenance

Make = Callable[..., Memory]


@pytest.fixture
def make(metafeatures: pd.DataFrame, task_catalogue: pd.DataFrame, quick: MetaTrainingParameters) -> Make:
    """Return a function that trains a memory on some trials."""

    def train(trials: pd.DataFrame, described: pd.DataFrame = metafeatures, **changed: Any) -> Memory:
        catalogue = task_catalogue.assign(**changed)
        parameters = quick.model_copy(update={"n_members": 2, "target": "copula"})
        table = build_meta_dataset(trials, described, catalogue, "copula")
        memory = train_memory(MetaDataset.from_table(table), parameters, seed=0)
        return with_provenance({"classification": memory}, trials, described)["classification"]

    return train


def _of(trials: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    number = trials["task_id"].str[1:].astype(int)
    return trials[number.between(first, last - 1)].reset_index(drop=True)


@pytest.fixture
def light(quick: MetaTrainingParameters) -> MetaTrainingParameters:
    return quick.model_copy(update={"target": "copula"})


@pytest.mark.slow
def test_two_halves_are_what_was_trained_on_both(
    make: Make, trials: pd.DataFrame, metafeatures: pd.DataFrame, light: MetaTrainingParameters
) -> None:
    merged = merge_memories([make(_of(trials, 0, 20)), make(_of(trials, 20, 30))], parameters=light)
    whole = make(trials)
    assert merged.task_hashes == whole.task_hashes
    assert merged.training_set.families == whole.training_set.families
    assert merged.training_set.config_ids == whole.training_set.config_ids
    assert merged.surrogate.configuration_columns == whole.surrogate.configuration_columns
    np.testing.assert_allclose(merged.residuals.target, whole.residuals.target, atol=1e-6)
    np.testing.assert_allclose(merged.residuals.level, whole.residuals.level, rtol=1e-6)
    np.testing.assert_array_equal(merged.residuals.configurations, whole.residuals.configurations)
    described = metafeatures.set_index("task_id").loc["t02"]
    encoded = merged.encode(list(merged.provenance.configurations.values()))
    predicted = [one.surrogate.predict_target(described, encoded) for one in (merged, whole)]
    assert np.corrcoef(predicted)[0, 1] > 0.9


def test_the_door_merges_too() -> None:
    assert foretune.merge_memories is merge_memories


def test_settings_of_the_training_are_those_of_the_first(make: Make, trials: pd.DataFrame) -> None:
    first = replace(make(_of(trials, 0, 2)), guard=Guard(max_risk=0.2))
    merged = merge_memories([first, make(_of(trials, 10, 12))])
    assert merged.guard == first.guard
    assert merged.policy == first.policy
    assert merged.surrogate.target == "copula"
    assert merged.provenance.configurations.keys() == set(merged.training_set.config_ids)


def test_the_same_table_has_the_trials_of_the_later_memory(
    make: Make, trials: pd.DataFrame, light: MetaTrainingParameters, caplog: pytest.LogCaptureFixture
) -> None:
    later = _of(trials, 8, 12).assign(score=lambda rows: 0.9 - 0.01 * rows["param_C"])
    caplog.set_level(logging.INFO)
    one, other = make(_of(trials, 0, 10)), make(later)
    merged = merge_memories([one, other], names=["ours", "theirs"], parameters=light)
    assert list(merged.task_hashes) == [f"t{number:02d}" for number in range(12)]
    assert "theirs has 2 tables again, and its trials count: 't08', 't09'" in caplog.messages
    rows = merged.residuals.task == list(merged.task_hashes).index("t09")
    found = np.array(merged.training_set.config_ids)[merged.residuals.config[rows]]
    assert set(found[np.argsort(-merged.residuals.target[rows])][:2]) == {"0linear", "0rbf"}


def test_the_family_of_the_same_table_is_that_of_the_first(make: Make, trials: pd.DataFrame) -> None:
    theirs = trials[trials["task_id"].isin(["t00", "t20", "t21"])]
    other = make(theirs, family=["mine" if n in (0, 20) else f"t{n:02d}" for n in range(30)])
    trials_of = join_memories([make(_of(trials, 0, 5)), other]).trials
    assert trials_of.tasks["family"].loc[["t00", "t20", "t21"]].tolist() == ["t00", "t00", "t21"]


def test_another_table_of_the_same_name_is_kept_under_another(make: Make, trials: pd.DataFrame) -> None:
    other = make(_of(trials, 3, 6), content_hash=[f"other {number}" for number in range(30)])
    joined = join_memories([make(_of(trials, 0, 5)), other], ["ours", "theirs"])
    assert sorted(joined.trials.tasks.index) == ["t00", "t01", "t02", "t03", "t03_2", "t04", "t04_2", "t05"]
    assert joined.trials.tasks.loc["t03_2", "family"] == "t03"
    assert joined.notes[1] == "t03 of theirs is another table of this name, and is called t03_2"
    assert joined.trials.evaluations.groupby("task_id").size().eq(10).all()
    assert joined.trials.metafeatures.loc["t03_2", "simple.level"] == 3


def test_configurations_are_joined_by_their_content_not_their_name(make: Make, trials: pd.DataFrame) -> None:
    theirs = _of(trials, 10, 20)
    # The names are those of other configurations in the first memory, and one has a new hyperparameter
    names = dict(zip(trials["config_id"].unique(), np.roll(trials["config_id"].unique(), 1), strict=True))
    theirs = theirs.assign(config_id=theirs["config_id"].map(names), param_tol=np.nan)
    new = theirs["param_C"].eq(1.0) & theirs["param_kernel"].eq("linear")
    theirs.loc[new, "param_tol"] = 0.5
    joined = join_memories([make(_of(trials, 0, 10)), make(theirs)]).trials
    assert len(joined.configurations) == 11
    of_t12 = joined.evaluations[joined.evaluations["task_id"] == "t12"].set_index("config_id")["score"]
    of_t02 = joined.evaluations[joined.evaluations["task_id"] == "t02"].set_index("config_id")["score"]
    shared = of_t12.index.intersection(of_t02.index)
    assert len(shared) == 9
    np.testing.assert_allclose(of_t12[shared] - of_t02[shared], 0.1, atol=0.01)
    encoded = joined.meta_dataset().configurations
    assert encoded["tol"].notna().sum() == 1
    assert encoded.loc[encoded["tol"].notna(), "C"].tolist() == [1.0]


def test_absent_metafeatures_are_missing(
    make: Make, trials: pd.DataFrame, metafeatures: pd.DataFrame
) -> None:
    theirs = metafeatures.rename(columns={"simple.level": "ours.level"})
    joined = join_memories([make(_of(trials, 0, 10)), make(_of(trials, 10, 20), theirs)]).trials
    assert joined.metafeatures["simple.level"].isna().tolist() == [False] * 10 + [True] * 10
    assert joined.metafeatures["ours.level"].isna().tolist() == [True] * 10 + [False] * 10
    assert joined.metafeatures["simple.optimum"].notna().all()


def test_a_learner_has_one_library_default(make: Make, trials: pd.DataFrame) -> None:
    theirs = _of(trials, 10, 20)
    other_default = theirs["param_C"].eq(10.0) & theirs["param_kernel"].eq("rbf")
    theirs = theirs.assign(strategy=np.where(other_default, "default", "sobol"))
    joined = join_memories([make(_of(trials, 0, 10)), make(theirs)]).trials
    defaults = [one.params["C"] for one in joined.configurations.values() if one.strategy == "default"]
    assert defaults == [1.0]


def test_what_cannot_be_merged_is_one_line(make: Make, trials: pd.DataFrame) -> None:
    memory = make(_of(trials, 0, 10))
    with pytest.raises(UserError, match="memories: 1 memory, at least 2 can be merged"):
        merge_memories([memory])
    with pytest.raises(UserError, match=r"memories = 'a' must be a list of memories"):
        merge_memories("a")
    with pytest.raises(UserError, match=r"memory 1 is a memory of classification tasks, memory 2 of regr"):
        merge_memories([memory, replace(memory, task_type="regression")])
    assert memory.provenance is not None
    scored = [replace(memory, provenance=replace(memory.provenance, score=name)) for name in ("a", "b")]
    with pytest.raises(UserError, match="only memories of the same metric can be merged"):
        merge_memories(scored)


def test_logs_of_another_unit_and_of_any_type_count_by_their_order(
    make: Make, trials: pd.DataFrame, light: MetaTrainingParameters, caplog: pytest.LogCaptureFixture
) -> None:
    known, other = make(_of(trials, 0, 10)), _of(trials, 10, 14)
    assert known.provenance is not None
    scored = replace(known, provenance=replace(known.provenance, score="balanced_accuracy"))
    # Percentages of something, in a log that names neither metric nor task type
    logged = replace(make(other.assign(score=other["score"] * 300 - 1000)), task_type="any")
    caplog.set_level(logging.INFO)
    for memories in ([scored, logged], [logged, scored]):
        merged = merge_memories(memories, parameters=light)
        assert merged.task_type == "classification"
        assert merged.provenance is not None
        assert merged.provenance.score == "balanced_accuracy"
        level = pd.Series(merged.residuals.level[:, 0], list(merged.task_hashes))
        ours, theirs = level[list(known.task_hashes)], level[list(logged.task_hashes)]
        assert ours.min() - 1 < theirs.min() <= theirs.max() < ours.max() + 1
        at = {task: number for number, task in enumerate(merged.task_hashes)}
        for number, task in enumerate(logged.task_hashes):
            before = logged.residuals.target[logged.residuals.task == number]
            after = merged.residuals.target[merged.residuals.task == at[task]]
            np.testing.assert_allclose(np.sort(after), np.sort(before), atol=1e-6)
    assert "does not name its score, whose order counts beside balanced_accuracy" in caplog.text


def test_a_memory_without_tasks_is_as_if_they_had_never_been_in_it(make: Make, trials: pd.DataFrame) -> None:
    families = [f"t{number - number % 2:02d}" for number in range(30)]
    memory = make(_of(trials, 0, 10), family=families)
    left = without_tasks(memory, ["t01"], ["t04"])
    assert list(left.task_hashes) == ["t00", "t02", "t03", "t06", "t07", "t08", "t09"]
    assert left.residuals.target.shape == (70,)
    with pytest.raises(UserError, match=r"no task 't44' \(did you mean"):
        without_tasks(memory, ["t44"])
    with pytest.raises(UserError, match=r"no family 't05' \(did you mean"):
        without_tasks(memory, families=["t05"])
    with pytest.raises(UserError, match="all tasks of the memory would be removed"):
        without_tasks(memory, families=set(families[:10]))


def test_added_members_predict_a_family_as_if_it_had_never_been_in_the_memory(
    make: Make, trials: pd.DataFrame, metafeatures: pd.DataFrame, light: MetaTrainingParameters
) -> None:
    memory = make(trials)
    more = with_members_without(memory, ["t02"], 3, parameters=light, seed=5)
    assert more.surrogate.members[:-3] == memory.surrogate.members
    seen = more.training_set.seen
    assert seen[-3:].any(axis=1).all()
    assert not seen[-3:, list(memory.task_hashes).index("t02")].any()
    left = more.without(["t02"])
    assert left.surrogate.members[-3:] == more.surrogate.members[-3:]
    anew = without_tasks(memory, families=["t02"], parameters=light)
    assert left.task_hashes == anew.task_hashes
    described = metafeatures.set_index("task_id").loc["t02"]
    predicted = [
        one.surrogate.predict_target(described, one.encode(list(memory.provenance.configurations.values())))
        for one in (left, anew)
    ]
    assert np.corrcoef(predicted)[0, 1] > 0.9
    with pytest.raises(UserError, match=r"no family 't99'"):
        with_members_without(memory, ["t99"], 1)
    with pytest.raises(UserError, match="all tasks of the memory would be removed"):
        with_members_without(memory, list(memory.training_set.families), 1)


def test_folds_stay_those_of_their_table_when_it_is_renamed_replaced_or_removed(
    make: Make, trials: pd.DataFrame, task_catalogue: pd.DataFrame
) -> None:
    def told(memory: Memory, **splits: Any) -> Memory:
        assert memory.provenance is not None
        return replace(memory, provenance=replace(memory.provenance, splits=splits))

    part = _of(trials, 0, 3)
    hashes = task_catalogue["content_hash"]
    others = hashes.where(task_catalogue["task_id"] != "t00", "other")
    first = told(make(part), t00="groups", t01="groups", t02="time")
    second = told(make(part, content_hash=others), t00="time", t01="time")
    merged = merge_memories([first, second])
    # t02 is of random folds in the memory that comes last
    assert merged.provenance is not None
    assert merged.provenance.splits == {"t00": "groups", "t00_2": "time", "t01": "time"}
    left = without_tasks(merged, ["t00", "t01"]).provenance
    assert left is not None
    assert left.splits == {"t00_2": "time"}


def test_usual_rounds_stay_those_of_their_configuration_when_it_is_renamed(
    make: Make, trials: pd.DataFrame
) -> None:
    """The second memory's names are those of other configurations in the first."""

    def stopped(memory: Memory, rounds: dict[float, int]) -> Memory:
        told = memory.provenance
        assert told is not None
        by_name = {
            name: rounds[one.params["C"]]
            for name, one in told.configurations.items()
            if one.params["kernel"] == "rbf" and one.params["C"] in rounds
        }
        return replace(memory, provenance=replace(told, typical_rounds=by_name))

    names = trials["config_id"].unique()
    theirs = _of(trials, 10, 12).assign(
        config_id=lambda rows: rows["config_id"].map(dict(zip(names, np.roll(names, 1), strict=True)))
    )
    ours = _of(trials, 0, 6)
    # The last one is in the second memory alone
    ours = ours[~(ours["param_C"].eq(100.0) & ours["param_kernel"].eq("rbf"))].reset_index(drop=True)
    first = stopped(make(ours), {0.1: 20, 1.0: 50})
    second = stopped(make(theirs), {1.0: 800, 10.0: 300, 100.0: 900})
    told = merge_memories([first, second]).provenance
    assert told is not None
    usual = {
        (one.params["C"], one.params["kernel"]): told.rounds_of(one)
        for one in told.configurations.values()
        if told.rounds_of(one) is not None
    }
    # Three times as many trials have 50 as 800
    assert usual == {(0.1, "rbf"): 20, (1.0, "rbf"): 100, (10.0, "rbf"): 300, (100.0, "rbf"): 900}
