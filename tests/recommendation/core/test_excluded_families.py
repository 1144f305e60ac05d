from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_wine

import foretune
from foretune.base import ArgumentError, UserError
from foretune.meta_model.memory import Memory
from foretune.meta_model.merging import with_members_without
from foretune.meta_model.parameters import MetaTrainingParameters
from foretune.recommendation.core import excluded_families
from foretune.recommendation.core.excluded_families import check_families, without_families
from foretune.recommendation.core.memory import load_memory
from foretune.recommendation.core.recommender import Recommender

QUICK = MetaTrainingParameters(max_rows=2_000)


@pytest.mark.parametrize(
    ("given", "names"), [(None, ()), ("wine", ("wine",)), (["b", "a", "b"], ("a", "b")), ({"a"}, ("a",))]
)
def test_families_are_a_name_or_several(given: Any, names: tuple[str, ...]) -> None:
    assert check_families(given) == names


@pytest.mark.parametrize("given", [3, [3], b"wine", {"wine": 1}])
def test_anything_else_is_one_line(given: Any) -> None:
    with pytest.raises(ArgumentError, match=r"exclude_families = .* must be names of families"):
        check_families(given)


def test_members_that_know_a_family_are_left_out() -> None:
    shipped = load_memory("classification")
    assert without_families(shipped, ()) is shipped
    left = without_families(shipped, ["wine"])
    assert "wine" not in left.training_set.families
    assert "wine" in shipped.training_set.families
    assert 4 <= len(left.surrogate.members) < len(shipped.surrogate.members)


@pytest.mark.slow
def test_with_too_few_members_others_are_trained_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    shipped = load_memory("classification")
    families = sorted(set(shipped.training_set.families))[:40]
    calls: list[list[str]] = []

    def counting(memory: Memory, families: Any, n_members: int) -> Memory:
        calls.append(list(families))
        return with_members_without(memory, families, n_members, parameters=QUICK)

    monkeypatch.setattr(excluded_families, "with_members_without", counting)
    monkeypatch.setattr(excluded_families, "_trained", type(excluded_families._trained)())
    left = without_families(shipped, families)
    assert len(left.surrogate.members) == 4
    assert left.surrogate.members[0] not in shipped.surrogate.members
    assert not set(families) & set(left.training_set.families)
    assert without_families(shipped, families[::-1]) is left
    assert calls == [families]
    assert caplog.messages[0].startswith("trained 4 members of the memory without 40 families ('")


def test_an_unknown_family_is_one_line_with_close_names() -> None:
    X, y = load_wine(return_X_y=True)
    with pytest.raises(UserError, match=r"the memory has no family 'wines' \(did you mean .*'wine'"):
        foretune.suggest(X, y, exclude_families=["wines"])


def test_what_is_asked_leaves_the_families_out() -> None:
    X, y = load_wine(return_X_y=True)
    known, without = (
        Recommender.for_table(X, y, "svm", exclude_families=families) for families in (None, "wine")
    )
    assert known.familiarity.near["task_id"].iloc[0] == "wine"
    assert "wine" not in set(without.familiarity.near["task_id"])
    scores = [
        foretune.suggest(X, y, "svm", k=2, exclude_families=families)["predicted_score"]
        for families in (None, ["wine"])
    ]
    assert not np.array_equal(*scores)


def test_a_search_and_a_sampler_leave_them_out_too(memory_folder: Path) -> None:
    X, y = load_wine(return_X_y=True)
    with pytest.raises(UserError, match="the memory has no family 'other'"):
        foretune.MetaSearchCV("svm", n_trials=1, memory=memory_folder, exclude_families=["other"]).fit(X, y)
    with pytest.raises(UserError, match="the memory has no family 'other'"):
        foretune.ForetuneSampler(X, y, "svm", memory=memory_folder, exclude_families=["other"])
