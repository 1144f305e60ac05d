"""Boosters with the defaults of their libraries."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd

from large.case import Case, Fitted, predict_with

# scikit-learn's histogram boosting knows no more categories
MAX_CATEGORIES = 255


def fit_default(case: Case, library: str) -> Fitted:
    """Fit a booster, one of :data:`LIBRARIES`, with the defaults of its library."""
    make, prepare = LIBRARIES[library]
    table = case.table
    X = prepare(table.X)
    model = make(case, X).fit(X, table.y)
    return Fitted(lambda rows: predict_with(model, prepare(rows), table.n_classes))


def _make_lightgbm(case: Case, X: pd.DataFrame) -> Any:
    from lightgbm import LGBMClassifier, LGBMRegressor

    make = LGBMClassifier if case.table.n_classes else LGBMRegressor
    return make(n_jobs=case.threads, random_state=case.seed, verbose=-1)


def _make_xgboost(case: Case, X: pd.DataFrame) -> Any:
    from xgboost import XGBClassifier, XGBRegressor

    make = XGBClassifier if case.table.n_classes else XGBRegressor
    return make(n_jobs=case.threads, random_state=case.seed, enable_categorical=True)


def _make_catboost(case: Case, X: pd.DataFrame) -> Any:
    from catboost import CatBoostClassifier, CatBoostRegressor

    make = CatBoostClassifier if case.table.n_classes else CatBoostRegressor
    return make(
        thread_count=case.threads,
        random_seed=case.seed,
        verbose=False,
        # It would write to the working directory
        allow_writing_files=False,
        cat_features=[name for name in X if not pd.api.types.is_numeric_dtype(X[name])],
    )


def _make_histogram(case: Case, X: pd.DataFrame) -> Any:
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    make = HistGradientBoostingClassifier if case.table.n_classes else HistGradientBoostingRegressor
    return make(random_state=case.seed)


def _as_is(X: pd.DataFrame) -> pd.DataFrame:
    return X


def _with_texts(X: pd.DataFrame) -> pd.DataFrame:
    """Make categories texts, missing ones too, as CatBoost wants them."""
    texts = {
        str(name): X[name].astype(object).fillna("missing") for name in X.select_dtypes("category").columns
    }
    return X.assign(**texts)


def _with_few_categories(X: pd.DataFrame) -> pd.DataFrame:
    """Make the codes of columns with too many categories numbers."""
    nominal = X.select_dtypes("category").columns
    large = [str(name) for name in nominal if len(X[name].cat.categories) > MAX_CATEGORIES]
    return X.assign(**{name: X[name].cat.codes for name in large})


Make = Callable[[Case, pd.DataFrame], Any]
LIBRARIES: dict[str, tuple[Make, Callable[[pd.DataFrame], pd.DataFrame]]] = {
    "lightgbm": (_make_lightgbm, _as_is),
    "xgboost": (_make_xgboost, _as_is),
    "catboost": (_make_catboost, _with_texts),
    "hist_gradient_boosting": (_make_histogram, _with_few_categories),
}
FITS = {library: partial(fit_default, library=library) for library in LIBRARIES}
