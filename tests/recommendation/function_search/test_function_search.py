"""Start of a search over the parameters of a function."""

from __future__ import annotations

from foretune.recommendation.function_search.function_search import start_search


def test_the_current_values_are_first_where_they_are_in_the_space() -> None:
    inside = start_search({"n": "int(1,9)", "m": "int(1,9)"}, {"n": 4, "m": 5}, 0).proposals
    assert inside.configurations[inside.search.ask()].params == {"n": 4, "m": 5}
    outside = start_search({"n": "int(1,9)", "m": "int(1,9)"}, {"n": 40, "m": 5}, 0).proposals
    assert outside.search.default is None
    assert outside.configurations[outside.search.ask()].params["n"] < 10


def test_parameters_are_named_as_the_function_names_them_and_in_its_order() -> None:
    search = start_search({"b.x": "int(1,9)", "a.y": "bool"}, {}, 0)
    configuration = search.proposals.configurations[search.proposals.search.ask()]
    assert list(search.params_of(configuration)) == ["b.x", "a.y"]
    assert search.notes == ("the search learns from its own trials alone",)
