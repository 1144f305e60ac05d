"""Reading of single cells as numbers, dates and durations, whatever represents them."""

from __future__ import annotations

import contextlib
import datetime as dt
import decimal
import numbers
import re
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from foretune.tables.cell_texts import in_english, plain_number, plain_text

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
# A column shows its decimal mark if at least this share of its texts are numbers with it
NUMBER_SHARE = 0.95
SMALL = re.compile(r"[+-]?[1-9]?\d{1,2}")
# As SAP writes it; 2- may be a grade
TRAILING_MINUS = re.compile(r"\d[\d.,]*[.,]\d+\s?-")
# A unit of at most two words, such as kg, km/h, m² or sq ft
NUMBER_WITH_UNIT = re.compile(
    r"[+-]?(?!0\d)(?:[\d.,'\u2019\u00a0\u202f ]*\d)\s*"
    r"(?P<unit>[^\W\d_][\w/°^.·*]{0,15}(?: [^\W\d_]{1,10}\.?)?|°[A-Za-z]?)"
)
MULTIPLIERS = frozenset(
    ("k", "K", "M", "m", "B", "b", "T", "Mio", "Mio.", "Mrd", "Mrd.", "Tsd", "Tsd.", "mn", "bn")
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

# Hours from UTC by name; such as IST, of which there are three, are none
ZONES = {
    **{"Z": 0, "UTC": 0, "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "MEZ": 1, "CEST": 2, "MESZ": 2},
    **{"EET": 2, "EEST": 3, "MSK": 3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6},
    **{"PST": -8, "PDT": -7, "AKST": -9, "AKDT": -8, "HST": -10, "JST": 9, "KST": 9, "AEST": 10, "AEDT": 11},
}
# As JavaScript and Java write it: GMT+0100 (Central European Standard Time), +01:00[Europe/Berlin]
ZONE = (
    rf"(?:\s*(?P<zone>(?:UTC|GMT)?[+-]\d{{2}}(?::?\d{{2}})?|{'|'.join(ZONES)})"
    r"(?:\s*\([^()]*\)|\[[\w/+-]+\])?)?"
)
CLOCK = (
    r"(?P<hour>\d{1,2}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?:\s*(?P<half>[AaPp])\.?[Mm]\.?)?"
)
REST = rf"(?:(?:T|,?\s+){CLOCK}{ZONE})?"
WEEKDAY = r"(?:[A-Za-z]{2,10}\.?,?\s+)?"
MONTH = r"(?P<name>[A-Za-zÄä]{3,9})\.?"
YEAR = r"(?P<year>(?:1[6-9]|2[01])\d{2})"
# The day, the month or, of two digits, the year may come first
ANY_FIRST = re.compile(
    r"(?P<left>\d{1,2})(?P<mark>[-/.])(?P<middle>\d{1,2})(?P=mark)(?P<year>\d{4}|\d{2})" + REST
)
DATES = (
    re.compile(r"(?P<year>\d{4})(?P<mark>[-/.])(?P<month>\d{1,2})(?:(?P=mark)(?P<day>\d{1,2}))?" + REST),
    ANY_FIRST,
    re.compile(
        rf"{WEEKDAY}(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\.?[-\s]{MONTH}[-,\s]\s*(?P<year>\d{{4}}|\d{{2}}){REST}"
    ),
    re.compile(rf"{WEEKDAY}{MONTH}\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>\d{{4}}){REST}"),
    re.compile(rf"{MONTH}[-\s](?P<year>\d{{4}})"),
    re.compile(rf"(?P<month>\d{{1,2}})[-/.]{YEAR}"),
    re.compile(r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})" + REST),
    # Of C and Unix, of web servers, and of ISO without marks
    re.compile(rf"{WEEKDAY}{MONTH}\s+(?P<day>\d{{1,2}})\s+{CLOCK}{ZONE}\s+(?P<year>\d{{4}})"),
    re.compile(rf"(?P<day>\d{{1,2}})/{MONTH}/(?P<year>\d{{4}}):{CLOCK}{ZONE}"),
    re.compile(
        r"(?P<year>\d{4})(?P<month>\d{2})(?P<day>\d{2})T"
        rf"(?P<hour>\d{{2}})(?P<minute>\d{{2}})(?P<second>\d{{2}})?{ZONE}"
    ),
    # Periods, by their start
    re.compile(rf"{YEAR}[-\s/]?[Qq](?P<quarter>[1-4])"),
    re.compile(rf"[Qq](?P<quarter>[1-4])[-\s/]?{YEAR}"),
    re.compile(rf"{YEAR}-?M(?P<month>\d{{2}})"),
    re.compile(rf"{YEAR}-?W(?P<week>\d{{2}})(?:-?(?P<weekday>[1-7]))?"),
    re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})/\d{4}-\d{2}-\d{2}"),
)
DAY_DIGITS = re.compile(r"(?P<day>\d{8})(?:\.0*)?")
# What reads as a number too, but for its zero: 01.2023
DOTTED_MONTH = re.compile(r"(?:0[1-9]|1[0-2])\.(?:1[89]|20)\d{2}")
CLOCK_TIME = re.compile(CLOCK)
CLOCK_HALF = re.compile(rf"{CLOCK}(?<=[Mm.])")
# Hours may be more than those of a day
STOPWATCH = re.compile(
    r"(?P<sign>[+-])?(?P<hour>\d{1,5}):(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?"
)
DAYS = re.compile(
    r"(?P<days>[+-]?\d+) ?(?:days?|d)(?:,? \+?(?P<clock>\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d{1,9})?)?))?"
)
ISO_DURATION = re.compile(
    r"(?P<sign>[+-])?P(?=[\dT])(?:(?P<years>\d+)Y)?(?:(?P<months>\d+)M)?(?:(?P<weeks>\d+)W)?"
    r"(?:(?P<days>\d+(?:[.,]\d+)?)D)?(?:T(?=\d)(?:(?P<hours>\d+(?:[.,]\d+)?)H)?"
    r"(?:(?P<minutes>\d+(?:[.,]\d+)?)M)?(?:(?P<seconds>\d+(?:[.,]\d+)?)S)?)?"
)
SPAN_PART = re.compile(r"(?P<amount>\d+(?:[.,]\d+)?)\s*(?P<unit>[A-Za-zµ]+)\.?")
AMOUNT = r"\d+(?:[.,]\d+)?\s*[A-Za-zµ]+\.?"
SPAN = re.compile(rf"(?P<sign>[+-])?\s*{AMOUNT}(?:(?:\s*,\s*|\s+and\s+|\s*){AMOUNT})*")
SECONDS = {"years": 31_556_952.0, "months": 2_629_746.0, "weeks": 604_800.0, "days": 86_400.0}
SECONDS |= {"hours": 3600.0, "minutes": 60.0, "seconds": 1.0, "milliseconds": 1e-3, "microseconds": 1e-6}
UNITS = {
    **{unit: unit for unit in SECONDS},
    **{unit[:-1]: unit for unit in SECONDS},
    **{"yr": "years", "yrs": "years", "wk": "weeks", "wks": "weeks", "w": "weeks", "d": "days", "h": "hours"},
    **{"hr": "hours", "hrs": "hours", "m": "minutes", "min": "minutes", "mins": "minutes", "s": "seconds"},
    **{"sec": "seconds", "secs": "seconds", "ms": "milliseconds", "us": "microseconds", "µs": "microseconds"},
}
# First letters of the names of months, English and German
MONTHS = {
    **{"jan": 1, "feb": 2, "mar": 3, "apr": 4, "may": 5, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "oct": 10},
    **{"nov": 11, "dec": 12, "jän": 1, "mär": 3, "mrz": 3, "mae": 3, "mai": 5, "okt": 10, "dez": 12},
}
# Two-digit years from here on are of the twentieth century, as in POSIX
CENTURY = 69


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
        is_number = sum(readable[mark]) >= NUMBER_SHARE * len(texts)
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
    return None if unit in MULTIPLIERS else value


def looks_like(values: Sequence[object]) -> str:
    """Say what texts look like that are no numbers, such as numbers with several units; empty if nothing."""
    texts = [value.strip() for value in values if isinstance(value, str) and not is_missing_text(value)]
    if len(texts) < FEWEST_ALIKE:
        return ""
    enough = NUMBER_SHARE * len(texts)
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
    if named and len(named) <= MOST_UNITS and sum(unit is not None for unit in units) >= 0.95 * len(texts):
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


def read_time(
    value: object,
    *,
    day_first: bool | None = None,
    year_first: bool = False,
    zone: dt.tzinfo | None = None,
) -> dt.datetime | None:
    """Read a date or moment of any representation, without a zone; None if it is neither.

    Parameters
    ----------
    value
        A date or moment of Python, NumPy or pandas, a period (its start), or a text of one.
    zone
        Zone to whose local time moments with a zone are converted; UTC if None.
    day_first
        Whether ``1/2/2024`` is the first of February; None if it is so with dots only.
    year_first
        Whether ``24-01-02`` is of 2024.
    """
    if isinstance(value, str):
        text = plain_text(value)
        found = _read_time_text(text, day_first, year_first)
        if found is None and (english := in_english(text)) != text:
            found = _read_time_text(english, day_first, year_first)
    elif isinstance(value, np.number | int | float | decimal.Decimal):
        # Digits of a date, such as 20240131, or 20240131.0 beside gaps
        is_day = not isinstance(value, bool) and DAY_DIGITS.fullmatch(str(value))
        found = _read_time_text(is_day["day"], day_first, year_first) if is_day else None
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


def _read_time_text(text: str, day_first: bool | None, year_first: bool) -> dt.datetime | None:
    for pattern in DATES:
        if match := pattern.fullmatch(text):
            try:
                return _moment(match.groupdict(), day_first, year_first)
            except (ValueError, OverflowError):
                return None
    return None


def _moment(parts: dict[str, str | None], day_first: bool | None, year_first: bool) -> dt.datetime:
    zone = _zone(parts.get("zone"))
    if week := parts.get("week"):
        day = dt.date.fromisocalendar(int(parts["year"] or 0), int(week), int(parts.get("weekday") or 1))
        return dt.datetime.combine(day, dt.time())
    year, month, day_of_month = _date_parts(parts, day_first, year_first)
    if len(year) == 2:
        year = f"{19 if int(year) >= CENTURY else 20}{year}"
    return dt.datetime(int(year), int(month), int(day_of_month), tzinfo=zone) + _since_midnight(parts)


def _date_parts(
    parts: dict[str, str | None], day_first: bool | None, year_first: bool
) -> tuple[str, str | int, str]:
    """Return year, month and day."""
    year, day = parts["year"] or "", parts.get("day") or "1"
    left, middle = parts.get("left"), parts.get("middle")
    if left and middle:
        if year_first and len(left) == len(year) == 2:
            return left, middle, year
        # With dots the day comes first nearly everywhere
        is_first = parts.get("mark") == "." if day_first is None else day_first
        return (year, middle, left) if is_first else (year, left, middle)
    if name := parts.get("name"):
        return year, MONTHS.get(name[:3].lower(), 0), day
    if quarter := parts.get("quarter"):
        return year, 3 * int(quarter) - 2, day
    return year, parts.get("month") or "1", day


def _since_midnight(parts: dict[str, str | None]) -> dt.timedelta:
    hour, minute, second = (int(parts.get(name) or 0) for name in ("hour", "minute", "second"))
    if half := parts.get("half"):
        hour = hour % 12 + (12 if half in "Pp" else 0)
    if hour > 24 or minute > 59 or second > 60:
        raise ValueError("no time of the day")
    fraction = float(f"0.{parts.get('fraction') or 0}")
    return dt.timedelta(hours=hour, minutes=minute, seconds=second, microseconds=round(fraction * 1e6))


def _zone(text: str | None) -> dt.timezone | None:
    if text is None:
        return None
    if text in ZONES:
        return dt.timezone(dt.timedelta(hours=ZONES[text]))
    sign, digits = re.sub(r"[A-Z:]", "", text)[0], re.sub(r"\D", "", text).ljust(4, "0")
    offset = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return dt.timezone(offset if sign == "+" else -offset)


def puts_day(value: object) -> Literal["first", "second", "either"] | None:
    """Return where a text such as ``13/2/2024`` puts the day; None if it is no such date."""
    match = ANY_FIRST.fullmatch(value.strip()) if isinstance(value, str) else None
    if match is None:
        return None
    left, middle = int(match["left"]), int(match["middle"])
    if max(left, middle) <= 12:
        return "either"
    return "first" if left > middle else "second"


def puts_year_first(values: Sequence[object]) -> Literal["sure", "likely"] | None:
    """Return whether dates of two digits each, such as ``24-01-31``, begin with the year.

    They do so for sure if that is no day, and likely if it is no month and differs less than the end.
    """
    matches = [ANY_FIRST.fullmatch(value.strip()) for value in values if isinstance(value, str)]
    dates = [(int(one["left"]), int(one["year"])) for one in matches if one and len(one["year"]) == 2]
    if not dates or any(not 1 <= end <= 31 for _, end in dates):
        return None
    starts, ends = {start for start, _ in dates}, {end for _, end in dates}
    if max(starts) > 31 or 0 in starts:
        return "sure"
    return "likely" if min(starts) > 12 and len(starts) < len(ends) else None


def are_dotted_months(values: Sequence[object]) -> bool:
    """Return whether texts such as ``01.2023`` are months, not numbers."""
    texts = [value.strip() for value in values if isinstance(value, str)]
    return (
        len(texts) == len(values)
        and all(map(DOTTED_MONTH.fullmatch, texts))
        and any(text[0] == "0" for text in texts)
    )


def are_minutes(values: Sequence[object]) -> bool:
    """Return whether ``59:30`` is of minutes and seconds: beside ``1:02:10``, and too long for hours."""
    matches = [STOPWATCH.fullmatch(value.strip()) for value in values if isinstance(value, str)]
    short = [int(one["hour"]) for one in matches if one and one["second"] is None]
    return any(hour > 24 for hour in short) and any(one["second"] for one in matches if one)


def read_duration(value: object, *, in_minutes: bool = False) -> dt.timedelta | None:
    """Read a duration of any representation, a time of the day (since midnight) too; None if it is none.

    Parameters
    ----------
    value
        A duration or time of Python, NumPy or pandas, or a text of one: a clock, ``2 days 03:00:00``,
        ``P2DT3H``, ``1h 20m``. Months and years are those of the Gregorian calendar on average.
    in_minutes
        Whether ``59:30`` is of minutes and seconds.
    """
    if isinstance(value, str):
        return _read_duration_text(plain_text(value), in_minutes)
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


def _read_duration_text(text: str, in_minutes: bool) -> dt.timedelta | None:
    for pattern, read in DURATIONS:
        if match := pattern.fullmatch(text):
            try:
                return read(match, in_minutes)
            except (ValueError, OverflowError):
                return None
    return None


def _days_and_clock(match: re.Match[str], _: bool) -> dt.timedelta:
    clock = CLOCK_TIME.fullmatch(match["clock"]) if match["clock"] else None
    rest = _since_midnight(clock.groupdict()) if clock else dt.timedelta()
    return dt.timedelta(days=int(match["days"])) + rest


def _clock_with_half(match: re.Match[str], _: bool) -> dt.timedelta:
    return _since_midnight(match.groupdict())


def _stopwatch(match: re.Match[str], in_minutes: bool) -> dt.timedelta:
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    if minute > 59 or second > 60:
        raise ValueError("no clock")
    fraction = float(f"0.{match['fraction'] or 0}")
    span = dt.timedelta(hours=hour, minutes=minute, seconds=second, microseconds=round(fraction * 1e6))
    span = span / 60 if in_minutes and match["second"] is None else span
    return -span if match["sign"] == "-" else span


def _iso_duration(match: re.Match[str], _: bool) -> dt.timedelta:
    return _span(match.groupdict(), match["sign"])


def _span(amounts: Mapping[str, str | None], sign: str | None) -> dt.timedelta:
    """Add amounts of units."""
    seconds = sum(float((amounts.get(unit) or "0").replace(",", ".")) * SECONDS[unit] for unit in SECONDS)
    return dt.timedelta(seconds=-seconds if sign == "-" else seconds)


def _span_of_units(match: re.Match[str], _: bool) -> dt.timedelta:
    """Add the amounts of a text such as ``1h 20m``, whose units are known and differ."""
    parts = [(one["amount"], _unit(one["unit"])) for one in SPAN_PART.finditer(match[0])]
    amounts = {unit: amount for amount, unit in parts if unit}
    if len(amounts) < len(parts):
        raise ValueError("no units of time")
    return _span(amounts, match["sign"])


def _unit(text: str) -> str | None:
    # Capitals are other things: 3D, 5 M
    return UNITS.get(text if len(text) < len("min") else text.lower())


DURATIONS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str], bool], dt.timedelta]], ...] = (
    (DAYS, _days_and_clock),
    (CLOCK_HALF, _clock_with_half),
    (STOPWATCH, _stopwatch),
    (ISO_DURATION, _iso_duration),
    (SPAN, _span_of_units),
)
