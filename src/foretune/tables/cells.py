"""Reading of single cells as numbers, dates and durations, whatever represents them."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import numbers
import re
from collections.abc import Sequence
from functools import cache
from typing import Literal

import numpy as np
import pandas as pd

DecimalMark = Literal[".", ","]

# Texts, in lower case, that stand for a missing value in a column of numbers, dates or truth values
MISSING_TEXTS = frozenset(
    (
        *("?", "-", "--", "---", ".", "..", "na", "n/a", "n.a.", "nan", "-nan", "nat", "<na>", "#na", "#n/a"),
        *("#n/a n/a", "null", "(null)", "none", "nil", "missing", "#value!", "#div/0!", "#ref!"),
        *("1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan"),
    )
)
TRUTH = {"true": 1.0, "false": 0.0}
# A sign of a currency, its code or a per cent sign, before or after the number
AFFIX = re.compile(
    r"(?:\b(?:US|R|A|C|HK))?\$|[€£¥₹₩₽฿%]|\bRs\.?|\bkr\b"
    r"|\b(?:USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD|SEK|NOK|DKK|PLN|BRL)\b"
)
SPACES = " '\u2019\u00a0\u202f"
UNUSUAL = re.compile(r"[^0-9eE+.\s-]")
GROUPED = re.compile(r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+")
SMALL = re.compile(r"[+-]?[1-9]?\d{1,2}")
# As a program writes it
PLAIN_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,3})?")
# Codes such as 00501 or 007 lose their zeros as numbers
CODE = re.compile(r"0\d+")

ZONE = r"(?:\s*(?P<zone>Z|UTC|GMT|[+-]\d{2}(?::?\d{2})?))?"
CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
)
REST = rf"(?:(?:T|,?\s+){CLOCK}{ZONE})?"
WEEKDAY = r"(?:[A-Za-z]{3,9},?\s+)?"
MONTH = r"(?P<name>[A-Za-z]{3,9})\.?"
# The day or the month may come first
EITHER_FIRST = re.compile(
    r"(?P<left>\d{1,2})(?P<mark>[-/.])(?P<middle>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})" + REST
)
DATES = (
    re.compile(r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?:(?P=mark)(?P<day>\d{1,2}))?" + REST),
    EITHER_FIRST,
    re.compile(
        rf"{WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?[-\s]{MONTH}[-,\s]\s*(?P<year>\d{{4}}|\d{{2}}){REST}"
    ),
    re.compile(rf"{WEEKDAY}{MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){REST}"),
    re.compile(rf"{MONTH}[-\s](?P<year>\d{{4}})"),
    re.compile(r"(?P<month>\d{1,2})/(?P<year>\d{4})"),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + REST),
)
CLOCK_TIME = re.compile(CLOCK)
DAYS = re.compile(r"(?P<days>[+-]?\d+) days?(?:,? \+?(?P<clock>\d{1,2}:\d{2}:\d{2}(?:\.\d+)?))?")
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
# Two-digit years from here on are of the twentieth century, as in POSIX
CENTURY = 69


def is_missing_text(value: object) -> bool:
    """Return whether a cell is a text that stands for a missing number or date, such as ``?`` or ``N/A``."""
    return isinstance(value, str) and (is_blank(value) or value.strip().lower() in MISSING_TEXTS)


def is_blank(value: object) -> bool:
    """Return whether a cell is a text without a visible character."""
    return isinstance(value, str) and not value.strip()


def is_code(value: object) -> bool:
    """Return whether a cell is a text of digits that begins with a zero, such as a postal code."""
    return isinstance(value, str) and CODE.fullmatch(value.strip()) is not None


def label_value(label: str) -> object:
    """Return what a category means, whatever writes it: a number or truth value, a moment, or a text.

    ``"1"``, ``" 1.0"`` and ``"True"`` are the same, as ``"2024-01-05"`` and ``"2024-01-05 00:00:00"``.
    """
    text = label.strip()
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
        return _read_number_text(value.strip(), mark)
    # NumPy's durations are whole numbers to Python
    is_number = isinstance(value, (numbers.Real, decimal.Decimal, np.bool_))
    if is_number and type(value) is not np.timedelta64:
        with contextlib.suppress(OverflowError, ValueError):
            return float(value)  # type: ignore[arg-type]
    return None


def _read_number_text(text: str, mark: DecimalMark) -> float | None:
    bare = AFFIX.sub("", text.replace("\N{MINUS SIGN}", "-")).strip()
    is_negative = bare.startswith("(") and bare.endswith(")")
    bare = bare[1:-1] if is_negative else bare
    bare = re.sub(r"^([+-])\s+", r"\1", bare)
    if _number_pattern(mark).fullmatch(bare):
        plain = re.sub(f"[{SPACES}{',' if mark == '.' else '.'}]", "", bare).replace(",", ".")
        return -float(plain) if is_negative else float(plain)
    return TRUTH.get(text.lower())


@cache
def _number_pattern(mark: DecimalMark) -> re.Pattern[str]:
    groups = SPACES + ("," if mark == "." else ".")
    western = rf"[1-9]\d{{0,2}}(?P<group>[{groups}])\d{{3}}(?:(?P=group)\d{{3}})*"
    indian = r"[1-9]\d?(?:,\d{2})+,\d{3}|" if mark == "." else ""
    whole = rf"(?:{indian}{western}|\d+)"
    point = re.escape(mark)
    return re.compile(
        rf"[+-]?(?:(?:{whole}(?:{point}\d*)?|{point}\d+)(?:[eE][+-]?\d+)?|inf(?:inity)?)", re.IGNORECASE
    )


def read_time(value: object, *, day_first: bool = False, zone: dt.tzinfo | None = None) -> dt.datetime | None:
    """Read a date or moment of any representation, without a zone; None if it is neither.

    Parameters
    ----------
    value
        A date or moment of Python, NumPy or pandas, a period (its start), or a text of one.
    zone
        Zone to whose local time moments with a zone are converted; UTC if None.
    day_first
        Whether ``1/2/2024`` is the first of February.
    """
    if isinstance(value, str):
        found = _read_time_text(value.strip(), day_first)
    elif isinstance(value, np.integer | int):
        # Digits of a date, such as 20240131
        found = None if isinstance(value, bool) else _read_time_text(str(value), day_first)
    else:
        found = _read_time_object(value)
    if found is None or found.tzinfo is None:
        return found
    return found.astimezone(zone or dt.UTC).replace(tzinfo=None)


def _read_time_object(value: object) -> dt.datetime | None:
    try:
        return _moment_of(value)
    except (ValueError, OverflowError):
        # Of a year that Python does not know
        return None


def _moment_of(value: object) -> dt.datetime | None:
    if isinstance(value, dt.datetime):
        return value.to_pydatetime(warn=False) if isinstance(value, pd.Timestamp) else value
    if isinstance(value, dt.date):
        return dt.datetime.combine(value, dt.time())
    if isinstance(value, pd.Period):
        start = value.asfreq("s", how="start")
        return dt.datetime(start.year, start.month, start.day, start.hour, start.minute, start.second)
    if isinstance(value, np.datetime64):
        found = value.astype("datetime64[us]").item()
        return found if isinstance(found, dt.datetime) else None
    return None


def _read_time_text(text: str, day_first: bool) -> dt.datetime | None:
    for pattern in DATES:
        if match := pattern.fullmatch(text):
            try:
                return _moment(match.groupdict(), day_first)
            except (ValueError, OverflowError):
                return None
    return None


def _moment(parts: dict[str, str | None], day_first: bool) -> dt.datetime:
    left, middle = parts.get("left"), parts.get("middle")
    day, month = parts.get("day") or "1", parts.get("month")
    if left and middle:
        # With dots the day comes first everywhere
        is_first = day_first or parts.get("mark") == "."
        day, month = (left, middle) if is_first else (middle, left)
    elif name := parts.get("name"):
        month = str(MONTHS.index(name[:3].lower()) + 1)
    year = int(parts["year"] or 0)
    if len(parts["year"] or "") == 2:
        year += 1900 if year >= CENTURY else 2000
    zone = _zone(parts.get("zone"))
    return dt.datetime(year, int(month or 1), int(day), tzinfo=zone) + _since_midnight(parts)


def _since_midnight(parts: dict[str, str | None]) -> dt.timedelta:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half in "Pp" else 0)
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError("no time of the day")
    fraction = float(f"0.{parts.get('fraction') or 0}")
    return dt.timedelta(hours=hour, minutes=minute, seconds=second, microseconds=round(fraction * 1e6))


def _zone(text: str | None) -> dt.timezone | None:
    if text is None or text[0] not in "+-":
        return dt.UTC if text else None
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return dt.timezone(offset if text[0] == "+" else -offset)


def puts_day(value: object) -> Literal["first", "second", "either"] | None:
    """Return where a text such as ``13/2/2024`` puts the day; None if it is no such date."""
    match = EITHER_FIRST.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    left, middle = int(match["left"]), int(match["middle"])
    if max(left, middle) <= 12:
        return "either" if match["mark"] != "." else "first"
    return "first" if left > middle else "second"


def read_duration(value: object) -> dt.timedelta | None:
    """Read a duration of any representation, a time of the day (since midnight) too; None if it is none."""
    if isinstance(value, str):
        return _read_duration_text(value.strip())
    if isinstance(value, pd.Timedelta):
        return value.to_pytimedelta()
    if isinstance(value, dt.timedelta):
        return value
    if isinstance(value, dt.time):
        return dt.timedelta(
            hours=value.hour, minutes=value.minute, seconds=value.second, microseconds=value.microsecond
        )
    if isinstance(value, np.timedelta64):
        return pd.Timedelta(value).to_pytimedelta()
    return None


def _read_duration_text(text: str) -> dt.timedelta | None:
    try:
        if match := DAYS.fullmatch(text):
            clock = CLOCK_TIME.fullmatch(match["clock"]) if match["clock"] else None
            rest = _since_midnight(clock.groupdict()) if clock else dt.timedelta()
            return dt.timedelta(days=int(match["days"])) + rest
        if match := CLOCK_TIME.fullmatch(text):
            return _since_midnight(match.groupdict())
    except (ValueError, OverflowError):
        return None
    return None
