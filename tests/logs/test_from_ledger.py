from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from foretune.learners import Rounds, Trial
from foretune.ledger import EvaluationContext, Ledger, LedgerError, StoredTrial, trial_key
from foretune.logs import FoundLog, LogError, ScoreChoice
from foretune.logs.from_ledger import read_ledger
from foretune.spaces import Configuration


def _trial(
    table: str,
    params: dict[str, Any],
    *scores: float,
    metric: str = "accuracy",
    learner: str = "svm",
    status: str = "ok",
    strategy: str = "sobol",
    named: str = "",
    rounds: int | None = None,
    fidelity: float = 1.0,
    task_type: str = "classification",
    further: dict[str, float] | None = None,
) -> StoredTrial:
    task_hash = (table * 64)[:64]
    context = EvaluationContext(task_hash, "MetaSearchCV", 2, 0, 0, {}, (metric,))
    configuration = Configuration(learner, params, strategy)
    folds = [{metric: score, **(further or {})} for score in scores]
    error = "" if status == "ok" else "ValueError: no"
    chosen = None if rounds is None else Rounds(rounds, metric, rounds)
    return StoredTrial(
        trial_key(context, configuration, fidelity),
        named or f"{table}-{task_hash[:12]}",
        task_hash,
        task_type,
        configuration,
        Trial(folds, status, error, 0.5, rounds=chosen),
        fidelity,
        context=context.digest,
    )


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'search.sqlite'}"


def _read(url: str, trials: list[StoredTrial], *given: Any, **choice: Any) -> list[FoundLog]:
    with Ledger.open(url) as ledger:
        for trial in trials:
            ledger.record([trial])
    return read_ledger(url, ScoreChoice(**choice), *given)


def test_each_table_is_a_task_with_the_mean_of_its_folds(url: str) -> None:
    trials = [
        _trial("a", {"C": 1.0}, 0.5, 0.7, strategy="default"),
        _trial("a", {"C": 2.0, "gamma": 0.1}, 0.8, 0.8),
        _trial("b", {"C": 1.0}, 0.9, 0.7),
    ]
    first, second = _read(url, trials)
    assert first.log["task_id"].unique().tolist() == [f"a-{'a' * 12}"]
    assert first.log["score"].tolist() == pytest.approx([0.6, 0.8])
    assert first.log["learner"].tolist() == ["svm", "svm"]
    assert first.log["is_default"].tolist() == [True, False]
    assert first.log["param_gamma"].tolist()[1] == 0.1
    assert first.log["fit_seconds"].tolist() == [0.5, 0.5]
    # By which the same table is known in another ledger
    assert first.log["family"].unique().tolist() == [f"a-{'a' * 12}"]
    assert second.log["score"].tolist() == [0.8]
    said: list[str] = []
    (only,) = read_ledger(url, ScoreChoice(), "b*", said.append)
    assert only.log["task_id"].unique().tolist() == said == [f"b-{'b' * 12}"]


def test_scores_that_do_not_compare_are_tasks_of_one_family(url: str) -> None:
    pipeline = "Pipeline(StandardScaler, SVC)"
    trials = [
        _trial("a", {"C": 1.0}, 0.5),
        _trial("a", {"C": 1.0}, -0.3, metric="neg_log_loss"),
        _trial("a", {"clf__C": 3.0}, 0.9, learner=pipeline, strategy="own"),
        _trial("a", {"clf__C": 1.0}, 0.8, learner=pipeline, strategy="default"),
    ]
    found = _read(url, trials)
    name = f"a-{'a' * 12}"
    assert [one.log["task_id"].iloc[0] for one in found] == [
        f"{name} {pipeline}",
        f"{name} accuracy",
        f"{name} neg_log_loss",
    ]
    assert [one.log["score"].tolist() for one in found] == [[0.9, 0.8], [0.5], [-0.3]]
    assert all(one.log["family"].unique().tolist() == [name] for one in found)
    # What predicts, and an estimator of the user's own is not the library's default
    assert found[0].log["learner"].tolist() == ["SVC", "SVC"]
    assert "is_default" not in found[0].log


def test_what_has_no_score_to_compare_is_left_out_and_a_failure_counts(url: str) -> None:
    trials = [
        _trial("a", {"C": 1.0}, 0.5),
        _trial("a", {"C": 2.0}, status="failed"),
        _trial("a", {"C": 3.0}, 0.9, status="stopped"),
        _trial("a", {"C": 4.0}, status="crashed"),
        _trial("a", {"C": 5.0}, 0.9, fidelity=0.25),
    ]
    (found,) = _read(url, trials)
    assert found.log["param_C"].tolist() == [1.0, 2.0]
    assert found.log["status"].fillna("").tolist() == ["", "ValueError: no"]
    assert found.log["score"].isna().tolist() == [False, True]
    assert found.n_left_out == 2


def test_of_several_scores_one_is_named_and_those_of_training_parts_are_none(url: str) -> None:
    trials = [
        _trial("a", {"C": 1.0}, 0.5, further={"train_score": 0.9}),
        _trial("b", {"C": 1.0}, 0.5, further={"neg_log_loss": -0.2, "train_accuracy": 0.9}),
    ]
    with pytest.raises(LogError, match=r"'b-b+' has 2 metrics: say which .*'accuracy', 'neg_log_loss'$"):
        _read(url, trials)
    # The first has a single one
    first, second = read_ledger(url, ScoreChoice("neg_log_loss"))
    assert (first.log["score"].item(), second.log["score"].item()) == (0.5, -0.2)
    (trained,) = read_ledger(url, ScoreChoice("train_accuracy"), "b*")
    assert trained.log["score"].item() == 0.9


def test_higher_is_better_in_searches_and_elsewhere_the_name_says_it(url: str) -> None:
    trials = [
        _trial("a", {"C": 1.0}, 0.5, metric="score"),
        _trial("b", {"C": 1.0}, 0.5, metric="rmse"),
        _trial("c", {"C": 1.0}, 0.5, metric="rmse", named="taxi", task_type="regression"),
        _trial("d", {"model.rate": 1.0}, 0.5, metric="metrics:mae", named="clinic", learner="__default__"),
    ]
    found = _read(url, trials, minimize=True)
    assert [one.log["score"].item() for one in found] == [0.5, 0.5, -0.5, -0.5]
    found = read_ledger(url, ScoreChoice())
    assert [one.log["score"].item() for one in found] == [0.5, 0.5, -0.5, -0.5]
    assert found[3].log["task_type"].item() == "regression"
    # The pipeline of a project is no learner
    assert "learner" not in found[2].log


def test_the_rounds_of_early_stopping_are_a_hyperparameter(url: str) -> None:
    (found,) = _read(url, [_trial("a", {"max_depth": 3}, 0.5, learner="xgboost", rounds=42)])
    assert found.log["param_n_estimators"].item() == 42


def test_a_ledger_without_trials_is_one_line(url: str) -> None:
    with pytest.raises(LogError, match=r"search.sqlite has no complete trial$"):
        _read(url, [_trial("a", {"C": 2.0}, status="failed")])
    with pytest.raises(LogError, match=r"no complete trial that fits 'x\*'; found: 'b-b+'$"):
        _read(url, [_trial("b", {"C": 2.0}, 0.1)], "x*")
    with pytest.raises(LedgerError):
        read_ledger(f"{url}.missing", ScoreChoice())
