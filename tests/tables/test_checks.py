import pandas as pd
import pytest

from foretune.base.messages import close_matches, quoted
from foretune.tables.checks import TaskRejected, check_column_names, check_raw_frame


def test_long_lists_are_cut() -> None:
    assert quoted(["a", "b"]) == "'a', 'b'"
    assert quoted(range(7), limit=2) == "'0', '1' and 5 more"


def test_close_matches_are_offered_only_when_close() -> None:
    assert close_matches("irsi", ["iris", "wine"]) == " (did you mean 'iris'?)"
    assert close_matches("zzz", ["iris", "wine"]) == ""


def test_duplicates_are_named_once() -> None:
    with pytest.raises(TaskRejected, match="names 'a', 'b':"):
        check_column_names(["a", "b", "a", "a", "b", "c"])


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("prise", r"'prise' is not in the table \(did you mean 'price'\?\)"),
        ("zzz", r"'zzz' is not in the table: the columns are 'size', 'price'"),
    ],
)
def test_missing_target_says_what_there_is(target: str, reason: str) -> None:
    with pytest.raises(TaskRejected, match=reason):
        check_raw_frame(pd.DataFrame({"size": [1], "price": [2]}), target, ())
