"""What the API reference cannot read off the source as it stands."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import griffe

# A name in a docstring, in the notation of Sphinx
ROLE = re.compile(r":[a-z]+:`~?([^`]+)`")


class Docstrings(griffe.Extension):
    """Describe classes that are made when they are asked for, and parameters; write names as code."""

    def on_package(self, *, pkg: griffe.Module, **_: Any) -> None:
        """Add the classes that ``__all__`` lists and ``__getattr__`` makes; mend all docstrings."""
        for module in _modules(pkg):
            if "__getattr__" in module.members and module.members["__getattr__"].is_function:
                for name in map(str, module.exports or ()):
                    if name not in module.members:
                        module.set_member(name, _describe(module, name))
        _mend(pkg)


def _mend(described: griffe.Object) -> None:
    if isinstance(described, griffe.Attribute) and isinstance(described.value, griffe.ExprCall):
        _read_field(described, described.value)
    if described.docstring:
        described.docstring.value = ROLE.sub(r"`\1`", described.docstring.value)
    for member in described.members.values():
        if isinstance(member, griffe.Object):
            _mend(member)


def _read_field(attribute: griffe.Attribute, call: griffe.ExprCall) -> None:
    """Take default and description of a parameter off the ``Field(...)`` of Pydantic that it is."""
    if str(call.function) != "Field":
        return
    given = [one for one in call.arguments if not isinstance(one, griffe.ExprKeyword)]
    named = {one.name: one.value for one in call.arguments if isinstance(one, griffe.ExprKeyword)}
    attribute.value = given[0] if given else None
    if "description" in named:
        text = ast.literal_eval(str(named["description"]))
        attribute.docstring = griffe.Docstring(text, lineno=1, parent=attribute)


def _modules(module: griffe.Module) -> Iterator[griffe.Module]:
    yield module
    for one in module.modules.values():
        if isinstance(one, griffe.Module):
            yield from _modules(one)


def _describe(module: griffe.Module, name: str) -> griffe.Class:
    """Take the docstring of a class, and what it inherits from this project; without its library, say so."""
    bases: list[str | griffe.Expr] = []
    try:
        made = getattr(import_module(module.path), name)
    except ModuleNotFoundError as error:
        text = f"Not described here, as this site was built without its library: {error}."
    else:
        text = inspect.getdoc(made) or ""
        bases = [
            f"{base.__module__}.{base.__qualname__}"
            for base in made.__bases__
            if base.__module__.split(".")[0] == module.package.name
        ]
    described = griffe.Class(name, bases=bases, lineno=1, endlineno=1, parent=module)
    described.docstring = griffe.Docstring(text, lineno=1, parent=described)
    return described
