"""All figures in a real browser, on a light and on a dark page."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.browser import open_page
from tests.plots.conftest import FormulaMemory, make_search

from foretune.plots import TrialPlots

pytestmark = pytest.mark.slow
# The driver of a processor that draws lines in place of a graphics card
OF_DRIVER = "GPU stall due to ReadPixels"


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_figure_is_drawn_without_a_complaint(browser: Browser, tmp_path: Path, dark: bool) -> None:
    search = make_search(24, FormulaMemory())
    plots = TrialPlots(lambda: search)
    figures = {
        "history": plots.history(),
        "slices": plots.parameters(),
        "parallel": plots.parameters(kind="parallel"),
        "importance": plots.importance(),
        "surface": plots.surface("learning_rate", "max_depth"),
        "conditional": plots.surface("C", "gamma"),
        "nominal": plots.surface("kernel", "C"),
        "memory": plots.against_memory(),
    }
    for name, figure in figures.items():
        file = tmp_path / f"{name}.html"
        colour = "#14181e" if dark else "white"
        page = f"<body style='background: {colour}'>{figure.to_html(full_html=False)}</body>"
        file.write_text(f"<meta charset='utf-8'>{page}", encoding="utf-8")
        with open_page(browser, file.as_uri(), dark=dark) as (opened, trouble):
            opened.wait_for_selector(".main-svg")
            title = opened.locator(".gtitle").text_content()
            assert title == figure.layout.title.text
            # Nothing hides the page's own colour
            fills = opened.locator(".main-svg").evaluate_all(
                "all => all.map(one => getComputedStyle(one).backgroundColor)"
            )
            assert all(fill == "transparent" or fill.endswith(", 0)") for fill in fills)
            edge = opened.locator(".gtitle").evaluate("title => title.getBoundingClientRect().top")
            assert edge >= 0
            assert [line for line in trouble if OF_DRIVER not in line] == []
