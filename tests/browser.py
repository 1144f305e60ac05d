"""Pages in a real browser, opened from the disk, without a network."""

from __future__ import annotations

import base64
import gzip
import html
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page

# Starting takes long on a busy machine
PATIENCE_MS = 60_000


@contextmanager
def open_page(
    browser: Browser, address: str, *, width: int = 1000, dark: bool = False
) -> Iterator[tuple[Page, list[str]]]:
    """Open a page; give it, and a list of whatever it complains about or asks for."""
    context = browser.new_context(
        offline=True, viewport={"width": width, "height": 800}, color_scheme="dark" if dark else "light"
    )
    context.set_default_timeout(PATIENCE_MS)
    page = context.new_page()
    trouble: list[str] = []
    page.on("console", lambda message: trouble.append(message.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("request", lambda request: trouble.append(request.url) if request.url != address else None)
    page.goto(address)
    # Long tables and figures are unpacked first; a page of another make has no such mark
    page.wait_for_function(
        "() => !document.getElementById('packed') || document.documentElement.dataset.ready === 'yes'"
    )
    yield page, trouble
    context.close()


def unfold(page: Page) -> None:
    """Open the sections of which only the titles are seen."""
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


def are_drawn(page: Page) -> list[bool]:
    """Open all sections and wait for the figures; tell of each whether it is drawn."""
    unfold(page)
    # A figure is drawn when its section has opened
    page.wait_for_function(
        "() => Array.from(document.querySelectorAll('.plot')).every(one => one.querySelector('.main-svg'))",
        timeout=PATIENCE_MS,
    )
    page.wait_for_function("() => document.querySelectorAll('.plot .main-svg').length > 0")
    drawn: list[bool] = page.locator(".plot").evaluate_all(
        "figures => figures.map(figure => figure.querySelectorAll('.main-svg').length > 0)"
    )
    return drawn


def table_of(page: Page, title: str) -> Locator:
    """Find a table by its title."""
    return page.get_by_role("group", name=title, exact=True)


def rows_of(table: Locator) -> list[list[str]]:
    """Text of the cells that are seen."""
    rows: list[list[str]] = table.locator("tbody").evaluate(
        "body => Array.from(body.rows).filter(row => row.offsetParent !== null)"
        ".map(row => Array.from(row.cells, cell => cell.innerText))"
    )
    return rows


def column_of(table: Locator, name: str) -> list[str]:
    """Text of the cells of a column that are seen."""
    names = [text.strip() for text in table.locator("th").all_inner_texts()]
    return [row[names.index(name)] for row in rows_of(table)]


def data_of(page: str) -> dict[str, Any]:
    """Figures and rows of long tables of a page as text, which are packed there."""
    (packed,) = re.findall(r'<script type="text/plain" id="packed">(.*?)</script>', page)
    return dict(json.loads(gzip.decompress(base64.b64decode(packed)))) if packed else {}


def text_of(page: str) -> str:
    """Text of a page, as a reader sees it: without marks around the terms of the glossary."""
    body = page[page.index("<body>") : page.index('<div id="tip"')]
    rows = "".join(data_of(page).get("rows", []))
    return html.unescape(re.sub(r"</?span[^>]*>", "", body + rows))
