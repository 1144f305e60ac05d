"""Task type from the target of the scikit-learn function that asks for it before ``fit``."""

from __future__ import annotations

import inspect
from types import FrameType
from typing import Any

from foretune.base import TaskType
from foretune.recommendation.search_cv.several_scores import task_type_by_scores
from foretune.recommendation.search_cv.target import check_target

QUESTIONS = {"is_classifier", "is_regressor"}


def asking_frames() -> list[FrameType]:
    """Return the frames of scikit-learn above ``is_classifier`` or ``is_regressor``, the nearest first.

    Empty if neither is among the callers: tags are read for other reasons, too.
    """
    frames: list[FrameType] = []
    frame, is_asked = inspect.currentframe(), False
    while frame is not None:
        is_asked = is_asked or frame.f_code.co_name in QUESTIONS
        if is_asked and str(frame.f_globals.get("__name__")).startswith("sklearn."):
            frames.append(frame)
        frame = frame.f_back
    return frames


def infer_from_caller(frames: list[FrameType], scoring: Any = None) -> TaskType | None:
    """Infer the task type from the nearest target ``y`` among the frames; None if there is no valid one.

    ``cross_val_score``, ``GridSearchCV``, voting and stacking decide by the type of the estimator before they
    fit it, and have the target at hand.

    Parameters
    ----------
    frames
        Of :func:`asking_frames`.
    scoring
        That of the search, which may say that a target of numbers is one of values.
    """
    for frame in frames:
        if (y := frame.f_locals.get("y")) is not None:
            try:
                return check_target(y, task_type_by_scores(scoring, y))[1].task_type
            except ValueError:
                return None
    return None
