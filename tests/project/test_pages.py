from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from kedro.io import DataCatalog
from kedro.pipeline import Node, Pipeline

from foretune.project.pages import NamePages

if TYPE_CHECKING:
    import pytest


def test_the_pages_of_a_run_are_named_as_a_browser_opens_them(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "my results"
    catalog = DataCatalog.from_config(
        {
            "report": {"type": "text.TextDataset", "filepath": str(folder / "report.html")},
            "notes": {"type": "text.TextDataset", "filepath": str(folder / "notes.txt")},
            "curves": {"type": "plotly.HTMLDataset", "filepath": str(folder / "curves.html")},
            "unwritten": {"type": "text.TextDataset", "filepath": str(folder / "unwritten.html")},
        }
    )
    outputs = ["report", "notes", "curves", "nowhere"]
    made = Pipeline([Node(lambda: 0, inputs=None, outputs=one, name=one) for one in outputs])
    with caplog.at_level("INFO"):
        NamePages().after_pipeline_run(made, catalog)
    assert caplog.messages == [f"Open {(folder / 'report.html').as_uri()}"]
    assert "my%20results" in caplog.messages[0]
