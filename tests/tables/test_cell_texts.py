import datetime as dt

import pytest

from foretune.tables.cell_texts import are_multiplied, in_english, multiply, plain_text, tidied
from foretune.tables.cell_times import read_time
from foretune.tables.cells import is_code, is_missing_text


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        (" 1.5 ", "1.5"),
        ("\N{EN DASH}132.10", "-132.10"),
        ("\N{MINUS SIGN}5", "-5"),
        ('="126.73"', "126.73"),
        ('"126.73"', "126.73"),
        ("'126.73", "126.73"),
        ("'-5", "-5"),
        ("\ufeff126.73", "126.73"),
        ("\u200e126.73\u200f", "126.73"),
        ("'quoted'", "'quoted'"),
        ("it's", "it's"),
        ("1.5\x00", "1.5"),
        ("=A1+B2", "=A1+B2"),
        ("naïve", "naïve"),
    ],
)
def test_only_what_is_invisible_or_marks_a_text_goes(text: str, plain: str) -> None:
    assert plain_text(text) == plain
    assert tidied(text) == plain
    assert tidied(3) == 3


def test_a_dash_is_missing_and_a_code_stays_a_code() -> None:
    assert is_missing_text("\N{EN DASH}")
    assert is_missing_text("\ufeff")
    assert is_code('="00501"')
    assert is_code("'00501")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("€0.4M", 4e5),
        ("€127K", 127e3),
        ("1.2k", 1200.0),
        ("-1,5 Mio. €", -1.5e6),
        ("$3bn", 3e9),
        ("1,614.9K", None),
        ("1,614K", 1614e3),
        ("2.5 million", 2.5e6),
        ("12", 12.0),
        ("€0", 0.0),
        ("5 kg", None),
        ("k", None),
    ],
)
def test_multipliers_are_read(text: str, number: float | None) -> None:
    assert multiply(text) == (None if number is None else pytest.approx(number))


def test_only_many_numbers_have_multipliers() -> None:
    sizes = [f"{size / 10}M" for size in range(20)]
    assert are_multiplied([*sizes, "500k", "0"])
    assert not are_multiplied([*sizes, "20"])
    assert not are_multiplied(["4K", "8M", "1080"])
    assert not are_multiplied([f"{size}m" for size in range(20)])
    assert not are_multiplied([*sizes, *(f"name {at}" for at in range(5))])


@pytest.mark.parametrize(
    ("text", "english"),
    [
        ("24 févr. 2022", "24 Feb 2022"),
        ("1 août 2022", "1 Aug 2022"),
        ("7 juin 2022", "7 Jun 2022"),
        ("7 juil. 2022", "7 Jul 2022"),
        ("5 de enero de 2022", "5 Jan 2022"),
        ("5 января 2022", "5 Jan 2022"),
        ("5 de março de 2022", "5 Mar 2022"),
        ("5 września 2022", "5 Sep 2022"),
        ("5 maart 2022", "5 Mar 2022"),
        ("5. 1. 2022", "5.1.2022"),
        ("2022年2月24日", "2022-2-24"),
        ("2022年2月", "2022-2"),
        ("2022/2/24 下午3:00", "2022/2/24 3:00 PM"),
        ("2022/2/24 上午11:30:05", "2022/2/24 11:30:05 AM"),
        ("août", "août"),
    ],
)
def test_dates_of_many_languages_are_those_of_english(text: str, english: str) -> None:
    assert in_english(text) == english


def test_dates_of_many_languages_are_read() -> None:
    assert read_time("24 févr. 2022") == dt.datetime(2022, 2, 24)
    assert read_time("2022年2月24日") == dt.datetime(2022, 2, 24)
    assert read_time("2022/2/24 下午3:00") == dt.datetime(2022, 2, 24, 15)
    assert read_time("5 de septiembre de 2022") == dt.datetime(2022, 9, 5)
