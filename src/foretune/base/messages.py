"""Parts of messages: quoted names, counted nouns, suggestions of similar names, commands to install."""

from __future__ import annotations

import difflib
import reprlib
from numbers import Real
from typing import TYPE_CHECKING, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Iterable


SHOWN_NAMES = 5
SHOWN_CHARACTERS = 120
LONGEST_MESSAGE = 500


def quoted(names: Iterable[object], limit: int = SHOWN_NAMES) -> str:
    """Return quoted names for a message, such as ``'a', 'b' and 3 more``."""
    names = [str(name) for name in names]
    shown = ", ".join(f"'{name}'" for name in names[:limit])
    return shown if len(names) <= limit else f"{shown} and {len(names) - limit} more"


def shortened(value: object, limit: int = SHOWN_CHARACTERS) -> str:
    """Return a value, or the ``repr`` of what is no text, in one line of at most ``limit`` characters."""
    writer = reprlib.Repr()
    writer.maxstring = writer.maxother = limit
    text = " ".join((value if isinstance(value, str) else writer.repr(value)).split())
    return text if len(text) <= limit else f"{text[: limit - 3]}..."


def without_middle(message: str, limit: int = LONGEST_MESSAGE) -> str:
    """Return a message of at most ``limit`` characters: of a longer one the middle is left out."""
    if len(message) <= limit:
        return message
    end = limit // 3
    return f"{message[: limit - end - 5]} ... {message[-end:]}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun in singular or plural, ``1 row`` or ``2 rows``."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def how_to_install(extra: str) -> str:
    """Return the command that installs an optional dependency; the package is on no index."""
    return f"pip install '.[{extra}]' in the checkout of foretune"


def is_number(value: object) -> TypeGuard[float]:
    """Whether a value is a number of Python or NumPy, including NaN and infinity but not booleans."""
    return isinstance(value, Real) and not isinstance(value, bool)


def first_line(message: object) -> str:
    """Return the first line of a message that is not empty, as text of at most 500 characters.

    A line that ends in a colon brings the next one, which says what it announces. Lone surrogates, which no
    file and no terminal takes, become question marks.
    """
    lines = [line.strip() for line in str(message).splitlines() if line.strip()]
    n_announced = next((at for at, line in enumerate(lines) if not line.endswith(":")), len(lines) - 1)
    line = " ".join(lines[: n_announced + 1])
    return shortened(line.encode("utf-8", "replace").decode("utf-8"), LONGEST_MESSAGE)


def describe_error(error: BaseException) -> str:
    """Describe an exception in one line of at most 500 characters, with its type."""
    try:
        message = first_line(error)
    except Exception:  # noqa: BLE001 (an exception of another library may not have a text)
        message = ""
    return shortened(f"{type(error).__name__}: {message}", LONGEST_MESSAGE)


def one_line(message: object) -> str:
    """Return a message of several lines as one of at most 500 characters."""
    return shortened(str(message).encode("utf-8", "replace").decode("utf-8"), LONGEST_MESSAGE)


def close_matches(name: str, candidates: Iterable[str]) -> str:
    """Return a hint such as `` (did you mean 'iris'?)``, or an empty text when no candidate is similar.

    Capitals and surrounding blanks make no difference.
    """
    alike: dict[str, list[str]] = {}
    for candidate in dict.fromkeys(candidates):
        alike.setdefault(candidate.strip().lower(), []).append(candidate)
    found = difflib.get_close_matches(name.strip().lower(), list(alike), n=3, cutoff=0.6)
    matches = [candidate for one in found for candidate in alike[one]]
    return f" (did you mean {quoted(matches)}?)" if matches else ""
