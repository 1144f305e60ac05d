"""Cache of downloaded files: checksums, repeated attempts, and an offline mode."""

from __future__ import annotations

import gzip
import hashlib
import json
import logging
import shutil
import time
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, Any, cast
from urllib.error import HTTPError, URLError
from urllib.parse import SplitResult, urlsplit
from urllib.request import Request, build_opener

from foretune.base import counted, one_line, replaced_file, shortened
from foretune.tables import TableError
from foretune.tasks.download_parameters import DownloadParameters

logger = logging.getLogger(__name__)

CHUNK = 2**18
IN_MEMORY = 2**26
MEGABYTE = 10**6
# Any other answer of the client's fault (4xx) would be the same the next time
PASSING_STATUSES = (408, 425, 429)
# OpenML says by this status that there is no such thing
OPENML_REFUSES = 412
ABSENT = (404, 410, OPENML_REFUSES)
GZIP_MAGIC = b"\x1f\x8b"
LFS_POINTER = b"version https://git-lfs"
WEB_PAGES = (b"<!doctype html", b"<html")


class DownloadError(TableError):
    """A table that cannot be had; the message is one line and says why."""


class AbsentError(DownloadError):
    """A file that the server does not have or, offline, the cache."""


class TransferError(Exception):
    """An attempt that failed, of which another one may not."""


class DownloadCache:
    """Folder of downloaded files, each with its SHA-256 beside it.

    A file is downloaded once, and checked whenever it is asked for. One without a checksum was put there by
    somebody, and is taken as it is.

    Parameters
    ----------
    parameters
        Folder, and how to download.
    """

    def __init__(self, parameters: DownloadParameters) -> None:
        self._parameters = parameters
        self._folder = Path(parameters.folder)
        # Of many tables each would wait for a server that is not there
        self._unreachable: dict[str, str] = {}

    def fetch(self, name: str, url: str, what: str, md5: str | None = None) -> Path:
        """Return the path of a file, after a download if the cache does not have it or it is damaged.

        Parameters
        ----------
        name
            Path in the cache, with forward slashes. What ends in ``.gz`` is compressed if it was not, what
            ends in ``.json`` must be JSON.
        url
            Address, ``https`` or ``http``.
        what
            The file in words, for messages.
        md5
            Checksum of the content without compression; None if none is known.

        Raises
        ------
        AbsentError
            If the server does not have the file or, offline, the cache.
        DownloadError
            If the file cannot be downloaded, is too large, or is damaged, or the cache cannot be read or
            written.
        """
        file = self._folder.joinpath(*name.split("/"))
        try:
            return self._fetch(file, url, what, md5)
        except OSError as error:
            raise DownloadError(f"{what} cannot be had from the cache: {one_line(error)}") from error

    def _fetch(self, file: Path, url: str, what: str, md5: str | None) -> Path:
        if file.is_file():
            if is_intact(file):
                return file
            if self._parameters.offline:
                raise DownloadError(
                    f"{what} is damaged in the cache: {file} has another SHA-256 than the file beside it "
                    "says; delete it, and run once with downloads.offline: false"
                )
            logger.warning("%s is damaged and is downloaded again: its SHA-256 has changed", file)
        elif self._parameters.offline:
            raise AbsentError(
                f"{what} is not in the cache ({file}): run once with downloads.offline: false, or fill it"
            )
        self._download(file, url, what, md5)
        return file

    def _download(self, file: Path, url: str, what: str, md5: str | None) -> None:
        parts = _split_address(url, what)
        if reason := self._unreachable.get(parts.netloc):
            raise DownloadError(
                f"{what} cannot be downloaded: {parts.netloc} could not be reached before ({reason})"
            )
        n_attempts = 1 + self._parameters.n_retries
        for attempt in range(n_attempts):
            if attempt:
                time.sleep(self._parameters.delay * 2 ** (attempt - 1))
            try:
                size = self._attempt(file, url, what, md5)
            except TransferError as error:
                failure = error
                logger.info("%s: attempt %d of %d failed: %s", url, attempt + 1, n_attempts, error)
            else:
                logger.info("Downloaded %s: %.1f MB from %s", what, size / MEGABYTE, parts.netloc)
                return
        if isinstance(failure.__cause__, URLError) and not isinstance(failure.__cause__, HTTPError):
            self._unreachable[parts.netloc] = str(failure)
        raise DownloadError(
            f"{what} cannot be downloaded from {url}: {failure}, in {counted(n_attempts, 'attempt')}"
        )

    def _attempt(self, file: Path, url: str, what: str, md5: str | None) -> int:
        """Download a file once; return its size in bytes."""
        with SpooledTemporaryFile(IN_MEMORY) as content:
            size = 0
            for chunk in _chunks(url, what, self._parameters.timeout):
                size += len(chunk)
                self._check_size(size, what)
                content.write(chunk)
            is_compressed = self._check_content(content, file.name, url, what, md5)
            content.seek(0)
            keep(content, file, compress=file.suffix == ".gz" and not is_compressed)
        return size

    def _check_size(self, size: int, what: str) -> None:
        if size > self._parameters.max_megabytes * MEGABYTE:
            raise DownloadError(
                f"{what} is not downloaded: it is larger than {self._parameters.max_megabytes:g} MB "
                "(downloads.max_megabytes)"
            )

    def _check_content(self, content: IO[bytes], name: str, url: str, what: str, md5: str | None) -> bool:
        """Return whether a downloaded file is one of gzip; raise TransferError if it is damaged."""
        content.seek(0)
        start = content.read(64)
        if start.startswith(LFS_POINTER):
            raise DownloadError(f"{url} gives a pointer of Git LFS instead of a file: take another server")
        if start.lower().lstrip().startswith(WEB_PAGES):
            raise TransferError("a web page came instead of the file")
        is_compressed = start.startswith(GZIP_MAGIC)
        content.seek(0)
        actual = self._md5(content, what, is_compressed=is_compressed)
        if md5 is not None and actual != md5.lower():
            raise TransferError(f"its MD5 is {actual} and not {md5}, as it should be")
        if name.endswith(".json"):
            content.seek(0)
            try:
                json.load(content)
            except (ValueError, RecursionError):
                raise TransferError("the answer is no JSON") from None
        return is_compressed

    def _md5(self, content: IO[bytes], what: str, *, is_compressed: bool) -> str:
        """Return the MD5 of the content without compression; raise TransferError if there is none."""
        digest, size = hashlib.md5(usedforsecurity=False), 0
        unpacked = cast("IO[bytes]", gzip.GzipFile(fileobj=content, mode="rb")) if is_compressed else content
        try:
            while chunk := unpacked.read(CHUNK):
                # A small file of gzip may be a large table
                size += len(chunk)
                self._check_size(size, what)
                digest.update(chunk)
        except (OSError, EOFError, zlib.error) as error:
            raise TransferError(f"it is a damaged file of gzip ({one_line(error)})") from None
        if not size:
            raise TransferError("the answer is empty")
        return digest.hexdigest()


@contextmanager
def understood(what: str, file: Path | None = None) -> Iterator[None]:
    """Make one line of whatever an answer, or a file of the cache, raises while it is understood.

    Parameters
    ----------
    what
        What is read, in words.
    file
        The file; None if there are several.

    Raises
    ------
    DownloadError
        If anything is raised but a TableError, which says itself what is wrong.
    """
    try:
        yield
    except (TableError, ImportError):
        raise
    except Exception as error:
        where = "" if file is None else f" ({file})"
        reason = one_line(error) or type(error).__name__
        raise DownloadError(f"{what} cannot be read{where}: {reason}") from error


def checksum_file(file: Path) -> Path:
    """Return the path of a file's checksum."""
    return file.with_name(f"{file.name}.sha256")


def is_intact(file: Path) -> bool:
    """Whether a file of the cache has the checksum beside it, or none is there."""
    try:
        # As bytes: of a damaged one they may be no text
        written = checksum_file(file).read_bytes().split()
    except FileNotFoundError:
        return True
    with file.open("rb") as content:
        return written[:1] == [hashlib.file_digest(content, "sha256").hexdigest().encode()]


def keep(content: IO[bytes], file: Path, *, compress: bool = False) -> None:
    """Write a file of the cache, and its SHA-256 as ``sha256sum`` does.

    Parameters
    ----------
    content
        What to write, from its position on.
    file
        Path of the file.
    compress
        Write it compressed by gzip, the same content as the same bytes.

    Raises
    ------
    WritingError
        If the system cannot write it.
    """
    with replaced_file(file) as new:
        with new.open("wb") as out:
            if compress:
                # The name would be in the file, and a random one
                with gzip.GzipFile("", "wb", fileobj=out, mtime=0) as packed:
                    shutil.copyfileobj(content, packed)
            else:
                shutil.copyfileobj(content, out)
        with new.open("rb") as written:
            digest = hashlib.file_digest(written, "sha256").hexdigest()
        # First: a file without its checksum counts as put there by hand
        with replaced_file(checksum_file(file)) as checksum:
            checksum.write_text(f"{digest}  {file.name}\n", encoding="utf-8")


def _split_address(url: str, what: str) -> SplitResult:
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise DownloadError(f"{what} has no address, but {shortened(url)}: {one_line(error)}") from None
    if parts.scheme not in {"http", "https"}:
        raise DownloadError(f"{what} has no address that starts with https:// or http://: {shortened(url)}")
    return parts


def _chunks(url: str, what: str, timeout: float) -> Iterator[bytes]:
    """Yield the content of an answer, without the compression of the transfer."""
    headers = {"User-Agent": "foretune", "Accept-Encoding": "gzip"}
    try:
        request = Request(url, headers=headers)  # noqa: S310 - http and https only, see above
        # A new opener each time, for it keeps the proxies of the environment
        with build_opener().open(request, timeout=timeout) as response:
            yield from _decoded(response)
    except HTTPError as error:
        with error:
            raise _refusal(error, url, what) from error
    except (OSError, HTTPException, ValueError, zlib.error) as error:
        reason = error.reason if isinstance(error, URLError) else error
        text = "no answer in time" if isinstance(reason, TimeoutError) else one_line(reason)
        raise TransferError(text or type(error).__name__) from error


def _decoded(response: Any) -> Iterator[bytes]:
    unpacker = zlib.decompressobj(31) if response.headers.get("Content-Encoding") == "gzip" else None
    promised, n_read = response.headers.get("Content-Length"), 0
    while raw := response.read(CHUNK):
        n_read += len(raw)
        while raw:
            yield unpacker.decompress(raw, CHUNK) if unpacker else raw
            raw = unpacker.unconsumed_tail if unpacker else b""
    if (promised and n_read < int(promised)) or (unpacker and not unpacker.eof):
        raise OSError(f"the connection ended after {n_read:,} bytes, too early")


def _refusal(error: HTTPError, url: str, what: str) -> Exception:
    """Return what an answer with an error's status means: that there is no such file, or a failure."""
    reason = f"{error.code} {error.reason}"
    if error.code == OPENML_REFUSES:
        try:
            refused = json.loads(error.read(CHUNK))["error"]
            reason = f"{refused['message']} ({error.code}, OpenML's code {refused['code']})"
        except (OSError, HTTPException, ValueError, KeyError, TypeError, RecursionError):
            reason = f"OpenML does not have it ({error.code})"
    if error.code in ABSENT:
        return AbsentError(f"{what} is not there, at {url}: {shortened(reason)}")
    if error.code < 500 and error.code not in PASSING_STATUSES:
        return DownloadError(f"{what} cannot be downloaded from {url}: {shortened(reason)}")
    return TransferError(shortened(reason))
