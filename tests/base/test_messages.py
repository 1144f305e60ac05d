from fractions import Fraction

import numpy as np

from foretune.base.messages import close_matches, counted, is_number, quoted


def test_long_lists_are_cut() -> None:
    assert quoted(["a", "b"]) == "'a', 'b'"
    assert quoted(range(7), limit=2) == "'0', '1' and 5 more"


def test_numbers_have_their_nouns() -> None:
    assert (counted(1, "row"), counted(2, "row")) == ("1 row", "2 rows")
    assert counted(0, "class", "classes") == "0 classes"


def test_close_matches_are_offered_only_when_close() -> None:
    assert close_matches("irsi", ["iris", "wine"]) == " (did you mean 'iris'?)"
    assert close_matches("zzz", ["iris", "wine"]) == ""


def test_what_counts_as_a_number() -> None:
    assert all(map(is_number, [0, 1.5, np.float32(2), np.int64(3), Fraction(1, 2)]))
    others = [True, np.True_, np.nan, float("inf"), np.float64("nan"), None, "1", 1j, [1]]
    assert not any(map(is_number, others))
