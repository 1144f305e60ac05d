"""Reading of single cells as dates, moments and durations, whatever represents them."""

from __future__ import annotations

import datetime as dt
import decimal
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Literal

import numpy as np
import pandas as pd

from foretune.tables.cell_texts import MONTHS, in_english, plain_text

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
# Two-digit years from here on are of the twentieth century, as in POSIX
CENTURY = 69


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
