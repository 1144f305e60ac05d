import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from foretune.base import TaskType
from foretune.tables import Table, TableError
from foretune.tasks import TaskGenerationParameters, generate_tasks, select_task_sources
from foretune.tasks.download_parameters import DownloadParameters, PMLBParameters
from foretune.tasks.known_tables import known_leaks, table_family, table_provenance
from foretune.tasks.sources.cache_filling import FilledTable, fill_cache
from foretune.tasks.sources.download_cache import DownloadCache
from foretune.tasks.sources.pmlb_server import PMLBTables

PROJECT = Path(__file__).parents[3]
# Tables of PMLB as Parquet files, which not every machine has
SHARED = Path(os.environ.get("FORETUNE_TEST_TABLES", PROJECT.parent / "shared/tables"))
needs_tables = pytest.mark.skipif(
    not list(SHARED.glob("*.parquet")),
    reason="no tables: FORETUNE_TEST_TABLES names no folder with Parquet files",
)

NUMBERS = np.random.default_rng(0).normal(size=12)
FRAME = pd.DataFrame(
    {
        "x": NUMBERS,
        "code": np.arange(12),
        "colour": ["red", "None", "NA"] * 4,
        "target": pd.Series(["yes", "no"] * 6, dtype="category"),
    }
)


def offline(folder: Path) -> DownloadParameters:
    return DownloadParameters(folder=str(folder), offline=True)


def read(name: str, folder: Path) -> tuple[pd.DataFrame, str | None]:
    tables = PMLBTables(PMLBParameters(names=(name,)), DownloadCache(offline(folder)))
    (source,) = tables.list_sources()
    assert source.problem == ""
    return tables.read(source), source.task_type


def test_tables_come_back_as_they_were(tmp_path: Path) -> None:
    folder, cache = tmp_path / "tables", tmp_path / "cache"
    folder.mkdir()
    FRAME.to_parquet(folder / "classes.parquet")
    FRAME.assign(target=NUMBERS).drop(columns="colour").to_csv(
        folder / "numbers.tsv.gz", sep="\t", index=False
    )
    FRAME.assign(target=np.arange(12) % 3).to_csv(folder / "whole.csv", index=False)
    assert fill_cache(folder, cache) == [
        FilledTable("classes", 12, 4),
        FilledTable("numbers", 12, 3),
        FilledTable("whole", 12, 4),
    ]
    classes, task_type = read("classes", cache)
    assert task_type == "classification"
    texts = {"colour": object, "target": object}
    pd.testing.assert_frame_equal(classes.astype(texts), FRAME.astype(texts), check_dtype=False)
    assert isinstance(classes["colour"].dtype, pd.CategoricalDtype)
    numbers, task_type = read("numbers", cache)
    assert task_type == "regression"
    np.testing.assert_array_equal(numbers["target"], NUMBERS)
    # Whole numbers may be classes or counts: the values decide, as with every other table
    assert read("whole", cache)[1] is None


def test_what_is_there_stays_unless_it_is_to_be_overwritten(tmp_path: Path) -> None:
    folder, cache = tmp_path / "tables", tmp_path / "cache"
    folder.mkdir()
    FRAME.to_parquet(folder / "a.parquet")
    fill_cache(folder, cache)
    before = {path: path.read_bytes() for path in cache.rglob("*.*")}
    assert len(before) == 4
    assert fill_cache(folder, cache) == [
        FilledTable("a", problem="the cache has it already (--overwrite replaces it)")
    ]
    assert fill_cache(folder, cache, overwrite=True) == [FilledTable("a", 12, 4)]
    assert {path: path.read_bytes() for path in cache.rglob("*.*")} == before


def test_a_checkout_of_pmlb_keeps_its_metadata(tmp_path: Path) -> None:
    folder, cache = tmp_path / "datasets", tmp_path / "cache"
    (folder / "a").mkdir(parents=True)
    FRAME.assign(target=0.5).to_csv(folder / "a/a.tsv.gz", sep="\t", index=False)
    features = [{"name": "code", "type": "categorical"}]
    (folder / "a/metadata.yaml").write_text(yaml.safe_dump({"task": "classification", "features": features}))
    (folder / "all_summary_stats.tsv").write_text("dataset\na\n")
    assert [table.name for table in fill_cache(folder, cache)] == ["a"]
    frame, task_type = read("a", cache)
    assert task_type == "classification"
    assert isinstance(frame["code"].dtype, pd.CategoricalDtype)


def test_files_that_are_no_tables_do_not_stop_the_others(tmp_path: Path) -> None:
    FRAME.to_parquet(tmp_path / "good.parquet")
    FRAME.drop(columns="target").to_parquet(tmp_path / "targetless.parquet")
    (tmp_path / "empty.csv").touch()
    (tmp_path / "README.md").write_text("not a table")
    found = {table.name: table.problem for table in fill_cache(tmp_path, tmp_path / "cache")}
    assert found == {
        "empty": "the file is empty: put a table into it",
        "good": "",
        "targetless": "there is no column 'target'",
    }
    (tmp_path / "nothing").mkdir()
    with pytest.raises(TableError, match=r"nothing has no tables: no .csv, .tsv, .txt or .parquet"):
        fill_cache(tmp_path / "nothing", tmp_path / "cache")


@needs_tables
@pytest.mark.slow
def test_real_tables_come_back_as_they_were(tmp_path: Path) -> None:
    chosen = ("wind", "dna", "mfeat_zernike", "ann_thyroid", "churn")
    small = [SHARED / f"{name}.parquet" for name in chosen if (SHARED / f"{name}.parquet").is_file()]
    assert small
    (tmp_path / "tables").mkdir()
    for file in small:
        (tmp_path / "tables" / file.name).symlink_to(file)
    filled = fill_cache(tmp_path / "tables", tmp_path / "cache")
    assert [table.problem for table in filled] == [""] * len(small)
    names = tuple(file.stem for file in small)
    for name in names:
        given = pd.read_parquet(SHARED / f"{name}.parquet")
        is_number = pd.api.types.is_numeric_dtype(given["target"].dtype)
        found, task_type = read(name, tmp_path / "cache")
        assert task_type == ("regression" if is_number else "classification")
        features = given.drop(columns=["target", "phone number"], errors="ignore")
        pd.testing.assert_frame_equal(found.drop(columns="target"), features, check_exact=True)
        assert found["target"].astype(str).tolist() == given["target"].astype(str).tolist()
    parameters = TaskGenerationParameters(
        task_ids=(), pmlb={"names": names}, downloads=offline(tmp_path / "cache"), max_rows=300
    )
    tasks, catalogue, rejected = generate_tasks(select_task_sources(parameters, []), {}, parameters, 0)
    assert rejected.empty
    assert set(tasks) == {f"pmlb_{name}" for name in names}
    families = catalogue.set_index("task_id")["family"].to_dict()
    expected = {
        "pmlb_ann_thyroid": "thyroid",
        "pmlb_churn": "mlc_churn",
        "pmlb_dna": "splice",
        "pmlb_mfeat_zernike": "mfeat",
        "pmlb_wind": "wind",
    }
    assert families == {task_id: expected[task_id] for task_id in families}


# Task type, family, provenance, rows, features without constant ones and leaks, classes
FACTS = {
    "GeographicalOriginalofMusic": ("regression", "geographicaloriginalofmusic", "real", 1_059, 117, 0),
    "ann_thyroid": ("classification", "thyroid", "real", 7_200, 21, 3),
    "churn": ("classification", "mlc_churn", "simulated", 5_000, 19, 2),
    # 102 molecules; without their names a row does not tell which
    "clean2": ("classification", "musk", "real", 6_598, 166, 2),
    "connect_4": ("classification", "connect_4", "rule-derived", 67_557, 42, 3),
    "dna": ("classification", "splice", "real", 3_186, 180, 3),
    "fried": ("regression", "friedman", "simulated", 40_768, 10, 0),
    "house_16H": ("regression", "us_census_houses", "real", 22_784, 16, 0),
    "houses": ("regression", "california_housing", "real", 20_640, 8, 0),
    # Two thirds of the rows are duplicates
    "kddcup": ("classification", "kddcup", "real", 110_000, 39, 22),
    "led24": ("classification", "led7digit", "simulated", 3_200, 24, 10),
    "mfeat_factors": ("classification", "mfeat", "real", 2_000, 216, 10),
    "mfeat_fourier": ("classification", "mfeat", "real", 2_000, 76, 10),
    "mfeat_zernike": ("classification", "mfeat", "real", 2_000, 47, 10),
    "mv": ("regression", "mv", "simulated", 40_768, 10, 0),
    "pol": ("regression", "pol", "real", 15_000, 26, 0),
    "shuttle": ("classification", "shuttle", "real", 58_000, 9, 7),
    "sleep": ("classification", "sleep", "real", 105_908, 13, 5),
    "waveform_40": ("classification", "waveform", "simulated", 5_000, 40, 3),
    "wind": ("regression", "wind", "real", 6_574, 14, 0),
}


@needs_tables
@pytest.mark.slow
def test_facts_of_real_tables() -> None:
    found = {}
    there = {name: SHARED / f"{name}.parquet" for name in FACTS if (SHARED / f"{name}.parquet").is_file()}
    for name, file in there.items():
        frame = pd.read_parquet(file)
        is_number = pd.api.types.is_numeric_dtype(frame["target"].dtype)
        task_type: TaskType = "regression" if is_number else "classification"
        leaks = tuple(one for one in known_leaks(name) if one in frame)
        table = Table.from_frame(frame, "target", task_type, leaks, min_class_rows=1)
        n_classes = 0 if is_number else table.y.nunique()
        family, provenance = table_family(name), table_provenance(name)
        found[name] = (task_type, family, provenance, len(table.y), table.X.shape[1], n_classes)
        assert not table.X.isna().to_numpy().any()
    assert found == {name: FACTS[name] for name in there}
