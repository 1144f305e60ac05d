"""Pipeline of a configuration for the user's table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sklearn import config_context
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import has_fit_parameter

from foretune.base import TaskType
from foretune.learners import (
    NativeForm,
    PreprocessingParameters,
    get_learner,
    make_preprocessor,
    mark_last,
    native_form_of,
)
from foretune.recommendation.search_cv.coded_classifier import CodedClassifier
from foretune.recommendation.search_cv.column_reader import ColumnReader
from foretune.recommendation.search_cv.scaled_target_regressor import ScaledTargetRegressor
from foretune.spaces import Configuration
from foretune.tables import ColumnFormat


def build_pipeline(
    configuration: Configuration,
    task_type: TaskType,
    preprocessing: PreprocessingParameters,
    seed: int,
    formats: Sequence[ColumnFormat] | None = None,
) -> Any:
    """Build the unfitted pipeline of a configuration.

    Its steps are ``columns`` (:class:`.ColumnReader`), ``preprocessing`` and ``learner``. The learner is
    wrapped for regression, to standardise the target, and for a classifier that needs class codes.

    Parameters
    ----------
    configuration
        Learner and active hyperparameters.
    task_type
        Selects the estimator.
    preprocessing
        Preprocessing of the trials that the memory was trained on.
    seed
        Seed of the learner.
    formats
        Formats of the columns; inferred in ``fit`` if None, which learners in native form cannot wait for.
    """
    learner = get_learner(configuration.learner)
    native = native_form_of(configuration.learner, preprocessing)
    params = learner.mark(configuration.params, _find_categories(formats, native))
    estimator = learner.build(params, task_type, seed)
    if task_type == "regression":
        estimator = ScaledTargetRegressor(estimator)
    elif not learner.takes_labels:
        estimator = CodedClassifier(estimator)
    preprocessor = make_preprocessor(preprocessing, task_type, native)
    # Steps pass plain arrays, as in tuning, for any global output setting of scikit-learn
    return Pipeline(
        [
            ("columns", ColumnReader(formats).set_output(transform="default")),
            ("preprocessing", preprocessor.set_output(transform="default")),
            ("learner", estimator),
        ]
    )


def _find_categories(formats: Sequence[ColumnFormat] | None, native: NativeForm | None) -> tuple[bool, ...]:
    """Return whether each preprocessed column holds codes of categories, in native form."""
    if native is None:
        return ()
    if formats is None:
        raise ValueError("a learner in native form needs the formats of the columns")
    kept = [one for one in formats if one.type != "ignored"]
    n_columns = sum(1 + len(one.parts) for one in kept)
    return mark_last(n_columns, sum(one.type == "nominal" for one in kept))


def fit_pipeline(pipeline: Pipeline, X: Any, y: Any, weights: Any = None) -> Pipeline:
    """Fit a pipeline of :func:`build_pipeline`; its learner gets the sample weights, shape (n_rows,).

    Raises
    ------
    TypeError
        If the learner takes no sample weights.
    """
    given = {} if weights is None else {"learner__sample_weight": weights}
    if given and not has_fit_parameter(pipeline[-1], "sample_weight"):
        raise TypeError(f"{type(pipeline[-1]).__name__} takes no sample_weight in fit")
    # Otherwise each step would have to request the weights
    with config_context(enable_metadata_routing=False):
        return pipeline.fit(X, y, **given)
