from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.tables.cell_times import (
    are_dotted_months,
    are_minutes,
    puts_day,
    puts_year_first,
    read_duration,
    read_time,
)

NOON = dt.datetime(2024, 2, 3, 12, 30)


@pytest.mark.parametrize(
    "value",
    [
        NOON,
        NOON.replace(tzinfo=dt.UTC),
        pd.Timestamp(NOON),
        pd.Timestamp("2024-02-03 21:30", tz="Asia/Tokyo"),
        np.datetime64("2024-02-03T12:30"),
        pd.Period(NOON, "min"),
        "2024-02-03 12:30",
        "2024-02-03T12:30:00Z",
        "2024-02-03T14:30:00.000+02:00",
        "2024/2/3 12:30:00",
        "02/03/2024 12:30 PM",
        "3 Feb 2024 12:30",
        "3-Feb-2024 12:30",
        "Sat, 3 February 2024 12:30:00 GMT",
        "February 3, 2024 12:30pm",
        "February 3rd, 2024 12:30pm",
        "Sat 03 Feb 2024 12:30",
        "03-Feb-24 12:30",
        "2024-02-03 13:30 CET",
        "2024-02-03 07:30:00 EST",
        "2024-02-03T13:30:00+01:00[Europe/Berlin]",
        "Sat Feb 03 2024 13:30:00 GMT+0100 (Central European Standard Time)",
        "Sat Feb  3 12:30:00 2024",
        "Sat Feb  3 12:30:00 UTC 2024",
        "03/Feb/2024:12:30:00 +0000",
        "20240203T123000Z",
    ],
)
def test_moments_are_read_from_any_representation(value: Any) -> None:
    assert read_time(value) == NOON


@pytest.mark.parametrize(
    ("value", "day"),
    [
        (dt.date(9999, 12, 31), dt.datetime(9999, 12, 31)),
        ("1066-10-14", dt.datetime(1066, 10, 14)),
        (pd.Period("2024-02", "M"), dt.datetime(2024, 2, 1)),
        (pd.Period("2024Q2", "Q"), dt.datetime(2024, 4, 1)),
        (pd.Period("2024-02-08", "W"), dt.datetime(2024, 2, 5)),
        (pd.Period("2024", "Y"), dt.datetime(2024, 1, 1)),
        ("2024-02", dt.datetime(2024, 2, 1)),
        ("20240203", dt.datetime(2024, 2, 3)),
        ("Feb 2024", dt.datetime(2024, 2, 1)),
        ("02/2024", dt.datetime(2024, 2, 1)),
        ("02-2024", dt.datetime(2024, 2, 1)),
        ("02.2024", dt.datetime(2024, 2, 1)),
        ("2024M02", dt.datetime(2024, 2, 1)),
        ("2010Q1", dt.datetime(2010, 1, 1)),
        ("2010-Q4", dt.datetime(2010, 10, 1)),
        ("Q2 2010", dt.datetime(2010, 4, 1)),
        ("2010-Q5", None),
        ("2024-W05", dt.datetime(2024, 1, 29)),
        ("2024-W05-3", dt.datetime(2024, 1, 31)),
        ("2024-W54", None),
        ("2024-01-29/2024-02-04", dt.datetime(2024, 1, 29)),
        ("13-2024", None),
        ("10-2345", None),
        ("2024-02-03 12:30 IST", None),
        (pd.Period(year=12000, month=1, freq="M"), None),
        (20240203, dt.datetime(2024, 2, 3)),
        ("3/2/70", dt.datetime(1970, 3, 2)),
        ("3/2/68", dt.datetime(2068, 3, 2)),
        ("2023-02-29", None),
        ("13:30", None),
        ("2024-02-03 25:00", None),
        ("3 Foo 2024", None),
        (True, None),
        (1.5, None),
    ],
)
def test_days_are_read_from_any_representation(value: Any, day: dt.datetime | None) -> None:
    assert read_time(value) == day


def test_the_day_may_stand_first() -> None:
    assert read_time("3/2/2024", day_first=True) == dt.datetime(2024, 2, 3)
    places = {"13/2/2024": "first", "2/13/2024": "second", "2/3/2024": "either", "2.3.2024": "either"}
    assert {text: puts_day(text) for text in places} == places
    assert puts_day("2024-02-03") is None


def test_the_year_may_stand_first() -> None:
    assert read_time("24-01-31", year_first=True) == dt.datetime(2024, 1, 31)
    assert read_time("31.1.2024", year_first=True) == dt.datetime(2024, 1, 31)
    assert puts_year_first(["69-01-31", "24-12-01"]) == "sure"
    assert puts_year_first(["23-01-15", "23-02-20", "24-03-01"]) == "likely"
    for others in (["15-01-23", "20-02-23", "01-03-24"], ["01-15-23", "02-20-23"], ["31-01-69"], ["a", 1]):
        assert puts_year_first(others) is None


def test_clocks_may_be_of_minutes() -> None:
    assert are_minutes(["59:30", "1:02:10"])
    assert not are_minutes(["12:30", "1:02:10"])
    assert not are_minutes(["38:30", "40:00"])
    assert read_duration("59:30", in_minutes=True) == dt.timedelta(minutes=59.5)
    assert read_duration("1:02:10", in_minutes=True) == dt.timedelta(hours=1, minutes=2, seconds=10)


def test_months_before_a_dot_are_no_numbers() -> None:
    assert are_dotted_months(["01.2023", "12.2022"])
    for numbers in (["10.2023", "12.2022"], ["01.2023", "0.5"], ["01.2023", 1.5]):
        assert not are_dotted_months(numbers)


@pytest.mark.parametrize(
    ("value", "hours"),
    [
        (dt.timedelta(hours=1.5), 1.5),
        (pd.Timedelta("90min"), 1.5),
        (np.timedelta64(90, "m"), 1.5),
        (dt.time(1, 30), 1.5),
        ("1:30", 1.5),
        ("13:30:00", 13.5),
        ("1 day", 24),
        ("2 days 01:30:00", 49.5),
        ("-1 days +23:00:00", -1),
        ("1 days 10:30", 34.5),
        ("30:15:00", 30.25),
        ("-1:30:00", -1.5),
        ("P0DT10H30M", 10.5),
        ("PT90M", 1.5),
        ("-PT0.5H", -0.5),
        ("P1W", 168),
        ("P", None),
        ("PT", None),
        ("P1D2", None),
        ("1h 20m", 4 / 3),
        ("1h20m", 4 / 3),
        ("90 min", 1.5),
        ("1 hour and 30 minutes", 1.5),
        ("2 hrs, 15 mins", 2.25),
        ("1.5 h", 1.5),
        ("3 weeks", 504),
        ("250 ms", 0.25 / 3600),
        ("1 year", 365.2425 * 24),
        ("3D", None),
        ("5 M", None),
        ("1h 2h", None),
        ("12 kg", None),
        ("1:75", None),
        ("90", None),
        (90, None),
    ],
)
def test_durations_are_read_from_any_representation(value: Any, hours: float | None) -> None:
    expected = None if hours is None else dt.timedelta(hours=hours)
    found = read_duration(value)
    assert found == (
        expected if expected is None else pytest.approx(expected, abs=dt.timedelta(microseconds=1))
    )
