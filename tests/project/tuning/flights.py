"""A Kedro project of companies, shuttles and reviews, in the shape of Kedro's own starter."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from textwrap import dedent

import numpy as np
import pandas as pd

_numbers = count()

NODES_OF_PROCESSING = '''
"""Cleaning and joining of the three tables."""

import pandas as pd

from {package}.calls import note


def preprocess_companies(companies):
    note("preprocess_companies")
    rating = companies["company_rating"].str.rstrip("%").astype(float) / 100
    return companies.assign(company_rating=rating, iata_approved=companies["iata_approved"] == "t")


def preprocess_shuttles(shuttles):
    note("preprocess_shuttles")
    price = shuttles["price"].str.replace("[$,]", "", regex=True).astype(float)
    return shuttles.assign(price=price)


def create_model_input_table(shuttles, companies, reviews):
    note("create_model_input_table")
    rated = shuttles.merge(reviews, left_on="id", right_on="shuttle_id")
    joined = rated.drop(columns="id").merge(companies, left_on="company_id", right_on="id")
    return joined.dropna()
'''
NODES_OF_SCIENCE = '''
"""Training and evaluation of the model of prices."""

import os
import time

from sklearn.ensemble import GradientBoostingRegressor
from sklearn.metrics import max_error, mean_absolute_error, r2_score
from sklearn.model_selection import train_test_split

from {package}.calls import note


def split_data(table, options):
    note("split_data")
    X, y = table[options["features"]], table["price"]
    return train_test_split(X, y, test_size=options["test_size"], random_state=options["seed"])


def train_model(X_train, y_train, options):
    note("train_model")
    time.sleep(float(os.environ.get("FLIGHTS_SECONDS", 0)))
    if options["max_depth"] == options.get("refused_depth"):
        raise ValueError(f"no tree of depth {{options['max_depth']}}\\nat all")
    depth, rate = options["max_depth"], options["learning_rate"]
    model = GradientBoostingRegressor(max_depth=depth, learning_rate=rate, n_estimators=20, random_state=0)
    return model.fit(X_train, y_train)


def evaluate_model(model, X_test, y_test):
    note("evaluate_model")
    predicted = model.predict(X_test)
    return {{
        "r2": r2_score(y_test, predicted),
        "mae": mean_absolute_error(y_test, predicted),
        "test": {{"max_error": max_error(y_test, predicted)}},
    }}


def describe_model(model):
    note("describe_model")
    return repr(model)
'''
REGISTRY = '''
"""Pipelines of the project."""

from kedro.pipeline import Pipeline, node

from {package} import processing, science


def register_pipelines():
    data_processing = Pipeline([
        node(processing.preprocess_companies, "companies", "preprocessed_companies", name="companies_node"),
        node(processing.preprocess_shuttles, "shuttles", "preprocessed_shuttles", name="shuttles_node"),
        node(
            processing.create_model_input_table,
            ["preprocessed_shuttles", "preprocessed_companies", "reviews"],
            "model_input_table",
            name="table_node",
        ),
    ])
    data_science = Pipeline([
        node(
            science.split_data,
            ["model_input_table", "params:split_options"],
            ["X_train", "X_test", "y_train", "y_test"],
            name="split_node",
        ),
        node(
            science.train_model,
            ["X_train", "y_train", "params:model_options"],
            "regressor",
            name="train_node",
        ),
        node(science.evaluate_model, ["regressor", "X_test", "y_test"], "metrics", name="evaluate_node"),
        node(science.describe_model, "regressor", "description", name="describe_node"),
    ])
    return {{
        "data_processing": data_processing,
        "data_science": data_science,
        "__default__": data_processing + data_science,
    }}
'''
CALLS = '''
"""A note of each call of a node."""

from pathlib import Path

FILE = Path(__file__).parents[2] / "calls.txt"


def note(name):
    with FILE.open("a", encoding="utf-8") as file:
        file.write(f"{{name}}\\n")
'''
CATALOG = """
companies:
  type: pandas.CSVDataset
  filepath: data/01_raw/companies.csv

reviews:
  type: pandas.CSVDataset
  filepath: data/01_raw/reviews.csv

shuttles:
  type: pandas.CSVDataset
  filepath: data/01_raw/shuttles.csv

preprocessed_companies:
  type: pandas.ParquetDataset
  filepath: data/02_intermediate/preprocessed_companies.parquet

preprocessed_shuttles:
  type: pandas.ParquetDataset
  filepath: data/02_intermediate/preprocessed_shuttles.parquet

model_input_table:
  type: pandas.CSVDataset
  filepath: data/03_primary/model_input_table.csv

regressor:
  type: pickle.PickleDataset
  filepath: data/06_models/regressor.pickle
  versioned: true

metrics:
  type: json.JSONDataset
  filepath: data/08_reporting/metrics.json
"""
PARAMETERS = """
# How the table is split
split_options:
  test_size: 0.3
  seed: 3
  features: [engines, passenger_capacity, crew, iata_approved, company_rating, review_scores_rating]

model_options:
  max_depth: 1  # of each tree
  learning_rate: 0.01
"""


def make_project(folder: Path, n_rows: int = 120) -> Path:
    """Write a project whose package has a name of its own, so that one process can run several."""
    package = f"flights_{next(_numbers)}"
    source = folder / "src" / package
    files = {
        folder / "pyproject.toml": f'[tool.kedro]\npackage_name = "{package}"\nproject_name = "Flights"\n'
        'kedro_init_version = "1.7.0"\nsource_dir = "src"\n',
        folder / "conf/base/catalog.yml": CATALOG,
        folder / "conf/base/parameters.yml": PARAMETERS,
        folder / "conf/local/.gitkeep": "",
        source / "__init__.py": "",
        source / "settings.py": '"""Settings."""\n',
        source / "pipeline_registry.py": REGISTRY.format(package=package),
        source / "processing.py": NODES_OF_PROCESSING.format(package=package),
        source / "science.py": NODES_OF_SCIENCE.format(package=package),
        source / "calls.py": CALLS.format(),
    }
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(dedent(text).lstrip("\n"), encoding="utf-8")
    write_tables(folder / "data/01_raw", n_rows)
    return folder


def write_tables(folder: Path, n_rows: int, seed: int = 0) -> None:
    """Write the three tables; the price depends on engines, capacity and rating."""
    rng = np.random.default_rng(seed)
    folder.mkdir(parents=True, exist_ok=True)
    n_companies = max(n_rows // 4, 2)
    rating = rng.integers(40, 101, n_companies)
    pd.DataFrame(
        {
            "id": np.arange(n_companies),
            "company_rating": [f"{one}%" for one in rating],
            "iata_approved": rng.choice(["t", "f"], n_companies),
        }
    ).to_csv(folder / "companies.csv", index=False)
    owner, engines = rng.integers(0, n_companies, n_rows), rng.integers(1, 5, n_rows)
    capacity = rng.integers(1, 9, n_rows)
    price = 1000 + 300 * engines * (capacity > 4) + 8 * rating[owner] + rng.normal(0, 40, n_rows)
    pd.DataFrame(
        {
            "id": np.arange(n_rows),
            "company_id": owner,
            "engines": engines,
            "passenger_capacity": capacity,
            "crew": rng.integers(1, 4, n_rows),
            "price": [f"${one:,.2f}" for one in price],
        }
    ).to_csv(folder / "shuttles.csv", index=False)
    pd.DataFrame(
        {"shuttle_id": np.arange(n_rows), "review_scores_rating": rng.integers(60, 101, n_rows)}
    ).to_csv(folder / "reviews.csv", index=False)
