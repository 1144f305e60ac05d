"""What fails a strict build beside the links that MkDocs checks: what a page would load from a network."""

from __future__ import annotations

import logging
import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

from mkdocs.config.defaults import MkDocsConfig

log = logging.getLogger("mkdocs.hooks.checks")
# Attributes whose address a browser loads by itself; a link to click is none
LOADED = {"src", "srcset", "poster", "data", "background"}
LOADED_LINKS = {"stylesheet", "preconnect", "preload", "modulepreload", "dns-prefetch", "icon", "manifest"}


class _Addresses(HTMLParser):
    """Addresses of a page: what it loads by itself, and what its links lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "link" and LOADED_LINKS & set(given.get("rel", "").split()):
            self.loaded.append(given.get("href", ""))
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self.loaded += [value for name, value in given.items() if name in LOADED]
        self.loaded += _in_styles(given.get("style", ""))


def _in_styles(text: str) -> list[str]:
    return re.findall(r"""(?:url\(|@import)\s*["']?([^"')\s;]+)""", text)


def is_remote(address: str) -> bool:
    """Say whether a browser asks a network for an address."""
    return address.startswith("//") or urlsplit(address).scheme in {"http", "https", "ws", "wss", "ftp"}


def loads_remotely(text: str, suffix: str) -> list[str]:
    """List the addresses that a page or a style sheet loads from a network."""
    if suffix == ".css":
        return [one for one in _in_styles(text) if is_remote(one)]
    addresses = _Addresses()
    addresses.feed(text)
    return [one for one in addresses.loaded if is_remote(one)]


def wrong_links(text: str) -> list[str]:
    """List the links of a page to elsewhere whose form is wrong: no https, no name of a host, blanks."""
    addresses = _Addresses()
    addresses.feed(text)
    return [one for one in addresses.links if is_remote(one) and not _is_well_formed(one)]


def _is_well_formed(address: str) -> bool:
    parts = urlsplit(address)
    return (
        parts.scheme == "https"
        and bool(re.fullmatch(r"([a-z0-9-]+\.)+[a-z]{2,}", parts.hostname or ""))
        and not re.search(r"[\s<>\"]", address)
    )


def on_post_build(config: MkDocsConfig) -> None:
    """Warn of each page that would need a network, and of each external link that cannot be right."""
    folder = Path(config.site_dir)
    for path in sorted(folder.rglob("*")):
        if path.suffix not in {".html", ".css"}:
            continue
        text = path.read_text(encoding="utf-8")
        name = posixpath.join(*path.relative_to(folder).parts)
        for address in loads_remotely(text, path.suffix):
            log.warning("'%s' loads '%s' from the network.", name, address)
        if path.suffix == ".html":
            for address in wrong_links(text):
                log.warning("'%s' has a link of a wrong form: '%s'.", name, address)
