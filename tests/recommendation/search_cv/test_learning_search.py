"""Search that learns from its own trials alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.kernel_ridge import KernelRidge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import StandardScaler

from foretune.recommendation.search_cv.learning_search import LearningSearch
from foretune.recommendation.search_cv.own_space import read_space

PIPE = Pipeline([("scale", StandardScaler()), ("reg", KernelRidge(alpha=0.5))])
LOG = {"type": "float", "low": 1e-5, "high": 10.0, "log": True}
GIVEN: dict[str, Any] = {"reg__alpha": LOG, "reg__gamma": LOG, "scale": ["passthrough", StandardScaler()]}


def _search(given: Any, seed: int = 0, estimator: Any = PIPE) -> LearningSearch:
    space = read_space(estimator, given)
    return LearningSearch(space, estimator.get_params(), "own", np.random.default_rng(seed))


def _score(params: dict[str, Any]) -> float:
    """A smooth peak at alpha = 0.01 and gamma = 0.1, which needs the scaler."""
    distance = np.log10(params["reg__alpha"] / 0.01) ** 2 + np.log10(params["reg__gamma"] / 0.1) ** 2
    return float(-distance - (params["scale"] == "passthrough"))


def _run(search: LearningSearch, n: int) -> list[float]:
    scores = []
    for _ in range(n):
        at = search.ask()
        scores.append(_score(search.configurations[at].params))
        search.tell(at, scores[-1])
    return scores


@pytest.mark.parametrize("seed", [0, 1])
def test_it_finds_a_peak_that_draws_do_not(seed: int) -> None:
    scores = _run(_search(GIVEN, seed), 25)
    rng = np.random.default_rng(seed)
    drawn = [
        _score(
            {"reg__alpha": 10 ** rng.uniform(-5, 1), "reg__gamma": 10 ** rng.uniform(-5, 1), "scale": None}
        )
        for _ in range(25)
    ]
    assert max(scores) > -0.05
    assert max(scores) > max(drawn)


def test_no_point_comes_twice_and_the_same_seed_gives_the_same() -> None:
    first, second = _search(GIVEN), _search(GIVEN)
    assert _run(first, 12) == _run(second, 12)
    assert len({one.config_id for one in first.configurations}) == len(first.configurations)


def test_the_first_is_the_estimator_as_it_is() -> None:
    search = _search({"reg__alpha": LOG})
    assert search.default == search.ask() == 0
    assert search.configurations[0].params == {"reg__alpha": 0.5}
    # 0.5 is not among the values
    assert _search({"reg__alpha": [1, 2]}).default is None


def test_a_finite_space_ends() -> None:
    search = _search({"reg__alpha": [0.1, 0.5, 1.0], "reg__kernel": ["rbf", "linear"]})
    points = []
    while search.n_left:
        at = search.ask()
        points.append(search.configurations[at].config_id)
        search.tell(at, float(len(points)))
    assert len(points) == len(set(points)) == 6


def test_conditions_and_branches_hold() -> None:
    given = [
        {
            "reg__kernel": ["rbf", "poly"],
            "reg__degree": {"type": "integer", "low": 2, "high": 9, "when": {"kernel": ["poly"]}},
        },
        {"reg__alpha": LOG, "scale": ["passthrough"]},
    ]
    search = _search(given)
    for n in range(16):
        params = search.configurations[search.ask()].params
        search.tell(len(search.configurations) - 1, float(n % 5))
        assert set(params) in ({"reg__alpha", "scale"}, {"reg__kernel"}, {"reg__kernel", "reg__degree"})
        assert ("reg__degree" in params) == (params.get("reg__kernel") == "poly")


def test_failures_are_avoided_and_all_failures_no_error() -> None:
    search = _search({"reg__alpha": LOG})
    fails = []
    for _ in range(20):
        at = search.ask()
        value = search.configurations[at].params["reg__alpha"]
        fails.append(value < 1e-2)
        search.tell(at, np.nan if fails[-1] else -abs(value - 1))
    assert np.mean(fails[10:]) < 0.3
    search = _search({"reg__alpha": LOG})
    for _ in range(12):
        search.tell(search.ask(), np.nan)
    assert len(search.configurations) == 12


def test_several_at_once_are_apart() -> None:
    search = _search(GIVEN)
    _run(search, 10)
    batch = [search.configurations[search.ask()] for _ in range(4)]
    assert len({one.config_id for one in batch}) == 4


def test_gains_are_those_of_what_is_next() -> None:
    search = _search(GIVEN)
    _run(search, 12)
    gains = search.expected_gains()
    assert len(gains) == len(search.configurations) == 13
    assert (gains[:12] == -1).all()
    assert 0 <= gains[12] < np.inf
    assert search.ask() == 12


def test_equal_scores_are_no_error() -> None:
    search = _search(GIVEN)
    for _ in range(12):
        search.tell(search.ask(), 1.0)
    assert len(search.configurations) == 12


def test_a_branch_without_parameters_is_the_estimator_as_it_is() -> None:
    search = _search([{}, {"reg__alpha": [0.1, 1.0]}])
    scores = _run_all(search)
    assert sorted(map(str, scores)) == ["{'reg__alpha': 0.1}", "{'reg__alpha': 1.0}", "{}"]


def _run_all(search: LearningSearch) -> list[dict[str, Any]]:
    asked = []
    while search.n_left:
        at = search.ask()
        asked.append(search.configurations[at].params)
        search.tell(at, float(len(asked)))
    return asked
