import gzip
import logging
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.local_server import LocalServer, Reply

from foretune.tables import TableError
from foretune.tasks import TaskSource
from foretune.tasks.download_parameters import DownloadParameters, PMLBParameters
from foretune.tasks.sources.download_cache import AbsentError, DownloadCache, DownloadError
from foretune.tasks.sources.pmlb_server import PMLBTables

NUMBERS = np.random.default_rng(0).normal(size=30)
FRAME = pd.DataFrame(
    {
        "age": NUMBERS,
        "job": [i % 4 for i in range(30)],
        "sex": [i % 2 for i in range(30)],
        "gap": [np.nan if i % 5 == 0 else i for i in range(30)],
        "target": [i % 3 for i in range(30)],
    }
)
# As PMLB writes it, with its comments and types
METADATA: dict[str, Any] = {
    "description": "An example",
    "task": "classification",
    "target": {"type": "categorical", "description": "of three"},
    "features": [
        {"name": "age", "type": "continuous", "description": None},
        {"name": "job", "type": "categorical", "code": "'a' = 0\n'b' = 1"},
        {"name": "sex", "type": "binary"},
        {"name": "gap", "type": "ordinal"},
    ],
}


def tables(server: LocalServer, downloads: DownloadParameters, *names: str, **chosen: Any) -> PMLBTables:
    return PMLBTables(PMLBParameters(server=server.url, names=names, **chosen), DownloadCache(downloads))


def test_the_metadata_say_what_the_task_is(server: LocalServer, downloads: DownloadParameters) -> None:
    server.add_pmlb("adult", FRAME, METADATA)
    server.add_pmlb("1027_ESL", FRAME, {**METADATA, "task": "regression"})
    found = tables(server, downloads, "adult", "1027_ESL").list_sources()
    assert found == [
        TaskSource("pmlb_adult", "pmlb", "adult", "target", "classification", "adult_census"),
        TaskSource("pmlb_1027_esl", "pmlb", "1027_ESL", "target", "regression", "esl"),
    ]


def test_a_table_is_read_with_its_types(server: LocalServer, downloads: DownloadParameters) -> None:
    server.add_pmlb("adult", FRAME, METADATA)
    pmlb = tables(server, downloads, "adult")
    frame = pmlb.read(pmlb.list_sources()[0])
    assert [str(dtype) for dtype in frame.dtypes] == ["float64", "category", "int64", "float64", "int64"]
    pd.testing.assert_frame_equal(frame.astype({"job": "int64"}), FRAME)
    assert server.counts() == {"/datasets/adult/adult.tsv.gz": 1, "/datasets/adult/metadata.yaml": 1}
    # The folders of PMLB's repository
    names = sorted(path.name for path in (Path(downloads.folder) / "pmlb/adult").iterdir())
    assert names == ["adult.tsv.gz", "adult.tsv.gz.sha256", "metadata.yaml", "metadata.yaml.sha256"]


def test_without_metadata_the_values_decide(
    server: LocalServer, downloads: DownloadParameters, caplog: pytest.LogCaptureFixture
) -> None:
    server.add_pmlb("adult", FRAME)
    pmlb = tables(server, downloads, "adult")
    with caplog.at_level(logging.INFO):
        (source,) = pmlb.list_sources()
    assert (source.task_type, source.problem) == (None, "")
    assert "the types of its columns are told from their values" in caplog.text
    pd.testing.assert_frame_equal(pmlb.read(source), FRAME)


def test_a_server_that_fails_is_not_one_without_metadata(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    server.add_pmlb("adult", FRAME)
    server.put("/datasets/adult/metadata.yaml", Reply(b"", 500))
    (source,) = tables(server, downloads, "adult").list_sources()
    assert re.search(r"^the metadata of table 'adult' of PMLB cannot be downloaded.*500", source.problem)
    server.put("/datasets/adult/metadata.yaml", Reply(b"a: [1,\nb: {"))
    (broken,) = tables(server, downloads, "adult").list_sources()
    assert re.search(r"^the metadata of table 'adult' of PMLB cannot be read", broken.problem)
    assert "\n" not in broken.problem


@pytest.mark.parametrize(
    ("text", "reason"),
    [("task: 2001-99-99", "month must be in 1..12"), ("[" * 20_000, "maximum recursion depth exceeded")],
    ids=["date", "deep"],
)
def test_whatever_metadata_raise_is_a_problem_of_that_table(
    text: str, reason: str, server: LocalServer, downloads: DownloadParameters
) -> None:
    server.add_pmlb("adult", FRAME, METADATA)
    server.add_pmlb("iris", FRAME, METADATA)
    server.put("/datasets/iris/metadata.yaml", Reply(text.encode()))
    good, bad = tables(server, downloads, "adult", "iris").list_sources()
    assert (good.task_id, good.problem) == ("pmlb_adult", "")
    assert bad.task_id == "pmlb_iris"
    named = r"^the metadata of table 'iris' of PMLB cannot be read \(.*metadata.yaml\): "
    assert re.search(named + reason, bad.problem)


def test_a_wrong_name_is_told_with_those_that_are_close(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    server.add_pmlb("adult", FRAME)
    server.add_pmlb("iris", FRAME)
    pmlb = tables(server, downloads, "adlut")
    with pytest.raises(AbsentError, match=r"not there, at .*: 404 Not Found \(did you mean 'adult'\?\)$"):
        pmlb.read(pmlb.list_sources()[0])
    offline = tables(server, downloads.model_copy(update={"offline": True}), "iris")
    with pytest.raises(AbsentError, match=r"^table 'iris' of PMLB is not in the cache"):
        offline.read(offline.list_sources()[0])


def test_the_checksum_in_the_cache_is_held(server: LocalServer, downloads: DownloadParameters) -> None:
    path = server.add_pmlb("adult", FRAME, METADATA)
    pmlb = tables(server, downloads, "adult")
    (source,) = pmlb.list_sources()
    pmlb.read(source)
    file = Path(downloads.folder) / "pmlb/adult/adult.tsv.gz"
    file.write_bytes(gzip.compress(b"age\ttarget\n1\t0\n"))
    offline = tables(server, downloads.model_copy(update={"offline": True}), "adult")
    with pytest.raises(DownloadError, match=r"^table 'adult' of PMLB is damaged in the cache"):
        offline.read(source)
    assert len(pmlb.read(source)) == 30
    assert server.counts()[path] == 2


def test_files_that_are_no_tables(server: LocalServer, downloads: DownloadParameters) -> None:
    path = server.add_pmlb("adult", FRAME, METADATA)
    server.put(path, Reply(b"a\tb\n1\t2\n3\t4\t5\n"))
    pmlb = tables(server, downloads, "adult")
    named = r"^table 'adult' of PMLB cannot be read \(.*adult.tsv.gz\): ."
    with pytest.raises(TableError, match=named) as caught:
        pmlb.read(pmlb.list_sources()[0])
    assert "\n" not in str(caught.value)
    file = Path(downloads.folder) / "pmlb/adult/adult.tsv.gz"
    file.with_name("adult.tsv.gz.sha256").unlink()
    packed = gzip.compress(FRAME.to_csv(sep="\t", index=False).encode())
    for damaged in (b"", packed[:-20], packed[:20] + b"\xff" * 40 + packed[60:], b"no gzip"):
        file.write_bytes(damaged)
        with pytest.raises(TableError, match=named) as caught:
            pmlb.read(pmlb.list_sources()[0])
        assert "\n" not in str(caught.value)


def test_overrides_win_over_the_metadata(server: LocalServer, downloads: DownloadParameters) -> None:
    server.add_pmlb("adult", FRAME, METADATA)
    override = {"target": "age", "task_type": "regression", "drop_columns": ["target"], "family": "mine"}
    (source,) = tables(server, downloads, "adult", overrides={"adult": override}).list_sources()
    assert (source.target, source.task_type, source.drop_columns, source.family) == (
        "age",
        "regression",
        ("target",),
        "mine",
    )


def test_columns_that_are_known_to_leak_are_left_out(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    server.add_pmlb("clean2", FRAME.rename(columns={"sex": "molecule_name"}), METADATA)
    pmlb = tables(server, downloads, "clean2")
    assert pmlb.read(pmlb.list_sources()[0]).columns.tolist() == ["age", "job", "gap", "target"]
    # Whoever names one takes it out of the list
    named = tables(server, downloads, "clean2", overrides={"clean2": {"target": "molecule_name"}})
    assert "molecule_name" in named.read(named.list_sources()[0])
