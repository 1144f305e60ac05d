from __future__ import annotations

import base64
import gzip
import json

from plotly.offline import get_plotlyjs

from foretune.reporting.packing import pack, pack_json, pack_plotly


def _unpack(packed: str) -> str:
    return gzip.decompress(base64.b64decode(packed)).decode("utf-8")


def test_what_is_packed_is_the_same_again() -> None:
    assert _unpack(pack("<b>\N{EN DASH}</b>")) == "<b>\N{EN DASH}</b>"
    assert json.loads(_unpack(pack_json({"b": [1, None], "a": "x"}))) == {"a": "x", "b": [1, None]}
    # No time of writing is in it
    assert pack("text") == pack("text")


def test_plotly_is_whole_and_less_than_half() -> None:
    assert _unpack(pack_plotly()) == get_plotlyjs()
    assert len(pack_plotly()) < 0.45 * len(get_plotlyjs())
