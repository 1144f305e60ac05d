import gzip
import random
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from foretune.tables import TableError
from foretune.tasks.sources import arff
from foretune.tasks.sources.arff import read_arff

DENSE = """\
% a comment
@RELATION 'an example'

@attribute 'two words' REAL
@Attribute number integer
@ATTRIBUTE colour {red, 'dark blue', "?"}
@attribute code { 1, 2 }
@attribute "a \\"remark\\"" string
@attribute day DATE "yyyy-MM-dd"
@DATA

0.5, 1, red , 1, ab, 2020-01-01
% another comment
?,?,'dark blue', 2 ,'it\\'s, well', ?
 1e-1 , 3,?,1,'100\\% sure','2020-01-02'
"""
SPARSE = """\
@relation s
@attribute a numeric
@attribute b {no, yes}
@attribute c numeric
@attribute t string
@data
{0 1.5, 1 yes, 3 'a, b'}
{ 2 ? }
% nothing
{}
{0 -2, 2 3}
"""


def read(text: str, tmp_path: Path, name: str = "t.arff.gz") -> pd.DataFrame:
    path = tmp_path / name
    path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
    return read_arff(path)


def cells(frame: pd.DataFrame) -> dict[str, list[Any]]:
    values = {str(name): frame[name].astype(object) for name in frame.columns}
    return {name: column.where(column.notna(), None).tolist() for name, column in values.items()}


@pytest.mark.parametrize("name", ["t.arff", "t.arff.gz"])
def test_a_dense_file(name: str, tmp_path: Path) -> None:
    frame = read(DENSE, tmp_path, name)
    assert cells(frame) == {
        "two words": [0.5, None, 0.1],
        "number": [1, None, 3],
        "colour": ["red", "dark blue", None],
        "code": ["1", "2", "1"],
        'a "remark"': ["ab", "it's, well", "100% sure"],
        "day": ["2020-01-01", None, "2020-01-02"],
    }
    kinds = {str(column): isinstance(dtype, pd.CategoricalDtype) for column, dtype in frame.dtypes.items()}
    assert [column for column, is_nominal in kinds.items() if is_nominal] == ["colour", "code"]
    assert frame["two words"].dtype == frame["number"].dtype == "float64"


def test_both_quotation_marks_in_one_file(tmp_path: Path) -> None:
    text = "@attribute a string\n@attribute b {'x, y',z}\n@data\n\"it's, so\",'x, y'\n's-Hertogenbosch,z\n"
    assert cells(read(text, tmp_path)) == {"a": ["it's, so", "'s-Hertogenbosch"], "b": ["x, y", "z"]}


def test_a_sparse_file(tmp_path: Path) -> None:
    frame = read(SPARSE, tmp_path)
    assert cells(frame) == {
        "a": [1.5, 0, 0, -2],
        "b": ["yes", "no", "no", "no"],
        "c": [0, None, 0, 3],
        "t": ["a, b", None, None, None],
    }
    assert isinstance(frame["b"].dtype, pd.CategoricalDtype)


def test_missing_cells_at_the_end_of_a_row(tmp_path: Path) -> None:
    text = "@attribute a string\n@attribute b numeric\n@data\n'a, b',?\n'c',2\n"
    assert cells(read(text, tmp_path)) == {"a": ["a, b", "c"], "b": [None, 2]}


def test_numbers_are_exact(tmp_path: Path) -> None:
    numbers = [random.Random(0).uniform(-1, 1) * 10**exponent for exponent in range(-30, 30)]
    text = "@attribute a numeric\n@data\n" + "".join(f"{number!r}\n" for number in numbers)
    assert read(text, tmp_path)["a"].tolist() == numbers


def test_the_fast_way_reads_what_the_exact_one_does(tmp_path: Path) -> None:
    rng = random.Random(1)
    values = {
        "n": ["1", "-2.5", "1e3", "?", " 7 "],
        "c": ["a", " b", "'c d'", "?", "'x, y'"],
        "t": ["'it\\'s'", "plain", "'50\\%'", "?", "'\"'"],
    }
    rows = ["".join(f"{rng.choice(values[kind])}," for kind in "nctn")[:-1] for _ in range(300)]
    header = "@attribute n numeric\n@attribute c {a,b,'c d','x, y'}\n@attribute t string\n@attribute m real\n"
    path = tmp_path / "t.arff"
    path.write_text(f"{header}@data\n" + "\n".join(rows))
    with path.open() as file:
        attributes = arff._read_header(file)
    fast = arff._read_fast(path, attributes, "'")
    exact = arff._read_exactly(path, attributes)
    assert fast is not None
    for one, other in zip(fast, exact, strict=True):
        known = one.notna()
        assert known.equals(other.notna())
        assert one[known].astype(object).tolist() == other[known].astype(object).tolist()
        assert isinstance(one.dtype, pd.CategoricalDtype) == isinstance(other.dtype, pd.CategoricalDtype)


HEADER = "@attribute a numeric\n@attribute b {x,y}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEADER, "no line '@data'"),
        ("@data\n1,2\n", "no line '@attribute'"),
        (HEADER + "@data\n1,x\n2\n", "data row 2 has 1 values instead of 2"),
        (HEADER + "@data\n1,x\n2,y,3\n", "data row 2 has 3 values instead of 2"),
        (HEADER + "@data\n1,'x'\n2\n", "data row 2 has 1 values instead of 2"),
        (HEADER + "@data\nlow,x\n", "attribute 'a' is numeric, but holds low"),
        (HEADER + "@data\n{0 1}\n1,x\n", "data row 2 is not sparse, as others are: 1,x"),
        (HEADER + "@data\n{7 1}\n", "data row 1 has a value of attribute 7, of 2"),
        (HEADER + "@data\n{one}\n", "data row 1 cannot be read"),
        ("@attribute a relational\n@data\n", "'a' holds tables of its own"),
        ("@attribute\n@data\n", "cannot read the attribute line @attribute"),
    ],
)
def test_a_broken_file_is_one_line(text: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(TableError, match=message) as caught:
        read(text, tmp_path)
    assert "\n" not in str(caught.value)


def test_a_file_without_rows_is_an_empty_table(tmp_path: Path) -> None:
    frame = read(HEADER + "@data\n", tmp_path)
    assert frame.shape == (0, 2)


def test_a_large_file_is_read_in_parts(tmp_path: Path) -> None:
    n_rows = 40_000
    body = "".join(f"{i},x\n% {i}\n" for i in range(n_rows))
    frame = read(f"{HEADER}@data\n{body}", tmp_path)
    np.testing.assert_array_equal(frame["a"], np.arange(n_rows))
