"""Texts of cells as spreadsheets, web pages and scripts of many languages write them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

# Marks of encodings and of the direction of writing, control characters, and joiners, which nobody sees
INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u2069\ufeff]"
)
DASHES = str.maketrans(dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d", "-"))
# ="00501" of Excel, and quotes within quotes
FORMULA = re.compile(r'="(?P<text>[^"]*)"|"(?P<quoted>[^"]*)"')
# Spreadsheets keep what follows as text
APOSTROPHE = re.compile(r"'(?=[+-]?[\d.,]*\d)(?P<text>[^']*)")
ODD_START = ("'", '"', "=")

FOOTNOTE = re.compile(r"(?<=\d)\s?(?:\[\w{1,3}\]|[*\u2020\u2021])+$")
WHOLE_PRICE = re.compile(r"(?<=\d)[.,]-{1,2}$")
POWER = re.compile(r"(?<=[\d.])(?:\s?[\u00d7x\u00b7]\s?10\^|[dD](?=[+-]))([+-]?\d{1,3})$")

MULTIPLIERS = {
    **{"k": 1e3, "K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12},
    **{"Tsd": 1e3, "mn": 1e6, "mln": 1e6, "Mio": 1e6, "bn": 1e9, "Mrd": 1e9},
    **{"thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12},
}
CURRENCY = r"(?:[$€£¥₹]\s?)?"
MULTIPLIED = re.compile(
    rf"(?P<sign>[+-]?){CURRENCY}(?P<number>-?(?:\d{{1,3}}(?:,\d{{3}})+|\d+(?:[.,]\d+)?))"
    rf"(?:\s?(?P<unit>{'|'.join(sorted(MULTIPLIERS, key=len, reverse=True))})\b\.?)?(?:\s?[$€£¥₹])?"
)
GROUPED = re.compile(r"-?\d{1,3}(?:,\d{3})+")
# So many different texts with a multiplier are no names such as 4K and 8K
FEWEST_MULTIPLIED = 10
# Texts are numbers, dates or the like if at least this share of them can be read
NEARLY_ALL = 0.95
# Metres and barrels as well as millions and billions
UNCLEAR_MULTIPLIERS = frozenset(("m", "b"))

# First letters of the names of months
MONTHS = {
    name: at
    for at, names in enumerate(
        (
            ("jan", "jän", "ene", "gen", "sty", "янв"),
            ("feb", "fév", "fev", "lut", "фев"),
            ("mar", "mär", "mrz", "mae", "mrt", "maa", "мар"),
            ("apr", "avr", "abr", "kwi", "апр"),
            ("may", "mai", "mag", "mei", "maj", "май", "мая"),
            ("jun", "juin", "giu", "cze", "июн"),
            ("jul", "juil", "lug", "lip", "июл"),
            ("aug", "août", "aoû", "aou", "ago", "sie", "авг"),
            ("sep", "set", "sept", "wrz", "сен"),
            ("oct", "okt", "ott", "out", "paź", "окт"),
            ("nov", "lis", "ноя"),
            ("dec", "déc", "dez", "dic", "gru", "дек"),
        ),
        start=1,
    )
    for name in names
}
ENGLISH = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
WORD = re.compile(r"[^\W\d_]{3,}\.?")
# 24. 2. 2022
DOTTED = re.compile(r"(\d)\.\s(?=\d)")
OF = re.compile(r"(?<=[\d\w]) de (?=[\w])")
EAST_ASIAN_DAY = re.compile(r"(\d{4})\s?[年년]\s?(\d{1,2})\s?[月월](?:\s?(\d{1,2})\s?[日일])?")
MORNING = ("上午", "午前", "오전")
EAST_ASIAN_CLOCK = re.compile(
    rf"(?P<half>{'|'.join(MORNING)}|下午|午後|오후)\s?(?P<clock>\d{{1,2}}:\d{{2}}(?::\d{{2}})?)"
)


def plain_text(text: str) -> str:
    """Return a text without what is invisible or only keeps it a text, and with hyphens for all dashes.

    ``="1.5"`` and ``'1.5`` of Excel are 1.5, the minus sign and the en dash are hyphens.
    """
    text = text.strip()
    if text.isascii() and text.isprintable() and not text.startswith(ODD_START):
        return text
    text = INVISIBLE.sub("", text).translate(DASHES).strip()
    if match := FORMULA.fullmatch(text):
        return (match["text"] if match["quoted"] is None else match["quoted"]).strip()
    match = APOSTROPHE.fullmatch(text)
    return match["text"].strip() if match else text


def tidied(value: Any) -> Any:
    """Return the :func:`plain_text` of a cell that is a text, and any other cell."""
    return plain_text(value) if isinstance(value, str) else value


def plain_number(text: str) -> str:
    """Return the text of a number without a footnote or the dash of whole prices, and with an E for powers.

    ``24.5[1]`` and ``24.5*`` are 24.5, ``24,-`` is 24, ``2.5×10^3`` and Fortran's ``2.5D+03`` are 2.5e3.
    """
    text = POWER.sub(r"e\1", FOOTNOTE.sub("", text))
    return WHOLE_PRICE.sub("", text)


def multiply(text: str) -> float | None:
    """Read a number that may have a multiplier, such as ``€0.4M`` or ``1.2k``; None if it is none."""
    match = MULTIPLIED.fullmatch(text)
    if match is None:
        return None
    comma = "" if GROUPED.fullmatch(match["number"]) else "."
    number = float(match["number"].replace(",", comma)) * MULTIPLIERS.get(match["unit"] or "", 1.0)
    return -number if match["sign"] == "-" else number


def may_multiply(unit: str) -> bool:
    """Return whether a unit such as ``k`` or ``Mio.`` may be a multiplier."""
    return unit in UNCLEAR_MULTIPLIERS or unit.removesuffix(".") in MULTIPLIERS


def are_multiplied(values: Sequence[object]) -> bool:
    """Return whether nearly all texts are numbers, and most of many different ones have a multiplier.

    Two multipliers occur at least: one is a unit like others, beside which a number without is open.
    """
    texts = [value for value in values if isinstance(value, str)]
    matches = [match for match in map(MULTIPLIED.fullmatch, texts) if match]
    units = [match["unit"] for match in matches if match["unit"]]
    return (
        len({MULTIPLIERS[unit] for unit in units}) > 1
        and len(units) >= max(FEWEST_MULTIPLIED, len(texts) / 2)
        and len(texts) == len(values)
        and len(matches) >= NEARLY_ALL * len(texts)
    )


def in_english(text: str) -> str:
    """Return the text of a date with English names of months, halves of the day, and ISO's marks."""
    if not any(map(str.isdigit, text)):
        return text
    text = DOTTED.sub(r"\1.", text)
    text = EAST_ASIAN_DAY.sub(lambda match: "-".join(filter(None, match.groups())), text)
    text = EAST_ASIAN_CLOCK.sub(
        lambda match: f" {match['clock']} {'AM' if match['half'] in MORNING else 'PM'}", text
    )
    return WORD.sub(_month_in_english, OF.sub(" ", " ".join(text.split())))


def _month_in_english(match: re.Match[str]) -> str:
    word = match[0].lower().removesuffix(".")
    at = MONTHS.get(word[:4], MONTHS.get(word[:3]))
    return match[0] if at is None else ENGLISH[at - 1]
