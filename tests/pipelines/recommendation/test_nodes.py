from __future__ import annotations

from contextlib import ExitStack, nullcontext
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from foretune.execution import ParallelParameters
from foretune.hpo.parameters import HpoParameters
from foretune.pipelines.recommendation import nodes
from foretune.recommendation import table
from foretune.recommendation.core import RecommendationParameters

Calls = dict[str, tuple[Any, ...]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> Calls:
    """Replace what the nodes call; what each was called with, by its name."""
    found: Calls = {}

    def replace(package: Any, name: str) -> None:
        def call(*arguments: Any) -> Any:
            found[name] = arguments
            return f"result of {name}"

        monkeypatch.setattr(package, name, call)

    for name in ("recommend_from_parameters", "run_trials", "build_page", "programs_for"):
        replace(table, name)
    for name in ("predictions", "gains", "neighbours", "drivers", "measured"):
        replace(table, f"plot_{name}")
    return found


def asked(answer: list[Any]) -> tuple[Any, list[Any]]:
    """Make a dataset of a user's table; it says how it was read."""
    read: list[Any] = []

    def load(*arguments: Any) -> Any:
        read.extend(arguments)
        return table.UserTable(pd.DataFrame({"answer": answer}), "table.csv", "answer")

    return load, read


def test_the_table_is_read_and_recommended_for(calls: Calls) -> None:
    load, read = asked(["a", "b"])
    parameters = RecommendationParameters(
        drop_columns=("id",), read_options={"sep": ";"}, column_types={"id": "nominal"}
    )
    found = nodes.recommend_configurations(load, "kind", parameters, 7)
    assert found == "result of recommend_from_parameters"
    assert read == ["kind", ("id",), {"sep": ";"}, {"id": "nominal"}, None]
    user_table, *rest = calls["recommend_from_parameters"]
    assert user_table.answer.tolist() == ["a", "b"]
    assert rest == [parameters, 7]


@pytest.mark.parametrize(("feed", "kept"), [(True, "ledger"), (False, None)])
def test_trials_are_kept_where_that_is_wanted(
    feed: bool, kept: str | None, calls: Calls, hpo_parameters: HpoParameters
) -> None:
    parameters = RecommendationParameters(evaluate=2, feed_ledger=feed)
    generation: Any = "generation"
    parallel = ParallelParameters(n_workers=1)
    found = nodes.try_recommendations(
        "result", nullcontext("ledger"), parameters, generation, hpo_parameters, parallel, 7
    )
    assert found == "result of run_trials"
    result, settings, ledger, on_progress = calls["run_trials"]
    assert (result, ledger) == ("result", kept)
    assert settings == table.TrialRunSettings(parameters, generation, hpo_parameters, parallel, 7)
    assert callable(on_progress)


def test_without_trials_the_ledger_is_closed_too(calls: Calls, hpo_parameters: HpoParameters) -> None:
    parallel, generation = ParallelParameters(n_workers=1), SimpleNamespace()
    parameters, ledger = RecommendationParameters(), ExitStack()
    closed: list[bool] = []
    ledger.callback(closed.append, True)
    found = nodes.try_recommendations("result", ledger, parameters, generation, hpo_parameters, parallel, 7)
    assert closed == [True]
    assert found == "result"
    assert calls == {}


def test_everything_is_written_with_what_it_was_asked_by(
    calls: Calls, hpo_parameters: HpoParameters, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    monkeypatch.setattr(table, "tabulate_result", lambda _: ["the ranking"])
    parameters = RecommendationParameters(k=3)
    settings = {"recommendation": parameters.model_dump(mode="json"), "seed": 7}
    ranking = pd.DataFrame({"rank": [1, 2]})
    result = SimpleNamespace(to_json=lambda told: {"settings": told}, to_table=lambda: ranking)
    written, shown, page = nodes.describe_recommendation(result, parameters, hpo_parameters, 7)
    assert written == {"settings": settings, "to_paste": "result of programs_for"}
    assert shown is ranking
    assert page == "result of build_page"
    assert calls["build_page"] == (result, parameters, hpo_parameters, settings, 7)
    assert calls["programs_for"] == (result, parameters, hpo_parameters, 7)
    assert "the ranking" in capsys.readouterr().out


def test_five_figures_are_drawn(calls: Calls) -> None:
    drawn = nodes.draw_recommendation("result", RecommendationParameters(n_drivers=4))
    names = ("predictions", "gains", "neighbours", "drivers", "measured")
    assert drawn == tuple(f"result of plot_{name}" for name in names)
    assert calls["plot_drivers"] == ("result", 4)
    assert all(calls[f"plot_{name}"][0] == "result" for name in names)
