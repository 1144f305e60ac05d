"""Agreement with pymfe on real tasks: where both define the same number, it is the same number."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pymfe.complexity import MFEComplexity
from pymfe.info_theory import MFEInfoTheory
from pymfe.mfe import MFE
from pymfe.statistical import MFEStatistical
from scipy import linalg
from tests.metafeatures.conftest import describe
from tests.metafeatures.equivalents import DIFFERENCES, EQUIVALENTS

from foretune.metafeatures import Caps, MetafeatureExtractor, TaskDescription
from foretune.metafeatures.groups.encoding import encode_all
from foretune.metafeatures.groups.information import _MOST_PAIRED_COLUMNS, ContingencyTable
from foretune.metafeatures.groups.overlap import measure_overlap
from foretune.metafeatures.groups.statistical import canonical_correlations
from foretune.tasks.generation import generate_tasks, select_task_sources
from foretune.tasks.parameters import TaskGenerationParameters

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from foretune.tasks.task import Task

CLASSIFICATION = [
    "ada",
    "automobile",
    "breast_cancer",
    "cleveland",
    "contraceptive",
    "dermatology",
    "german",
    "glass",
    "haberman",
    "ionosphere",
    "iris",
    "kc1",
    "lymphography",
    "mammographic",
    "maternal_health_risk",
    "pima",
    "saheart",
    "segment",
    "spectfheart",
    "tae",
    "wine",
    "yeast",
]
REGRESSION = ["diabetes", "servo", "yacht"]
# Distances and ranges are compared on numeric columns without ties, see SPECIAL_CASES
TIED = {name for name in EQUIVALENTS if name.startswith("complexity.")}

# Moments without pymfe's correction, all rows for the test of normality, and distances in double precision:
# its default goes through single precision
_OPTIONS: dict[str, Any] = {
    "skewness": {"method": 1},
    "kurtosis": {"method": 1},
    "nr_norm": {"method": "dagostino-pearson", "max_samples": 10**9},
}
_DISTANCES = {"metric": "minkowski", "p": 1}
_FUNCTIONS: dict[str, Any] = {
    "mean": np.mean,
    "sd": lambda values: np.std(values, ddof=1) if np.size(values) > 1 else np.nan,
    "min": np.min,
    "max": np.max,
    "sum": np.sum,
    "size": np.size,
    "abs": np.abs,
    "log": np.log,
    "log2": np.log2,
}


def _without_smoothing(patch: pytest.MonkeyPatch) -> None:
    """Make pymfe's joint counts those of the table: it adds 1e-8 to each share, which shows in the sixth "
    "digit."""
    for name in ("_calc_joint_ent", "_calc_conc"):
        patch.setattr(getattr(MFEInfoTheory, name).__func__, "__defaults__", (1e-300,))


def _pymfe_values(task: TaskDescription, names: set[str]) -> dict[str, float]:
    """Evaluate the expressions for a task, by our names."""
    task = task.part(Caps())
    wanted = {name: text for name, text in EQUIVALENTS.items() if name in names}
    spaces = {
        "raw": _extract("raw", wanted, *_raw(task), classes=task.target_levels),
        "standard": _extract(
            "standard", wanted, task.numeric, [], classes=task.target_levels, rescale="standard"
        ),
        "levels": _extract("levels", wanted, _levels(task), None, classes=task.target_levels),
        "paired": _extract("paired", wanted, _paired(task), None, classes=task.target_levels),
        "tree": _extract("tree", wanted, encode_all(task), [], classes=task.target_levels),
        "n_levels": np.array([np.unique(levels).size for levels in task.levels]),
    }
    values = {}
    with np.errstate(all="ignore"):
        for name, text in wanted.items():
            values[name] = float(eval(text, {"__builtins__": {}}, {**_FUNCTIONS, **spaces}))
    return values


def _raw(task: TaskDescription) -> tuple[NDArray[Any], list[int]]:
    n_numeric = task.numeric.shape[1]
    columns = [*task.numeric.T, *(codes.astype(str).astype(object) for codes in task.nominal.T)]
    table = np.empty((task.n_rows, len(columns)), dtype=object if task.nominal.shape[1] else float)
    for k, column in enumerate(columns):
        table[:, k] = column
    return table, list(range(n_numeric, len(columns)))


def _levels(task: TaskDescription) -> NDArray[np.int64]:
    return np.column_stack(task.levels)


def _paired(task: TaskDescription) -> NDArray[np.int64]:
    positions = np.array([*task.numeric_positions, *task.nominal_positions])
    return _levels(task)[:, positions < _MOST_PAIRED_COLUMNS]


def _extract(
    space: str,
    wanted: dict[str, str],
    table: NDArray[Any],
    nominal: list[int] | None,
    classes: NDArray[np.int64],
    **options: Any,
) -> SimpleNamespace:
    features = {name for text in wanted.values() for name in re.findall(rf"\b{space}\.(\w+)", text)}
    if not features:
        return SimpleNamespace()
    extractor = MFE(groups="all", features=sorted(features), summary=None, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        extractor.fit(
            table,
            classes,
            cat_cols=list(range(table.shape[1])) if nominal is None else nominal,
            transform_num=False,
            transform_cat=None,
            suppress_warnings=True,
            **_DISTANCES,
            **options,
        )
        names, values = extractor.extract(suppress_warnings=True, **_OPTIONS)
    return SimpleNamespace(**dict(zip(names, map(np.asarray, values), strict=True)))


@pytest.fixture(scope="module")
def tasks() -> dict[str, Task]:
    """Real tasks without missing values; columns that do not vary are left out."""
    parameters = TaskGenerationParameters(task_ids=(*CLASSIFICATION, *REGRESSION), max_rows=400)
    made, _, _ = generate_tasks(select_task_sources(parameters, []), {}, parameters, 0)
    return {
        name: replace(task, X=task.X.loc[:, task.X.nunique() > 1].dropna(axis="columns"))
        for name, task in made.items()
    }


def _with_ties_broken(task: Task) -> Task:
    numeric = task.X.select_dtypes("number").astype(float)
    noise = np.random.default_rng(0).random(numeric.shape)
    return replace(task, X=numeric + 1e-6 * np.ptp(numeric.to_numpy(), axis=0) * noise)


def _compare(task: Task, names: set[str]) -> None:
    ours = MetafeatureExtractor().extract(task.X, task.y, task.task_type)
    theirs = _pymfe_values(describe(task.X, task.y, task.task_type), names)
    assert set(theirs) == names
    for name, value in theirs.items():
        assert ours[name] == pytest.approx(value, rel=1e-8, abs=1e-8, nan_ok=True), name


@pytest.mark.slow
@pytest.mark.parametrize("task_id", CLASSIFICATION)
def test_equal_on_real_tasks(tasks: dict[str, Task], task_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _without_smoothing(monkeypatch)
    _compare(tasks[task_id], set(EQUIVALENTS) - TIED)
    _compare(_with_ties_broken(tasks[task_id]), TIED)


@pytest.mark.parametrize("task_id", REGRESSION)
def test_equal_on_regression_tasks_with_the_target_in_bins(
    tasks: dict[str, Task], task_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_smoothing(monkeypatch)
    groups = ["simple", "cardinality", "statistical", "information", "pca"]
    columns = set(MetafeatureExtractor(groups=groups).columns(["regression"]))
    _compare(tasks[task_id], columns.intersection(EQUIVALENTS))


def test_most_values_are_defined_on_most_tasks(
    tasks: dict[str, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two NaN are equal above, so it must be shown that there are few
    _without_smoothing(monkeypatch)
    task = tasks["wine"]
    theirs = _pymfe_values(describe(task.X, task.y, "classification"), set(EQUIVALENTS))
    assert not any(np.isnan(value) for value in theirs.values())


def test_everything_in_pymfe_is_equal_or_different_for_a_reason() -> None:
    compared = {name for text in EQUIVALENTS.values() for name in re.findall(r"[a-z]\.(\w+)", text)}
    assert compared.isdisjoint(DIFFERENCES)
    assert compared | set(DIFFERENCES) == set(MFE.valid_metafeatures())
    assert set(EQUIVALENTS) <= set(MetafeatureExtractor().columns())


@pytest.mark.parametrize("task_id", ["iris", "wine", "glass", "dermatology"])
def test_formulas_of_canonical_correlations(tasks: dict[str, Task], task_id: str) -> None:
    task = tasks[task_id]
    ours = MetafeatureExtractor(groups=["statistical"]).extract(task.X, task.y)
    roots = canonical_correlations(describe(task.X, task.y, "classification"))
    N, y = task.X.to_numpy(float), task.y.cat.codes.to_numpy()
    assert ours["statistical.wilks_lambda"] == pytest.approx(MFEStatistical.ft_w_lambda(N, y, can_cors=roots))
    assert ours["statistical.pillai_trace"] == pytest.approx(MFEStatistical.ft_p_trace(N, y, can_cors=roots))
    # The iteration comes close
    assert MFEStatistical.ft_can_cor(N, y)[0] == pytest.approx(roots[0], abs=1e-3)


def test_concentration_with_the_arguments_exchanged(
    tasks: dict[str, Task], monkeypatch: pytest.MonkeyPatch
) -> None:
    _without_smoothing(monkeypatch)
    task = describe(tasks["german"].X, tasks["german"].y, "classification")
    for levels in task.levels:
        expected = MFEInfoTheory._calc_conc(task.classes, levels)
        assert ContingencyTable.of(levels, task.classes).concentration == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("task_id", ["iris", "wine", "pima"])
def test_directional_overlap_by_its_definition(tasks: dict[str, Task], task_id: str) -> None:
    task = tasks[task_id]
    z = (task.X.to_numpy(float) - task.X.to_numpy(float).mean(axis=0)) / task.X.to_numpy(float).std(axis=0)
    y = task.y.cat.codes.to_numpy()
    facts = MFEComplexity.precompute_complexity(y)
    values = []
    for a, b in facts["ovo_comb"]:
        n = facts["class_freqs"][[a, b]]
        within = sum(k * np.cov(z[y == c], rowvar=False) for k, c in zip(n, (a, b), strict=True)) / n.sum()
        difference = z[y == a].mean(axis=0) - z[y == b].mean(axis=0)
        values.append(1 / (1 + difference @ linalg.pinv(within) @ difference))
    measured = measure_overlap(describe(task.X, task.y, "classification"))
    assert measured["directional_overlap.mean"] == pytest.approx(np.mean(values), abs=1e-8)
    assert measured["directional_overlap.max"] == pytest.approx(np.max(values), abs=1e-8)
