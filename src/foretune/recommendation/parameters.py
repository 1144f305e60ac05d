"""Parameters of recommendation."""

from __future__ import annotations

from pydantic import Field

from foretune.parameters import FrozenParameters


class GuardParameters(FrozenParameters):
    """What keeps a recommendation from doing harm."""

    default_within: int = Field(
        2, ge=1, description="The library default is among so many first trials of a search."
    )
    max_risk: float = Field(
        0.3,
        gt=0,
        le=1,
        description="A configuration replaces the default unasked only if it is worse with a probability "
        "below this.",
    )
    strangeness: float = Field(
        1.5,
        gt=0,
        description="A table farther from every known task than this many times the largest distance of a "
        "known task to its nearest is recommended what does well on all tasks.",
    )
    min_rows: int = Field(20, ge=1, description="With fewer rows the library default comes first.")
    max_svm_rows: int = Field(
        20_000, ge=1, description="Kernel machines cost the square of the rows: beyond they are left out."
    )
