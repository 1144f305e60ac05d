from __future__ import annotations

import io
import struct
import tracemalloc
import zipfile
from typing import Any

import numpy as np
import pytest

from foretune.meta_model import array_file
from foretune.meta_model.array_file import ArrayFileError, pack_arrays, unpack_arrays

ARRAYS: dict[str, Any] = {
    "numbers": np.arange(6.0).reshape(2, 3),
    "columns": np.asfortranarray(np.arange(6, dtype=np.int32).reshape(2, 3)),
    "flags": np.array([True, False]),
    "nothing": np.zeros((0, 4), dtype=np.float32),
    "scalar": np.array(3, dtype=np.uint8),
    "big_endian": np.array([1, 2], dtype=">i4"),
}


def _archive(method: int = zipfile.ZIP_DEFLATED, **entries: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for name, entry in entries.items():
            archive.writestr(f"{name}.npy", entry)
    return content.getvalue()


def _npy(values: Any, **header: Any) -> bytes:
    content = io.BytesIO()
    np.save(content, values, allow_pickle=True)
    if not header:
        return content.getvalue()
    written = io.BytesIO()
    described = {"descr": "<f8", "fortran_order": False, "shape": values.shape} | header
    np.lib.format.write_array_header_1_0(written, described)
    return written.getvalue() + bytes(values.tobytes())


def test_arrays_come_back_as_they_were() -> None:
    read = unpack_arrays(pack_arrays(ARRAYS))
    assert read.keys() == ARRAYS.keys()
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(read[name], values)
        assert read[name].dtype == values.dtype.newbyteorder("=")
        assert read[name].flags.writeable


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "BadZipFile"),
        (b"PK\3\4 no archive", "BadZipFile"),
        (_archive(a=b"no array"), "ValueError"),
        (_archive(a=_npy(np.array([{}], dtype=object))), "has the type object"),
        (_archive(a=_npy(np.array(["text"]))), "has the type <U4"),
        (_archive(a=_npy(np.array([1j]))), "has the type complex128"),
        (_archive(a=_npy(np.zeros(2), shape=(10**12,))), "does not have the shape"),
        (_archive(a=_npy(np.zeros(2), shape=(10**6, 10**6, 10**6))), "does not have the shape"),
        (_archive(a=_npy(np.zeros(2), shape=(-1, -2))), "does not have the shape"),
        (_archive(a=_npy(np.zeros(2)) + b"more"), "does not have the shape"),
        (_archive(a=_npy(np.zeros(2))[:-1]), "does not have the shape"),
        (_archive(a=_npy(np.array([2, 0], dtype=np.uint8), descr="|b1")), "neither true nor false"),
        (_archive(zipfile.ZIP_BZIP2, a=_npy(np.zeros(2))), "another method"),
        (_archive(zipfile.ZIP_LZMA, a=_npy(np.zeros(2))), "another method"),
    ],
)
def test_what_is_no_array_is_an_error(content: bytes, reason: str) -> None:
    with pytest.raises(ArrayFileError, match=reason):
        unpack_arrays(content)


def test_an_array_that_is_there_twice_is_an_error() -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("a.npy", _npy(np.zeros(2)))
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.npy", _npy(np.ones(2)))
    with pytest.raises(ArrayFileError, match="twice"):
        unpack_arrays(content.getvalue())


def test_a_file_that_unpacks_to_too_much_is_refused_before_it_is_unpacked() -> None:
    bomb = _archive(a=_npy(np.zeros(8_000_000)))
    assert len(bomb) < 100_000
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(array_file, "MOST_BYTES", 1_000_000)
        _assert_refused_in_little_memory(bomb, "unpacks to 64,000,128 bytes")


def test_a_file_that_lies_about_its_size_is_not_unpacked() -> None:
    bomb = bytearray(_archive(a=_npy(np.zeros(8_000_000))))
    # The size of the entry in the archive's list, at its end
    at = bomb.rindex(b"PK\1\2") + 24
    assert struct.unpack_from("<I", bomb, at) == (64_000_128,)
    struct.pack_into("<I", bomb, at, 200)
    _assert_refused_in_little_memory(bytes(bomb), "shape that it announces|BadZipFile")


def _assert_refused_in_little_memory(content: bytes, reason: str) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(ArrayFileError, match=reason):
            unpack_arrays(content)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()
