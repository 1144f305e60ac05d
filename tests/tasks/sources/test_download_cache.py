import gzip
import hashlib
import io
import logging
import socket
import time
from pathlib import Path

import pytest
from tests.local_server import LocalServer, Reply, openml_error

from foretune.tasks.download_parameters import DownloadParameters
from foretune.tasks.sources import download_cache
from foretune.tasks.sources.download_cache import (
    AbsentError,
    DownloadCache,
    DownloadError,
    is_intact,
    keep,
    understood,
)

CONTENT = b"x\ty\n" + b"".join(b"%d\t%d\n" % (i, i % 3) for i in range(500))
MD5 = hashlib.md5(CONTENT).hexdigest()
FILE = "/table.tsv"


def changed(downloads: DownloadParameters, **changes: object) -> DownloadCache:
    return DownloadCache(downloads.model_copy(update=changes))


def fetch(server: LocalServer, cache: DownloadCache, md5: str | None = MD5) -> Path:
    return cache.fetch("pmlb/a/a.tsv.gz", server.url + FILE, "table 'a'", md5)


def test_a_file_is_downloaded_once_and_kept_with_its_checksum(
    server: LocalServer, downloads: DownloadParameters, caplog: pytest.LogCaptureFixture
) -> None:
    server.put(FILE, Reply(CONTENT))
    with caplog.at_level(logging.INFO):
        file = fetch(server, DownloadCache(downloads))
    assert file == Path(downloads.folder) / "pmlb/a/a.tsv.gz"
    assert gzip.decompress(file.read_bytes()) == CONTENT
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    # The form of sha256sum, which can check it too
    assert file.with_name("a.tsv.gz.sha256").read_text() == f"{digest}  a.tsv.gz\n"
    assert "Downloaded table 'a': 0.0 MB from 127.0.0.1" in caplog.text
    assert fetch(server, DownloadCache(downloads)) == file
    assert server.counts() == {FILE: 1}


def test_the_cache_alone_is_enough_offline(server: LocalServer, downloads: DownloadParameters) -> None:
    server.put(FILE, Reply(CONTENT))
    offline = changed(downloads, offline=True)
    with pytest.raises(AbsentError, match=r"^table 'a' is not in the cache \(.*a.tsv.gz\): run once with"):
        fetch(server, offline)
    assert not server.requests
    file = fetch(server, DownloadCache(downloads))
    assert fetch(server, offline) == file
    assert len(server.requests) == 1


def test_a_damaged_file_is_downloaded_again_but_not_offline(
    server: LocalServer, downloads: DownloadParameters, caplog: pytest.LogCaptureFixture
) -> None:
    server.put(FILE, Reply(CONTENT))
    file = fetch(server, DownloadCache(downloads))
    good = file.read_bytes()
    file.write_bytes(good[:-9])
    with pytest.raises(DownloadError, match=r"damaged in the cache: .*a.tsv.gz has another SHA-256"):
        fetch(server, changed(downloads, offline=True))
    assert fetch(server, DownloadCache(downloads)).read_bytes() == good
    assert "is damaged and is downloaded again" in caplog.text
    assert len(server.requests) == 2


def test_a_file_that_somebody_put_there_is_taken(server: LocalServer, downloads: DownloadParameters) -> None:
    file = Path(downloads.folder) / "pmlb/a/a.tsv.gz"
    file.parent.mkdir(parents=True)
    file.write_bytes(gzip.compress(CONTENT))
    assert fetch(server, changed(downloads, offline=True)) == file
    assert not server.requests


@pytest.mark.parametrize(
    "fault",
    [
        Reply(b"oops", 500),
        Reply(b"busy", 503),
        Reply(b"slow down", 429),
        Reply(CONTENT, cut=700),
        Reply(CONTENT[:-40]),
        Reply(b"  <!DOCTYPE html><html>Sign in</html>"),
        Reply(gzip.compress(CONTENT)[:-30]),
        Reply(gzip.compress(CONTENT)[:-30], headers={"Content-Encoding": "gzip"}),
        Reply(b"no gzip", headers={"Content-Encoding": "gzip"}),
        Reply(b"", 204),
    ],
    ids=[
        "500",
        "503",
        "429",
        "cut",
        "wrong md5",
        "web page",
        "cut gzip",
        "cut transfer",
        "no transfer",
        "204",
    ],
)
def test_what_may_pass_is_tried_again(
    fault: Reply, server: LocalServer, downloads: DownloadParameters
) -> None:
    server.put(FILE, fault, fault, Reply(CONTENT))
    assert gzip.decompress(fetch(server, DownloadCache(downloads)).read_bytes()) == CONTENT
    assert len(server.requests) == 3


@pytest.mark.parametrize(
    ("fault", "md5", "reason"),
    [
        (Reply(b"", 500), MD5, r"500 Internal Server Error, in 3 attempts$"),
        (
            Reply(CONTENT, cut=700),
            None,
            r"the connection ended after [\d,]+ bytes, too early, in 3 attempts$",
        ),
        (Reply(CONTENT), "0" * 32, rf"its MD5 is {MD5} and not 0{{32}}, as it should be, in 3 attempts$"),
        (Reply(gzip.compress(CONTENT)[:-30]), None, r"a damaged file of gzip"),
        (Reply(b""), None, r": the answer is empty, in 3 attempts$"),
        (Reply(b"", 204), None, r": the answer is empty, in 3 attempts$"),
        (Reply(gzip.compress(b"")), None, r": the answer is empty, in 3 attempts$"),
    ],
)
def test_what_stays_wrong_is_one_line(
    fault: Reply, md5: str | None, reason: str, server: LocalServer, downloads: DownloadParameters
) -> None:
    server.put(FILE, fault)
    with pytest.raises(
        DownloadError, match=rf"^table 'a' cannot be downloaded from {server.url}.*{reason}"
    ) as e:
        fetch(server, DownloadCache(downloads), md5)
    assert "\n" not in str(e.value)
    assert len(server.requests) == 3
    assert not list(Path(downloads.folder).rglob("*a.tsv*"))


@pytest.mark.parametrize(
    ("fault", "kind", "reason"),
    [
        (Reply(b"", 404), AbsentError, r"^table 'a' is not there, at .*: 404 Not Found$"),
        (Reply(b"", 403), DownloadError, r"^table 'a' cannot be downloaded from .*: 403 Forbidden$"),
        (
            openml_error("111", "Unknown dataset"),
            AbsentError,
            r"^table 'a' is not there, at .*: Unknown dataset \(412, OpenML's code 111\)$",
        ),
        (Reply(b"no JSON", 412), AbsentError, r": OpenML does not have it \(412\)$"),
        (
            Reply(b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n"),
            DownloadError,
            r"a pointer of Git LFS instead of a file",
        ),
        (Reply(b"0" * 2_100_000), DownloadError, r"larger than 2 MB \(downloads.max_megabytes\)$"),
        (
            Reply(gzip.compress(b"0" * 2_100_000)),
            DownloadError,
            r"^table 'a' is not downloaded: it is larger than 2 MB \(downloads.max_megabytes\)$",
        ),
        (Reply(b"[" * 200_000, 412), AbsentError, r": OpenML does not have it \(412\)$"),
    ],
)
def test_what_cannot_pass_is_tried_once(
    fault: Reply, kind: type[DownloadError], reason: str, server: LocalServer, downloads: DownloadParameters
) -> None:
    server.put(FILE, fault)
    with pytest.raises(DownloadError, match=reason) as caught:
        fetch(server, changed(downloads, max_megabytes=2))
    assert type(caught.value) is kind
    assert len(server.requests) == 1


def test_redirects_are_followed_and_only_to_servers(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    server.put(FILE, Reply(b"", 302, {"Location": f"{server.url}/there"}))
    server.put("/there", Reply(b"", 307, {"Location": "/at/last"}))
    server.put("/at/last", Reply(gzip.compress(CONTENT)))
    file = fetch(server, DownloadCache(downloads))
    assert gzip.decompress(file.read_bytes()) == CONTENT
    server.put("/file", Reply(b"", 302, {"Location": "file:///etc/hostname"}))
    with pytest.raises(DownloadError, match=r"cannot be downloaded"):
        DownloadCache(downloads).fetch("b", f"{server.url}/file", "b")
    with pytest.raises(DownloadError, match=r"no address that starts with https:// or http://: file:///"):
        DownloadCache(downloads).fetch("b", "file:///etc/hostname", "b")


def test_a_file_of_gzip_may_unpack_to_the_limit(server: LocalServer, downloads: DownloadParameters) -> None:
    content = b"0" * 2_000_000
    server.put(FILE, Reply(gzip.compress(content)))
    file = fetch(server, changed(downloads, max_megabytes=2), None)
    assert gzip.decompress(file.read_bytes()) == content


def test_an_address_that_is_none_is_one_line(downloads: DownloadParameters) -> None:
    with pytest.raises(
        DownloadError, match=r"^table 'a' has no address, but http://\[::1: Invalid IPv6 URL$"
    ):
        DownloadCache(downloads).fetch("a", "http://[::1", "table 'a'")


def test_a_checksum_that_is_no_text_is_another_one(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    server.put(FILE, Reply(CONTENT))
    file = fetch(server, DownloadCache(downloads))
    checksum = download_cache.checksum_file(file)
    written = checksum.read_bytes()
    checksum.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DownloadError, match=r"^table 'a' is damaged in the cache: .*a.tsv.gz has another"):
        fetch(server, changed(downloads, offline=True))
    fetch(server, DownloadCache(downloads))
    assert checksum.read_bytes() == written


def test_whatever_is_raised_while_an_answer_is_understood_is_one_line() -> None:
    with (
        pytest.raises(DownloadError, match=r"^table 5 cannot be read \(a.json\): one two$"),
        understood("table 5", Path("a.json")),
    ):
        raise RecursionError("one\ntwo")
    with pytest.raises(DownloadError, match=r"^table 5 cannot be read: EOFError$"), understood("table 5"):
        raise EOFError
    with pytest.raises(AbsentError, match=r"^it is not there$"), understood("table 5"):
        raise AbsentError("it is not there")


def test_a_server_that_does_not_answer_costs_the_timeout(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    server.put(FILE, Reply(CONTENT, seconds=30))
    with pytest.raises(DownloadError, match=r"no answer in time, in 1 attempt$"):
        fetch(server, changed(downloads, timeout=0.2, n_retries=0))


def test_a_server_that_is_not_there_is_not_asked_for_each_table(downloads: DownloadParameters) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}/a"
    cache = DownloadCache(downloads)
    with pytest.raises(DownloadError, match=r"refused.*, in 3 attempts$"):
        cache.fetch("a", url, "table 'a'")
    with pytest.raises(
        DownloadError, match=r"^table 'b' cannot be downloaded: .* could not be reached before"
    ):
        cache.fetch("b", url, "table 'b'")


def test_attempts_wait_twice_as_long_each_time(
    server: LocalServer, downloads: DownloadParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    server.put(FILE, Reply(b"", 500))
    with pytest.raises(DownloadError):
        fetch(server, changed(downloads, delay=0.5, n_retries=4))
    assert waited == [0.5, 1, 2, 4]


def test_an_answer_that_should_be_json_is(server: LocalServer, downloads: DownloadParameters) -> None:
    server.put("/api", Reply(b"{", headers={"Content-Encoding": "identity"}), Reply(b'{"a": 1}'))
    file = DownloadCache(downloads).fetch("a.json", f"{server.url}/api", "a")
    assert file.read_bytes() == b'{"a": 1}'
    assert len(server.requests) == 2
    server.put("/deep", Reply(b"[" * 200_000))
    with pytest.raises(DownloadError, match=r"^b cannot be downloaded from .*: the answer is no JSON, in 3"):
        DownloadCache(downloads).fetch("b.json", f"{server.url}/deep", "b")


def test_a_cache_that_cannot_be_written_is_no_failure_of_the_server(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    Path(downloads.folder).write_text("a file")
    server.put(FILE, Reply(CONTENT))
    with pytest.raises(
        DownloadError, match=r"^table 'a' cannot be had from the cache: .*a.tsv.gz cannot be written"
    ):
        fetch(server, DownloadCache(downloads))
    assert len(server.requests) == 1


def test_proxies_of_the_environment_are_used(
    server: LocalServer, downloads: DownloadParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    server.put("http://nowhere.invalid/a", Reply(b"through the proxy"))
    file = DownloadCache(downloads).fetch("a", "http://nowhere.invalid/a", "a")
    assert file.read_bytes() == b"through the proxy"


def test_kept_files_are_the_same_bytes_each_time(tmp_path: Path) -> None:
    for name in ("a", "b"):
        keep(io.BytesIO(CONTENT), tmp_path / name / "t.tsv.gz", compress=True)
    first, second = (tmp_path / name / "t.tsv.gz" for name in ("a", "b"))
    assert first.read_bytes() == second.read_bytes()
    assert is_intact(first)
    first.write_bytes(b"other")
    assert not is_intact(first)
    assert download_cache.checksum_file(first).name == "t.tsv.gz.sha256"
