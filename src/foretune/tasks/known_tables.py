"""Families, provenance and columns that are no features of tables of OpenML and PMLB, by their names."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib import resources

from foretune.tasks.names import LONGEST_TASK_ID, Provenance, catalogue_file

NUMBER_OF_TABLE = re.compile(r"^\d{3,}_(?=\D)")
# The copies that were made of a table say this at the end of its name
VERSION = re.compile(r"_(v|ver|version)_?\d+$")


def table_family(name: str) -> str:
    """Return the family of a table, the same for tables that share rows or origin.

    Parameters
    ----------
    name
        Name on OpenML or PMLB; PMLB's numbers in front (``1027_ESL``) and versions do not count.

    Returns
    -------
    str
        The family that `known_tables.csv` gives the name, or the catalogue a task of this name; else the
        name, in small letters, digits and underscores.
    """
    key = _key(name)
    if known := _known(key):
        return known["family"]
    return _catalogued_families().get(key.replace("_", ""), key)


def table_provenance(name: str) -> Provenance:
    """Return where the data of a table come from, ``"real"`` if nothing else is known."""
    known = _known(_key(name))
    found: Provenance = known["provenance"] if known else "real"  # type: ignore[assignment]
    return found


def known_leaks(name: str) -> tuple[str, ...]:
    """Return the columns that identify rows of a table or tell its target; not each version has them."""
    known = _known(_key(name))
    return tuple(filter(None, known["drop_columns"].split("+"))) if known else ()


def _key(name: str) -> str:
    key = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
    return VERSION.sub("", NUMBER_OF_TABLE.sub("", key))[:LONGEST_TASK_ID].strip("_") or "table"


def _known(key: str) -> Mapping[str, str] | None:
    return next((row for row in _known_tables() if fnmatchcase(key, row["name"])), None)


@cache
def _known_tables() -> tuple[Mapping[str, str], ...]:
    """Rows of `known_tables.csv`: exact names before patterns, long patterns before short ones."""
    path = resources.files("foretune.tasks").joinpath("known_tables.csv")
    with path.open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return tuple(sorted(rows, key=lambda row: ("*" in row["name"], -len(row["name"]))))


@cache
def _catalogued_families() -> Mapping[str, str]:
    with catalogue_file().open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    families = {row["family"].replace("_", ""): row["family"] for row in rows}
    return {**families, **{row["task_id"].replace("_", ""): row["family"] for row in rows}}
