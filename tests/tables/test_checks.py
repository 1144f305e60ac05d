import pandas as pd
import pytest

from foretune.tables.checks import TableError, check_column_names, check_raw_frame, name_columns


def test_duplicates_are_named_once() -> None:
    with pytest.raises(TableError, match="names 'a', 'b':"):
        check_column_names(["a", "b", "a", "a", "b", "c"])


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("prise", r"'prise' is not in the table \(did you mean 'price'\?\)"),
        ("zzz", r"'zzz' is not in the table: the columns are 'size', 'price'"),
    ],
)
def test_missing_target_says_what_there_is(target: str, reason: str) -> None:
    with pytest.raises(TableError, match=reason):
        check_raw_frame(pd.DataFrame({"size": [1], "price": [2]}), target, ())


def test_an_unknown_column_is_answered_with_close_names_or_with_those_that_fit() -> None:
    assert name_columns("nme", ["size", "name"]) == " (did you mean 'name'?)"
    assert name_columns("NAME", ["size", "name"]) == " (did you mean 'name'?)"
    assert name_columns("zzz", list(range(8))).endswith(
        ": the columns are " + ", ".join(f"'{at}'" for at in range(8))
    )
    many = name_columns("zzz", [f"{at}{'x' * 1000}" for at in range(2000)])
    assert many.endswith("...' and 1996 more")
    assert len(many) < 400
