"""From a configuration to an estimator that takes the user's own table."""

from __future__ import annotations

from typing import Any

from foretune.base import TaskType
from foretune.learners import PreprocessingParameters, get_learner, make_preprocessor
from foretune.spaces import Configuration

# As in the runs that memories learn from, conf/base/parameters_hpo.yml
PREPROCESSING = PreprocessingParameters(max_categories=20)


def build_pipeline(configuration: Configuration, task_type: TaskType, seed: int) -> Any:
    """Build the unfitted estimator that a trial of the configuration stands for.

    Steps ``columns`` (:class:`.ColumnReader`), ``preprocessing`` and
    ``learner``. A regression learner sees a target of mean 0 and variance 1, and a classifier that takes no
    labels sees their codes: then ``learner`` is a wrapper around it.

    Parameters
    ----------
    configuration
        Learner and active hyperparameters.
    task_type
        Selects the estimator.
    seed
        Seed of the learner.

    Returns
    -------
    sklearn.pipeline.Pipeline
        Fit it to the user's table and target.
    """
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.pipeline import Pipeline
    from sklearn.preprocessing import StandardScaler

    from foretune.recommendation.search_cv.coded_classifier import CodedClassifier
    from foretune.recommendation.search_cv.column_reader import ColumnReader

    learner = get_learner(configuration.learner)
    estimator = learner.build(configuration.params, task_type, seed)
    if task_type == "regression":
        estimator = TransformedTargetRegressor(estimator, transformer=StandardScaler())
    elif not learner.takes_labels:
        estimator = CodedClassifier(estimator)
    # Between the steps numbers stay what the learners were tuned on, whatever scikit-learn is told to put out
    return Pipeline(
        [
            ("columns", ColumnReader().set_output(transform="default")),
            ("preprocessing", make_preprocessor(PREPROCESSING).set_output(transform="default")),
            ("learner", estimator),
        ]
    )
