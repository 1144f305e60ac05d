from __future__ import annotations

import errno
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from foretune.base import UserError
from foretune.base.replacing import WritingError, replaced_file, replaced_folder


def _full_disk() -> OSError:
    return OSError(errno.ENOSPC, "No space left on device")


def _write_half(file: Path, error: BaseException) -> None:
    file.write_text("half")
    raise error


def test_a_file_takes_the_place_of_the_earlier_one_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "new/folder/table.csv"
    for text in ("first", "second"):
        with replaced_file(file) as new:
            assert new.suffix == ".csv"
            new.write_text(text)
            assert not file.exists() or file.read_text() == "first"
        assert file.read_text() == text
    assert [path.name for path in file.parent.iterdir()] == ["table.csv"]


@pytest.mark.parametrize("error", [_full_disk(), KeyboardInterrupt(), ValueError("no table")])
def test_after_an_error_the_earlier_file_is_there_alone(tmp_path: Path, error: BaseException) -> None:
    file = tmp_path / "table.csv"
    file.write_text("earlier")
    with pytest.raises((WritingError, KeyboardInterrupt, ValueError)), replaced_file(file) as new:
        _write_half(new, error)
    assert [path.name for path in tmp_path.iterdir()] == ["table.csv"]
    assert file.read_text() == "earlier"


@pytest.mark.parametrize("replaced", [replaced_file, replaced_folder])
def test_an_error_of_the_disk_names_the_file(tmp_path: Path, replaced: type) -> None:
    with (
        pytest.raises(UserError, match=r"place\.csv cannot be written: No space left on device$"),
        replaced(tmp_path / "place.csv"),
    ):
        raise _full_disk()
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"file.place cannot be written: "), replaced(tmp_path / "file/place"):
        pass


def test_a_folder_takes_the_place_of_the_earlier_one_at_the_end(tmp_path: Path) -> None:
    folder = tmp_path / "memories"
    for text in ("first", "second"):
        with replaced_folder(folder) as new:
            (new / "memory").write_text(text)
            assert not folder.exists() or (folder / "memory").read_text() == "first"
        assert (folder / "memory").read_text() == text
        (folder / "notes").write_text("mine")
    assert (folder / "notes").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["memories"]


def test_what_a_link_leads_to_is_replaced_and_the_link_stays(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder")
    with replaced_folder(tmp_path / "link") as new:
        (new / "memory").write_text("new")
    with replaced_file(tmp_path / "link/table.csv") as file:
        file.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert sorted(path.name for path in (tmp_path / "folder").iterdir()) == ["memory", "table.csv"]


def test_after_an_error_the_earlier_folder_is_there_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "memories"
    folder.mkdir()
    (folder / "memory").write_text("earlier")
    rename = Path.rename

    def refuse(self: Path, target: Path) -> Path:
        if target.name == "memories" and (self / "memory").read_text() == "new":
            raise _full_disk()
        return rename(self, target)

    monkeypatch.setattr(Path, "rename", refuse)
    with pytest.raises(WritingError), replaced_folder(folder) as new:
        (new / "memory").write_text("new")
    assert [path.name for path in tmp_path.iterdir()] == ["memories"]
    assert (folder / "memory").read_text() == "earlier"


KILLED = """
import os, signal, sys
from pathlib import Path
from foretune.base.replacing import replaced_folder

with replaced_folder(Path(sys.argv[1])) as new:
    (new / "memory").write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_killed_process_leaves_the_earlier_folder(tmp_path: Path) -> None:
    folder = tmp_path / "memories"
    folder.mkdir()
    (folder / "memory").write_text("earlier")
    ended = subprocess.run([sys.executable, "-c", KILLED, folder], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert (folder / "memory").read_text() == "earlier"
