from __future__ import annotations

import pandas as pd
import pytest

from foretune.evaluation.figures.cost import plot_costs


@pytest.fixture
def costs() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "task_type": "classification",
            "stage": ["fit", "search", "search", "search"],
            "name": ["surrogate", "foretune", "foretune", "random_search"],
            "seconds": [4.0, 2.0, 1.0, 0.5],
        }
    )


def test_a_bar_per_name_with_its_sum_dearest_on_top(costs: pd.DataFrame) -> None:
    figure = plot_costs(costs)
    fit, search = figure.data
    assert (fit.name, fit.y, fit.x) == ("fit", ("Surrogate",), (4.0,))
    assert (search.y, search.x) == (("Random search", "Foretune"), (0.5, 3.0))
    assert figure.layout.yaxis.categoryarray == ("Random search", "Foretune", "Surrogate")


def test_equal_input_gives_equal_json_and_an_empty_table_an_empty_figure(costs: pd.DataFrame) -> None:
    assert plot_costs(costs).to_json() == plot_costs(costs.sample(frac=1, random_state=0)).to_json()
    assert not plot_costs(costs.head(0)).data
