"""From a mixed table to a numeric matrix: impute, scale, one-hot encode."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from foretune.hpo.parameters import PreprocessingParameters


def make_preprocessor(parameters: PreprocessingParameters) -> Any:
    """Make the unfitted transformer that every learner's pipeline starts with.

    Numeric and boolean columns: the median replaces what is missing, then mean 0 and variance 1. Nominal
    columns: one column per value, missing is a value of its own; beyond ``max_categories`` the rarest share
    one, and so do values first met at prediction.

    Returns
    -------
    sklearn.compose.ColumnTransformer
        Fit it on the training part of a fold only.
    """
    from sklearn.compose import ColumnTransformer, make_column_selector
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numeric = make_pipeline(
        # A column may be empty in one fold's training part: it must not vanish from the matrix
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
    )
    nominal = OneHotEncoder(
        max_categories=parameters.max_categories,
        handle_unknown="infrequent_if_exist",
        sparse_output=False,
    )
    return ColumnTransformer(
        [
            ("numeric", numeric, make_column_selector(dtype_include=["number", "bool"])),
            ("nominal", nominal, make_column_selector(dtype_exclude=["number", "bool"])),
        ]
    )
