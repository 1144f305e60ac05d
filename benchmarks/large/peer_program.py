"""Program for another environment: fits FLAML or AutoGluon to a table in files; imports no Foretune.

``python peer_program.py`` prints the versions of the peers that are installed, as JSON. With a folder it
reads ``job.json``, ``train.parquet`` and ``test.parquet`` there, the last one without a target, and writes
``predictions.parquet`` and ``result.json``.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import pandas as pd

TARGET = "target"
PACKAGES = {"flaml": "flaml", "autogluon": "autogluon.tabular"}
# FLAML's names of boosters, and what they need
FLAML_BOOSTERS = {
    "lgbm": "lightgbm",
    "xgboost": "xgboost",
    "xgb_limitdepth": "xgboost",
    "catboost": "catboost",
}
# What a method imports, which is no part of its seconds
MODULES = {"flaml_zero_shot": "flaml.default", "flaml": "flaml", "autogluon": "autogluon.tabular"}
AUTOGLUON_BOOSTERS = ["GBM", "XGB", "CAT"]


def installed(package: str) -> str | None:
    """Return the version of a package, or None where it is missing."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def flaml_boosters() -> list[str]:
    """Return FLAML's names of the boosters that are installed; XGBoost may be the CPU build."""
    return [
        name
        for name, package in FLAML_BOOSTERS.items()
        if installed(package) or (package == "xgboost" and installed("xgboost-cpu"))
    ]


def fit_flaml_zero_shot(train: pd.DataFrame, job: dict[str, Any], folder: Path) -> Any:
    """Fit LightGBM with FLAML's suggestion."""
    from flaml.default import LGBMClassifier, LGBMRegressor

    make = LGBMClassifier if job["n_classes"] else LGBMRegressor
    model = make(n_jobs=job["threads"], random_state=job["seed"], verbose=-1)
    return model.fit(train.drop(columns=TARGET), train[TARGET])


def fit_flaml(train: pd.DataFrame, job: dict[str, Any], folder: Path) -> Any:
    """Fit FLAML's AutoML with boosters only."""
    from flaml import AutoML

    model = AutoML()
    model.fit(
        train.drop(columns=TARGET),
        train[TARGET],
        task="classification" if job["n_classes"] else "regression",
        metric=job["metric"],
        time_budget=job["max_time"],
        estimator_list=flaml_boosters(),
        n_jobs=job["threads"],
        seed=job["seed"],
        verbose=0,
    )
    return model


def fit_autogluon(train: pd.DataFrame, job: dict[str, Any], folder: Path) -> Any:
    """Fit AutoGluon's boosters with a preset."""
    from autogluon.tabular import TabularPredictor

    kind = {0: "regression", 2: "binary"}.get(job["n_classes"], "multiclass")
    predictor = TabularPredictor(
        label=TARGET,
        problem_type=kind,
        eval_metric=job["metric"],
        path=str(folder / "autogluon"),
        verbosity=0,
    )
    return predictor.fit(
        train,
        presets=job["preset"],
        time_limit=job["max_time"],
        included_model_types=AUTOGLUON_BOOSTERS,
        num_cpus=job["threads"],
    )


FITS = {"flaml_zero_shot": fit_flaml_zero_shot, "flaml": fit_flaml, "autogluon": fit_autogluon}


def predict(model: Any, rows: pd.DataFrame, n_classes: int) -> pd.DataFrame:
    """Predict a column for every class, by its number, or one column of values."""
    if not n_classes:
        return pd.DataFrame({"0": pd.Series(model.predict(rows)).to_numpy(dtype=float)})
    shares = model.predict_proba(rows)
    if not isinstance(shares, pd.DataFrame):
        shares = pd.DataFrame(shares, columns=list(model.classes_))
    columns = {int(str(name)): shares[name].to_numpy(dtype=float) for name in shares.columns}
    return pd.DataFrame(
        {str(label): columns.get(label, 0.0) for label in range(n_classes)}, index=shares.index
    )


def run_job(folder: Path) -> None:
    """Fit and predict what the files in a folder say; the seconds are those of the fit, without imports."""
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    train = pd.read_parquet(folder / "train.parquet")
    rows = pd.read_parquet(folder / "test.parquet")
    importlib.import_module(MODULES[job["method"]])
    start = time.perf_counter()
    model = FITS[job["method"]](train, job, folder)
    seconds = time.perf_counter() - start
    predict(model, rows, job["n_classes"]).to_parquet(folder / "predictions.parquet", index=False)
    (folder / "result.json").write_text(json.dumps({"seconds": seconds}), encoding="utf-8")


def main() -> None:
    """Run a job, or print what is installed."""
    warnings.simplefilter("ignore")
    if len(sys.argv) > 1:
        run_job(Path(sys.argv[1]))
    else:
        print(json.dumps({name: installed(package) for name, package in PACKAGES.items()}))


if __name__ == "__main__":
    main()
