"""What the memory of a sampler says of the trials of a study, for figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from foretune.plots import score_in_words
from foretune.recommendation.core import SCORERS, Key, Recommender, key_of, predict_scores
from foretune.recommendation.optuna.history import TrialReader
from foretune.spaces import DEFAULT, Configuration

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class StudyMemory:
    """View of a sampler's memory on a study.

    Attributes
    ----------
    recommender, reader
        Of the sampler.
    knows_metric
        Whether the objective is the score that the memory predicts.
    sign
        -1 if the study minimises.
    """

    recommender: Recommender
    reader: TrialReader
    knows_metric: bool
    sign: float

    @property
    def score_name(self) -> str:
        """Name of the score that it predicts, in words."""
        score = self.recommender.provenance.score
        return "Score" if score is None else score_in_words(SCORERS.get(score, score))

    @property
    def learners(self) -> Sequence[str]:
        """A study has no learners, but trials."""
        return [""]

    def predict(
        self, learner: str, configurations: Sequence[Mapping[str, Any]]
    ) -> tuple[Floats, Floats, Floats]:
        """Return predicted values with the ends of their intervals, NaN for what the memory does not know."""
        known = [self._read(one) for one in configurations]
        predicted, low, high = predict_scores(self.recommender.memory, self.recommender, known)
        if self.knows_metric and self.sign < 0:
            return -predicted, -high, -low
        return predicted, low, high

    def draw(self, learner: str, n: int, rng: np.random.Generator) -> list[dict[str, Any]]:
        """Return nothing: a study's space is known by its trials alone."""
        return []

    def is_default(self, params: Mapping[str, Any]) -> bool:
        """Whether a trial is the library default, as far as the memory knows."""
        read = self._read(params)
        return read is not None and key_of(read) in self._defaults

    def _read(self, params: Mapping[str, Any]) -> Configuration | None:
        return self.reader.read(params, {}).configuration

    @cached_property
    def _defaults(self) -> set[Key]:
        candidates = self.recommender.candidates.configurations
        return {key_of(one) for one in candidates if one.strategy == DEFAULT}
