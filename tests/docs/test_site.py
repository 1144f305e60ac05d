"""The site as `make docs` builds it, and as a browser shows it without a network."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import nbformat
import pytest
from markdown_it import MarkdownIt
from playwright.sync_api import Browser, Page
from tests.browser import PATIENCE_MS
from tests.test_public_names import PUBLIC

PROJECT = Path(__file__).parents[2]
COPIED = ("docs", "notebooks", "mkdocs.yml", "README.md", "CHANGELOG.md", "CONTRIBUTING.md")
WIDTHS = {"desktop": 1280, "phone": 390}
FIGURE = {"data": [{"y": [1, 3, 2]}], "layout": {"title": {"text": "A figure"}}}

pytestmark = pytest.mark.slow


def _copy(folder: Path) -> Path:
    for name in COPIED:
        path = PROJECT / name
        (shutil.copytree if path.is_dir() else shutil.copy)(path, folder / name)
    for name in ("src", "conf", "benchmarks"):
        (folder / name).symlink_to(PROJECT / name)
    return folder


def _build(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, with a notebook that has a figure, and give its folder."""
    folder = _copy(tmp_path_factory.mktemp("project"))
    made: Any = nbformat.v4
    cells = [made.new_markdown_cell("# With a figure\n\nSome text."), made.new_code_cell("figure")]
    nbformat.write(made.new_notebook(cells=cells), folder / "notebooks/figure.ipynb")  # type: ignore[no-untyped-call]
    data = {"application/vnd.plotly.v1+json": FIGURE, "text/plain": "Figure()"}
    cells[1].outputs = [made.new_output("display_data", data=data)]
    (folder / "build/notebooks").mkdir(parents=True)
    nbformat.write(made.new_notebook(cells=cells), folder / "build/notebooks/figure.ipynb")  # type: ignore[no-untyped-call]
    done = _build(folder)
    assert done.returncode == 0, done.stderr
    return folder / "site"


def test_the_api_documents_public_names_only(site: Path) -> None:
    shown = set()
    for page in (site / "api").glob("*.html"):
        shown |= set(re.findall(r'<h2 id="(foretune\.[\w.]+)"', page.read_text(encoding="utf-8")))
    assert shown == {f"{package}.{name}" for package, name in PUBLIC}


def test_the_api_describes_every_name(site: Path) -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in (site / "api").glob("foretune*.html"))
    described = re.split(r'<h2 id="', text)[1:]
    assert len(described) == len(PUBLIC)
    short = [one.partition('"')[0] for one in described if len(re.sub("<[^>]+>", " ", one).split()) < 12]
    assert short == []
    # The notation of Sphinx, which nothing here reads
    assert not re.search(r":(class|func|meth|mod|attr|exc):", text)


def test_public_names_lead_to_their_description(site: Path) -> None:
    page = (site / "public-names.html").read_text(encoding="utf-8")
    assert all(f'href="api/{package}.html#{package}.{name}"' in page for package, name in PUBLIC)


def test_the_search_knows_guides_words_and_names(site: Path) -> None:
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))
    found = {one["location"] for one in index["docs"]}
    assert {"glossary.html", "which-tool.html", "api/foretune.html#foretune.MetaSearchCV"} <= found
    # Inlined, for pages that are opened from the disk
    assert (site / "search/search_index.js").read_text(encoding="utf-8").startswith("var __index = ")


class _Tags(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.counts: Counter[str] = Counter()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.counts[tag] += 1


def test_lists_tables_and_blocks_are_those_of_common_markdown(site: Path) -> None:
    markdown = MarkdownIt("commonmark").enable("table")
    different = {}
    for path in sorted((PROJECT / "docs").glob("*.md")):
        text = (site / f"{path.stem}.html").read_text(encoding="utf-8")
        (article,) = re.findall(r"<article.*?</article>", text, re.DOTALL)
        shown, meant = (
            _Tags(one).counts for one in (article, markdown.render(path.read_text(encoding="utf-8")))
        )
        tags = ("li", "ul", "ol", "tr", "pre", "h2", "h3", "strong", "img")
        if wrong := {tag: (meant[tag], shown[tag]) for tag in tags if meant[tag] != shown[tag]}:
            different[path.name] = wrong
    assert different == {}


def test_what_is_wrong_fails_the_build(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    (folder / "docs/forgotten.md").write_text("# In no entry of the navigation\n")
    with (folder / "docs/tables.md").open("a", encoding="utf-8") as page:
        page.write(
            "\n[a](nowhere.md) [b](method.md#nowhere) [c](../nowhere.txt) [d](http://a.org)\n"
            "[e][foretune.Nothing] ![f](https://a.org/f.png)\n"
        )
    done = _build(folder)
    assert done.returncode != 0
    for of in (
        "forgotten.md",
        "nowhere.md",
        "#nowhere",
        "nowhere.txt",
        "http://a.org",
        "foretune.Nothing",
        "f.png",
    ):
        assert of in done.stderr
    assert "7 warnings" in done.stdout + done.stderr


@pytest.fixture(params=WIDTHS)
def opened(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[tuple[Page, list[str]]]:
    """Give a page of each width, and a list of what it complains about or asks of a network."""
    context = browser.new_context(offline=True, viewport={"width": WIDTHS[request.param], "height": 800})
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on(
        "request",
        lambda sent: trouble.append(sent.url) if sent.url.startswith(("http", "ws", "//")) else None,
    )
    page.goto((site / "index.html").as_uri())
    yield page, trouble
    context.close()


def test_every_page_fits_and_asks_no_network(opened: tuple[Page, list[str]], site: Path) -> None:
    page, trouble = opened
    files = [path for path in sorted(site.rglob("*.html")) if path.name != "404.html"]
    assert len(files) > 30
    for path in files:
        page.goto(path.as_uri())
        page.locator("h1").first.wait_for()
        width = page.evaluate("document.documentElement.scrollWidth - window.innerWidth")
        assert width <= 0, f"{path.name} is {width} pixels too wide"
        assert trouble == [], path.name


def test_the_search_finds_without_a_server(opened: tuple[Page, list[str]]) -> None:
    page, trouble = opened
    if page.viewport_size == {"width": WIDTHS["phone"], "height": 800}:
        page.locator(".md-header__button[for=__search]").click()
    # Key by key, which the page listens to
    page.get_by_role("textbox", name="Search").press_sequentially("copula")
    page.locator(".md-search-result__link[href*='glossary.html']").first.click()
    page.wait_for_url("**/glossary.html*")
    assert trouble == []


def test_the_navigation_leads_to_a_door(opened: tuple[Page, list[str]]) -> None:
    page, trouble = opened
    if page.viewport_size == {"width": WIDTHS["phone"], "height": 800}:
        page.locator(".md-header__button[for=__drawer]").click()
        page.locator(".md-nav--primary label", has_text="Use it").first.click()
        page.locator(".md-nav--primary a[href='scikit-learn.html']").click()
    else:
        page.get_by_role("link", name="Use it").click()
    page.wait_for_url("**/scikit-learn.html")
    assert trouble == []


def test_figures_of_notebooks_are_drawn(opened: tuple[Page, list[str]], site: Path) -> None:
    page, trouble = opened
    page.goto((site / "gallery/figure.html").as_uri())
    figure = page.locator(".figure .main-svg").first
    figure.wait_for()
    assert "A figure" in page.locator(".figure").inner_text()
    box, screen = figure.bounding_box(), page.viewport_size
    assert box is not None
    assert screen is not None
    assert 200 < box["width"] <= screen["width"]
    assert trouble == []
