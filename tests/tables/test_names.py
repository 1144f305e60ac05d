from __future__ import annotations

import pytest

from foretune.tables import file_type


@pytest.mark.parametrize(
    ("name", "suffix"),
    [("a.csv", ".csv"), ("a.CSV.gz", ".csv"), ("a.b.Parquet", ".parquet"), ("a", ""), ("a.gz", "")],
)
def test_the_type_of_a_file_does_not_depend_on_case_and_compression(name: str, suffix: str) -> None:
    assert file_type(name) == suffix
