"""Random damage to inputs, the same for a seed, and the check of what comes of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from foretune import UserError

LONGEST_MESSAGE = 500
# Cells and values that have ended programs
ODD = (
    *("", " ", "nan", "None", "null", "-", "?", "=1+1", "1,5", "1.234,5", "1e999", "-0", "007", "True"),
    *("ä" * 40, "\u202e", "'", '"', ";", "x" * 300, "1" * 40, "2020-13-45", "inf", "-inf"),
)
ODD_VALUES: tuple[Any, ...] = (
    *(None, True, -1, 0, 10**30, 1e308, float("nan"), float("inf"), "", "x" * 3000, "\0", "~nobody", "a\nb"),
    *([], {}, [[]], {"": None}, {"type": "float"}, [None], [1] * 500, (), b"x", object),
)


def seeds(few: int, many: int) -> list[Any]:
    """Return groups of seeds: a few, and many more that are slow."""
    return [
        pytest.param(range(few), id=f"{few} seeds"),
        pytest.param(range(few, many), id=f"{many} seeds", marks=pytest.mark.thorough),
    ]


def damage(content: bytes, rng: np.random.Generator) -> bytes:
    """Change, cut, repeat or insert parts of a file."""
    for _ in range(rng.integers(0, 4)):
        start, end = sorted(rng.integers(0, len(content) + 1, 2).tolist())
        # The last is a lone surrogate
        odd = [*map(str.encode, ODD), b"\xed\xa0\x80"][int(rng.integers(len(ODD) + 1))]
        edits = [
            content[:start],
            content[:start] + odd + content[start:],
            content[:start] + content[start : min(end, start + 9)] * 2 + content[start:],
            content[:start] + content[min(end, start + 9) :],
            content[:start] + bytes(rng.integers(0, 256, 3).tolist()) + content[start + 3 :],
            content.replace(b",", bytes(rng.choice([*b";\t|,"], 1).tolist())),
        ]
        content = edits[int(rng.integers(len(edits)))]
    return content


def odd_cells(cells: Sequence[Any], rng: np.random.Generator, share: float = 0.1) -> list[Any]:
    """Replace some cells of a column by odd ones."""
    return [str(rng.choice(ODD)) if rng.random() < share else cell for cell in cells]


def result_or_line(call: Callable[[], Any], about: object) -> Any:
    """Return the result of a call, None after a one-line error; any other error fails the test."""
    with warnings.catch_warnings():
        # What the libraries say about odd numbers is not what is tried
        warnings.simplefilter("ignore")
        try:
            return call()
        except UserError as error:
            lines = str(error).splitlines()
            assert lines, about
            assert max(map(len, lines)) <= LONGEST_MESSAGE, (about, lines)
            return None
        except Exception as error:
            raise AssertionError(f"{about}: {type(error).__name__}: {error}") from error
