"""Pages as text; what a browser makes of them is tested with the report of the evaluation."""

from __future__ import annotations

import html
import json
import re

import pandas as pd
import pytest
from plotly.graph_objects import Figure, Scatter
from tests.browser import data_of

from foretune.reporting.glossary import read_glossary
from foretune.reporting.page import choose_first, render_page
from foretune.reporting.section import (
    MOST_ROWS,
    Decision,
    Fact,
    Listing,
    ReportSection,
    ReportTable,
    Verdict,
)

EVIL = "</script><b>&"
FRAME = pd.DataFrame(
    {"method": ["ours", "theirs"], "n_trials": [20, 5], "regret": [0.25, None], "note": ["x" * 29, "y"]}
)


def render(*tables: ReportTable, ours: str = "", **rest: tuple[object, ...]) -> str:
    """Render a page of one section, without styles and scripts."""
    section = ReportSection("Section", "First.\n\nSecond & last.", tables=tables, **rest)
    page = render_page("Title <1>", [section], ours)
    return page[page.index("<body>") : page.index("</main>")]


def cells(row: str) -> list[str]:
    return re.findall(r"<td[^>]*>(.*?)</td>", row)


def test_long_tables_are_cut_and_say_so() -> None:
    frame = pd.DataFrame({"n_trials": [1] * (MOST_ROWS + 7), "value": "x"})
    page = render_page("t", [ReportSection("s", "", tables=(ReportTable("long", frame),))])
    assert f"Only the first {MOST_ROWS} rows are here; 7 more" in page
    (rows,) = data_of(page)["rows"]
    assert rows.count("<tr data-chosen") == MOST_ROWS
    # Only there, since they repeat themselves
    assert "<tr data-chosen" not in page


def test_short_tables_are_text_and_long_ones_are_packed_in_their_order() -> None:
    frames = [pd.DataFrame({"value": [f"{name}"] * n}) for name, n in (("a", 41), ("b", 40), ("c", 50))]
    tables = tuple(ReportTable(str(at), frame) for at, frame in enumerate(frames))
    page = render_page("t", [ReportSection("s", "", tables=tables)])
    packed = data_of(page)["rows"]
    assert [re.findall(r"<td[^>]*>(.)</td>", rows)[0] for rows in packed] == ["a", "c"]
    assert page.count("<tbody data-packed>") == 2
    assert page.count("<td") == 40


def test_sections_of_one_title_have_anchors_of_their_own() -> None:
    page = render_page("t", [ReportSection("Same", ""), ReportSection("Same", ""), ReportSection("!", "")])
    assert re.findall(r'<section id="([\w-]+)">', page) == ["same", "same-2", "section"]


def test_a_section_has_its_paragraphs_verdicts_and_listings() -> None:
    body = render(verdicts=(Verdict("partly", "Half of it."),), listings=(Listing("Code", "a < b"),))
    assert "<h1>Title &lt;1&gt;</h1>" in body
    assert re.findall(r"<p>(.*)</p>", body) == ["First.", "Second &amp; last."]
    assert '<li class="partly"><span class="mark">kept in part</span> <span>Half of it.</span></li>' in body
    assert '<pre tabindex="0">a &lt; b</pre>' in body
    assert body.count('class="copy"') == 1
    own = render(verdicts=(Verdict("partly", "Half of it.", "note"),))
    assert '<span class="mark">note</span>' in own


def test_a_decision_comes_before_the_contents_with_code_facts_and_warnings() -> None:
    decision = Decision(
        "Use <it>.",
        Listing("Code", "fit()"),
        (Fact("Score", "0.9", "0.8 to 1"),),
        ("Beware.",),
        "More below.",
    )
    sections = [ReportSection("Now", "Of a table.", decision=decision), ReportSection("Why", "Because.")]
    page = render_page("t", sections)
    body = page[page.index("<body>") : page.index("</main>")]
    places = [
        body.index(text)
        for text in (
            *("Beware.", "Use &lt;it&gt;.", "<dt>Score</dt>", "<strong>0.9</strong>", "0.8 to 1", "fit()"),
            *("More below.", "Of a table.", 'aria-label="Contents"', "Because."),
        )
    ]
    assert places == sorted(places)
    plain = render_page("t", sections[1:])
    assert plain.index('aria-label="Contents"') < plain.index("Because.")


def test_a_folded_section_shows_its_title() -> None:
    folded = render_page("t", [ReportSection("Open", ""), ReportSection("Shut", "Text.", folded=True)])
    assert re.findall(r"<summary><h2>(.*)</h2></summary>", folded) == ["Shut"]
    assert folded.count("<details>") == folded.count("</details>") == 1


def test_methods_are_folded_as_rows_and_as_columns() -> None:
    folded = frozenset({"theirs"})
    rows = render(ReportTable("Rows", FRAME, folded=folded), ours="ours")
    first, second = re.findall(r"<tr .*</tr>", rows)
    assert "class=extra" not in first
    assert "class=extra" in second
    assert "all methods" in rows
    wide = render(ReportTable("Columns", pd.DataFrame({"ours": [1.0], "theirs": [2.0]}), folded=folded))
    assert re.findall(r'<t[hd][^>]*class="number extra"', wide) != []
    assert re.findall(r'<td class="(.*?)"', wide) == ["number", "number extra"]
    assert "all methods" not in render(ReportTable("None", FRAME))


def test_terms_of_headings_and_texts_have_their_explanations() -> None:
    body = render(ReportTable("t", pd.DataFrame({"mean_regret": [0.1]}), "The regret of a surrogate."))
    assert '<button type="button" data-term="regret">mean regret</button>' in body
    assert '<span class="term" tabindex="0" data-term="surrogate">surrogate</span>' in body
    page = render_page("t", [ReportSection("s", "About regret.")])
    (written,) = re.findall(r'<script type="application/json" id="glossary">(.*?)</script>', page)
    assert json.loads(written) == {"regret": read_glossary()["regret"]}


@pytest.mark.slow
def test_a_page_has_at_most_three_megabytes() -> None:
    numbers = pd.DataFrame(
        {"method": [f"m{at % 17}" for at in range(2_000)], "regret": [0.123456789] * 2_000}
    )
    figure = Figure([Scatter(x=list(range(500)), y=[1 / (1 + x) for x in range(500)]) for _ in range(20)])
    tables = tuple(ReportTable(str(at), numbers) for at in range(10))
    page = render_page("t", [ReportSection("s", "", figures=(figure,), tables=tables)])
    assert 1_000_000 < len(page.encode("utf-8")) < 3_000_000


def test_a_table_shows_its_rows_as_a_reader_wants_them() -> None:
    body = render(ReportTable("Regrets", FRAME, "What it is.", search=True), ours="ours")
    first, second = re.findall(r"<tr .*</tr>", body)
    assert cells(first) == ["ours", "20", "0.2500", "x" * 29]
    assert cells(second) == ["theirs", "5", "\N{EN DASH}", "y"]
    assert "class=ours" in first
    assert "class=ours" not in second
    assert re.findall(r'<th scope="col" class="(\w+)">', body) == ["short", "number", "number", "long"]
    assert 'data-sort="20.0"' in first
    assert '<p class="explanation">What it is.</p>' in body
    assert '<input type="search"' in body
    assert "more are in the table" not in body


def test_a_column_that_chooses_lists_its_values_and_begins_with_five_trials() -> None:
    body = render(ReportTable("t", FRAME, choose=("n_trials", "method", "absent")))
    assert re.findall(r"<option(.*?)>(.*?)</option>", body) == [
        (' value=""', "all"),
        (" selected", "5"),
        ("", "20"),
        (' value=""', "all"),
        ("", "ours"),
        ("", "theirs"),
    ]
    assert [json.loads(html.unescape(one)) for one in re.findall(r'data-chosen="(.*?)"', body)] == [
        ["20", "ours"],
        ["5", "theirs"],
    ]


def test_frames_by_option_share_their_cells() -> None:
    frames = {"1": pd.DataFrame({"a": ["same"], "b": [0.5]}), "5": pd.DataFrame({"a": ["same"], "b": [0.1]})}
    body = render(ReportTable("t", frames, choose=("n_trials",)))
    assert re.findall(r"<option(.*?)>(.*?)</option>", body) == [
        (' value="0"', "1"),
        (' value="1" selected', "5"),
    ]
    (row,) = re.findall(r"<tr .*</tr>", body)
    assert cells(row) == ["same", "0.5000"]
    (texts,) = re.findall(r'data-texts="(.*?)"', row)
    assert json.loads(html.unescape(texts)) == ["0.5000", "0.1000"]
    (sorts,) = re.findall(r'data-sorts="(.*?)"', row)
    assert json.loads(html.unescape(sorts)) == ["0.5", "0.1"]


def test_a_figure_is_data_with_its_title_beside_it() -> None:
    figure = Figure(Scatter(x=[1], y=[2], name=EVIL), {"title": {"text": "Regret"}})
    body = render(figures=(figure,))
    assert "<figcaption>Regret</figcaption>" in body
    assert EVIL not in body
    page = render_page("t", [ReportSection("s", "", figures=(figure,))])
    assert EVIL not in page
    (read,) = data_of(page)["figures"]
    assert read["data"][0]["name"] == EVIL
    assert "title" not in read["layout"]


@pytest.mark.parametrize(
    ("numbers", "first"), [([20, 5, 1], 5), ([1, 3, 10], 3), ([10, 3], 3), ([40], 40), ([], None)]
)
def test_five_trials_are_shown_first_or_the_middle(numbers: list[int], first: int | None) -> None:
    assert choose_first(numbers) == first
