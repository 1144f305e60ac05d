"""Versions of packages and settings of a run, as text for a report."""

from __future__ import annotations

import platform
import re
from collections.abc import Mapping
from importlib import metadata
from typing import Any

import yaml
from pydantic import BaseModel

# Their versions can change the numbers of an evaluation
PACKAGES = (
    "xgboost",
    "xgboost-cpu",
    "scikit-learn",
    "numpy",
    "scipy",
    "pandas",
    "optuna",
    "plotly",
    "kedro",
)


def list_versions() -> dict[str, str]:
    """List the versions of Foretune, Python and the installed packages that can change results."""
    versions = {"foretune": metadata.version("foretune"), "python": platform.python_version()}
    for package in PACKAGES:
        try:
            versions[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            continue
    return versions


def write_settings(settings: Mapping[str, Any]) -> str:
    """Write parameters as YAML, with passwords in URLs masked.

    Parameters
    ----------
    settings
        Plain values or Pydantic models, nested in mappings and sequences.
    """
    plain = {str(name): _plain(value) for name, value in settings.items()}
    text: str = yaml.safe_dump(plain, sort_keys=False, default_flow_style=None, width=100, allow_unicode=True)
    return re.sub(r"(\w://[^\s:/@]*):[^\s/@]+@", r"\1:***@", text)


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in (sorted(value) if isinstance(value, set | frozenset) else value)]
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)
