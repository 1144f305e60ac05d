"""What a page would load from a network is found, and links of a wrong form."""

from __future__ import annotations

import pytest

from hooks.checks import loads_remotely, wrong_links


@pytest.mark.parametrize(
    "page",
    [
        '<script src="https://cdn.a.org/x.js"></script>',
        '<img src="//a.org/x.png">',
        '<link rel="stylesheet" href="https://a.org/x.css">',
        '<link rel="preconnect" href="https://a.org">',
        '<iframe src="http://a.org"></iframe>',
        '<p style="background: url(https://a.org/x.png)">',
    ],
)
def test_a_page_that_needs_a_network_is_found(page: str) -> None:
    assert len(loads_remotely(page, ".html")) == 1


@pytest.mark.parametrize(
    "page",
    [
        '<script src="../x.js"></script><img src="data:image/png;base64,AA">',
        '<a href="https://a.org">to click</a><link rel="next" href="b.html">',
    ],
)
def test_a_page_that_needs_none_is_left_alone(page: str) -> None:
    assert loads_remotely(page, ".html") == []


def test_style_sheets_are_read() -> None:
    assert loads_remotely("@import 'https://a.org/x.css'; a{src:url('y.woff')}", ".css") == [
        "https://a.org/x.css"
    ]


@pytest.mark.parametrize(
    ("address", "is_wrong"),
    [
        ("https://a.org/x#y", False),
        ("tables.html", False),
        ("http://a.org", True),
        ("https://a", True),
        ("https:///x", True),
        ("https://a.org/x y", True),
        ("//a.org", True),
    ],
)
def test_links_are_checked_by_their_form(address: str, is_wrong: bool) -> None:
    assert wrong_links(f'<a href="{address}">x</a>') == ([address] if is_wrong else [])
