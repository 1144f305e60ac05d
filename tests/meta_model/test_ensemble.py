from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import spearmanr

from foretune.meta_model.ensemble import (
    TrainingData,
    draw_rows,
    fit_level,
    fit_member,
    fit_ranker,
    predict_unseen,
    task_levels,
)
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters


def _data(
    counts: list[int],
    targets: np.ndarray | None = None,
    metafeatures: np.ndarray | None = None,
    configurations: np.ndarray | None = None,
) -> TrainingData:
    task = np.repeat(np.arange(len(counts)), counts)
    config = np.concatenate([np.arange(count) for count in counts])
    return TrainingData(
        task=task,
        config=config,
        target=np.zeros(len(task)) if targets is None else targets,
        metafeatures=np.zeros((len(counts), 1), np.float32) if metafeatures is None else metafeatures,
        configurations=np.zeros((max(counts), 1), np.float32) if configurations is None else configurations,
        level=np.zeros((len(counts), 2)),
    )


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=1, max_size=12),
    st.integers(1, 200),
    st.integers(0, 2**32),
)
def test_rows_are_drawn_as_evenly_as_the_tasks_allow(
    tasks: list[tuple[int, bool]], max_rows: int, seed: int
) -> None:
    counts, in_bag = [count for count, _ in tasks], np.array([seen for _, seen in tasks])
    data = _data(counts)
    drawn = draw_rows(data, in_bag, max_rows, np.random.default_rng(seed))
    assert (np.diff(drawn) > 0).all()
    assert in_bag[data.task[drawn]].all()
    per_task = np.bincount(data.task[drawn], minlength=len(counts))[in_bag]
    if not in_bag.any():
        return
    available = np.array(counts)[in_bag]
    share = per_task.max()
    # One share for all: who has less gives all
    np.testing.assert_array_equal(per_task, np.minimum(available, share))
    assert len(drawn) <= max(max_rows, len(per_task))
    # The largest such share: one more each would be too many
    if (per_task < available).any():
        assert np.minimum(available, share + 1).sum() > max_rows


def test_a_pure_interaction_is_learned(training: MetaTrainingParameters) -> None:
    """On half of the tasks one setting is good, on the other half the other: no main effect at all."""
    rng = np.random.default_rng(0)
    n_tasks, n_configs = 40, 20
    described = rng.uniform(-1, 1, (n_tasks, 3)).astype(np.float32)
    configured = rng.uniform(-1, 1, (n_configs, 3)).astype(np.float32)
    truth = np.sign(described[:, [0]]) * np.sign(configured[:, 0])
    data = _data([n_configs] * n_tasks, truth.ravel(), described, configured)
    seen = np.arange(n_tasks) < 30
    predicted = fit_member(data, seen, training, seed=0).predict_unseen(data, seen).reshape(truth.shape)
    unseen = ~seen
    assert (predicted[seen] == 0).all()
    # A task near the edge may be taken for one of the other side
    clear = unseen & (np.abs(described[:, 0]) > 0.15)
    assert np.mean(np.sign(predicted[clear]) == truth[clear]) > 0.95
    assert np.abs(predicted.mean()) < 0.2


def test_the_main_effect_is_the_mean_over_the_tasks_in_the_bag(training: MetaTrainingParameters) -> None:
    effect = np.array([-2.0, -1.0, 0.0, 1.0, 2.0])
    shift = np.linspace(-1, 1, 10)
    outside = np.full((3, 5), 50.0)
    targets = np.vstack([effect + shift[:, None], outside])
    data = _data([5] * 13, targets.ravel(), configurations=np.arange(5, dtype=np.float32)[:, None])
    parameters = training.model_copy(
        update={"main_effect": training.main_effect.model_copy(update={"reg_lambda": 0.0})}
    )
    member = fit_member(data, np.arange(13) < 10, parameters, seed=0)
    seen = data.with_main_effect(member.main_effect).configurations[:, -1]
    np.testing.assert_allclose(seen, effect, atol=0.01)


def test_a_member_depends_on_its_bag_only(training: MetaTrainingParameters) -> None:
    rng = np.random.default_rng(1)
    targets = rng.normal(size=60)
    described = rng.normal(size=(6, 2)).astype(np.float32)
    configured = rng.normal(size=(10, 2)).astype(np.float32)
    in_bag = np.array([True, True, False, True, False, True])
    data = _data([10] * 6, targets, described, configured)
    others = np.where(in_bag[data.task], targets, rng.normal(size=60))
    level = np.where(in_bag[:, None], data.level, 99.0)
    changed = data._replace(target=others, level=level)
    one, other = (fit_member(each, in_bag, training, seed=3) for each in (data, changed))
    np.testing.assert_array_equal(one.predict_unseen(data, in_bag), other.predict_unseen(data, in_bag))
    np.testing.assert_array_equal(one.level.predict(described), other.level.predict(described))


def test_levels_of_tasks(table: pd.DataFrame) -> None:
    table.loc[table["task_id"] == "t04", "score"] = 0.5
    meta_dataset = MetaDataset.from_table(table)
    levels = task_levels(meta_dataset, "zscore")
    by_task = table.groupby("task_id")["score"]
    np.testing.assert_allclose(levels[:, 0], by_task.mean())
    known = by_task.std(ddof=0).to_numpy() > 1e-12
    assert not known[4]
    np.testing.assert_allclose(levels[known, 1], np.log(by_task.std(ddof=0)[known]))
    assert np.isnan(levels[4, 1])


def test_the_level_is_predicted_from_metafeatures(training: MetaTrainingParameters) -> None:
    described = np.linspace(0, 1, 30, dtype=np.float32)[:, None]
    level = np.hstack([3 * described, -2 * described]).astype(np.float64)
    level[[3, 17], 1] = np.nan
    data = _data([2] * 30, metafeatures=described)._replace(level=level)
    predicted = fit_level(data, np.ones(30, dtype=bool), training, seed=0).predict(described)
    np.testing.assert_allclose(predicted, np.hstack([3 * described, -2 * described]), atol=0.25)
    raw = training.model_copy(update={"target": "raw"})
    constant = fit_level(data, np.ones(30, dtype=bool), raw, seed=0).predict(described)
    np.testing.assert_allclose(constant, np.tile(np.nanmean(level, axis=0), (30, 1)))


def test_a_ranker_orders_the_configurations_of_an_unseen_task(training: MetaTrainingParameters) -> None:
    rng = np.random.default_rng(0)
    described = rng.uniform(size=(24, 1)).astype(np.float32)
    configured = np.linspace(0, 1, 15, dtype=np.float32)[:, None]
    truth = -np.abs(described - configured.T).astype(np.float64)
    # Scales say nothing: only the order within a task counts
    data = _data([15] * 24, (truth * 10 ** rng.uniform(-3, 3, (24, 1))).ravel(), described, configured)
    seen = np.arange(24) < 18
    ranker = fit_ranker(data, seen, training, seed=0)
    scores = predict_unseen(ranker, data, seen).reshape(truth.shape)
    correlations = [spearmanr(scores[task], truth[task]).statistic for task in range(18, 24)]
    assert np.mean(correlations) > 0.8


@pytest.mark.parametrize("n_rows", [1, 7, 50_001])
def test_evaluations_are_predicted_in_portions(training: MetaTrainingParameters, n_rows: int) -> None:
    configured = np.arange(5, dtype=np.float32)[:, None]
    small = _data([5] * 4, np.tile(np.arange(5.0), 4), configurations=configured)
    member = fit_member(small, np.ones(4, dtype=bool), training, seed=0)
    many = small._replace(
        task=np.zeros(n_rows, dtype=np.intp), config=np.arange(n_rows) % 5, target=np.zeros(n_rows)
    )
    few = member.predict_unseen(small, np.zeros(4, dtype=bool))
    predicted = member.predict_unseen(many, np.zeros(1, dtype=bool))
    np.testing.assert_array_equal(predicted, few[np.arange(n_rows) % 5])
