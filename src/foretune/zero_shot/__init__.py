"""Estimators of scikit-learn, XGBoost, LightGBM and CatBoost that choose hyperparameters at ``fit``."""

from __future__ import annotations

from typing import Any

# Each is made when it is first used: nobody needs all libraries
__all__ = [
    "SVC",
    "SVR",
    "CatBoostClassifier",
    "CatBoostRegressor",
    "ElasticNet",
    "ExtraTreesClassifier",
    "ExtraTreesRegressor",
    "GradientBoostingClassifier",
    "GradientBoostingRegressor",
    "HistGradientBoostingClassifier",
    "HistGradientBoostingRegressor",
    "KNeighborsClassifier",
    "KNeighborsRegressor",
    "LGBMClassifier",
    "LGBMRegressor",
    "LogisticRegression",
    "MLPClassifier",
    "MLPRegressor",
    "RandomForestClassifier",
    "RandomForestRegressor",
    "XGBClassifier",
    "XGBRegressor",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from foretune.zero_shot.classes import make_class

    globals()[name] = made = make_class(name)
    return made


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
