from __future__ import annotations

import pytest

from foretune.tables.overrides import for_command_line, set_type


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("zip", "column_types[zip]=nominal"),
        ("Objekt-Nr.", "column_types[Objekt-Nr.]=nominal"),
        ("it's", "column_types[it's]=nominal"),
        ("price, in EUR", "column_types: {'price, in EUR': nominal} in the file of --config"),
    ],
)
def test_the_command_line_sets_types_in_its_own_way(name: str, written: str) -> None:
    assert for_command_line(f"b: 'b'; {set_type(name, 'nominal')} keeps it") == f"b: 'b'; {written} keeps it"


def test_other_arguments_are_parameters_too() -> None:
    assert for_command_line("task_type='regression' predicts") == "task_type=regression predicts"
    assert for_command_line("read with thousands='.'") == "read with read_options.thousands=point"
