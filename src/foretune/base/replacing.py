"""Files and folders that are written beside and renamed, so that the earlier ones last until the end."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from uuid import uuid4

from foretune.base.errors import UserError


class WritingError(UserError, OSError):
    """A file or folder that cannot be written; the message names it and the reason."""


@contextmanager
def replaced_file(file: Path) -> Iterator[Path]:
    """Yield a path for the new content of a file, which takes the file's place at the end.

    The folder is created. After an error, on a full disk or when the process is killed the earlier file is
    there, unchanged.

    Raises
    ------
    WritingError
        If the system cannot write it.
    """
    target = file.resolve()
    # The suffix stays: writers choose their format by it
    new = target.with_name(f".{_token()}{target.suffix}")
    with _named_errors(file):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield new
            new.replace(target)
        finally:
            with suppress(OSError):
                new.unlink(missing_ok=True)


@contextmanager
def replaced_folder(folder: Path) -> Iterator[Path]:
    """Yield a copy of a folder, empty if there is none, which takes the folder's place at the end.

    After an error, on a full disk or when the process is killed the earlier folder is there, unchanged.

    Raises
    ------
    WritingError
        If the system cannot write it.
    """
    target = folder.resolve()
    new, old = (target.with_name(f".{_token()}") for _ in range(2))
    with _named_errors(folder):
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if target.exists():
                shutil.copytree(target, new, symlinks=True)
            else:
                new.mkdir()
            yield new
            _exchange(target, new, old)
        finally:
            shutil.rmtree(new, ignore_errors=True)
            shutil.rmtree(old, ignore_errors=True)


def _token() -> str:
    return f"foretune-{uuid4().hex[:12]}"


def _exchange(target: Path, new: Path, old: Path) -> None:
    if not target.exists():
        new.rename(target)
        return
    target.rename(old)
    try:
        new.rename(target)
    except BaseException:
        old.rename(target)
        raise


@contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except WritingError:
        raise
    except OSError as error:
        raise WritingError(f"{path} cannot be written: {error.strerror or error}") from error
