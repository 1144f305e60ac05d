"""Parts of a page that are compressed, and unpacked by its script."""

from __future__ import annotations

import base64
import gzip
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from plotly.offline import get_plotlyjs


@cache
def pack_plotly() -> str:
    """Return plotly.js, packed: two fifths of its size."""
    return pack(get_plotlyjs())


def pack_json(value: Mapping[str, Any]) -> str:
    """Return plain values as JSON, packed."""
    return pack(json.dumps(value, separators=(",", ":"), sort_keys=True))


def pack(text: str) -> str:
    """Return the Base64 of the gzip of a text: equal texts are packed equally by equal versions of zlib."""
    return base64.b64encode(gzip.compress(text.encode("utf-8"), mtime=0)).decode("ascii")
