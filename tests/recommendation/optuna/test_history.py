from __future__ import annotations

import math
from typing import Any

import pytest
from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)
from optuna.trial import FrozenTrial, TrialState, create_trial

from foretune.recommendation.core.study_names import StudyNames
from foretune.recommendation.core.vocabulary import LearnerVocabulary
from foretune.recommendation.optuna.history import (
    FAILED,
    INTENDED,
    MOST_BEST,
    MOST_RECENT,
    StudyHistory,
    TrialReader,
    mean_scores,
    pack_intend,
)
from foretune.recommendation.optuna.notes import FIXED
from foretune.spaces.configuration import Configuration

KNN = "k_nearest_neighbours"
DISTRIBUTIONS: dict[str, BaseDistribution] = {
    "model": CategoricalDistribution(["SVC", "knn", "mlp"]),
    "C": FloatDistribution(0.01, 100.0),
    "kernel": CategoricalDistribution(["linear", "rbf", "poly"]),
    "gamma": FloatDistribution(0.001, 1.0),
    "n_neighbors": IntDistribution(1, 30),
    "knn__weights": CategoricalDistribution(["uniform", "distance"]),
    "dropout": FloatDistribution(0.0, 1.0),
}


@pytest.fixture
def reader(vocabularies: dict[str, LearnerVocabulary]) -> TrialReader:
    names = StudyNames({name: one.names for name, one in vocabularies.items()})
    return TrialReader(names, vocabularies, "model")


@pytest.fixture
def svm_reader(vocabularies: dict[str, LearnerVocabulary]) -> TrialReader:
    only = {"svm": vocabularies["svm"]}
    return TrialReader(StudyNames({"svm": only["svm"].names}), only)


def distributions_of(params: dict[str, Any]) -> dict[str, BaseDistribution]:
    return {name: DISTRIBUTIONS[name] for name in params}


def trial(
    params: dict[str, Any],
    value: float | None = None,
    state: TrialState = TrialState.COMPLETE,
    number: int = 0,
    **attributes: Any,
) -> FrozenTrial:
    made = create_trial(
        params=params,
        distributions=distributions_of(params),
        value=value,
        state=state,
        system_attrs=attributes,
    )
    made.number = number
    return made


def numbered(*trials: FrozenTrial) -> list[FrozenTrial]:
    for number, one in enumerate(trials):
        one.number = number
    return list(trials)


@pytest.mark.parametrize(
    ("params", "learner"),
    [({"model": "SVC"}, "svm"), ({"model": "knn"}, KNN), ({"model": "mlp"}, None), ({"C": 1.0}, None)],
)
def test_the_learner_is_the_one_that_a_parameter_chooses(
    params: dict[str, Any], learner: str | None, reader: TrialReader
) -> None:
    assert reader.learner_of(params) == learner


def test_of_one_learner_only_the_choice_may_still_say_another(
    vocabularies: dict[str, LearnerVocabulary], svm_reader: TrialReader
) -> None:
    assert svm_reader.learner_of({"C": 1.0}) == "svm"
    named = TrialReader(svm_reader.names, svm_reader.vocabularies, "model")
    assert named.learner_of({"model": "SVC"}) == "svm"
    assert named.learner_of({"model": "knn"}) is None


def test_a_trial_is_read_as_the_estimator_that_it_builds(reader: TrialReader) -> None:
    params = {"model": "SVC", "C": 5.0, "n_neighbors": 3, "dropout": 0.5}
    reading = reader.read(params, distributions_of(params))
    assert reading.learner == "svm"
    assert reading.values == {"C": 5.0}
    assert reading.foreign == {"dropout"}
    assert reading.configuration is not None
    assert reading.configuration.params == {"C": 5.0, "kernel": "rbf"}


def test_a_trial_of_a_foreign_learner_tells_nothing(reader: TrialReader) -> None:
    reading = reader.read({"model": "mlp", "C": 1.0}, distributions_of({"model": "mlp", "C": 1.0}))
    assert (reading.learner, reading.values, reading.configuration) == (None, {}, None)


def test_nothing_is_known_of_a_choice_that_memory_never_saw(svm_reader: TrialReader) -> None:
    params = {"C": 5.0, "kernel": "poly"}
    assert svm_reader.is_beyond(params, distributions_of(params), "svm")
    assert svm_reader.read(params, distributions_of(params)).configuration is None
    assert not svm_reader.is_beyond({"C": 5.0, "kernel": "rbf"}, distributions_of(params), "svm")


def test_a_parameter_that_memory_cannot_tell_apart_is_unreadable(svm_reader: TrialReader) -> None:
    unknown = CategoricalDistribution(["poly", "sigmoid", "rbf"])
    assert svm_reader.is_unreadable("kernel", unknown, "svm")
    assert not svm_reader.is_unreadable("kernel", DISTRIBUTIONS["kernel"], "svm")
    assert svm_reader.is_unreadable("kernel", FloatDistribution(0.0, 1.0), "svm")
    assert not svm_reader.is_unreadable("dropout", FloatDistribution(0.0, 1.0), "svm")
    reading = svm_reader.read({"C": 5.0, "kernel": "poly"}, {"C": DISTRIBUTIONS["C"], "kernel": unknown})
    assert reading.foreign == {"kernel"}
    assert reading.configuration is not None
    assert reading.configuration.params == {"C": 5.0, "kernel": "rbf"}
    searched = {"C": DISTRIBUTIONS["C"], "kernel": unknown, "dropout": DISTRIBUTIONS["dropout"]}
    assert svm_reader.distributions_of(searched, "svm") == {"C": DISTRIBUTIONS["C"]}
    assert svm_reader.unreadable_of(searched, "svm") == {"kernel"}


def test_what_the_objective_settles_is_part_of_each_trial(
    vocabularies: dict[str, LearnerVocabulary], svm_reader: TrialReader
) -> None:
    settled = TrialReader(svm_reader.names, svm_reader.vocabularies, None, {"kernel": "linear", "tol": 0.1})
    assert settled.values_of({"C": 5.0}, "svm") == {"kernel": "linear", "C": 5.0}
    reading = settled.read({"C": 5.0}, distributions_of({"C": 5.0}))
    assert reading.configuration is not None
    assert reading.configuration.params == {"C": 5.0, "kernel": "linear"}
    # What is settled alone tells nothing of the search
    assert settled.read({}, {}).configuration is None


def test_a_history_has_what_was_told_in_the_order_of_the_trials(svm_reader: TrialReader) -> None:
    trials = numbered(
        trial({"C": 1.0}, 0.5),
        trial({"C": 2.0}, float("inf")),
        trial({"C": 3.0}, state=TrialState.PRUNED),
        trial({"C": 4.0}, state=TrialState.FAIL),
        trial({"C": 5.0}, 0.25),
        trial({"C": 6.0}, 0.75),
    )
    history = StudyHistory.read(trials, 5, -1.0, svm_reader)
    assert [one.params["C"] for one, _ in history.told] == [1.0, 2.0, 3.0, 4.0, 5.0]
    scores = [score for _, score in history.told]
    assert (scores[0], scores[4]) == (-0.5, -0.25)
    assert all(math.isnan(score) for score in scores[1:4])
    assert (history.running, history.n_undecided, history.has_foreign) == ((), 0, False)
    assert history.distributions == {"C": DISTRIBUTIONS["C"]}
    # kernel and gamma could have been asked for
    assert history.closed == {"svm": {"kernel", "gamma"}}


def test_the_latest_ranges_count_and_foreign_parameters_are_noticed(svm_reader: TrialReader) -> None:
    wide = FloatDistribution(0.01, 1000.0)
    old = create_trial(params={"C": 1.0}, distributions={"C": wide}, value=1.0)
    trials = numbered(old, trial({"C": 2.0, "dropout": 0.5}, 0.5), trial({}, state=TrialState.RUNNING))
    history = StudyHistory.read(trials, 2, 1.0, svm_reader)
    assert history.distributions["C"] == DISTRIBUTIONS["C"]
    assert history.has_foreign
    assert not StudyHistory.read(trials, 1, 1.0, svm_reader).has_foreign


def test_what_others_try_or_are_to_try_is_running(reader: TrialReader) -> None:
    intended = Configuration(KNN, {"n_neighbors": 9})
    trials = numbered(
        trial({}, state=TrialState.RUNNING),
        trial({}, state=TrialState.RUNNING, **{INTENDED: pack_intend(intended)}),
        trial({}, state=TrialState.WAITING, **{FIXED: {"model": "SVC", "C": 7.0}}),
        trial({"model": "knn", "n_neighbors": 4}, state=TrialState.RUNNING),
        trial({}, state=TrialState.RUNNING),
        trial({}, state=TrialState.RUNNING),
        trial({}, state=TrialState.RUNNING),
    )
    history = StudyHistory.read(trials, 5, 1.0, reader)
    assert [(one.learner, one.params) for one in history.running] == [
        (KNN, {"n_neighbors": 4}),
        ("svm", {"C": 7.0, "kernel": "rbf"}),
        (KNN, {"n_neighbors": 9}),
    ]
    # Of those that began earlier
    assert history.n_undecided == 2


def test_a_trial_that_was_lost_counts_when_it_is_lost_again(svm_reader: TrialReader) -> None:
    intended = {INTENDED: pack_intend(Configuration("svm", {"C": 1.0}))}
    lost = [trial({"C": 1.0}, state=TrialState.FAIL, **intended) for _ in range(2)]
    failed = trial({"C": 2.0}, state=TrialState.FAIL, **intended, **{FAILED: True})
    once = StudyHistory.read(numbered(lost[0], failed), 9, 1.0, svm_reader)
    assert [one.params["C"] for one, _ in once.told] == [2.0]
    twice = StudyHistory.read(numbered(*lost), 9, 1.0, svm_reader)
    assert [one.params["C"] for one, _ in twice.told] == [1.0]


def test_of_a_long_study_the_latest_and_the_best_are_kept(svm_reader: TrialReader) -> None:
    n = MOST_BEST + MOST_RECENT + 50
    # The earliest are the best; of those that are not the latest, the worst 50 are dropped
    trials = numbered(*(trial({"C": 1 + at / 10}, -float(at)) for at in range(n)))
    kept = [score for _, score in StudyHistory.read(trials, n, 1.0, svm_reader).told]
    assert len(kept) == MOST_BEST + MOST_RECENT
    assert sorted(kept, reverse=True) == [
        *(-float(at) for at in range(MOST_BEST)),
        *(-float(at) for at in range(n - MOST_RECENT, n)),
    ]
    assert kept[-1] == -float(n - 1)


def test_of_a_long_study_failures_are_kept_too(svm_reader: TrialReader) -> None:
    n = MOST_BEST + MOST_RECENT + 50
    # Every tenth fails
    scores = [None if at % 10 == 0 else -float(at) for at in range(n)]
    trials = numbered(
        *(
            trial({"C": 1 + at / 10}, score, TrialState.FAIL if score is None else TrialState.COMPLETE)
            for at, score in enumerate(scores)
        )
    )
    kept = [score for _, score in StudyHistory.read(trials, n, 1.0, svm_reader).told]
    assert sum(map(math.isnan, kept)) == scores.count(None)
    assert len(kept) == MOST_BEST + MOST_RECENT + (n - MOST_RECENT) // 10


def test_the_mean_of_scores_near_the_largest_number_is_finite() -> None:
    assert mean_scores([("a", 1e308), ("a", 1.5e308)]) == {"a": pytest.approx(1.25e308)}
    assert mean_scores([("a", -1e308), ("a", float("nan")), ("a", -1e308)]) == {"a": -1e308}


def test_scores_of_what_was_tried_again_are_averaged() -> None:
    means = mean_scores([("a", 1.0), ("b", math.nan), ("a", math.nan), ("a", 2.0), ("c", 3.0)])
    assert list(means) == ["a", "b", "c"]
    assert (means["a"], means["c"]) == (1.5, 3.0)
    assert math.isnan(means["b"])
