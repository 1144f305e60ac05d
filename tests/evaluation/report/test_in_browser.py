"""The report in a real browser, opened from the disk, without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import are_drawn, column_of, open_page, rows_of, table_of
from tests.evaluation.report.conftest import EVIL

from foretune.evaluation.figures.regret import label_of
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.report.page import build_report
from foretune.evaluation.report.tables import EvaluationTables, list_tasks
from foretune.reporting.section import format_cell


@pytest.fixture(scope="module")
def address(
    tables: EvaluationTables, parameters: EvaluationParameters, tmp_path_factory: pytest.TempPathFactory
) -> str:
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    path.write_text(build_report(tables, parameters, {"seed": 0}), encoding="utf-8")
    return path.as_uri()


@pytest.fixture(scope="module")
def opened(browser: Browser, address: str) -> Iterator[tuple[Page, list[str]]]:
    with open_page(browser, address) as opened:
        yield opened


@pytest.fixture
def report(opened: tuple[Page, list[str]]) -> Iterator[Page]:
    page, trouble = opened
    yield page
    assert trouble == []


def test_it_draws_every_figure_and_asks_nobody(report: Page) -> None:
    assert report.title() == "Foretune: report of the evaluation"
    assert are_drawn(report) == [True] * 7
    assert report.locator(".plot path.js-line").count() > 10


def test_a_click_in_the_contents_leads_to_the_section(report: Page) -> None:
    report.get_by_role("navigation").get_by_role("link", name="Costs").click()
    assert report.url.endswith("#costs")
    assert report.locator("#costs h2").is_visible()


@pytest.mark.slow
def test_choosing_the_number_of_trials_changes_the_leaderboard(
    report: Page, tables: EvaluationTables
) -> None:
    table = table_of(report, "Leaderboard")
    # 5 trials of both task types are shown first
    assert set(column_of(table, "n_trials")) == {"5"}
    assert len(rows_of(table)) == 10
    table.get_by_label("n_trials").select_option("20")
    table.get_by_label("task_type").select_option("regression")
    board = tables.leaderboard
    expected = board[(board["n_trials"] == 20) & (board["task_type"] == "regression")]
    assert column_of(table, "method") == expected["method"].map(label_of).tolist()
    assert column_of(table, "mean_regret") == expected["mean_regret"].map(format_cell).tolist()
    assert table.locator("output").inner_text() == f"5 of {len(board)} rows"
    table.get_by_label("n_trials").select_option("all")
    assert len(rows_of(table)) == 15


@pytest.mark.slow
def test_tasks_are_found_by_name_and_shown_after_any_number_of_trials(
    report: Page, tables: EvaluationTables
) -> None:
    table = table_of(report, "Regret by task")
    assert len(rows_of(table)) == 15
    table.get_by_role("searchbox").fill("<SCRIPT>")
    # The name is text, not a script that ran
    assert column_of(table, "task_id") == [EVIL]
    assert report.title() == "Foretune: report of the evaluation"
    assert table.locator("output").inner_text() == "1 of 15 rows"
    by_trials = list_tasks(tables.regret)
    for number in ("5", "20", "1"):
        table.get_by_label("n_trials").select_option(label=number)
        row = by_trials[number].set_index("task_id").loc[EVIL]
        assert column_of(table, "Foretune") == [format_cell(row["Foretune"])]
        assert column_of(table, "best") == [row["best"]]
    table.get_by_role("searchbox").fill("nothing is called like this")
    assert rows_of(table) == []
    table.get_by_role("searchbox").fill("")
    assert len(rows_of(table)) == 15


@pytest.mark.slow
def test_a_click_on_a_heading_sorts(report: Page) -> None:
    table = table_of(report, "Regret by task")
    heading = table.get_by_role("button", name="Foretune", exact=True)
    heading.click()
    rising = [float(cell) for cell in column_of(table, "Foretune")]
    assert rising == sorted(rising)
    heading.click()
    falling = [float(cell) for cell in column_of(table, "Foretune")]
    assert falling == sorted(falling, reverse=True)
    assert table.locator("th[aria-sort=descending]").count() == 1
    # Another number of trials is sorted again
    table.get_by_label("n_trials").select_option(label="20")
    falling = [float(cell) for cell in column_of(table, "Foretune")]
    assert falling == sorted(falling, reverse=True)
    table.get_by_role("button", name="task_id").click()
    assert column_of(table, "task_id") == sorted(column_of(table, "task_id"), key=str.lower)


@pytest.mark.slow
def test_the_diagram_of_ranks_changes_with_its_buttons(report: Page, tables: EvaluationTables) -> None:
    figure = report.locator(".plot", has_text="bars join methods")
    for number in (20, 1):
        figure.locator(".updatemenu-button", has_text=re.compile(rf"^n = {number}$")).click()
        ours = tables.ranks[(tables.ranks["n_trials"] == number) & (tables.ranks["method"] == "foretune")]
        expected = [f"Foretune {rank:.2f}" for rank in ours["mean_rank"]]
        report.wait_for_function(
            "([figure, expected]) => expected.every(text => figure.textContent.includes(text))",
            arg=[figure.locator(".main-svg").first.element_handle(), expected],
        )
        tests = tables.friedman[tables.friedman["n_trials"] == number]
        texts = figure.locator(".main-svg").first.evaluate("svg => svg.textContent")
        for difference in tests["critical_difference"]:
            assert f"critical difference {difference:.2f}" in texts


@pytest.mark.slow
def test_regret_has_a_logarithmic_axis_and_lines_that_hide(report: Page) -> None:
    figure = report.locator(".plot", has_text="Regret after n trials")
    kind = "figure => figure.querySelector('.canvas')._fullLayout.yaxis.type"
    assert figure.evaluate(kind) == "linear"
    figure.locator(".updatemenu-button", has_text="log").click()
    report.wait_for_function(f"figure => ({kind})(figure) === 'log'", arg=figure.element_handle())
    lines = figure.locator("path.js-line")
    before = lines.count()
    figure.locator(".legendtoggle").nth(1).click()
    report.wait_for_function(
        "([figure, before]) => figure.querySelectorAll('path.js-line').length < before",
        arg=[figure.element_handle(), before],
    )


def test_on_a_phone_only_tables_and_figures_scroll_sideways(browser: Browser, address: str) -> None:
    with open_page(browser, address, width=390) as (page, trouble):
        page.wait_for_selector(".plot .main-svg")
        widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1]
        assert trouble == []


@pytest.mark.slow
def test_dark_colours_where_the_reader_wants_them_and_light_ones_on_paper(
    browser: Browser, address: str
) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    lines = "document.querySelector('.canvas')._fullData.map(trace => trace.line.color)"
    with open_page(browser, address, dark=True) as (page, trouble):
        page.wait_for_selector(".plot .main-svg")
        assert page.evaluate(background) == "rgb(20, 24, 30)"
        assert "#000000" not in page.evaluate(lines)
        page.emulate_media(media="print")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.evaluate(background) == "rgb(255, 255, 255)"
        assert "#000000" in page.evaluate(lines)
        assert not page.locator(".tools").first.is_visible()
        assert trouble == []
