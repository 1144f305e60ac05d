"""Checks of arguments of public functions: one line that names the argument and what it must be."""

from __future__ import annotations

import os
from collections.abc import Sequence
from numbers import Integral
from typing import Any

from foretune.base.errors import UserError
from foretune.base.messages import shortened
from foretune.base.parameters import TASK_TYPES

PATH = (str, os.PathLike)
WIDEST_SEED = 2**32


class ArgumentError(UserError, TypeError, ValueError):
    """An argument has a wrong type or value; the message names it and says what it must be."""


def check_kind(
    name: str, value: Any, kinds: type | tuple[type, ...], what: str, *, optional: bool = False
) -> None:
    """Check the type of an argument.

    Parameters
    ----------
    name, value
        The argument.
    kinds
        Allowed types.
    what
        What it must be, for the message, such as ``a frame``.
    optional
        Whether None is allowed.

    Raises
    ------
    ArgumentError
        If it is of another type.
    """
    if not (isinstance(value, kinds) or (optional and value is None)):
        raise _error(name, value, f"{what}, or None" if optional else what)


def check_choice(name: str, value: Any, choices: Sequence[str], *, optional: bool = False) -> None:
    """Check that an argument is one of some texts.

    Raises
    ------
    ArgumentError
        If it is not.
    """
    if not ((isinstance(value, str) and value in choices) or (optional and value is None)):
        raise _error(name, value, f"one of {', '.join(choices)}{', or None' if optional else ''}")


def check_task_type(value: Any, *, optional: bool = False) -> None:
    """Check the argument ``task_type``.

    Raises
    ------
    ArgumentError
        If it is no task type.
    """
    check_choice("task_type", value, TASK_TYPES, optional=optional)


def check_seed(name: str, value: Any, *, optional: bool = False) -> None:
    """Check that an argument can seed every generator.

    Raises
    ------
    ArgumentError
        If it is no whole number from 0 to 2**32 - 1.
    """
    # NumPy's booleans are no Integral
    is_whole = isinstance(value, Integral) and not isinstance(value, bool)
    is_seed = is_whole and 0 <= int(value) < WIDEST_SEED
    if not (is_seed or (optional and value is None)):
        raise _error(name, value, f"a whole number from 0 to 2**32 - 1{', or None' if optional else ''}")


def _error(name: str, value: Any, what: str) -> ArgumentError:
    return ArgumentError(f"{name} = {shortened(repr(value))} must be {what}")
