import pandas as pd
import pytest

from foretune.tables.checks import TableError, check_column_names, check_raw_frame


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
