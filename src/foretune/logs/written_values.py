"""Values of hyperparameters from their Python text, as tables of ``cv_results_`` write them."""

from __future__ import annotations

import ast
import math
import re
from typing import Any

# What has no text that Python can read, such as <function f at 0x7f...>; the address differs by process
OBJECT = re.compile(r"<([^<>]*?)(?: at 0x[0-9a-fA-F]+)?>")
NUMPY = ("np", "numpy")
NAMES = {"nan": math.nan, "inf": math.inf, "NaN": math.nan, "Infinity": math.inf}
NUMPY_NAMES = {"True_": True, "False_": False, "nan": math.nan, "inf": math.inf}
# The text of a scalar of NumPy 2, such as np.int64(3)
SCALARS = re.compile(
    r"(bool|str|bytes|object|u?int\d*|u?long|u?longlong|u?short|u?byte|float\d*|longdouble|half)_?"
)


def read_params(text: str) -> dict[str, Any] | None:
    """Read the text of a dictionary of hyperparameters; None if it is none.

    Scalars of NumPy become Python's; what is no literal, such as an estimator, becomes its text.
    """
    for written in (text, OBJECT.sub(lambda match: repr(f"<{match[1]}>"), text)):
        try:
            read = _evaluate(ast.parse(written.strip(), mode="eval").body, written.strip())
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        return {str(name): value for name, value in read.items()} if isinstance(read, dict) else None
    return None


def _evaluate(node: ast.expr, text: str) -> Any:
    """Return the value of a literal, or its text."""
    if isinstance(node, ast.Dict) and all(key is not None for key in node.keys):
        keys = [_evaluate(key, text) for key in node.keys if key is not None]
        return dict(zip(keys, (_evaluate(value, text) for value in node.values), strict=True))
    if isinstance(node, ast.Tuple | ast.List):
        items = [_evaluate(item, text) for item in node.elts]
        return items if isinstance(node, ast.List) else tuple(items)
    if isinstance(node, ast.Call) and len(node.args) == 1 and not node.keywords:
        return _evaluate_call(node, text)
    return _evaluate_name(node, text)


def _evaluate_name(node: ast.expr, text: str) -> Any:
    """Return the value of a number, a text or a name such as ``nan`` and ``np.True_``."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub) and isinstance(node.operand, ast.Name):
        return -NAMES[node.operand.id] if node.operand.id in NAMES else _segment(node, text)
    if isinstance(node, ast.Name) and node.id in NAMES:
        return NAMES[node.id]
    if isinstance(node, ast.Attribute) and _is_numpy(node.value) and node.attr in NUMPY_NAMES:
        return NUMPY_NAMES[node.attr]
    try:
        return ast.literal_eval(node)
    except ValueError:
        return _segment(node, text)


def _evaluate_call(node: ast.Call, text: str) -> Any:
    """Return the value of a scalar of NumPy or an ordered dictionary, or the text of another call."""
    function = node.func
    if isinstance(function, ast.Attribute) and _is_numpy(function.value) and SCALARS.fullmatch(function.attr):
        return _evaluate(node.args[0], text)
    if isinstance(function, ast.Name) and function.id == "OrderedDict":
        return dict(_evaluate(node.args[0], text))
    return _segment(node, text)


def _is_numpy(node: ast.expr) -> bool:
    return isinstance(node, ast.Name) and node.id in NUMPY


def _segment(node: ast.expr, text: str) -> str:
    return " ".join((ast.get_source_segment(text, node) or ast.unparse(node)).split())
