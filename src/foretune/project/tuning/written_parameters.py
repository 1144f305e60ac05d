"""Parameters written into files of a configuration, where everything else stays as it is."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from foretune.base import replaced_file
from foretune.project.tuning.project_run import with_values

# Where no file has the group of a parameter yet
NEW_FILE = "parameters_tune.yml"
PATTERNS = ("parameters*", "parameters*/**/*", "**/parameters*")
SUFFIXES = (".yml", ".yaml")


def write_parameters(
    folder: Path, values: Mapping[str, Any], groups: Mapping[str, Any] | None = None, header: str = ""
) -> list[Path]:
    """Write parameters into the files of an environment of the configuration.

    A file that has the group of a parameter takes it, because Kedro refuses a group in two files of an
    environment. Comments, order and everything else in it stay.

    Parameters
    ----------
    folder
        Folder of the environment, such as ``conf/local``.
    values
        Values by dotted name.
    groups
        Whole groups by name, which are written with the values where no file has them: unless parameters are
        merged, a group of an environment replaces the one of ``base``. None where they are merged.
    header
        Comment at the beginning of a new file.

    Returns
    -------
    list of Path
        The files that were written.

    Raises
    ------
    OSError
        If one cannot be written.
    """
    by_file: dict[Path, dict[str, Any]] = {}
    for name, value in values.items():
        file = _file_of(folder, name.split(".")[0])
        by_file.setdefault(file, {})[name] = value
    for file, own in by_file.items():
        text = file.read_text(encoding="utf-8") if file.is_file() else header
        known = yaml.safe_load(text) or {}
        given: dict[str, Any] = {}
        for name in own:
            top = name.split(".")[0]
            if "." in name and top not in known and isinstance((groups or {}).get(top), Mapping):
                given[top] = deepcopy(dict((groups or {})[top]))
        with replaced_file(file) as new:
            new.write_text(edited(text, with_values({**known, **given}, own), own, given), encoding="utf-8")
    return list(by_file)


def edited(text: str, wanted: Mapping[str, Any], values: Mapping[str, Any], groups: Mapping[str, Any]) -> str:
    """Return a YAML file with other values and new groups; where it cannot be edited, written anew.

    Parameters
    ----------
    text
        The file.
    wanted
        Everything that it is to hold.
    values, groups
        What is changed: values by dotted name, whole groups by name.
    """
    try:
        result = text
        for name, group in groups.items():
            result = _append(result, {name: group})
        for name, value in values.items():
            result = _set(result, name.split("."), value)
        if yaml.safe_load(result) == wanted:
            return result
    except yaml.YAMLError:
        pass
    head = "".join(itertools.takewhile(lambda line: line.startswith("#"), text.splitlines(keepends=True)))
    return head + _dump(dict(wanted), sort_keys=False)


def _file_of(folder: Path, group: str) -> Path:
    files = sorted({file for pattern in PATTERNS for file in folder.glob(pattern)})
    for file in files:
        if file.suffix in SUFFIXES and group in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}):
            return file
    return folder / NEW_FILE


def _set(text: str, path: list[str], value: Any) -> str:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        return _append(text, _nested(path, value))
    node: yaml.Node = root
    for at, key in enumerate(path):
        if not isinstance(node, yaml.MappingNode):
            return _replaced(text, node, _nested(path[at:], value))
        inner = next((one for name, one in node.value if name.value == key), None)
        if inner is None:
            rest = _nested(path[at:], value)
            return _append(text, rest) if at == 0 else _inserted(text, node, rest)
        node = inner
    return _replaced(text, node, value)


def _nested(path: list[str], value: Any) -> Any:
    for key in reversed(path):
        value = {key: value}
    return value


def _append(text: str, values: Mapping[str, Any]) -> str:
    start = text if not text or text.endswith("\n") else f"{text}\n"
    return start + _dump(dict(values), sort_keys=False)


def _inserted(text: str, node: yaml.MappingNode, values: Mapping[str, Any]) -> str:
    """Insert entries before the first of a mapping: its end may lie behind comments of others."""
    ((key, value),) = values.items()
    entry = f"{_inline(key)}: {_inline(value)}"
    if node.flow_style:
        at = node.start_mark.index + 1
        return f"{text[:at]}{entry}{', ' if node.value else ''}{text[at:]}"
    first = node.value[0][0].start_mark
    return f"{text[: first.index]}{entry}\n{' ' * first.column}{text[first.index :]}"


def _replaced(text: str, node: yaml.Node, value: Any) -> str:
    start, end = node.start_mark.index, node.end_mark.index
    # An empty value begins right behind the colon
    blank = " " if start == end and text[start - 1 : start] == ":" else ""
    return f"{text[:start]}{blank}{_inline(value)}{text[end:]}"


def _inline(value: Any) -> str:
    """Return a value as YAML on one line."""
    listed = _dump([value], default_flow_style=True, width=10**6)
    return listed.strip()[1:-1]


def _dump(value: Any, **options: Any) -> str:
    """Write YAML with letters as they are, unless it is read otherwise: PyYAML writes some line ends bare."""
    written = str(yaml.safe_dump(value, allow_unicode=True, **options))
    return written if yaml.safe_load(written) == value else str(yaml.safe_dump(value, **options))
