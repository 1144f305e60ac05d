from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foretune.meta_model.kernel import ConfigurationKernel
from foretune.meta_model.meta_dataset import MetaDataset
from foretune.meta_model.parameters import MetaTrainingParameters, PolicyParameters
from foretune.meta_model.prior import (
    FEWEST_SURFACES,
    Expectation,
    RelativeShapes,
    SurfacePrior,
    average_surface,
    build_prior,
    combine_predictions,
    metafeature_weight,
)
from foretune.meta_model.targets import normalise_scores
from foretune.meta_model.training import train_memory

KERNEL = ConfigurationKernel(0.3, 0.1, 0.2)
# Of the targets; wide enough for all that the tests draw
LIMIT = 60.0


def _shapes(n_tasks: int) -> RelativeShapes:
    """Targets that are scores in scales from the location, as z-scores are."""
    values = np.tile(np.linspace(0, 1, 61), (n_tasks, 1))
    return RelativeShapes(-LIMIT, LIMIT, values, np.tile([-LIMIT, 2 * LIMIT], (n_tasks, 1)))


def _prior(
    residuals: np.ndarray,
    mean: np.ndarray | None = None,
    *,
    remainder: float = 0.02,
    level: tuple[float, float] = (0.0, 0.0),
    level_residuals: np.ndarray | None = None,
    interpolated: float = 0.0,
    seed: int = 0,
) -> SurfacePrior:
    n_tasks, n_candidates = residuals.shape
    return build_prior(
        [Expectation(np.zeros(n_candidates) if mean is None else mean, residuals, 1.0)],
        np.array(level),
        np.zeros((n_tasks, 2)) if level_residuals is None else level_residuals,
        _shapes(n_tasks),
        PolicyParameters(remainder=remainder),
        kernel=KERNEL,
        coordinates=np.linspace(0, 1, n_candidates)[:, None],
        interpolated=interpolated,
        rng=np.random.default_rng(seed),
    )


@settings(max_examples=15, deadline=None)
@example([[1e-13, 0.0, 0.0, 0.0]], "raw")
@given(
    st.lists(
        st.lists(st.one_of(st.floats(-1e3, 1e3), st.just(float("nan"))), min_size=4, max_size=4).filter(
            lambda scores: bool(np.isfinite(scores).any())
        ),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(["raw", "minmax", "zscore", "copula"]),
)
def test_shapes_rise_from_the_worst_to_the_best(rows: list[list[float]], kind: str) -> None:
    meta_dataset = _meta_dataset(rows)
    shapes = RelativeShapes.from_meta_dataset(meta_dataset, kind)
    assert shapes.values.shape[0] == len(rows)
    targets = np.linspace(shapes.low - 1, shapes.high + 1, 50)
    mapped = shapes(np.tile(targets, (len(rows), 1)))
    assert (mapped >= 0).all()
    assert (mapped <= 1 + 1e-12).all()
    assert (np.diff(mapped, axis=1) >= -1e-9).all()
    np.testing.assert_allclose(mapped[:, -1], 1)


def _meta_dataset(rows: list[list[float]]) -> MetaDataset:
    tasks = [f"t{number}" for number in range(len(rows))]
    table = pd.DataFrame(
        [
            {"task_id": task, "config_id": f"c{number}", "score": score, "configuration:x": float(number)}
            for task, row in zip(tasks, rows, strict=True)
            for number, score in enumerate(row)
        ]
    ).assign(task_type="classification", provenance="real", content_hash="0", learner="svm", is_default=False)
    return MetaDataset.from_table(table.assign(family=table["task_id"], n_rows=np.nan))


def test_shapes_are_exact_where_a_configuration_was_evaluated() -> None:
    # Of one min-max target every score is a point of the grid
    scores = [[0.1, 0.2, 0.35, 0.5], [3.0, -1.0, 0.0, 1.0]]
    meta_dataset = _meta_dataset(scores)
    shapes = RelativeShapes.from_meta_dataset(meta_dataset, "minmax")
    targets = meta_dataset.targets("minmax").reshape(2, 4)
    np.testing.assert_allclose(shapes(targets), targets, atol=1e-6)
    # One task's grid ends where its targets end: the extremes and the middle of three ranks are met
    shapes = RelativeShapes.from_meta_dataset(_meta_dataset([[5.0, 1.0, 2.0]]), "copula")
    targets = _meta_dataset([[5.0, 1.0, 2.0]]).targets("copula")[None, :]
    np.testing.assert_allclose(shapes(targets), [[1.0, 0.0, 0.25]], atol=1e-6)


def test_where_all_are_equal_every_one_is_the_best() -> None:
    shapes = RelativeShapes.from_meta_dataset(_meta_dataset([[0.5, 0.5], [0.1, 0.2]]), "zscore")
    np.testing.assert_allclose(shapes(np.array([[-2.0, 0.0], [-2.0, 2.0]])), [[1, 1], [0, 1]], atol=1e-6)
    np.testing.assert_array_equal(shapes.select(np.array([1, 1])).values, shapes.values[[1, 1]])


@pytest.mark.parametrize(("remainder", "interpolated"), [(0.02, 0.0), (0.6, 0.0), (0.02, 1.0)])
def test_mean_and_covariance_are_the_moments_of_the_surfaces(remainder: float, interpolated: float) -> None:
    rng = np.random.default_rng(0)
    n_tasks, n_candidates = 4_000, 6
    mixing = rng.normal(size=(n_candidates, n_candidates))
    residuals = rng.normal(size=(n_tasks, n_candidates)) @ mixing + np.arange(n_candidates)
    prior = _prior(residuals, np.full(n_candidates, 2.0), remainder=remainder, interpolated=interpolated)
    covariance = prior.basis @ prior.basis.T
    assert prior.surfaces.shape == (n_tasks, n_candidates)
    # Standard errors of a mean are deviation / sqrt(n), of a covariance variance * sqrt(2 / n)
    deviation = np.sqrt(np.diag(covariance))
    assert (np.abs(prior.surfaces.mean(axis=0) - prior.mean) < 5 * deviation / np.sqrt(n_tasks)).all()
    error = np.abs(np.cov(prior.surfaces.T) - covariance) / np.outer(deviation, deviation)
    assert error.max() < 5 * np.sqrt(2 / n_tasks)
    # What is learnt and what is not add up to what was seen
    np.testing.assert_allclose(np.diag(covariance), residuals.var(axis=0))
    # Of thousands of tasks the mean residual is hardly shrunk
    np.testing.assert_allclose(prior.mean, 2 + residuals.mean(axis=0), rtol=1e-3)
    np.testing.assert_allclose(prior.surfaces.mean(axis=0), prior.mean)
    # The correlations of the remainder are those of the kernel, as far as its features go
    share = max(remainder, interpolated * KERNEL.unexplained)
    rest = covariance - (1 - share) * np.cov(residuals.T, bias=True)
    spread = np.sqrt(np.diag(rest))
    np.testing.assert_allclose(spread**2, share * residuals.var(axis=0))
    at = np.linspace(0, 1, n_candidates)[:, None]
    np.testing.assert_allclose(rest / np.outer(spread, spread), KERNEL.between(at, at), atol=0.5)


def test_a_few_tasks_stand_behind_several_surfaces_each() -> None:
    residuals = np.random.default_rng(0).normal(size=(5, 8))
    prior = _prior(residuals, level_residuals=np.arange(10.0).reshape(5, 2), level=(1.0, 2.0))
    assert len(prior.surfaces) >= FEWEST_SURFACES
    assert len(prior.surfaces) % 5 == 0
    assert prior.shapes.values.shape[0] == len(prior.surfaces)
    np.testing.assert_array_equal(prior.locations[:5], 1.0 + np.array([0, 2, 4, 6, 8]))
    np.testing.assert_array_equal(prior.locations[5:10], prior.locations[:5])
    np.testing.assert_array_equal(prior.log_scales[:5], 2.0 + np.array([1, 3, 5, 7, 9]))
    # The less is known, the more is left to the kernel
    learnt = residuals - residuals.mean(axis=0)
    near = _prior(np.tile(residuals, (200, 1))).surfaces[:5] - residuals.mean(axis=0)
    far = prior.surfaces[:5] - residuals.mean(axis=0)
    assert np.abs(near - learnt).mean() < np.abs(far - learnt).mean()


def test_residuals_without_spread_are_no_certainty() -> None:
    prior = _prior(np.tile([1.0, -1.0, 0.0], (10, 1)))
    np.testing.assert_allclose(prior.mean, [1, -1, 0])
    assert (np.diag(prior.basis @ prior.basis.T) > 0).all()


def test_in_the_unit_of_the_score() -> None:
    residuals = np.random.default_rng(0).normal(size=(100, 4))
    errors = np.random.default_rng(1).normal(size=(100, 2)) * 0.1
    prior = _prior(residuals, np.arange(4.0), level=(0.8, np.log(0.05)), level_residuals=errors)
    np.testing.assert_allclose(prior.predict_scores(), np.median(prior.score_surfaces(), axis=0))
    np.testing.assert_allclose(prior.predict_scores(), 0.8 + 0.05 * prior.mean, atol=0.02)
    expected = prior.locations[7] + np.exp(prior.log_scales[7]) * prior.surfaces[7]
    np.testing.assert_allclose(prior.score_surfaces()[7], expected)
    assert prior.relative_surfaces().shape == prior.surfaces.shape
    # An undefined spread of a known task is no error of the prediction
    errors[3, 1] = np.nan
    prior = _prior(residuals, level=(0.8, np.log(0.05)), level_residuals=errors)
    assert prior.log_scales[3] == np.log(0.05)


@pytest.mark.parametrize("n_tasks", [40, 150])
@pytest.mark.parametrize("nominal", [0.5, 0.8, 0.95])
def test_intervals_hold_a_new_task_as_often_as_they_say(n_tasks: int, nominal: float) -> None:
    rng = np.random.default_rng(0)
    n_candidates, covered = 10, []
    root = np.linalg.cholesky(
        KERNEL.between(*[np.linspace(0, 1, n_candidates)[:, None]] * 2) + 0.01 * np.eye(n_candidates)
    )
    bias = rng.normal(size=n_candidates)
    for seed in range(60):
        surfaces = (
            rng.standard_t(4, size=(n_tasks + 1, 1)) * bias
            + rng.normal(size=(n_tasks + 1, n_candidates)) @ root.T
        )
        level_errors = rng.normal(size=(n_tasks + 1, 2)) * [0.5, 0.3]
        prior = _prior(surfaces[1:], level=(0.8, -1.0), level_residuals=level_errors[1:], seed=seed)
        truth = 0.8 + level_errors[0, 0] + np.exp(-1 + level_errors[0, 1]) * surfaces[0]
        low, high = prior.interval(nominal)
        assert (low <= high).all()
        covered.append(np.mean((truth >= low) & (truth <= high)))
    # The standard error of the mean over 60 draws is below 0.06
    assert np.mean(covered) == pytest.approx(nominal, abs=0.12)
    assert np.mean(covered) > nominal - 0.1


@pytest.mark.parametrize("n_tasks", [4, 10, 20])
def test_from_a_few_tasks_intervals_hold_what_so_few_can_promise(n_tasks: int) -> None:
    rng = np.random.default_rng(0)
    covered = []
    for seed in range(150):
        surfaces = rng.normal(size=(n_tasks + 1, 5))
        prior = _prior(surfaces[1:], seed=seed)
        low, high = prior.interval(0.95)
        covered.append(np.mean((surfaces[0] >= low) & (surfaces[0] <= high)))
    assert np.mean(covered) > (n_tasks - 1) / (n_tasks + 1) - 0.05


def test_wider_intervals_hold_narrower_ones() -> None:
    prior = _prior(np.random.default_rng(0).normal(size=(80, 5)))
    (low80, high80), (low95, high95) = prior.interval(0.8), prior.interval(0.95)
    assert (low95 <= low80).all()
    assert (high80 <= high95).all()


def test_the_prior_of_a_surrogate(table: pd.DataFrame, quick: MetaTrainingParameters) -> None:
    meta_dataset = MetaDataset.from_table(table)
    memory = train_memory(meta_dataset, quick, seed=0)
    described = meta_dataset.metafeatures.loc["t03"]
    one, again, other = (memory.prior(described, meta_dataset.configurations, seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.surfaces, again.surfaces)
    np.testing.assert_array_equal(one.basis, again.basis)
    assert (one.surfaces != other.surfaces).any()
    np.testing.assert_array_equal(one.mean, other.mean)
    # New configurations
    new = meta_dataset.configurations.loc[["2rbf", "3rbf"]].assign(C=[2.0, 9.0])
    both = pd.concat([meta_dataset.configurations, new])
    prior = memory.prior(described, both)
    assert np.isfinite(prior.surfaces).all()
    assert prior.mean.shape == (12,)
    # To ask for more changes what is said of the others by no more than how far mean residuals are shrunk
    shift = np.abs(one.mean - memory.surrogate.predict_target(described, meta_dataset.configurations)).max()
    assert np.abs(prior.mean[:10] - one.mean).max() <= shift


@pytest.mark.parametrize("kind", ["raw", "minmax", "zscore", "copula"])
def test_from_targets_back_to_scores(kind: str) -> None:
    scores = [[0.1, 0.2, 0.35, 0.5], [3.0, -1.0, 0.0, 1.0], [0.3, 0.3, 0.3, 0.3]]
    meta_dataset = _meta_dataset(scores)
    shapes = RelativeShapes.from_meta_dataset(meta_dataset, kind)
    normalised = [normalise_scores(row, kind) for row in scores]
    standardised = shapes.standardised(meta_dataset.targets(kind).reshape(3, 4))
    for row, one, found in zip(scores, normalised, standardised, strict=True):
        # The copula bends between the points of the grid
        np.testing.assert_allclose(one.location + one.scale * found, row, atol=0.03 * max(np.ptp(row), 0.01))


def test_mean_residuals_that_are_noise_are_shrunk_away() -> None:
    rng = np.random.default_rng(0)
    noise = rng.normal(size=(100, 40))
    shrunk = _prior(noise, np.zeros(40)).mean
    assert np.mean(shrunk**2) < 0.2 * np.mean(noise.mean(axis=0) ** 2)
    signal = noise + np.linspace(-3, 3, 40)
    np.testing.assert_allclose(_prior(signal, np.zeros(40)).mean, signal.mean(axis=0), rtol=0.01)


def _apart(targets: np.ndarray) -> list[str]:
    return [f"family {number:03}" for number in range(len(targets))]


def _known_tasks(
    worth: float, n_tasks: int = 30, n_candidates: int = 20, seed: int = 0
) -> tuple[np.ndarray, np.ndarray]:
    """Targets, and predictions that tell a share of what is the tasks' own, with noise for the rest."""
    rng = np.random.default_rng(seed)
    own = rng.normal(size=(n_tasks, n_candidates))
    told = np.sqrt(worth) * own + np.sqrt(1 - worth) * rng.normal(size=own.shape)
    common = rng.normal(size=n_candidates)
    return common + own, common + told


@pytest.mark.parametrize(("worth", "low", "high"), [(1.0, 0.9, 1.0), (0.5, 0.5, 0.9), (0.0, 0.0, 0.1)])
def test_metafeatures_weigh_what_they_tell(worth: float, low: float, high: float) -> None:
    weights = []
    for seed in range(20):
        targets, predicted = _known_tasks(worth, seed=seed)
        families = _apart(targets)
        average = average_surface(targets, families).residuals
        weights.append(metafeature_weight(average, targets - predicted, families))
    assert low <= np.mean(weights) <= high


def test_a_prediction_that_is_the_average_or_that_two_tasks_judge_has_no_weight() -> None:
    targets, predicted = _known_tasks(1.0)
    families = _apart(targets)
    average = average_surface(targets, families)
    assert metafeature_weight(average.residuals, average.residuals, families) == 0
    few = average_surface(targets[:2], families[:2])
    assert metafeature_weight(few.residuals, targets[:2] - predicted[:2], families[:2]) == 0


def test_samples_of_the_same_tables_are_as_much_evidence_as_the_tables() -> None:
    targets, predicted = _known_tasks(0.5, n_tasks=8)
    residuals, families = targets - predicted, _apart(targets)
    once = metafeature_weight(average_surface(targets, families).residuals, residuals, families)
    average = average_surface(np.tile(targets, (4, 1)), families * 4)
    np.testing.assert_allclose(average.residuals[:8], average_surface(targets, families).residuals)
    assert metafeature_weight(average.residuals, np.tile(residuals, (4, 1)), families * 4) == pytest.approx(
        once
    )


@given(st.lists(st.sampled_from("abcd"), min_size=1, max_size=8), st.integers(1, 6), st.integers(0, 100))
def test_known_tasks_are_predicted_by_other_families(
    families: list[str], n_candidates: int, seed: int
) -> None:
    targets = np.random.default_rng(seed).normal(size=(len(families), n_candidates))
    average = average_surface(targets, families)
    np.testing.assert_allclose(average.mean, targets.mean(axis=0))
    for task, family in enumerate(families):
        others = targets[np.array(families) != family]
        expected = others.mean(axis=0) if len(others) else 0.0
        np.testing.assert_allclose(average.residuals[task], targets[task] - expected, atol=1e-12)


def test_useless_metafeatures_leave_the_average_alone_and_useful_ones_come_first() -> None:
    targets, predicted = _known_tasks(0.0)
    alone = combine_predictions(
        targets, np.ones(20), targets - np.random.default_rng(1).permuted(predicted), _apart(targets)
    )
    assert [one.weight for one in alone] == [0.0]
    np.testing.assert_allclose(alone[0].mean, targets.mean(axis=0))
    targets, predicted = _known_tasks(1.0)
    first, average = combine_predictions(targets, np.ones(20), targets - predicted, _apart(targets))
    assert first.weight > 0.9
    assert average.weight == 0
    np.testing.assert_allclose(first.mean, first.weight + (1 - first.weight) * targets.mean(axis=0))
    shares = (first.weight * (targets - predicted), (1 - first.weight) * average.residuals)
    np.testing.assert_allclose(first.residuals, sum(shares))


def test_alternatives_are_the_other_expectations_and_all_in_the_unit_of_the_score() -> None:
    rng = np.random.default_rng(0)
    n_tasks, n_candidates = 60, 8
    residuals = rng.normal(size=(n_tasks, n_candidates))
    both = [Expectation(np.full(n_candidates, value), residuals, value) for value in (1.0, 0.0)]
    prior = build_prior(
        both,
        np.zeros(2),
        np.zeros((n_tasks, 2)),
        _shapes(n_tasks),
        PolicyParameters(),
        kernel=KERNEL,
        coordinates=np.linspace(0, 1, n_candidates)[:, None],
        interpolated=0.0,
        rng=rng,
    )
    other, *in_scores = prior.alternatives
    np.testing.assert_allclose(prior.mean - other.mean, 1.0)
    assert len(in_scores) == 2
    # Of targets that are scores in scales from the location nothing changes but chance, and what is cut off
    for one, source in zip(in_scores, (prior, other), strict=True):
        assert one.alternatives == ()
        np.testing.assert_allclose(one.mean, source.mean, atol=0.05)
        np.testing.assert_allclose(
            np.diag(one.basis @ one.basis.T), np.diag(source.basis @ source.basis.T), rtol=0.25
        )
        np.testing.assert_allclose(one.relative_surfaces(), source.relative_surfaces(), atol=0.05)
    kept = prior.select(np.array([1, 5]))
    assert [one.mean.shape for one in (kept, *kept.alternatives)] == [(2,)] * 4


def test_low_outliers_are_cut_off_in_the_unit_of_the_score() -> None:
    residuals = np.random.default_rng(0).normal(size=(50, 4))
    residuals[7, 2] = -50.0
    in_score = _prior(residuals).alternatives[0]
    assert in_score.known.min() == -4.0
    assert in_score.mean[2] > -0.6
