"""Named arrays in a compressed file, whose sizes are checked before they are unpacked."""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

# The reference memory has 6 MB
MOST_BYTES = 2**30
MOST_ARRAYS = 1_000
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
SUFFIX = ".npy"


class ArrayFileError(ValueError):
    """A file that does not hold the arrays it announces, or more than a memory has."""


def pack_arrays(arrays: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """Compress arrays as an ``.npz`` file."""
    content = io.BytesIO()
    np.savez_compressed(content, **arrays)  # type: ignore[arg-type]  # the stub takes them for allow_pickle
    return content.getvalue()


def unpack_arrays(content: bytes) -> dict[str, npt.NDArray[Any]]:
    """Read the arrays of an ``.npz`` file: booleans, integers and floats, nothing that is pickled.

    Unlike :func:`numpy.load` it checks the sizes in the archive and the shapes of the arrays before it asks
    for memory.

    Raises
    ------
    ArrayFileError
        If it is no such file, or unpacks to more than a gigabyte.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = archive.infolist()
            _check_entries(entries)
            return {one.filename.removesuffix(SUFFIX): _read_array(archive, one) for one in entries}
    except ArrayFileError:
        raise
    except Exception as error:  # whatever a damaged archive makes of its reader
        raise ArrayFileError(f"{type(error).__name__}: {error}") from error


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    n_bytes = sum(one.file_size for one in entries)
    if n_bytes > MOST_BYTES or len(entries) > MOST_ARRAYS:
        raise ArrayFileError(f"it unpacks to {n_bytes:,} bytes in {len(entries):,} arrays")
    if len({one.filename for one in entries}) < len(entries):
        raise ArrayFileError("an array is there twice")
    # Other methods decompress without a limit
    if any(one.compress_type not in METHODS for one in entries):
        raise ArrayFileError("it is compressed by another method")


def _read_array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> npt.NDArray[Any]:
    with archive.open(entry) as packed:
        content = io.BytesIO(packed.read(entry.file_size))
    if np.lib.format.read_magic(content) != (1, 0):
        raise ArrayFileError(f"{entry.filename} has another version")
    shape, is_fortran, dtype = np.lib.format.read_array_header_1_0(content)
    raw = content.read()
    if dtype.kind not in "biuf" or dtype.itemsize > 8:
        raise ArrayFileError(f"{entry.filename} has the type {dtype}")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(raw):
        raise ArrayFileError(f"{entry.filename} does not have the shape that it announces")
    if dtype.kind == "b" and raw.strip(b"\0\1"):
        raise ArrayFileError(f"{entry.filename} has values that are neither true nor false")
    values = np.frombuffer(raw, dtype).astype(dtype.newbyteorder("="))
    return values.reshape(shape, order="F" if is_fortran else "C")
