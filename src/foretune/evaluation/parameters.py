"""Parameters of the evaluation."""

from __future__ import annotations

from itertools import pairwise

from pydantic import Field, field_validator

from foretune.base import SIZE_BOUNDS, FrozenParameters
from foretune.evaluation.methods.names import METHODS

# Without the list without feedback, which is a part of Foretune
DEFAULT_METHODS = tuple(name for name in METHODS if name != "zero_shot_list")

# Of a time at which regret is read, in mean trials
LONGEST = 1_000_000


class EvaluationParameters(FrozenParameters):
    """Parameters of the evaluation: methods, numbers of trials, repetitions, intervals."""

    n_trials: tuple[int, ...] = Field(
        (1, 2, 3, 5, 10, 20, 50), min_length=1, description="Numbers of trials at which regret is read."
    )
    times: tuple[float, ...] = Field(
        (1.0, 2.0, 5.0, 10.0, 20.0),
        description="Times at which regret is read where trials have seconds, in mean trials of the task; "
        "none for no regret in time.",
    )
    n_seeds: int = Field(5, ge=1, le=100, description="Repetitions of everything random.")
    n_random_orders: int = Field(
        200, ge=1, le=10_000, description="Orders that random search is averaged over, for each seed."
    )
    n_neighbours: tuple[int, ...] = Field(
        (1, 5), min_length=1, description="Numbers of nearest tasks; each is a method of its own."
    )
    methods: tuple[str, ...] = Field(
        DEFAULT_METHODS, min_length=1, description="Methods to compare, by name."
    )
    claims_on: tuple[str, ...] = Field(
        ("real", "logged"),
        min_length=1,
        description="Provenances of the tasks that the leaderboard counts; the others only train.",
    )
    size_classes: tuple[int, ...] = Field(
        SIZE_BOUNDS,
        description="Largest numbers of rows of the size classes of tasks, above the last is one more; none "
        "for no regret by size, and no method with the rows hidden.",
    )
    n_bootstrap: int = Field(2_000, ge=100, le=100_000, description="Bootstrap samples of an interval.")
    confidence_level: float = Field(0.95, gt=0, lt=1, description="Coverage of the bootstrap intervals.")

    @field_validator("n_trials", "n_neighbours", "size_classes")
    @classmethod
    def _positive_and_increasing(cls, numbers: tuple[int, ...]) -> tuple[int, ...]:
        if min(numbers, default=1) < 1 or any(later <= earlier for earlier, later in pairwise(numbers)):
            msg = f"must be whole numbers from 1 on, each larger than the one before; got {list(numbers)}"
            raise ValueError(msg)
        return numbers

    @field_validator("times")
    @classmethod
    def _positive_finite_and_increasing(cls, times: tuple[float, ...]) -> tuple[float, ...]:
        is_finite = all(0 < time <= LONGEST for time in times)
        if not is_finite or any(later <= earlier for earlier, later in pairwise(times)):
            wanted = f"numbers above 0, up to {LONGEST:,}, each larger than the one before"
            msg = f"must be {wanted}; got {list(times)}"
            raise ValueError(msg)
        return times

    @field_validator("methods")
    @classmethod
    def _known_methods(cls, methods: tuple[str, ...]) -> tuple[str, ...]:
        unknown = sorted(set(methods) - set(METHODS))
        if unknown or len(set(methods)) < len(methods):
            msg = f"must be distinct names out of {', '.join(METHODS)}; got {', '.join(methods)}"
            raise ValueError(msg)
        return methods

    @property
    def seed_offsets(self) -> range:
        """Offsets from the base seed, one per repetition."""
        return range(self.n_seeds)
