"""Loads randomly altered copies of a memory, with valid checksums, and recommends from them.

``python altered_memories.py FOLDER FIRST LAST`` prints how many of the alterations with these seeds were
refused; anything but a result or an ``ArtifactError`` ends the process with an error.
"""

from __future__ import annotations

import hashlib
import io
import json
import random
import shutil
import sys
import tempfile
import warnings
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.datasets import load_iris

from foretune.meta_model.manifest import ArtifactError
from foretune.recommendation.core import Recommender, find_drivers

ARRAY_FILES, JSON_FILES = ("members.npz", "residuals.npz"), ("manifest.json", "provenance.json")
JUNK: list[Any] = [
    None, True, -1, 0, 1, 2, 10**9, 2**63, 10**400, -0.5, 1e308, float("inf"), float("nan"), "", "x", "a=b",
    "learner=x", "\x00", "\ud800", [], [[]], {}, {"": {}}, [None], "1", "y" * 10_000,
]  # fmt: skip


def alter_bytes(content: bytes, rng: random.Random) -> bytes:
    """Change, cut out or repeat some bytes."""
    at, n = rng.randrange(len(content)), rng.randrange(1, 64)
    middle = rng.choice([rng.randbytes(n), b"", content[at : at + n] * 2])
    return content[:at] + middle + content[at + n :]


def alter_json(content: bytes, rng: random.Random) -> bytes:
    """Replace, remove or repeat a value at any depth."""
    whole: dict[str, Any] = {"": json.loads(content)}
    holder: Any = whole
    key: Any = ""
    for _ in range(rng.randrange(1, 7)):
        inner = holder[key]
        if not isinstance(inner, dict | list) or not inner:
            break
        holder, key = inner, rng.choice(list(inner) if isinstance(inner, dict) else range(len(inner)))
    way = rng.randrange(4)
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, dict):
        holder[rng.choice(["", "C", "learner", "learner=svm", "n_members"])] = holder.pop(key)
    elif way == 2 and isinstance(holder, list):
        holder.append(holder[key])
    elif way == 3 and isinstance(holder[key], int | float):
        holder[key] *= rng.choice([-1, 2, 1e3, 1e300])
    else:
        holder[key] = rng.choice(JUNK)
    text = json.dumps(next(iter(whole.values()), None))
    deep = rng.random() < 0.02
    return (text.replace("{", '{"a": ' + "[" * 5_000 + "]" * 5_000 + ", ", 1) if deep else text).encode()


def alter_arrays(content: bytes, rng: random.Random) -> bytes:
    """Change an array's values, shape or type, remove it, or name another in its place."""
    with np.load(io.BytesIO(content)) as file:
        arrays = dict(file)
    name = rng.choice(sorted(arrays))
    changed = _alter_array(arrays[name], rng)
    if changed is None:
        arrays[rng.choice(sorted(arrays))] = arrays.pop(name)
    else:
        arrays[name] = changed
    packed = io.BytesIO()
    np.savez_compressed(packed, **arrays)
    return packed.getvalue()


def _alter_array(values: Any, rng: random.Random) -> Any:
    way = rng.randrange(8)
    if way == 0:
        return None
    if way == 1:
        return values[:-1] if rng.random() < 0.5 else np.concatenate([values, values[:1]])
    if way == 2:
        return values.T.copy() if values.ndim > 1 else values[:, None]
    if way == 3:
        return values.astype(rng.choice(["f8", "f4", "i8", "i4", "u1", "?", "c16", "U3", "f2", ">i4"]))
    values = values.copy()
    flat = values.reshape(-1)
    if not len(flat):
        return values
    at = [rng.randrange(len(flat)) for _ in range(rng.choice([1, 3, len(flat)]))]
    if values.dtype.kind == "b":
        flat[at] ^= True
    elif values.dtype.kind == "i":
        low, high = np.iinfo(values.dtype).min, np.iinfo(values.dtype).max
        flat[at] = rng.choice([-1, 0, 1, 2, 3, 50, 119, low, high, rng.randrange(low, high)])
    else:
        flat[at] = rng.choice([np.nan, np.inf, -np.inf, 0, -1, 1e30, -1e-300, 3.4e38])
    if way == 4:
        rng.shuffle(flat.tolist())
        flat[:] = flat[::-1]
    return values


def alter(folder: Path, rng: random.Random) -> None:
    """Alter one file of a memory, and make the checksums anew."""
    name = rng.choice(ARRAY_FILES * 2 + JSON_FILES)
    file = folder / name
    content = file.read_bytes()
    ways = [alter_json if name in JSON_FILES else alter_arrays] * 6 + [alter_bytes]
    file.write_bytes(rng.choice(ways)(content, rng))
    if name != "manifest.json":
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["sha256"][name] = hashlib.sha256(file.read_bytes()).hexdigest()
        (folder / "manifest.json").write_text(json.dumps(manifest))


def recommend(memory: Path, metafeatures: pd.Series) -> None:
    """Use everything of a memory: surrogate, prior, policy and SHAP values."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    recommender = Recommender.for_table(X, y, memory=memory, metafeatures=metafeatures)
    table = recommender.rank(3)
    find_drivers(recommender, recommender.candidates.configurations[0])
    if len(table) == 0:
        raise AssertionError("nothing is recommended")


def main(source: Path, first: int, last: int) -> None:
    """Alter copies of a memory with the seeds from ``first`` to ``last``."""
    warnings.simplefilter("ignore")
    np.seterr(all="ignore")
    X, y = load_iris(return_X_y=True, as_frame=True)
    metafeatures = Recommender.for_table(X, y, memory=source).metafeatures
    outcomes: Counter[str] = Counter()
    for seed in range(first, last):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "classification"
            shutil.copytree(source / "classification", folder)
            # Where a signal ends the process, its last line says by which alteration
            print(seed, file=sys.stderr, flush=True)
            alter(folder, random.Random(seed))
            try:
                recommend(folder.parent, metafeatures)
                outcomes["result"] += 1
            except ArtifactError as error:
                if "\n" in str(error) or len(str(error)) > 500 + len(name):
                    raise AssertionError(f"no short line: {error}") from error
                outcomes["refused"] += 1
    print(json.dumps(outcomes))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
