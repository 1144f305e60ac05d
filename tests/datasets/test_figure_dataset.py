from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from foretune.datasets.figure_dataset import FigureDataset
from foretune.evaluation import plot_calibration
from foretune.reporting import preview_figure


@pytest.fixture
def dataset(tmp_path: Path) -> FigureDataset:
    import pandas as pd

    columns = ["task_type", "task_id", "nominal", "coverage", "mean_width"]
    rows = [("classification", "iris", 0.8, 0.7, 1.0), ("regression", "yacht", 0.8, 0.9, 1.0)]
    dataset = FigureDataset(filepath=tmp_path / "figure.json")
    dataset.save(plot_calibration(pd.DataFrame(rows, columns=columns)))
    return dataset


def test_the_preview_is_made_for_a_small_frame_and_the_figure_is_kept(dataset: FigureDataset) -> None:
    whole = dataset.load().to_plotly_json()
    shown = dataset.preview()
    assert set(shown["layout"]) <= set(preview_figure(whole)["layout"])
    assert shown["layout"]["yaxis2"]["tickfont"]["size"] < 10
    assert whole["layout"]["height"]


def test_kedro_viz_tells_its_kind_by_the_name_of_the_annotation() -> None:
    annotation = inspect.signature(FigureDataset.preview, eval_str=True).return_annotation
    assert annotation.__name__ == "PlotlyPreview"
