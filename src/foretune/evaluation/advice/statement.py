"""Advice: a computed sentence with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

# What to do; what makes the rest less certain; what cannot be known, and what is missing for it
Kind = Literal["advice", "caution", "missing"]


@dataclass(frozen=True)
class Advice:
    """What follows for the owner of a memory.

    Attributes
    ----------
    topic
        What it is about, in a word or two.
    kind
        ``advice``, ``caution`` or ``missing``.
    sentence
        What follows, with its figures.
    evidence
        What it was computed from; may be empty.
    """

    topic: str
    kind: Kind
    sentence: str
    evidence: str = ""
