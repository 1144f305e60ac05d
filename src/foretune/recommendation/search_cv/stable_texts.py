"""Texts and hashes of estimators, scorers and tables that are the same in every process."""

from __future__ import annotations

import dataclasses
import dis
import functools
import hashlib
import inspect
import math
import re
import sys
import types
from collections.abc import Callable, Iterable, Mapping
from enum import Enum
from pathlib import PurePath
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import issparse
from sklearn import get_config
from sklearn.utils.metadata_routing import MetadataRequest, get_routing_for_object

from foretune.base import shortened
from foretune.recommendation.core import SearchError

# Describes a part of a value
Inside = Callable[[Any, str], str]
DEEPEST = 40
DIGITS = 12
LONGEST_TEXT = 60
ADDRESS = r" at 0x[0-9a-fA-F]+"
# Setting of scikit-learn for what transformers give to the next step, and where an estimator keeps its own
OUTPUT, USUAL_OUTPUT, OWN_OUTPUT = "transform_output", "default", "_sklearn_output_config"
# Of a class, which say where it stands
OF_A_PLACE = ("__module__", "__qualname__", "__firstlineno__", "__doc__", "__static_attributes__")
# Values that a function may name beside its arguments, and that stay what they are
PLAIN = (bool, int, float, complex, str, bytes, type(None), np.generic)


def describe_stably(value: Any, name: str) -> str:
    """Return a text that is equal for equal values, and differs for others, in every process.

    Estimators count by their class and parameters, functions by their name and code; what is written outside
    of installed packages by its source, too, with the classes it is derived from, and with the functions and
    plain values that it names.

    Parameters
    ----------
    value
        Any value: an estimator, a scorer, a parameter.
    name
        What it is, for the message of an error.

    Raises
    ------
    SearchError
        If there is no such text for a part of it.
    """
    return _describe(value, name, ())


def digest_of(text: str) -> str:
    """Return the hash of a text, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def output_settings() -> dict[str, str]:
    """Return what scikit-learn is set to let transformers give; empty for arrays, which is usual."""
    given = str(get_config().get(OUTPUT, USUAL_OUTPUT))
    return {} if given == USUAL_OUTPUT else {OUTPUT: given}


def plain_value(value: Any, name: str) -> Any:
    """Return a hyperparameter's value for the ledger: a number or text as it is, a short text of another."""
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, (bool, str, int, type(None))):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    # Addresses of functions are others in every process
    shown = shortened(re.sub(ADDRESS, "", " ".join(repr(value).split())), LONGEST_TEXT)
    return f"{shown} #{digest_of(describe_stably(value, name))[:DIGITS]}"


def hash_rows(data: Any, name: str) -> str:
    """Return the hash of the content of a table or target of any kind, 64 hexadecimal digits.

    It depends on names, types, values and the order of rows and columns, not on the index of the rows.

    Raises
    ------
    SearchError
        If it is of no known kind.
    """
    digest = hashlib.sha256()
    parts: Iterable[bytes] = _parts_of_rows(data, name)
    if isinstance(data, np.ma.MaskedArray) and np.ma.getmaskarray(data).any():
        mask = np.ma.getmaskarray(data)
        parts = [*_parts_of_rows(data.filled(), name), b"masked", _bytes_of(mask)]
    for part in parts:
        digest.update(f"{len(part)}:".encode() + part)
    return digest.hexdigest()


def _parts_of_rows(data: Any, name: str) -> Iterable[bytes]:
    if data is None:
        return [b"none"]
    if issparse(data):
        rows = data.tocsr().sorted_indices()  # type: ignore[attr-defined]
        return [b"sparse", repr(rows.shape).encode(), *map(_bytes_of, (rows.data, rows.indices, rows.indptr))]
    if hasattr(data, "to_pandas"):
        data = data.to_pandas()
    if isinstance(data, pd.Series):
        return [b"series", *_parts_of_column(data)]
    if isinstance(data, pd.DataFrame):
        columns = [_parts_of_column(data.iloc[:, at]) for at in range(data.shape[1])]
        return [b"frame", *(part for parts in columns for part in parts)]
    array = np.asarray(data, dtype=object) if _is_ragged(data) else np.asarray(data)
    if array.dtype == object and array.ndim == 0:
        raise SearchError(
            f"ledger: {name} is of type {type(data).__name__}, whose content cannot be told: give a table or "
            f"an array, or search without a ledger"
        )
    return [b"array", repr(array.shape).encode(), _bytes_of(array)]


def _parts_of_column(column: pd.Series) -> list[bytes]:
    return [repr(column.name).encode(), _name_of_type(column.dtype), _bytes_of(column)]


def _name_of_type(dtype: Any) -> bytes:
    """Return the name of a column's type, of categories with their order, by which they may be coded."""
    if not isinstance(dtype, pd.CategoricalDtype):
        return str(dtype).encode()
    return (b"ordered " if dtype.ordered else b"") + b"category:" + _bytes_of(dtype.categories.to_series())


def _bytes_of(values: Any) -> bytes:
    is_array = isinstance(values, np.ndarray)
    if is_array and values.dtype != object:
        return str(values.dtype).encode() + np.ascontiguousarray(values).tobytes()
    if not is_array and isinstance(values.dtype, np.dtype) and values.dtype.kind in "biufmM":
        return _bytes_of(values.to_numpy())
    flat = pd.Series(values.ravel() if is_array else values).reset_index(drop=True)
    if flat.dtype == object:
        # Numbers, texts and truth values that look alike differ
        flat = flat.map(lambda one: f"{type(one).__name__}:{one}")
    return np.asarray(pd.util.hash_pandas_object(flat, index=False)).tobytes()


def _is_ragged(data: Any) -> bool:
    return (
        isinstance(data, list)
        and any(isinstance(one, (list, tuple)) for one in data)
        and (len({len(one) if isinstance(one, (list, tuple)) else -1 for one in data}) > 1)
    )


def _describe(value: Any, name: str, above: tuple[int, ...]) -> str:
    """Describe a value inside of others, none of which it may be."""
    if id(value) in above or len(above) > DEEPEST:
        raise _no_text(value, name)
    inside = functools.partial(_describe, above=(*above, id(value)))
    return _text_of(value, name, inside)


@functools.singledispatch
def _text_of(value: Any, name: str, inside: Inside) -> str:
    """Describe an object by its class and what it is made of."""
    if issparse(value):
        return f"sparse:{hash_rows(value, name)}"
    if callable(value) and hasattr(value, "__qualname__") and not hasattr(value, "get_params"):
        # A compiled function
        return f"function:{_name_of(value)}"
    kind = type(value)
    described = f"{_name_of(kind)}{_source_of(kind, name, inside)}{inside(_state_of(value, name), name)}"
    return described + _requests_of(value) + _output_of(value)


@_text_of.register(bool)
@_text_of.register(int)
@_text_of.register(float)
@_text_of.register(complex)
@_text_of.register(str)
@_text_of.register(bytes)
@_text_of.register(range)
@_text_of.register(slice)
@_text_of.register(type(None))
@_text_of.register(type(Ellipsis))
def _(value: Any, name: str, inside: Inside) -> str:
    return f"{type(value).__name__}:{value!r}"


@_text_of.register(Enum)
def _(value: Enum, name: str, inside: Inside) -> str:
    return f"{_name_of(type(value))}.{value.name}"


@_text_of.register(np.generic)
@_text_of.register(np.str_)
@_text_of.register(np.bytes_)
def _(value: np.generic, name: str, inside: Inside) -> str:
    return inside(value.item(), name)


@_text_of.register(np.ndarray)
@_text_of.register(pd.DataFrame)
@_text_of.register(pd.Series)
def _(value: Any, name: str, inside: Inside) -> str:
    return f"{type(value).__name__}:{hash_rows(value, name)}"


@_text_of.register
def _(value: np.random.RandomState, name: str, inside: Inside) -> str:
    return f"RandomState:{inside(value.get_state(), name)}"


@_text_of.register
def _(value: np.random.Generator, name: str, inside: Inside) -> str:
    return f"Generator:{inside(dict(value.bit_generator.state), name)}"


@_text_of.register(Mapping)
def _(value: Mapping[Any, Any], name: str, inside: Inside) -> str:
    items = [_joined([inside(key, name), inside(one, f"{name}[{key!r}]")]) for key, one in value.items()]
    return f"{type(value).__name__}({_joined(sorted(items))})"


@_text_of.register(list)
@_text_of.register(tuple)
def _(value: Any, name: str, inside: Inside) -> str:
    return f"{type(value).__name__}({_joined([inside(one, name) for one in value])})"


@_text_of.register(set)
@_text_of.register(frozenset)
def _(value: Any, name: str, inside: Inside) -> str:
    return f"{type(value).__name__}({_joined(sorted(inside(one, name) for one in value))})"


@_text_of.register
def _(value: MetadataRequest, name: str, inside: Inside) -> str:
    # Its owner has it, too
    return f"MetadataRequest:{value!r}"


@_text_of.register
def _(value: PurePath, name: str, inside: Inside) -> str:
    return f"path:{value}"


@_text_of.register
def _(value: type, name: str, inside: Inside) -> str:
    return f"class:{_name_of(value)}{_source_of(value, name, inside)}"


@_text_of.register(functools.partial)
def _(value: Any, name: str, inside: Inside) -> str:
    return f"partial:{inside((value.func, value.args, value.keywords), name)}"


@_text_of.register(types.BuiltinFunctionType)
@_text_of.register(np.ufunc)
def _(value: Any, name: str, inside: Inside) -> str:
    return f"function:{getattr(value, '__module__', '')}.{value.__name__}"


@_text_of.register
def _(value: types.MethodType, name: str, inside: Inside) -> str:
    return f"method:{value.__name__}:{inside(value.__self__, name)}"


@_text_of.register
def _(value: types.FunctionType, name: str, inside: Inside) -> str:
    return f"function:{_name_of(value)}:{_describe_function(value, name, inside)}"


def _joined(parts: list[str]) -> str:
    """Join texts so that others give another text, whatever is in them."""
    return "".join(f"{len(one)}:{one}" for one in parts)


def _state_of(value: Any, name: str) -> Any:
    """Return what an object is made of: parameters of an estimator, fields, or attributes."""
    if hasattr(value, "get_params"):
        return dict(value.get_params(deep=False))
    if dataclasses.is_dataclass(value):
        return {one.name: getattr(value, one.name) for one in dataclasses.fields(value)}
    if not hasattr(value, "__dict__") or isinstance(value, types.ModuleType):
        raise _no_text(value, name)
    return dict(vars(value))


def _requests_of(value: Any) -> str:
    """Return what an estimator and its parts request, which are no parameters; empty without routing."""
    is_routing = get_config().get("enable_metadata_routing", False)
    if not is_routing or not hasattr(value, "get_params") or not hasattr(value, "get_metadata_routing"):
        return ""
    try:
        return f":{get_routing_for_object(value)!r}"
    except (NotImplementedError, ValueError):
        # It supports no routing, or requests what its fit does not have: a trial will say so
        return ""


def _output_of(value: Any) -> str:
    """Return what a transformer was told to give by ``set_output``; empty where scikit-learn decides."""
    own = getattr(value, OWN_OUTPUT, {}).get("transform") if hasattr(value, "get_params") else None
    return "" if own is None else f":output={own}"


def _describe_function(function: types.FunctionType, name: str, inside: Inside) -> str:
    try:
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
    except ValueError:
        raise _no_text(function, name) from None
    parts = (cells, function.__defaults__, function.__kwdefaults__)
    if _is_installed(function.__module__):
        return inside(parts, name)
    named = _named_by(function.__code__, function.__globals__)
    return f"{_code_of(function.__code__)}{inside(parts, name)}{_describe_named(named, name, inside)}"


def _named_by(code: types.CodeType, known: Mapping[str, Any]) -> dict[str, Any]:
    """Return what code names in its module: functions and classes of the user's own, and plain values."""
    # What it sets itself, such as a counter, is no setting
    names = sorted({name for one in _with_inner(code) for name in one.co_names} - _set_by(code))
    found = {name: known[name] for name in names if name in known}
    modules = [one for one in found.values() if isinstance(one, types.ModuleType)]
    for module in modules:
        if not _is_installed(module.__name__):
            found |= {
                f"{module.__name__}.{name}": vars(module)[name] for name in names if name in vars(module)
            }
    return {name: value for name, value in found.items() if _is_told(value)}


def _with_inner(code: types.CodeType) -> list[types.CodeType]:
    """Return code and that of the functions written in it."""
    codes = [code]
    for one in codes:
        codes += [inner for inner in one.co_consts if isinstance(inner, types.CodeType)]
    return codes


def _set_by(code: types.CodeType) -> set[str]:
    """Return the names of what code sets outside of itself."""
    steps = (step for one in _with_inner(code) for step in dis.get_instructions(one))
    return {str(step.argval) for step in steps if step.opname in ("STORE_GLOBAL", "STORE_ATTR")}


def _is_told(value: Any) -> bool:
    if isinstance(value, types.FunctionType | type):
        return not _is_installed(value.__module__)
    if type(value) in (tuple, frozenset):
        return all(map(_is_told, value))
    return isinstance(value, PLAIN)


def _describe_named(named: Mapping[str, Any], name: str, inside: Inside) -> str:
    """Describe what code names, and what that names in turn, each function and class once."""
    told: list[str] = []
    seen: set[int] = set()
    left = list(named.items())
    for key, one in left:
        if not isinstance(one, types.FunctionType | type):
            told.append(_joined([key, inside(one, name)]))
        elif id(one) in seen:
            told.append(_joined([key, _name_of(one)]))
        else:
            seen.add(id(one))
            if isinstance(one, types.FunctionType):
                own = [_code_of(one.__code__), _captured(one, name, inside)]
                more = _named_by(one.__code__, one.__globals__)
            else:
                own, more = _texts_of(one), _named_in(one)
            told.append(_joined([key, *own]))
            left += more.items()
    return _joined(told)


def _captured(function: types.FunctionType, name: str, inside: Inside) -> str:
    """Describe what a function that is named holds; empty for what has no description."""
    try:
        cells = [cell.cell_contents for cell in function.__closure__ or ()]
        return inside((cells, function.__defaults__, function.__kwdefaults__), name)
    except (SearchError, ValueError):
        return ""


def _code_of(code: types.CodeType) -> str:
    """Return the hash of compiled code, without the places where it stands."""
    constants = [_code_of(one) if isinstance(one, types.CodeType) else repr(one) for one in code.co_consts]
    # The order of a set in the code changes from process to process
    constants = [
        repr(sorted(map(repr, one))) if isinstance(one, frozenset) else text
        for one, text in zip(code.co_consts, constants, strict=True)
    ]
    return digest_of(repr((code.co_code.hex(), constants, code.co_names, code.co_varnames)))


def _source_of(kind: type, name: str, inside: Inside) -> str:
    """Return the hash of a class where it, or a base, is of no installed package; empty otherwise."""
    texts = _texts_of(kind)
    return f":{digest_of(_joined([*texts, _describe_named(_named_in(kind), name, inside)]))}" if texts else ""


def _own_classes(kind: type) -> list[type]:
    return [one for one in kind.__mro__ if not _is_installed(one.__module__)]


def _texts_of(kind: type) -> list[str]:
    """Return the text of a class and its bases, as far as they are of no installed package."""
    texts = []
    for one in _own_classes(kind):
        if (source := _source_text(one)) is not None:
            texts.append(source)
        else:
            # Written where no file is, such as a prompt: its functions have code
            codes = [_joined([key, _code_of(method.__code__)]) for key, method in _methods_of(one).items()]
            texts.append(_joined(codes))
    return texts


def _source_text(kind: type) -> str | None:
    try:
        return inspect.getsource(kind)
    except (OSError, TypeError):
        return None


def _named_in(kind: type) -> dict[str, Any]:
    """Return what a class and its bases hold, and what their methods name, as for a function."""
    named: dict[str, Any] = {}
    for one in _own_classes(kind):
        name, methods = one.__qualname__, _methods_of(one)
        if _source_text(one) is None:
            # What it sets itself, such as a counter, is no setting
            others = {*OF_A_PLACE, *(key for method in methods.values() for key in _set_by(method.__code__))}
            values = {key: value for key, value in vars(one).items() if isinstance(value, PLAIN)}
            named |= {f"{name}.{key}": values[key] for key in values if key not in others}
        for key, method in methods.items():
            for other, value in _named_by(method.__code__, method.__globals__).items():
                named[f"{name}.{key}: {other}"] = value
    return named


def _methods_of(kind: type) -> dict[str, types.FunctionType]:
    return {key: found for key, one in vars(kind).items() if (found := _function_in(one)) is not None}


def _function_in(member: Any) -> types.FunctionType | None:
    """Return the function of a method of any kind, as it was written; None for anything else."""
    if isinstance(member, property):
        member = member.fget
    member = getattr(member, "__func__", getattr(member, "func", member))
    # scikit-learn wraps every method transform
    member = inspect.unwrap(member) if isinstance(member, types.FunctionType) else member
    return member if isinstance(member, types.FunctionType) else None


def _is_installed(module: str | None) -> bool:
    """Whether a module is of Python or of an installed package, which has a version."""
    first = str(module).split(".")[0]
    if first == "__main__":
        return False
    if first in sys.stdlib_module_names:
        return True
    file = str(getattr(sys.modules.get(first), "__file__", None) or "")
    return first == "foretune" or "site-packages" in file or "dist-packages" in file


def _name_of(value: Any) -> str:
    return f"{value.__module__}.{value.__qualname__}"


def _no_text(value: Any, name: str) -> SearchError:
    return SearchError(
        f"ledger: {name} is of type {type(value).__name__}, which has no description that is the same in "
        f"every process, so that its trials could not be found again; replace it, or search without a ledger"
    )
