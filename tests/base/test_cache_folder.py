from __future__ import annotations

import sys
from pathlib import Path

import pytest

from foretune.base.cache_folder import user_cache_folder


def test_the_variable_names_the_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("FORETUNE_CACHE", str(tmp_path))
    assert user_cache_folder() == tmp_path
    monkeypatch.setenv("FORETUNE_CACHE", "~/here")
    assert user_cache_folder() == Path.home() / "here"


@pytest.mark.parametrize(
    ("platform", "name", "value", "folder"),
    [
        ("linux", "XDG_CACHE_HOME", "/caches", "/caches/foretune"),
        ("linux", "XDG_CACHE_HOME", "relative", "/home/me/.cache/foretune"),
        ("linux", "HOME", "/home/me", "/home/me/.cache/foretune"),
        ("darwin", "HOME", "/home/me", "/home/me/Library/Caches/foretune"),
        ("win32", "LOCALAPPDATA", "/local", "/local/foretune/Cache"),
        ("win32", "HOME", "/home/me", "/home/me/AppData/Local/foretune/Cache"),
    ],
)
def test_otherwise_it_is_the_system_s(
    monkeypatch: pytest.MonkeyPatch, platform: str, name: str, value: str, folder: str
) -> None:
    for other in ("FORETUNE_CACHE", "XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(other, raising=False)
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.setenv(name, value)
    monkeypatch.setattr(sys, "platform", platform)
    assert user_cache_folder() == Path(folder)
