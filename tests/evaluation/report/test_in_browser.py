"""The report in a real browser, opened from the disk, without a network."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from tests.browser import are_drawn, column_of, open_page, rows_of, table_of, unfold
from tests.evaluation.report.conftest import EVIL

from foretune.evaluation.figures.regret import label_of
from foretune.evaluation.parameters import EvaluationParameters
from foretune.evaluation.report.page import build_report
from foretune.evaluation.report.tables import EvaluationTables, list_tasks
from foretune.reporting.glossary import read_glossary
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
    unfold(page)
    yield page
    assert trouble == []


def test_only_what_follows_and_the_regret_are_drawn_at_first(browser: Browser, address: str) -> None:
    with open_page(browser, address) as (page, trouble):
        page.wait_for_selector(".plot .main-svg")
        assert page.locator(".plot .main-svg >> visible=true").count() > 0
        assert page.locator("details .main-svg").count() == 0
        # Hidden sections open by their links
        page.get_by_role("navigation").get_by_role("link", name="Ranks").click()
        page.wait_for_selector("#ranks .main-svg")
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
    assert set(column_of(table, "trials")) == {"5"}
    # Shuffled metafeatures are a control, and shown on demand
    assert len(rows_of(table)) == 8
    table.get_by_label("all methods").check()
    assert len(rows_of(table)) == 10
    table.get_by_label("trials").select_option("20")
    table.get_by_label("task type").select_option("regression")
    board = tables.leaderboard
    expected = board[(board["n_trials"] == 20) & (board["task_type"] == "regression")]
    assert column_of(table, "method") == expected["method"].map(label_of).tolist()
    assert column_of(table, "mean regret") == expected["mean_regret"].map(format_cell).tolist()
    assert table.locator("output").inner_text() == f"5 of {len(board)} rows"
    table.get_by_label("trials").select_option("all")
    assert len(rows_of(table)) == 15


@pytest.mark.slow
def test_tasks_are_found_by_name_and_shown_after_any_number_of_trials(
    report: Page, tables: EvaluationTables
) -> None:
    table = table_of(report, "Regret by task")
    assert len(rows_of(table)) == 15
    table.get_by_role("searchbox").fill("<SCRIPT>")
    # The name is text, not a script that ran
    assert column_of(table, "task") == [EVIL]
    assert report.title() == "Foretune: report of the evaluation"
    assert table.locator("output").inner_text() == "1 of 15 rows"
    by_trials = list_tasks(tables.regret)
    for number in ("5", "20", "1"):
        table.get_by_label("trials").select_option(label=number)
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
    table.get_by_label("trials").select_option(label="20")
    falling = [float(cell) for cell in column_of(table, "Foretune")]
    assert falling == sorted(falling, reverse=True)
    table.get_by_role("button", name="task", exact=True).click()
    assert column_of(table, "task") == sorted(column_of(table, "task"), key=str.lower)


@pytest.mark.slow
def test_the_ranks_change_with_their_buttons(report: Page, tables: EvaluationTables) -> None:
    unfold(report)
    figure = report.locator(".plot", has_text="critical differences")
    for number in (20, 1):
        figure.locator(".updatemenu-button", has_text=re.compile(rf"^n = {number}$")).click()
        rows = tables.ranks[tables.ranks["n_trials"] == number]
        expected = [
            [label_of(name) for name in part.sort_values(["mean_rank", "method"])["method"]]
            for _, part in rows.groupby("task_type")
        ]
        report.wait_for_function(
            "([figure, expected]) => { const {yaxis, yaxis2} = figure.querySelector('.canvas')._fullLayout;"
            " return JSON.stringify([yaxis._categories, yaxis2._categories]) === JSON.stringify(expected); }",
            arg=[figure.element_handle(), expected],
        )


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


@pytest.mark.slow
@pytest.mark.parametrize("width", [390, 768])
def test_nothing_is_cut_off_on_a_phone_or_a_tablet(browser: Browser, address: str, width: int) -> None:
    with open_page(browser, address, width=width) as (page, trouble):
        assert all(are_drawn(page))
        widths = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
        assert widths[0] <= widths[1]
        # Neither does a figure scroll, nor a label of it stand outside
        outside = page.locator(".plot").evaluate_all(
            "figures => figures.flatMap(figure => { const box = figure.getBoundingClientRect();"
            " return Array.from(figure.querySelectorAll('.main-svg text')).filter(text => {"
            " const own = text.getBoundingClientRect();"
            " return own.width > 0 && (own.left < box.left - 1 || own.right > box.right + 1); })"
            ".map(text => `${figure.querySelector('figcaption').textContent}: ${text.textContent}`); })"
        )
        assert outside == []
        scrolling = page.locator(".plot .scroll").evaluate_all(
            "boxes => boxes.filter(box => box.scrollWidth > box.clientWidth + 1).length"
        )
        assert scrolling == 0
        assert trouble == []


@pytest.mark.slow
def test_panels_stand_below_each_other_on_a_phone(browser: Browser, address: str) -> None:
    layout = "document.querySelector('.canvas')._fullLayout"
    with open_page(browser, address, width=390) as (page, _):
        page.wait_for_selector(".plot .main-svg")
        domains = page.evaluate(f"[{layout}.yaxis.domain, {layout}.yaxis2.domain]")
        assert domains[0][0] > domains[1][1]
        # Turned, it has room for panels beside each other
        page.set_viewport_size({"width": 1000, "height": 390})
        page.wait_for_function(f"() => {layout}.yaxis.domain[0] === {layout}.yaxis2.domain[0]")


@pytest.mark.slow
def test_other_methods_are_drawn_on_demand(browser: Browser, address: str) -> None:
    with open_page(browser, address) as (page, _):
        figure = page.locator(".plot", has_text="Regret after n trials")
        figure.locator(".main-svg").first.wait_for()
        names = "figure => figure.querySelector('.canvas')._fullData.map(trace => trace.name)"
        assert "Shuffled metafeatures" not in figure.evaluate(names)
        figure.get_by_label("all 5 methods").check()
        page.wait_for_function(f"figure => ({names})(figure).length > 16", arg=figure.element_handle())
        assert "Shuffled metafeatures" in figure.evaluate(names)


@pytest.mark.slow
def test_terms_are_explained_to_pointer_keyboard_and_finger(browser: Browser, address: str) -> None:
    with open_page(browser, address, width=390) as (page, _):
        tip = page.get_by_role("tooltip")
        word = page.locator(".term", has_text="Regret").first
        assert not tip.is_visible()
        word.hover()
        assert tip.inner_text() == read_glossary()["regret"]
        box = tip.bounding_box()
        assert box is not None
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
        page.keyboard.press("Escape")
        assert not tip.is_visible()
        word.focus()
        assert tip.is_visible()


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
