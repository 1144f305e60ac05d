"""Plugins of other packages: learners, metrics, strategies and metafeatures from entry points."""

from __future__ import annotations

from functools import cache
from importlib.metadata import entry_points

from foretune.base.errors import UserError
from foretune.base.messages import describe_error


class PluginError(UserError):
    """The module of an entry point cannot be imported."""


@cache
def load_plugins(group: str) -> None:
    """Import the entry points of a group, whose modules register their learners, metrics and the like.

    Parameters
    ----------
    group
        ``foretune.learners``, ``foretune.metrics``, ``foretune.strategies`` or ``foretune.metafeatures``.

    Raises
    ------
    PluginError
        If one of them cannot be imported.
    """
    for entry_point in entry_points(group=group):
        try:
            entry_point.load()
        except (Exception, SystemExit) as error:
            package = entry_point.dist.name if entry_point.dist else "a package"
            raise PluginError(
                f"{package} names {entry_point.value} as an entry point of {group}, which cannot be imported "
                f"({describe_error(error)}); fix or uninstall {package}"
            ) from error
