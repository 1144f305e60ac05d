"""Errors of commands: one line without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from foretune.base import UserError, one_line


@contextmanager
def one_line_errors() -> Iterator[None]:
    """End the command with one line where the user can mend what is wrong.

    Raises
    ------
    click.ClickException
        In place of a ``UserError``, ``ValueError`` or ``OSError``.
    """
    try:
        yield
    except (UserError, ValueError, OSError) as error:
        raise click.ClickException(one_line(error)) from error
