"""Pages in a real browser, opened from the disk, without a network."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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
    yield page, trouble
    context.close()


def are_drawn(page: Page) -> list[bool]:
    """Wait for the first figure; tell of each whether it is drawn."""
    page.wait_for_function("document.querySelectorAll('.plot .main-svg').length > 0")
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
