"""The user's folder for what can be computed again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

VARIABLE = "FORETUNE_CACHE"


def user_cache_folder() -> Path:
    """Return the folder of Foretune's cache, which need not exist.

    That of the environment variable ``FORETUNE_CACHE``, or where the system keeps caches of the user:
    ``~/.cache/foretune`` on Linux, or below ``XDG_CACHE_HOME``; ``~/Library/Caches/foretune`` on macOS,
    ``%LOCALAPPDATA%/foretune/Cache`` on Windows.
    """
    given = os.environ.get(VARIABLE, "").strip()
    if given:
        return Path(given).expanduser()
    if sys.platform == "win32":
        local = os.environ.get("LOCALAPPDATA")
        return (Path(local) if local else Path.home() / "AppData/Local") / "foretune/Cache"
    if sys.platform == "darwin":
        return Path.home() / "Library/Caches/foretune"
    # The standard ignores a relative path
    xdg = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (xdg if xdg.is_absolute() else Path.home() / ".cache") / "foretune"
