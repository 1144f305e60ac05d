"""Estimators and their settings as Python code."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable
from importlib import import_module
from itertools import takewhile
from types import BuiltinFunctionType, FunctionType
from typing import Any, NamedTuple

import numpy as np

from foretune.base import UserError, shortened

LONGEST_ARRAY = 200
SCALARS = (bool, int, str, bytes, type(None))


class CodeError(UserError, ValueError):
    """An object cannot be written as code; the message names the parameter."""


class Written(NamedTuple):
    """Code of an object.

    Attributes
    ----------
    code
        An expression.
    imports
        Lines that import what it needs, sorted.
    """

    code: str
    imports: tuple[str, ...]


def write_object(value: Any, name: str) -> Written:
    """Write an object as an expression, and check that the expression gives the same.

    Parameters
    ----------
    value
        An estimator, a splitter, or a value of a parameter: numbers, texts, lists, dictionaries, arrays of
        few values, classes and functions of modules, and objects whose constructor's arguments are their
        attributes.
    name
        Name for an error.

    Raises
    ------
    CodeError
        If it, or a parameter of it, cannot be written; the message names it.
    """
    imports: set[str] = set()
    code = _write(value, name, imports)
    lines = tuple(sorted(imports))
    try:
        names: dict[str, Any] = {}
        exec("\n".join(lines), names)  # noqa: S102 (what was just written of objects that are there)
        built = eval(code, names)  # noqa: S307
    except Exception as error:
        raise CodeError(f"{name} cannot be written as code: {error}") from error
    if _text(built) != _text(value):
        raise CodeError(
            f"{name} cannot be written as code: it has settings that its constructor does not take"
        )
    return Written(code, lines)


def _write(value: Any, name: str, imports: set[str]) -> str:  # noqa: PLR0911 (one for each kind)
    if isinstance(value, np.generic):
        value = value.item()
    if type(value) in SCALARS:
        return repr(value)
    if type(value) is float:
        return repr(value) if math.isfinite(value) else f"float('{value}')"
    if type(value) in (list, tuple, set):
        return _write_collection(value, name, imports)
    if type(value) is dict:
        pairs = (
            f"{_write(key, name, imports)}: {_write(one, f'{name}[{key!r}]', imports)}"
            for key, one in value.items()
        )
        return f"{{{', '.join(pairs)}}}"
    if type(value) is slice:
        return repr(value)
    if isinstance(value, np.ndarray) and value.size <= LONGEST_ARRAY and value.dtype.kind in "biufU":
        imports.add("import numpy as np")
        return f"np.array({value.tolist()!r}, dtype={str(value.dtype)!r})"
    if isinstance(value, np.ufunc):
        imports.add("import numpy as np")
        return f"np.{value.__name__}"
    if isinstance(value, type | FunctionType | BuiltinFunctionType):
        return _write_name(value, name, imports)
    return _write_call(value, name, imports)


def _write_collection(value: Any, name: str, imports: set[str]) -> str:
    items = [_write(one, f"{name}[{at}]", imports) for at, one in enumerate(value)]
    inside = ", ".join(items)
    if isinstance(value, list):
        return f"[{inside}]"
    if isinstance(value, tuple):
        return f"({inside}{',' if len(items) == 1 else ''})"
    return f"{{{inside}}}" if items else "set()"


def _write_call(value: Any, name: str, imports: set[str]) -> str:
    """Write an object as a call of its class, with the arguments that differ from the defaults."""
    kind = type(value)
    given = _settings(value)
    if given is None:
        raise CodeError(
            f"{name} = {shortened(repr(value))} cannot be written as code: a {kind.__name__} does not keep "
            f"the arguments of its constructor"
        )
    parameters = inspect.signature(kind.__init__).parameters
    written = []
    for key, one in given.items():
        default = parameters[key].default if key in parameters else inspect.Parameter.empty
        if default is inspect.Parameter.empty or _text(default) != _text(one):
            code = _write(one, f"{name}.{key}" if name else key, imports)
            written.append(f"{key}={code}" if key.isidentifier() else f"**{{{key!r}: {code}}}")
    return f"{_write_name(kind, name, imports)}({', '.join(written)})"


def _settings(value: Any) -> dict[str, Any] | None:
    """Return the arguments of an object's constructor; None if they are not known."""
    if hasattr(value, "get_params") and not isinstance(value, type):
        given: dict[str, Any] = value.get_params(deep=False)
        return given
    try:
        parameters = list(inspect.signature(type(value).__init__).parameters.values())[1:]
    except (TypeError, ValueError):
        return None
    named = [one.name for one in parameters if one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)]
    # Splitters keep what they are given by its name, those that repeat hand some of it on
    known = {
        **getattr(value, "cvargs", {}),
        **{one: getattr(value, one) for one in named if hasattr(value, one)},
    }
    return known if named and known.keys() >= set(named) else None


def _write_name(value: Callable[..., Any] | type, name: str, imports: set[str]) -> str:
    """Write the name of a class or function, which has to be one of a module that others can import."""
    module, own = value.__module__, getattr(value, "__qualname__", "")
    if module == "builtins":
        return own
    if module == "__main__" or "<" in own or "." in own:
        raise CodeError(
            f"{name} cannot be written as code: {own or value!r} is not in a module that a program can import"
        )
    public = _public_module(module, own, value)
    imports.add(f"from {public} import {own}")
    return own


def _public_module(module: str, name: str, value: Any) -> str:
    """Return the shortest public module that has an object of this name."""
    parts = list(takewhile(lambda part: not part.startswith("_"), module.split(".")))
    for n_parts in range(1, len(parts) + 1):
        candidate = ".".join(parts[:n_parts])
        try:
            if getattr(import_module(candidate), name, None) is value:
                return candidate
        except ImportError:
            continue
    return module


def _text(value: Any) -> Any:
    """Return a text of a value that is equal for equal settings."""
    if hasattr(value, "get_params") and not isinstance(value, type):
        given = value.get_params(deep=False)
        return type(value).__qualname__, sorted((key, _text(one)) for key, one in given.items())
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, np.ndarray):
        return "array", str(value.dtype), repr(value.tolist())
    if type(value) in (list, tuple):
        return type(value).__name__, [_text(one) for one in value]
    if type(value) is dict:
        return "dict", [(repr(key), _text(one)) for key, one in value.items()]
    is_name = isinstance(value, type | FunctionType | BuiltinFunctionType | np.ufunc)
    own = None if type(value) in (*SCALARS, float) or is_name else _settings(value)
    if own is not None:
        return type(value).__qualname__, sorted((key, repr(_text(one))) for key, one in own.items())
    return type(value).__name__, repr(value)
