from __future__ import annotations

import pickle

import numpy as np
import pytest

from foretune.execution import Outcome
from foretune.execution.job import Reply
from foretune.hpo.parameters import HpoParameters
from foretune.hpo.strategies.strategy import Proposal
from foretune.hpo.task_search import make_context
from foretune.hpo.trial_job import TrialGroup, TrialJob, lacks_a_library, trials_of
from foretune.learners import METRICS, STOPPED, FoldRace, Learner, get_learner, known_learners, registry
from foretune.learners.fit import Trial, evaluate_configuration
from foretune.learners.folds import make_folds, thin_folds
from foretune.learners.metrics import Metric
from foretune.spaces.configuration import Configuration
from foretune.tasks.task import Task

GROUP = TrialGroup(tuple(Configuration("k_nearest_neighbours", {"n_neighbors": k}) for k in (2, 5)))


@pytest.fixture
def task(mixed_tasks: dict[str, Task]) -> Task:
    return mixed_tasks["mixed_regression"]


@pytest.fixture
def job(task: Task, hpo_parameters: HpoParameters) -> TrialJob:
    context = make_context(task, hpo_parameters, 3)
    learners = [get_learner("k_nearest_neighbours")]
    return TrialJob(task, context, hpo_parameters, [GROUP], learners, METRICS["regression"])


def test_a_job_prepares_the_folds_of_its_task(
    job: TrialJob, task: Task, hpo_parameters: HpoParameters
) -> None:
    seed = make_context(task, hpo_parameters, 3).fold_seed
    expected = make_folds(task, hpo_parameters.n_folds, hpo_parameters.preprocessing, seed)
    for one, other in zip(job.prepare().for_learner(GROUP.learner), expected, strict=True):
        np.testing.assert_array_equal(one.X_train, other.X_train)
        np.testing.assert_array_equal(one.y_test, other.y_test)


@pytest.mark.parametrize("fidelity", [1.0, 0.5])
def test_a_group_is_evaluated_on_its_share_of_the_rows(
    fidelity: float, job: TrialJob, task: Task, hpo_parameters: HpoParameters
) -> None:
    context, folds = make_context(task, hpo_parameters, 3), job.prepare()
    found = job.evaluate(folds, TrialGroup(GROUP.configurations, fidelity))
    thin = thin_folds(folds.for_learner(GROUP.learner), fidelity, "regression", context.fold_seed)
    for trial, configuration in zip(found, GROUP.configurations, strict=True):
        expected = evaluate_configuration(configuration, thin, "regression", context.learner_seed)
        for one, other in zip(trial.fold_metrics, expected.fold_metrics, strict=True):
            assert one == pytest.approx(other)


def test_learners_and_metrics_of_ones_own_travel_with_the_job(
    task: Task, hpo_parameters: HpoParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    linear = get_learner("linear")
    mine = Learner("mine", linear.build, linear.library_default)
    metrics = METRICS["regression"] | {"bias": Metric(lambda p: float(np.mean(p.predicted - p.truth)), False)}
    context = make_context(task, hpo_parameters, 0)
    job = TrialJob(task, context, hpo_parameters, [], [mine], metrics)
    monkeypatch.setattr(registry, "_LEARNERS", dict(registry._LEARNERS))
    monkeypatch.setitem(METRICS, "regression", dict(METRICS["regression"]))
    assert "mine" not in known_learners()
    (trial,) = job.evaluate(job.prepare(), TrialGroup((Configuration("mine", {}),)))
    assert trial.status == "ok"
    assert {"bias", "r2"} <= set(trial.fold_metrics[0])


def test_jobs_of_one_task_share_folds_and_send_their_items_apart(
    job: TrialJob, task: Task, mixed_tasks: dict[str, Task], hpo_parameters: HpoParameters
) -> None:
    def key(one: Task, seed: int) -> object:
        context = make_context(one, hpo_parameters, seed)
        return TrialJob(one, context, hpo_parameters, [], learners, {}).shared_key

    learners = [get_learner("k_nearest_neighbours")]

    assert job.shared_key == key(task, 3)
    assert len({key(task, 3), key(task, 4), key(mixed_tasks["mixed_classification"], 3)}) == 3
    sent = pickle.loads(
        pickle.dumps(
            TrialJob(task, make_context(task, hpo_parameters, 3), hpo_parameters, [GROUP], learners, {})
        )
    )
    assert job.items == [GROUP]
    assert sent.items == []
    assert sent.shared_key == job.shared_key


def test_a_job_of_several_learners_splits_into_one_for_each(
    task: Task, hpo_parameters: HpoParameters
) -> None:
    learners = [get_learner(name) for name in ("k_nearest_neighbours", "linear", "svm")]
    linear = TrialGroup((Configuration("linear", {}),))
    context = make_context(task, hpo_parameters, 3)
    job = TrialJob(task, context, hpo_parameters, [GROUP, linear, GROUP], learners, {})
    assert job.prepares_several
    parts = job.of_each_learner(job.items)
    assert [part.learners for part in parts] == [("k_nearest_neighbours",), ("linear",)]
    assert [part.items for part in parts] == [[GROUP, GROUP], [linear]]
    assert not any(part.prepares_several for part in parts)
    assert len({one.shared_key for one in (job, *parts)}) == 3


@pytest.mark.parametrize(
    ("status", "error", "lacks"),
    [
        ("failed", "ModuleNotFoundError: No module named 'lightgbm'", True),
        ("failed", "ImportError: libgomp.so.1: cannot open shared object file", True),
        ("failed", "ValueError: ImportError: no", False),
        ("ok", "ImportError: of a warning", False),
    ],
)
def test_what_cannot_be_imported_is_the_machines_fault(status: str, error: str, lacks: bool) -> None:
    assert lacks_a_library(Trial([], status, error, 0.0)) == lacks


def test_a_group_counts_and_splits_into_its_configurations(job: TrialJob) -> None:
    half = TrialGroup(GROUP.configurations, 0.5)
    assert job.count(half) == 2
    assert job.split(half) == [TrialGroup((one,), 0.5) for one in GROUP.configurations]


def test_an_outcome_gives_a_trial_for_each_configuration(job: TrialJob) -> None:
    half = TrialGroup(GROUP.configurations, 0.5)
    proposals = [Proposal(one, 0.5) for one in GROUP.configurations]
    done = [Trial([{"r2": value}], "ok", "", 0.1) for value in (0.1, 0.2)]
    assert list(trials_of(Outcome(job, half, Reply("ok", done)))) == list(zip(proposals, done, strict=True))
    lost = [trial for _, trial in trials_of(Outcome(job, half, Reply("timeout", None, "took long", 6.0)))]
    assert lost == [Trial([], "timeout", "took long", 6.0)] * 2
    assert [trial.fit_seconds for trial in lost] == [6.0, 6.0]


def test_a_race_travels_with_its_group_and_marks_what_it_stops(job: TrialJob) -> None:
    folds = job.prepare()
    whole = job.evaluate(folds, GROUP)
    race = FoldRace(3, metric="mae", higher_is_better=False)
    # Two neighbours are behind five by more than the complete trials differ
    scores = race.scores_of(whole[1].fold_metrics)
    assert race.scores_of(whole[0].fold_metrics)[0] < scores[0] - 1.0
    for shift in ([0.0, 0.0, 0.0], [1e-6, 0.0, 0.0], [0.0, 1e-6, 0.0]):
        race.record(scores - shift)
    sent = pickle.loads(pickle.dumps(TrialGroup(GROUP.configurations, race=race)))
    assert sent == GROUP
    for one in job.split(sent):
        assert one.race is sent.race
    found = job.evaluate(folds, sent)
    assert found[1] == whole[1]
    assert found[0].fold_metrics == whole[0].fold_metrics[:1]
    assert (found[0].status, found[0].error) == (STOPPED, "behind the best on 1 fold of 3")
