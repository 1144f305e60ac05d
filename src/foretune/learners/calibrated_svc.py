"""Support vector classifier with calibrated probabilities and uncalibrated labels."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.special import softmax
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import SVC
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from foretune.learners.sample_weights import check_weights

CALIBRATION_FOLDS = 3


class CalibratedSVC(ClassifierMixin, BaseEstimator):
    """Support vector classifier with the labels of SVC and probabilities from Platt scaling.

    scikit-learn 1.9 deprecates ``SVC(probability=True)`` in favour of calibration by cross-validation, which
    changes the labels too. Here the labels are those of :class:`sklearn.svm.SVC` fitted on all rows; a
    sigmoid on its decision values (Platt, 1999) gives only the probabilities.

    Calibration uses three folds, or two if a class has two rows. If a class has a single row, which is either
    in the part that is fitted or in the held-out one, probabilities are not calibrated but the softmax of the
    decision values (of two classes the logistic function), and ``calibrator_`` is None.

    Parameters
    ----------
    C, kernel, degree, gamma, coef0, class_weight, max_iter
        As for :class:`sklearn.svm.SVC`.
    random_state
        Seed of the calibration folds.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (the arguments are those of SVC)
        self,
        C: float = 1.0,
        kernel: str = "rbf",
        degree: int = 3,
        gamma: float | str = "scale",
        coef0: float = 0.0,
        class_weight: str | dict[object, float] | None = None,
        max_iter: int = -1,
        random_state: int | None = None,
    ) -> None:
        self.C = C
        self.kernel = kernel
        self.degree = degree
        self.gamma = gamma
        self.coef0 = coef0
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.random_state = random_state

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike, sample_weight: npt.ArrayLike | None = None) -> Self:
        """Fit the SVC on all rows, and the sigmoid on decision values of held-out rows, both by the weights.

        Raises
        ------
        ValueError
            If fewer than two classes have a row of positive weight, or a weight is negative.
        """
        rows, labels = validate_data(self, X, y)
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        weights = check_weights(sample_weight, len(codes))
        if weights is not None:
            # libsvm fails where a class has rows of weight 0 only
            kept = weights > 0
            rows, labels, codes, weights = rows[kept], labels[kept], codes[kept], weights[kept]
        counts = np.bincount(codes, minlength=len(self.classes_))
        if len(counts) < 2 or not counts.all():
            raise ValueError(
                f"a support vector classifier needs two classes, got {len(counts)} class(es) of which the "
                f"smallest has {counts.min()} rows"
            )
        machine = SVC(
            C=self.C,
            kernel=self.kernel,
            degree=self.degree,
            gamma=self.gamma,
            coef0=self.coef0,
            class_weight=self.class_weight,
            max_iter=self.max_iter,
        )
        self.calibrator_ = self._calibrate(machine, rows, labels, weights, int(counts.min()))
        if self.calibrator_ is None:
            self.machine_ = machine.fit(rows, labels, sample_weight=weights)
        else:
            self.machine_ = self.calibrator_.calibrated_classifiers_[0].estimator
        self.n_iter_ = self.machine_.n_iter_
        return self

    def _calibrate(
        self,
        machine: SVC,
        X: npt.NDArray[Any],
        y: npt.NDArray[Any],
        weights: npt.NDArray[np.float64] | None,
        n_smallest: int,
    ) -> CalibratedClassifierCV | None:
        """Fit machine and sigmoid; None if a class is too small for two folds."""
        from sklearn.model_selection import StratifiedKFold

        n_folds = min(CALIBRATION_FOLDS, n_smallest)
        if n_folds < 2:
            return None
        folds = StratifiedKFold(n_folds, shuffle=True, random_state=self.random_state)
        calibrator = CalibratedClassifierCV(machine, cv=folds, ensemble=False)
        # Otherwise the machine would have to request the weights
        with config_context(enable_metadata_routing=False):
            return calibrator.fit(X, y, sample_weight=weights)

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[np.generic]:
        """Predict labels with the uncalibrated support vector machine."""
        check_is_fitted(self)
        return np.asarray(self.machine_.predict(validate_data(self, X, reset=False)))

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Predict probabilities, shape (n_rows, n_classes), calibrated if every class had two rows."""
        check_is_fitted(self)
        X = validate_data(self, X, reset=False)
        if self.calibrator_ is not None:
            return np.asarray(self.calibrator_.predict_proba(X))
        values = self.machine_.decision_function(X)
        if values.ndim == 1:
            values = np.stack([np.zeros_like(values), values], axis=1)
        return np.asarray(softmax(values, axis=1))

    def decision_function(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Return the decision values of the support vector machine."""
        check_is_fitted(self)
        return np.asarray(self.machine_.decision_function(validate_data(self, X, reset=False)))
