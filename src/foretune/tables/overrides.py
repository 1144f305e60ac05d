"""How notes say that the caller may decide otherwise: in Python, or on the command line."""

from __future__ import annotations

import re

TYPE_IN_PYTHON = re.compile(r"column_types=\{(?P<name>'[^']*'|\"[^\"]*\"): '(?P<type>\w+)'\}")
# Signs as the command line says them
SIGN_IN_PYTHON = re.compile(r"(?<![\w.])(?P<name>thousands|decimal)='(?P<sign>[.,])'")
SIGNS = {".": "point", ",": "comma"}
# The command line takes no name with one of these
OF_THE_COMMAND_LINE = frozenset(",=[]")
VALUE_IN_PYTHON = re.compile(r"(?<![\w.])(?P<name>task_type)='(?P<value>\w+)'")


def set_type(name: object, type_: str) -> str:
    """Write in Python which type a column shall have."""
    return f"column_types={{{str(name)!r}: {type_!r}}}"


def for_command_line(note: str) -> str:
    """Write a note with the parameters of the command line in place of arguments in Python."""
    note = TYPE_IN_PYTHON.sub(lambda match: _bracket(match["name"][1:-1], match["type"]), note)
    note = SIGN_IN_PYTHON.sub(lambda match: f"read_options.{match['name']}={SIGNS[match['sign']]}", note)
    return VALUE_IN_PYTHON.sub(r"\g<name>=\g<value>", note)


def _bracket(name: str, type_: str) -> str:
    if OF_THE_COMMAND_LINE & set(name):
        return f"column_types: {{{name!r}: {type_}}} in the file of --config"
    return f"column_types[{name}]={type_}"
