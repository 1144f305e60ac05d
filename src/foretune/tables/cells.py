"""Reading of single cells as numbers, whatever represents them."""

from __future__ import annotations

import contextlib
import decimal
import numbers
import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt

from foretune.tables.cell_texts import NEARLY_ALL, may_multiply, plain_number, plain_text
from foretune.tables.cell_times import are_dotted_months, read_time

DecimalMark = Literal[".", ","]
MARKS: tuple[DecimalMark, DecimalMark] = (".", ",")

# Texts, in lower case, that stand for a missing value in a column of numbers, dates or truth values
MISSING_TEXTS = frozenset(
    (
        *("?", "-", "--", "---", ".", "..", "na", "n/a", "n.a.", "nan", "-nan", "nat", "<na>", "#na", "#n/a"),
        *("#n/a n/a", "null", "(null)", "none", "nil", "missing", "#value!", "#div/0!", "#ref!"),
        *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
    )
)
TRUTH = {"true": 1.0, "false": 0.0}
# A currency or per cent sign, before or after the number, or what means "about" before it
AFFIX = re.compile(
    r"^(?:[~≈]|ca\.?(?=\s)|approx\.?(?=\s))\s*|(?:\b(?:US|R|A|C|HK|NT|MX|NZ|S))?\$"
    r"|[\u00a3\u00a5\u20a0-\u20cf\u0e3f%\u2030元円원]|\b(?:Rs|Rp|\u0440\u0443\u0431|\u0433\u0440\u043d|\u043b\u0432|Fr)\b\.?"
    r"|\b(?:kr|Kč|zł|Ft|lei|RM|TL)\b"
    r"|\b(?:USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|BRL|CZK|HUF|RON|BGN|TRY|RUB|UAH|MXN|ARS|CLP|COP"
    r"|PEN|KRW|TWD|HKD|SGD|MYR|THB|IDR|PHP|VND|ZAR|NGN|KES|EGP|AED|SAR|ILS|NZD|ISK)\b"
)
SPACES = " '\u2019\u00a0\u2007\u2009\u202f"
UNUSUAL = re.compile(r"[^0-9eE+.\s-]")
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")
# Such a number is another one with each decimal mark
EITHER_MARK = re.compile(r"(?<![\d.,])[1-9]\d{0,2}[.,]\d{3}(?!\d)")
SMALL = re.compile(r"[+-]?[1-9]?\d{1,2}")
# As SAP writes it; 2- may be a grade
TRAILING_MINUS = re.compile(r"\d[\d.,]*[.,]\d+\s?-")
# A unit of at most two words, such as kg, km/h, m² or sq ft
NUMBER_WITH_UNIT = re.compile(
    r"[+-]?(?!0\d)(?:[\d.,'\u2019\u00a0\u202f ]*\d)\s*"
    r"(?P<unit>[^\W\d_][\w/°^.·*]{0,15}(?: [^\W\d_]{1,10}\.?)?|°[A-Za-z]?)"
)
PAIR = re.compile(r"\d+(?:[.,]\d+)?\s*(?P<sign>[/x\u00d7*:;|-])\s*\d+(?:[.,]\d+)?")
# A year, and a day or the name of a month
DATE_LIKE = re.compile(
    r"(?=.{6,40}$)(?=.*(?<!\d)(?:19|20)\d{2}(?!\d))(?=.*(?:(?<!\d)[0-3]?\d(?!\d)|[^\W\d_]{3})).*", re.DOTALL
)
# Texts of fewer different values are categories anyway
FEWEST_ALIKE = 10
MOST_UNITS = 5
# Of decimals that are thousands: nine of ten have three decimals, and the whole numbers are no rounded ones
SMALLEST_GROUPED = 1000
LARGE_WHOLE = 100
LONG_SHARE = 0.5
WHOLE_SHARE = 0.02
# As a program writes it
PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
# Codes such as 00501 or 007 lose their zeros as numbers
CODE = re.compile(r"0\d+")


def is_missing_text(value: object) -> bool:
    """Return whether a cell is a text that stands for a missing number or date, such as ``?`` or ``N/A``."""
    return isinstance(value, str) and (is_blank(value) or plain_text(value).lower() in MISSING_TEXTS)


def is_blank(value: object) -> bool:
    """Return whether a cell is a text without a visible character."""
    return isinstance(value, str) and not plain_text(value)


def is_code(value: object) -> bool:
    """Return whether a cell is a text of digits that begins with a zero, such as a postal code."""
    return isinstance(value, str) and CODE.fullmatch(plain_text(value)) is not None


def label_value(label: str) -> object:
    """Return what a category means, whatever writes it: a number or truth value, a moment, or a text.

    ``"1"``, ``" 1.0"`` and ``"True"`` are the same, as ``"2024-01-05"`` and ``"2024-01-05 00:00:00"``.
    """
    text = plain_text(label)
    if text.lower() in TRUTH:
        return decimal.Decimal(int(TRUTH[text.lower()]))
    if PLAIN_NUMBER.fullmatch(text):
        return decimal.Decimal(text)
    return read_time(text) or text


def has_grouping_dots(values: Sequence[object]) -> bool:
    """Return whether the dots of texts group thousands, as in 6.983 beside 483 or 1.234.567.

    Each dot is followed by exactly three digits, two different numbers have one at least, and what has none
    is below 1000. Among measurements some would have fewer decimals, without their zeros at the end.
    """
    texts = [value.strip() for value in values if isinstance(value, str)]
    grouped = [text for text in texts if GROUPED.fullmatch(text)]
    others = [text for text in texts if not GROUPED.fullmatch(text)]
    are_small = all(SMALL.fullmatch(text) for text in others)
    return len(grouped) > 1 and are_small and (bool(others) or any(text.count(".") > 1 for text in grouped))


def are_grouped_by_dots(values: Sequence[object]) -> bool:
    """Return whether all texts can be whole numbers with dots between thousands, at least one with a dot."""
    texts = [value.strip() for value in values if isinstance(value, str)]
    return any("." in text for text in texts) and all(
        GROUPED.fullmatch(text) or SMALL.fullmatch(text) for text in texts
    )


def may_have_either_mark(values: Sequence[object]) -> bool:
    """Return whether a text such as ``1.234`` or ``1,234`` is another number with each decimal mark."""
    return any(isinstance(value, str) and EITHER_MARK.search(value) for value in values)


def shown_mark(values: Sequence[object]) -> DecimalMark | None:
    """Return the decimal mark that texts show, such as the comma of ``0,044``; None if they show none."""
    texts = [value for value in values if isinstance(value, str) and not is_missing_text(value)]
    if not any("," in text or "." in text for text in texts) or are_dotted_months(texts):
        return None
    unit = shared_unit(texts)
    bare = [without_unit(text, unit) for text in texts]
    readable = {mark: [one is not None for one in read_numbers(bare, mark)] for mark in MARKS}
    for mark, other in (MARKS, MARKS[::-1]):
        is_number = sum(readable[mark]) >= NEARLY_ALL * len(texts)
        if is_number and sum(readable[mark]) > sum(readable[other]):
            return mark
    return None


def look_grouped(values: npt.NDArray[np.float64]) -> bool:
    """Return whether decimals such as 1.558 beside 920 seem to be thousands whose dots were taken for marks.

    Whole numbers are below 1000, all others above 1 and of at most three decimals, which most of them have:
    of measurements one in a thousand is whole, of thousands all below 1000.
    """
    known = values[~np.isnan(values)]
    if not known.size or np.abs(known).max() >= SMALLEST_GROUPED:
        return False
    distinct = np.unique(np.abs(known))
    is_whole = distinct == np.floor(distinct)
    whole, others = distinct[is_whole & (distinct > 0)], distinct[~is_whole]
    if min(len(whole), len(others)) < 2 or others[0] < 1 or whole[-1] < LARGE_WHOLE:
        return False
    thousands = np.round(others * 1000)
    is_close = np.abs(others * 1000 - thousands) < 1e-6 * thousands
    return (
        bool(is_close.all())
        and np.mean(thousands % 10 != 0) >= LONG_SHARE
        and len(whole) >= WHOLE_SHARE * len(distinct)
    )


def shared_unit(values: Sequence[object]) -> str:
    """Return the unit that all numbers among texts have, such as ``kg`` in ``34.7 kg``; empty if none."""
    units = {unit for unit in map(_unit_of, values) if unit is not None}
    return units.pop() if len(units) == 1 else ""


def _unit_of(value: object) -> str | None:
    """Return the unit of a number, empty if it has none; None of what is no number."""
    if not isinstance(value, str) or is_missing_text(value):
        return None
    text = value.strip()
    if any(_read_number_text(text, mark) is not None for mark in MARKS):
        return ""
    match = NUMBER_WITH_UNIT.fullmatch(text)
    return match["unit"] if match else None


def without_unit(value: object, unit: str) -> object:
    """Return a number without its unit; one that has none is returned, but not beside thousands."""
    if not unit or not isinstance(value, str):
        return value
    text = value.strip()
    if text.endswith(unit) and _unit_of(text) == unit:
        return text.removesuffix(unit).strip()
    # 5 in a column of 5k may be 5000
    return None if may_multiply(unit) else value


def looks_like(values: Sequence[object]) -> str:
    """Say what texts look like that are no numbers, such as numbers with several units; empty if nothing."""
    texts = [value.strip() for value in values if isinstance(value, str) and not is_missing_text(value)]
    if len(texts) < FEWEST_ALIKE:
        return ""
    enough = NEARLY_ALL * len(texts)
    joined = {match["sign"] for match in map(PAIR.fullmatch, texts) if match}
    if len(joined) == 1 and all(map(PAIR.fullmatch, texts)):
        return f"two numbers with {joined.pop()!r} between them: make two columns of them"
    have_both_marks = all(any(mark in text for text in texts) for mark in MARKS)
    readable = [any(read_number(text, mark) is not None for mark in MARKS) for text in texts]
    if have_both_marks and sum(readable) >= enough:
        return "numbers of which some have a decimal point and some a comma: write all with the same mark"
    if sum(DATE_LIKE.fullmatch(text) is not None for text in texts) >= enough:
        return "dates that are not read: write them as 2024-01-31"
    units = [_unit_of(text) for text in texts]
    named = sorted({unit for unit in units if unit})
    if named and len(named) <= MOST_UNITS and sum(unit is not None for unit in units) >= enough:
        shown = " and ".join(repr(unit) for unit in named) + (" and without" if "" in units else "")
        return f"numbers with the {'unit' if len(named) == 1 else 'units'} {shown}: convert them to one unit"
    return ""


def read_numbers(values: Sequence[object], mark: DecimalMark = ".") -> list[float | None]:
    """Read cells by :func:`read_number`, all at once if they are texts that need no care."""
    # NumPy takes more than we do: digits grouped by underscores, and words for what is no number
    texts = [value for value in values if isinstance(value, str)] if mark == "." else []
    if texts and len(texts) == len(values) and not UNUSUAL.search("\n".join(texts)):
        with contextlib.suppress(ValueError):
            return list(np.array(texts, dtype=object).astype(np.float64).tolist())
    return [read_number(value, mark) for value in values]


def read_number(value: object, mark: DecimalMark = ".") -> float | None:
    """Read a number, a truth value, or a text of one; None if it is neither.

    Parameters
    ----------
    value
        Texts may hold a sign, thousands grouped by the other mark, spaces or apostrophes, a currency and a
        per cent sign; ``(5)`` is -5.
    mark
        Decimal mark of texts.
    """
    if isinstance(value, str):
        return _read_number_text(plain_text(value), mark)
    # NumPy's durations are whole numbers to Python
    is_number = isinstance(value, (numbers.Real, decimal.Decimal, np.bool_))
    if is_number and type(value) is not np.timedelta64:
        with contextlib.suppress(OverflowError, ValueError):
            return float(value)  # type: ignore[arg-type]
    return None


def _read_number_text(text: str, mark: DecimalMark) -> float | None:
    bare = plain_number(AFFIX.sub("", text).strip())
    is_negative = bare.startswith("(") and bare.endswith(")")
    bare = bare[1:-1] if is_negative else bare
    bare = re.sub(r"^([+-])\s+", r"\1", bare)
    if TRAILING_MINUS.fullmatch(bare):
        bare = f"-{bare.removesuffix('-').rstrip()}"
    if _number_pattern(mark).fullmatch(bare):
        plain = re.sub(f"[{SPACES}{',' if mark == '.' else '.'}]", "", bare).replace(",", ".")
        return -float(plain) if is_negative else float(plain)
    return TRUTH.get(text.lower())


def read_either_mark(value: object) -> float | None:
    """Read a number whose decimal mark is a point or a comma; None if it is another one with each."""
    found = {read_number(value, mark) for mark in MARKS} - {None}
    return found.pop() if len(found) == 1 else None


@cache
def _number_pattern(mark: DecimalMark) -> re.Pattern[str]:
    groups = SPACES + ("," if mark == "." else ".")
    western = rf"[1-9]\d{{0,2}}(?P<group>[{groups}])\d{{3}}(?:(?P=group)\d{{3}})*"
    indian = r"[1-9]\d?(?:,\d{2})+,\d{3}|" if mark == "." else ""
    whole = rf"(?:{indian}{western}|\d+)"
    point = re.escape(mark)
    # Thousands are never grouped before an exponent: 1,257E+02 has a decimal comma
    scientific = rf"(?:\d+(?:{point}\d*)?|{point}\d+)e[+-]?\d+"
    return re.compile(
        rf"[+-]?(?:{scientific}|{whole}(?:{point}\d*)?|{point}\d+|inf(?:inity)?)", re.IGNORECASE
    )
