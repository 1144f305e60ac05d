import gzip
import hashlib
import json
import logging
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import pandas as pd
import pytest
import sklearn.datasets
from sklearn.datasets import fetch_openml
from tests.local_server import API, LocalServer, Reply, as_json, features_of

from foretune.tables import TableError
from foretune.tasks import TaskSource
from foretune.tasks.download_parameters import DownloadParameters, OpenMLParameters, openml_task_id
from foretune.tasks.sources.download_cache import DownloadCache, DownloadError
from foretune.tasks.sources.openml_server import OpenMLTables, openml_task_id_of_name

ROWS = "".join(f"{i},{'ab'[i % 2]},{i % 3},{i}.5\n" for i in range(30))
ARFF = f"""@relation r
@attribute id numeric
@attribute colour {{a,b}}
@attribute class {{0,1,2}}
@attribute price numeric
@data
{ROWS}"""
FEATURES = features_of(ARFF, id={"is_row_identifier": "true"}, **{"class": {"is_target": "true"}})
# The responses of OpenML that scikit-learn's own tests use
FIXTURES = Path(sklearn.datasets.__file__).parent / "tests/data/openml"
# One has a target of several columns, one no rows but comments, and one a broken row
COMPARED = [2, 61, 62, 292, 561, 1119, 1590, 40675, 40945, 40966, 42074, 42585]


def tables(server: LocalServer, downloads: DownloadParameters, **chosen: Any) -> OpenMLTables:
    return OpenMLTables(OpenMLParameters(server=server.url, **chosen), DownloadCache(downloads))


def only(found: list[TaskSource]) -> TaskSource:
    (source,) = found
    return source


def test_the_metadata_say_what_the_task_is(server: LocalServer, downloads: DownloadParameters) -> None:
    server.add_openml(61, "Iris", ARFF, FEATURES)
    source = only(tables(server, downloads, data_ids=[61]).list_sources())
    assert source == TaskSource(
        task_id="openml_61_iris",
        source="openml",
        location="61",
        target="class",
        task_type="classification",
        family="iris",
        drop_columns=("id",),
    )
    server.add_openml(7, "prices 2", ARFF, FEATURES, target="price")
    other = only(tables(server, downloads, data_ids=[7]).list_sources())
    # Whoever predicts another column must not see the target of the others
    assert (other.task_id, other.target, other.task_type) == ("openml_7_prices_2", "price", "regression")
    assert other.drop_columns == ("id", "class")


def test_columns_that_are_known_to_leak_are_left_out(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    text = ARFF.replace("@attribute price", "@attribute body")
    server.add_openml(5, "Titanic", text, features_of(text))
    assert only(tables(server, downloads, data_ids=[5]).list_sources()).drop_columns == ("body",)


def test_a_table_is_read_with_its_types(server: LocalServer, downloads: DownloadParameters) -> None:
    server.add_openml(61, "iris", ARFF, FEATURES)
    openml = tables(server, downloads, data_ids=[61])
    frame = openml.read(only(openml.list_sources()))
    assert frame.columns.tolist() == ["id", "colour", "class", "price"]
    assert [str(dtype) for dtype in frame.dtypes] == ["int64", "category", "category", "float64"]
    assert frame["class"].astype(object).tolist() == [str(i % 3) for i in range(30)]
    np.testing.assert_array_equal(frame["price"], np.arange(30) + 0.5)


def test_the_cache_is_enough_offline(server: LocalServer, downloads: DownloadParameters) -> None:
    server.add_openml(61, "iris", ARFF, FEATURES)
    server.add_openml(62, "zoo", ARFF, FEATURES)
    server.add_suite(99, [61, 62])
    chosen = {"data_ids": [61], "names": ["iris", "zoo"], "suites": [99]}
    online = tables(server, downloads, **chosen)
    sources = online.list_sources()
    frames = [online.read(source) for source in sources]
    assert [source.task_id for source in sources] == ["openml_61_iris", "openml_62_zoo"]
    assert max(server.counts().values()) == 1
    n_requests = len(server.requests)
    offline = tables(server, downloads.model_copy(update={"offline": True}), **chosen)
    assert offline.list_sources() == sources
    for source, frame in zip(sources, frames, strict=True):
        pd.testing.assert_frame_equal(offline.read(source), frame)
    assert len(server.requests) == n_requests
    unknown = only(
        tables(server, downloads.model_copy(update={"offline": True}), data_ids=[63]).list_sources()
    )
    assert re.search(r"^table 63 of OpenML is not in the cache", unknown.problem)


def test_what_cannot_be_had_is_a_source_with_its_problem(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    server.add_openml(61, "iris", ARFF, FEATURES)
    server.add_suite(99, [61, 404])
    openml = tables(server, downloads, data_ids=[5], names=["irsi", "IRIS"], suites=[99, 100])
    listed = f"{API}/data/list/data_name/irsi/limit/2/status/active/"
    server.put(listed, as_json({"error": {"code": "372", "message": "No results"}}, 412))
    # OpenML's search does not mind capitals
    other = f"{API}/data/list/data_name/IRIS/limit/2/status/active/"
    server.replies[other] = server.replies[f"{API}/data/list/data_name/iris/limit/2/status/active/"]
    problems = {source.task_id: source.problem for source in openml.list_sources()}
    unknown = r"Unknown dataset \(412, OpenML's code 111\)$"
    expected = {
        "openml_5": rf"^table 5 of OpenML is not there, at .*/data/5: {unknown}",
        "openml_61_iris": r"^$",
        "openml_404": rf"^table 404 of OpenML is not there.*{unknown}",
        "openml_irsi": r"^table 'irsi' of OpenML is not there.*: No results \(412, OpenML's code 372\)$",
        "openml_iris": r"^table 'IRIS' of OpenML is not there: there is none of exactly this name$",
        "openml_suite_100": rf"^suite 100 of OpenML is not there.*{unknown}",
    }
    assert set(problems) == set(expected)
    for task_id, pattern in expected.items():
        assert re.search(pattern, problems[task_id]), problems[task_id]


@pytest.mark.parametrize(
    ("changes", "override", "message"),
    [
        ({"target": None}, {}, r"names no target: name one in openml.overrides.61.target$"),
        ({"target": "class,price"}, {}, r"has several targets \('class', 'price'\): name one in"),
        ({"target": "clas"}, {}, r"has no column 'clas' \(did you mean 'class'\?\): name another in"),
        ({}, {"target": "prize"}, r"has no column 'prize' \(did you mean 'price'\?\)"),
    ],
)
def test_targets_that_cannot_be_chosen(
    changes: dict[str, Any],
    override: dict[str, Any],
    message: str,
    server: LocalServer,
    downloads: DownloadParameters,
) -> None:
    server.add_openml(61, "iris", ARFF, FEATURES, **changes)
    source = only(tables(server, downloads, data_ids=[61], overrides={61: override}).list_sources())
    assert re.search(message, source.problem)


def test_overrides_win_over_the_metadata(
    server: LocalServer, downloads: DownloadParameters, caplog: pytest.LogCaptureFixture
) -> None:
    server.add_openml(61, "iris", ARFF, FEATURES, target="class,price")
    override = {
        "target": "price",
        "task_type": "classification",
        "drop_columns": ["colour"],
        "column_types": {"price": "number"},
        "family": "mine",
        "provenance": "simulated",
    }
    chosen = tables(server, downloads, data_ids=[61], overrides={61: override, 62: {}})
    assert only(chosen.list_sources()) == TaskSource(
        task_id="openml_61_iris",
        source="openml",
        location="61",
        target="price",
        task_type="classification",
        family="mine",
        provenance="simulated",
        drop_columns=("id", "class", "colour"),
        column_types={"price": "number"},
    )
    assert "openml.overrides names table 62, which is not among those chosen" in caplog.text


def test_the_oldest_active_version_of_a_name(
    server: LocalServer, downloads: DownloadParameters, caplog: pytest.LogCaptureFixture
) -> None:
    server.add_openml(61, "iris", ARFF, FEATURES)
    both = [{"did": did, "name": "iris", "version": version} for did, version in ((61, 1), (969, 3))]
    server.put(f"{API}/data/list/data_name/iris/limit/2/status/active/", as_json({"data": {"dataset": both}}))
    with caplog.at_level(logging.INFO):
        source = only(tables(server, downloads, names=["iris"]).list_sources())
    assert source.location == "61"
    assert "several versions of 'iris': table 61 is the oldest" in caplog.text


def test_answers_of_another_form_are_one_line(server: LocalServer, downloads: DownloadParameters) -> None:
    server.put(f"{API}/data/5", as_json({"error": "maintenance"}))
    server.put(f"{API}/study/99", as_json({"study": {"id": "99"}}))
    server.put(f"{API}/study/100", as_json({"study": {"data": {"data_id": ["3", "iris"]}}}))
    server.put(f"{API}/data/6", as_json({"data_set_description": []}))
    server.put(f"{API}/data/features/6", as_json({"data_features": {"feature": ["a", {"index": 0}]}}))
    listed = f"{API}/data/list/data_name/zoo/limit/2/status/active/"
    server.put(listed, as_json({"data": {"dataset": "zoo"}}))
    found = tables(server, downloads, data_ids=[5, 6], names=["zoo"], suites=[99, 100]).list_sources()
    assert [source.problem for source in found] == [
        "OpenML's answer about 5 has no 'data_set_description': {'error': 'maintenance'}",
        "table 6 of OpenML names no target: name one in openml.overrides.6.target",
        "table 'zoo' of OpenML is not there: there is none of exactly this name",
        "OpenML's answer about suite 99 has no 'study.data.data_id': {'study': {'id': '99'}}",
        "OpenML's answer about suite 100 has no number of a table: iris",
    ]


@pytest.mark.parametrize(
    "did", ["Infinity", "-Infinity", "NaN", "1.9", "-3", "0", "true", '"1e3"', "[61]", "9" * 5000]
)
def test_a_number_that_no_table_has_is_a_problem_of_that_table(
    did: str, server: LocalServer, downloads: DownloadParameters
) -> None:
    server.add_openml(61, "iris", ARFF, FEATURES)
    listed = f"{API}/data/list/data_name/zoo/limit/2/status/active/"
    server.put(listed, Reply(b'{"data": {"dataset": {"name": "zoo", "did": %b}}}' % did.encode()))
    good, bad = tables(server, downloads, data_ids=[61], names=["zoo"]).list_sources()
    assert (good.task_id, good.problem) == ("openml_61_iris", "")
    assert bad.task_id == "openml_zoo"
    assert re.search(
        r"^(OpenML's answer about zoo has no number of a table|table 'zoo' of OpenML)", bad.problem
    )
    assert "\n" not in bad.problem


def test_whatever_an_answer_raises_is_a_problem_of_that_table(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    for data_id in (61, 62, 63):
        server.add_openml(data_id, "iris", ARFF, FEATURES)
    server.put(f"{API}/data/61", Reply(b"[" * 200_000))
    # Half of a character
    server.put(f"{API}/data/features/62", as_json({"data_features": {"feature": {"name": "\ud800"}}}))
    server.put(f"{API}/study/99", Reply(b"[" * 200_000))
    target = {"data_set_description": {"name": "iris", "default_target_attribute": "\ud800"}}
    server.put(f"{API}/data/62", as_json(target))
    chosen = tables(server, downloads, data_ids=[61, 62, 63], suites=[99])
    deep, half, good, suite = chosen.list_sources()
    assert deep.problem.startswith("table 61 of OpenML cannot be downloaded from")
    assert half.problem.startswith("table 62 of OpenML cannot be read: 'utf-8' codec can't encode")
    assert (good.task_id, good.problem) == ("openml_63_iris", "")
    assert suite.problem.startswith("suite 99 of OpenML cannot be downloaded from")


def test_the_encoding_of_json_is_told_each_time(server: LocalServer, downloads: DownloadParameters) -> None:
    for at, encoding in enumerate(["utf-8-sig", "utf-16"], start=61):
        server.add_openml(at, "café", ARFF, FEATURES)
        path = f"{API}/data/{at}"
        text = server.replies[path][0].body.decode()
        server.put(path, Reply(text.encode(encoding)))
    found = tables(server, downloads, data_ids=[61, 62]).list_sources()
    assert [(one.task_id, one.problem) for one in found] == [("openml_61_caf", ""), ("openml_62_caf", "")]


@pytest.mark.parametrize("cut", [30, 5])
def test_a_damaged_file_that_somebody_put_into_the_cache_is_one_line(
    cut: int, server: LocalServer, downloads: DownloadParameters
) -> None:
    server.add_openml(61, "iris", ARFF, FEATURES)
    openml = tables(server, downloads, data_ids=[61])
    source = only(openml.list_sources())
    file = Path(downloads.folder) / "openml/data/61/table.arff.gz"
    file.parent.mkdir(parents=True, exist_ok=True)
    packed = gzip.compress(ARFF.encode())
    for damaged in (packed[:-cut], packed[:20] + b"\xff" * 40 + packed[60:]):
        file.write_bytes(damaged)
        with pytest.raises(TableError, match=r"^table 61 of OpenML cannot be read \(.*table.arff.gz\): ."):
            openml.read(source)


def test_what_somebody_put_into_the_cache_may_be_no_json(
    server: LocalServer, downloads: DownloadParameters
) -> None:
    file = Path(downloads.folder) / "openml/data/61/description.json"
    file.parent.mkdir(parents=True)
    for text, reason in (("{", "Expecting"), ("[" * 200_000, "maximum recursion depth exceeded")):
        file.write_text(text)
        source = only(tables(server, downloads, data_ids=[61]).list_sources())
        named = r"^table 61 of OpenML cannot be read \(.*description.json\): "
        assert re.search(named + reason, source.problem)


def test_the_checksum_of_openml_is_held(server: LocalServer, downloads: DownloadParameters) -> None:
    path = server.add_openml(61, "iris", ARFF, FEATURES)
    openml = tables(server, downloads, data_ids=[61])
    source = only(openml.list_sources())
    server.before(path, Reply(ARFF.replace("29.5", "28.5").encode()))
    assert openml.read(source)["price"].iloc[-1] == 29.5
    assert server.counts()[path] == 2
    server.add_openml(62, "iris", ARFF, FEATURES, md5_checksum="0" * 32)
    wrong = tables(server, downloads, data_ids=[62])
    with pytest.raises(DownloadError, match=r"its MD5 is [0-9a-f]{32} and not 0{32}"):
        wrong.read(only(wrong.list_sources()))


def test_files_of_other_formats_are_refused(server: LocalServer, downloads: DownloadParameters) -> None:
    server.add_openml(61, "iris", ARFF, FEATURES, format="Parquet")
    server.add_openml(62, "broken", "no table", FEATURES)
    openml = tables(server, downloads, data_ids=[61, 62])
    parquet, broken = openml.list_sources()
    with pytest.raises(DownloadError, match=r"^table 61 of OpenML is a file of Parquet: only ARFF is read$"):
        openml.read(parquet)
    with pytest.raises(TableError, match="not an ARFF file"):
        openml.read(broken)


def test_task_names() -> None:
    assert openml_task_id(61) == "openml_61"
    assert openml_task_id(1590, "adult") == "openml_1590_adult"
    assert openml_task_id(3, "kr-vs-kp") == "openml_3_kr_vs_kp"
    assert openml_task_id_of_name("Credit-G (2)") == "openml_credit_g_2"
    long = [openml_task_id(1, "x" * 80 + end) for end in "ab"]
    assert [len(one) for one in long] == [64, 64]
    assert long[0] != long[1]


def _serve_fixture(server: LocalServer, data_id: int) -> str:
    """Serve what scikit-learn has of a table of OpenML; return its name."""
    folder = FIXTURES / f"id_{data_id}"
    (file,) = folder.glob("data-v1-dl-*.arff.gz")
    content = gzip.decompress(file.read_bytes())
    text = gzip.decompress((folder / f"api-v1-jd-{data_id}.json.gz").read_bytes())
    description = json.loads(text)["data_set_description"]
    path = urlsplit(description["url"]).path
    # The fixtures are shortened, and so have another checksum
    description |= {"url": server.url + path, "md5_checksum": hashlib.md5(content).hexdigest()}
    server.put(f"{API}/data/{data_id}", as_json({"data_set_description": description}))
    for kind, name in (("features", "jdf"), ("qualities", "jdq")):
        answer = folder / f"api-v1-{name}-{data_id}.json.gz"
        known = gzip.decompress(answer.read_bytes()) if answer.exists() else b'{"data_qualities": {}}'
        server.put(f"{API}/data/{kind}/{data_id}", Reply(known))
    server.put(path, Reply(content))
    # Where scikit-learn 1.6 looks for it
    server.put(f"/data/v1/download/{description['file_id']}", Reply(content))
    return str(description["name"])


class _ToLocalServer(urllib.request.BaseHandler):
    """Sends what is meant for OpenML to the local server."""

    handler_order = 1

    def __init__(self, url: str) -> None:
        self._url = url

    def https_open(self, request: urllib.request.Request) -> Any:
        parts = urlsplit(request.full_url)
        return urllib.request.build_opener().open(
            urllib.request.Request(self._url + parts.path, headers=dict(request.header_items()))
        )


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="scikit-learn is installed without its tests")
@pytest.mark.parametrize("data_id", COMPARED)
@pytest.mark.filterwarnings("ignore")
def test_tables_are_those_of_fetch_openml(
    data_id: int, server: LocalServer, downloads: DownloadParameters, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = _serve_fixture(server, data_id)
    # One of them names no target
    overrides = {42074: {"target": "points"}}
    openml = tables(server, downloads, data_ids=[data_id], overrides=overrides)
    source = only(openml.list_sources())
    assert source.problem == ""
    assert source.task_id == openml_task_id(data_id, name)
    frame = openml.read(source)
    monkeypatch.setattr(urllib.request, "_opener", urllib.request.build_opener(_ToLocalServer(server.url)))
    is_sparse = data_id == 292
    bunch = fetch_openml(
        data_id=data_id,
        data_home=f"{downloads.folder}/sklearn",
        target_column=source.target,
        as_frame=not is_sparse,
        # Its parser by pandas fails on categories that are numbers, in some releases of both
        parser="liac-arff",
        n_retries=1,
        delay=0.01,
    )
    assert bunch.target_names == [source.target]
    ours = frame.drop(columns=list(source.drop_columns))
    features = ours.drop(columns=source.target)
    leaks = ("boat", "body")
    assert features.columns.tolist() == [name for name in bunch.feature_names if name not in leaks]
    if is_sparse:
        np.testing.assert_array_equal(features.to_numpy(dtype=float), bunch.data.toarray())
        assert ours[source.target].astype(object).tolist() == bunch.target.tolist()
        return
    theirs = bunch.frame[ours.columns.tolist()]
    for column in ours:
        one, other = ours[column], theirs[column]
        assert isinstance(one.dtype, pd.CategoricalDtype) == isinstance(other.dtype, pd.CategoricalDtype)
        known = one.notna().to_numpy()
        np.testing.assert_array_equal(known, other.notna().to_numpy())
        assert one[known].astype(object).tolist() == other[known].astype(object).tolist(), column
