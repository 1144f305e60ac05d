"""Strategy with Keras Tuner's random search."""

from __future__ import annotations

from typing import Any

from foretune.hpo.strategies.keras_tuner_strategy import KerasTunerStrategy
from foretune.hpo.strategies.parameters import KerasTunerRandomOptions


class KerasTunerRandom(KerasTunerStrategy[KerasTunerRandomOptions]):
    """Keras Tuner's ``RandomSearchOracle``."""

    def _make_oracle(self, **arguments: Any) -> Any:
        import keras_tuner

        return keras_tuner.oracles.RandomSearchOracle(**arguments)
