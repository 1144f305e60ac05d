"""Parameters written into files that hold others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from foretune.project.tuning.project_run import with_values
from foretune.project.tuning.written_parameters import edited, write_parameters

FILE = """\
# Of the model
model:   # all of it
  # How deep
  depth: 3  # three
  kinds: [a, b]
  inner:
    rate: 0.1

# Of the split
split: {size: 0.2}
empty:
nothing: {}
"""


def _edit(text: str, **values: Any) -> str:
    named = {name.replace("__", "."): value for name, value in values.items()}
    return edited(text, with_values(yaml.safe_load(text) or {}, named), named, {})


def test_a_value_changes_in_its_place() -> None:
    assert _edit(FILE, model__depth=7) == FILE.replace("depth: 3 ", "depth: 7 ")
    assert _edit(FILE, model__inner__rate=1e-5) == FILE.replace("0.1", "1.0e-05")
    assert _edit(FILE, split__size="a, b") == FILE.replace("0.2", "'a, b'")
    assert _edit(FILE, model__kinds=None) == FILE.replace("[a, b]", "null")


def test_a_new_value_goes_into_its_group_and_comments_stay() -> None:
    changed = _edit(FILE, model__leaf=2, split__seed=3, empty__x=True, nothing__y=1, other__deep__z=0.5)
    assert [line for line in changed.splitlines() if "#" in line] == [
        line for line in FILE.splitlines() if "#" in line
    ]
    assert yaml.safe_load(changed) == {
        "model": {"leaf": 2, "depth": 3, "kinds": ["a", "b"], "inner": {"rate": 0.1}},
        "split": {"seed": 3, "size": 0.2},
        "empty": {"x": True},
        "nothing": {"y": 1},
        "other": {"deep": {"z": 0.5}},
    }


def test_what_cannot_be_edited_is_written_anew() -> None:
    # One value stands in two places
    text = "a: &x {n: 1}\nb: *x\n"
    assert yaml.safe_load(_edit(text, b__n=2)) == {"a": {"n": 1}, "b": {"n": 2}}


NAMES = st.text("abc", min_size=1, max_size=2)
VALUES = st.one_of(
    st.integers(-5, 5), st.floats(-1e6, 1e6), st.booleans(), st.none(), st.text(max_size=6), st.just("1e3")
)
TREES = st.recursive(VALUES, lambda inner: st.dictionaries(NAMES, inner, max_size=3), max_leaves=4)


@settings(max_examples=25)
@given(
    st.dictionaries(NAMES, TREES, max_size=4),
    st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map(".".join), VALUES, min_size=1, max_size=3),
    st.booleans(),
)
# A line end that PyYAML writes bare and reads as a blank
@example({}, {"a": "\x85"}, False)
def test_any_file_holds_what_it_held_and_the_values(
    known: dict[str, Any], values: dict[str, Any], is_flow: bool
) -> None:
    # Of a group and a part of it the later counts
    wanted = with_values(known, values)
    text = yaml.safe_dump(known, default_flow_style=is_flow) if known else ""
    assert yaml.safe_load(edited(text, wanted, values, {})) == wanted


def test_the_file_that_has_the_group_takes_it(tmp_path: Path) -> None:
    (tmp_path / "parameters_model.yml").write_text(FILE)
    (tmp_path / "catalog.yml").write_text("new: 1\n")
    groups = {"model": {"depth": 1}, "new": {"a": 1, "b": [1, 2]}}
    files = write_parameters(tmp_path, {"model.depth": 9, "new.b": 3, "top": 4}, groups, "# Best\n")
    assert [file.name for file in files] == ["parameters_model.yml", "parameters_tune.yml"]
    assert files[0].read_text() == FILE.replace("depth: 3 ", "depth: 9 ")
    # A group that is new is written whole
    assert files[1].read_text() == "# Best\nnew:\n  a: 1\n  b: 3\ntop: 4\n"
    write_parameters(tmp_path, {"new.c": 5}, groups, "# Other\n")
    assert files[1].read_text() == "# Best\nnew:\n  c: 5\n  a: 1\n  b: 3\ntop: 4\n"
    assert (tmp_path / "catalog.yml").read_text() == "new: 1\n"


def test_where_groups_are_merged_only_the_values_are_written(tmp_path: Path) -> None:
    (file,) = write_parameters(tmp_path / "local", {"model.depth": 9})
    assert yaml.safe_load(file.read_text()) == {"model": {"depth": 9}}


def test_a_file_that_is_no_yaml_stays_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "parameters.yml").write_text("a: [1\n")
    with pytest.raises(yaml.YAMLError):
        write_parameters(tmp_path, {"a": 1})
    assert (tmp_path / "parameters.yml").read_text() == "a: [1\n"
