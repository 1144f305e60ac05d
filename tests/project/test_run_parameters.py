from __future__ import annotations

import copy
from functools import partial
from typing import Any

import numpy as np
import pytest
from kedro.config import OmegaConfigLoader
from kedro.framework.cli.project import run
from pydantic import ValidationError
from tests.fuzzing import ODD_VALUES, result_or_line, seeds
from tests.project.conftest import CONF

from foretune.project.run_parameters import ParameterError, place_short_forms, validate_parameters
from foretune.recommendation.core.parameters import RecommendationParameters
from foretune.tasks import select_task_sources


def _set(raw: dict[str, Any], key: str, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(raw)
    *path, last = key.split(".")
    group = changed
    for part in path:
        group = group.setdefault(part, {})
    group[last] = value
    return changed


def test_the_default_parameters_are_valid_and_frozen_at_every_depth(raw: dict[str, Any]) -> None:
    parameters = validate_parameters(raw)
    for model, name in (
        (parameters, "seed"),
        (parameters.parallel, "n_workers"),
        (parameters.hpo.score, "regression"),
        (parameters.meta_training.surrogate, "max_depth"),
    ):
        with pytest.raises(ValidationError, match="frozen"):
            setattr(model, name, 3)


def test_a_run_recommends_as_the_library_does(raw: dict[str, Any]) -> None:
    assert validate_parameters(raw).recommendation == RecommendationParameters()


def shortened(text: str) -> str:
    shown = repr(text)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."


FLOAT = {"type": "float", "low": 1, "high": 2}


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        (
            "hpo.max_cells",
            {"foo": 3},
            "parameter hpo: max_cells names 'foo', which has no search space in hpo.spaces",
        ),
        (
            "sed",
            1,
            "parameter sed = 1 is unknown; did you mean seed? allowed: column_types, drop_columns, ev",
        ),
        ("seed", -1, "parameter seed = -1: Input should be greater than or equal to 0"),
        ("seed", "x", "parameter seed = 'x': Input should be a valid integer"),
        (
            "parallel.n_workers",
            0,
            "parameter parallel.n_workers = 0: must be -1 (one per core) or at least 1",
        ),
        (
            "parallel.workers",
            2,
            "parameter parallel.workers = 2 is unknown; did you mean n_workers? allow",
        ),
        ("hpo.n_folds", 1, "parameter hpo.n_folds = 1: Input should be greater than or equal to 3"),
        (
            "hpo.n_fold",
            5,
            "parameter hpo.n_fold = 5 is unknown; did you mean n_folds? allowed: batch_size, bu",
        ),
        (
            "hpo.score.regression",
            "r3",
            "parameter hpo.score.regression = 'r3': no such metric; allowed: r2, rmse, mae",
        ),
        (
            "hpo.learners",
            ["tree"],
            "parameter hpo.learners = ['tree']: learner 'tree' is unknown; allowed: rando",
        ),
        (
            "hpo.spaces.svm.shared.C",
            {**FLOAT, "lg": True},
            "parameter hpo.spaces.svm.shared.C.lg = True is unknown; did you mean log? allowed: high, log, ",
        ),
        (
            "hpo.spaces.svm.shared.C",
            {**FLOAT, "high": 0},
            "parameter hpo.spaces.svm.shared.C = {'type': 'float', 'low': 1, 'high': 0}: low 1.0 must",
        ),
        (
            "task_generation.task_ids",
            ["irs"],
            "parameter task_generation.task_ids = ['irs']: ",
        ),
        (
            "task_generation.synthetic",
            [{"kind": "friedman1", "name": "f", "rows": 3}],
            "parameter task_generation.synthetic.0.rows = 3 is unknown; did you mean n_rows? allowed: ",
        ),
        (
            "evaluation.n_trials",
            [3, 1],
            "parameter evaluation.n_trials = [3, 1]: must be whole numbers from 1",
        ),
        (
            "meta_training.target",
            "rank",
            "parameter meta_training.target = 'rank': Input should be 'raw',",
        ),
        ("trials_path", "no.csv", "parameter trials_path = 'no.csv': there is no such file"),
        ("metafeatures_path", "/", "parameter metafeatures_path = '/': is a folder, not a file"),
        (
            "output_dir",
            __file__,
            f"parameter output_dir = {shortened(__file__)}: must be a folder; it is made if",
        ),
        ("output_dir", "", "parameter output_dir = '': must be a folder"),
        ("output_dir", "~nobody there", "parameter output_dir = '~nobody there': Could not determine home"),
        ("table", "~nobody there/x.csv", "parameter table = '~nobody there/x.csv': Could not determine home"),
        ("trials_path", "x\0y.csv", "parameter trials_path = 'x\\x00y.csv': there is no such file"),
        ("table", f"{'x' * 300}.csv", f"parameter table = {shortened('x' * 300)}: there is no such file"),
        ("memory", "~nobody there", "parameter memory = '~nobody there': there is no such folder"),
        ("recommendation.memory", "x" * 5000, "parameter recommendation.memory = 'xxx"),
        (
            "logs.score_direction",
            "up",
            "parameter logs.score_direction = 'up': Input should be 'maximise' or 'minimise'",
        ),
        ("hpo.n_folds", 12, "parameter task_generation.n_folds = 3 must be at least hpo.n_folds = 12"),
    ],
)
def test_a_wrong_parameter_is_one_line_with_key_value_and_what_is_allowed(
    raw: dict[str, Any], key: str, value: object, line: str
) -> None:
    with pytest.raises(ParameterError) as caught:
        validate_parameters(_set(raw, key, value))
    lines = str(caught.value).splitlines()
    assert len(lines) == 1
    assert lines[0].startswith(line)


@pytest.mark.quick("test-4-3")
@pytest.mark.parametrize(
    ("env", "classification", "regression"), [("local", 18, 14), ("test", 4, 3), ("full", 80, 55)]
)
def test_every_environment_is_valid_and_has_its_real_tasks(
    env: str, classification: int, regression: int
) -> None:
    loader = OmegaConfigLoader(
        str(CONF), base_env="base", default_run_env=env, merge_strategy={"parameters": "soft"}
    )
    parameters = validate_parameters(loader["parameters"])
    sources = select_task_sources(parameters.task_generation, [])
    counts = sources.loc[
        (sources["provenance"] == "real") & (sources["role"] == "base"), "task_type"
    ].value_counts()
    assert counts["classification"] >= classification
    assert counts["regression"] >= regression
    if env != "full":
        assert not sources["family"].duplicated().any()


@pytest.mark.parametrize(
    ("given", "dropped"),
    [
        ("id+date", ("id+date",)),
        (8, ("8",)),
        (8.0, ("8",)),
        (["a", 8], ("a", "8")),
        ("a b (cm)", ("a b (cm)",)),
    ],
)
def test_columns_to_drop_are_names(raw: dict[str, Any], given: object, dropped: tuple[str, ...]) -> None:
    for key in ("drop_columns", "recommendation.drop_columns"):
        placed = place_short_forms(_set(raw, key, given))
        assert validate_parameters(placed).recommendation.drop_columns == dropped


@pytest.mark.parametrize(
    ("given", "target"), [(4, "4"), (4.0, "4"), (0.5, "0.5"), (True, "True"), ("4", "4"), (None, None)]
)
def test_a_target_that_looks_like_a_number_is_a_name(
    raw: dict[str, Any], given: object, target: str | None
) -> None:
    placed = place_short_forms(_set(raw, "target", given))
    assert placed["target"] == validate_parameters(placed).target == target


def test_signs_may_be_said_in_words(raw: dict[str, Any]) -> None:
    given = {"decimal": "comma", "sep": "tab", "thousands": ".", "encoding": "space"}
    placed = place_short_forms(_set(raw, "read_options", given))
    read = validate_parameters(placed).recommendation.read_options
    assert read == {"decimal": ",", "sep": "\t", "thousands": ".", "encoding": "space"}


def test_a_list_is_called_a_list(raw: dict[str, Any]) -> None:
    with pytest.raises(
        ParameterError, match=r"^parameter evaluation\.n_trials = 3: Input should be a valid list$"
    ):
        validate_parameters(_set(raw, "evaluation.n_trials", 3))


def test_a_missing_parameter_is_named(raw: dict[str, Any]) -> None:
    del raw["hpo"]["score"]["regression"]
    with pytest.raises(
        ParameterError, match=r"^parameter hpo\.score\.regression is missing; it is required$"
    ):
        validate_parameters(raw)


def test_every_wrong_parameter_has_its_line(raw: dict[str, Any]) -> None:
    with pytest.raises(ParameterError) as caught:
        validate_parameters(_set(_set(raw, "seed", -1), "hpo.n_folds", 1))
    assert [line.split(" = ")[0] for line in str(caught.value).splitlines()] == [
        "parameter seed",
        "parameter hpo.n_folds",
    ]


@pytest.mark.parametrize("key", ["column_types", "recommendation.column_types"])
def test_a_column_with_a_dot_that_was_taken_for_a_group_says_how_it_is_written(
    raw: dict[str, Any], key: str
) -> None:
    with pytest.raises(ParameterError, match=r"brackets, column_types\[a\.b c\.d\]=nominal"):
        validate_parameters(_set(raw, f"{key}.a.b c", {"d": "nominal"}))


def test_the_command_line_takes_names_with_a_dot_or_a_comma(raw: dict[str, Any]) -> None:
    written = (
        r'target="price\x2c in EUR",drop_columns="x\x2cy",column_types[a.b]=nominal,column_types[c]=number'
    )
    given = run.make_context("run", [f"--params={written}"]).params["params"]
    parameters = validate_parameters(place_short_forms({**raw, **given}))
    assert parameters.target == "price, in EUR"
    assert parameters.recommendation.drop_columns == ("x,y",)
    assert parameters.recommendation.column_types == {"a.b": "nominal", "c": "number"}


def test_a_long_value_is_cut() -> None:
    with pytest.raises(ParameterError) as caught:
        validate_parameters({"seed": "x" * 500})
    assert max(len(line) for line in str(caught.value).splitlines()) < 200


def _keys(group: dict[str, Any], prefix: str = "") -> list[str]:
    keys = []
    for name, value in group.items():
        keys.append(f"{prefix}{name}")
        keys += _keys(value, f"{prefix}{name}.") if isinstance(value, dict) else []
    return keys


@pytest.mark.parametrize("group", seeds(60, 1_500))
def test_any_value_of_any_parameter_is_valid_or_one_line(raw: dict[str, Any], group: range) -> None:
    keys = _keys(raw)
    for seed in group:
        rng = np.random.default_rng(seed)
        key = str(rng.choice([*keys, f"{rng.choice(keys)}x"]))
        value = ODD_VALUES[rng.integers(len(ODD_VALUES))]
        placed = place_short_forms(_set(raw, key, value))
        result_or_line(partial(validate_parameters, placed), (seed, key))


def test_the_fault_of_a_short_form_is_said_once(raw: dict[str, Any]) -> None:
    with pytest.raises(ParameterError) as caught:
        validate_parameters(place_short_forms({**raw, "evaluate": -1}))
    assert str(caught.value) == "parameter evaluate = -1: Input should be greater than or equal to 0"
