"""Memory of a learner that a function trains: which of the function's parameters it knows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from foretune.base import TaskType, UserError, close_matches, quoted
from foretune.learners import axis_of_rounds, get_learner, has_open_rounds, known_learners
from foretune.meta_model import Memory
from foretune.recommendation.core import (
    ALIASES,
    Feasibility,
    KnownPart,
    LearnerVocabulary,
    MemorySource,
    Recommender,
    choose_memory,
    find_learner,
    learners_beside,
    notes_to_show,
    provenance_of,
)
from foretune.recommendation.function_search.space_texts import EXAMPLES, SpaceError
from foretune.recommendation.search_cv import (
    Branch,
    OwnGuide,
    OwnProposals,
    OwnSpace,
    SearchedParameter,
    read_branch,
)

# Rows of the tables of the memory, for a table that is not known
TYPICAL_ROWS = 1_000
# Candidates at least
N_LEAST = 512


@dataclass(frozen=True)
class DeclaredLearner:
    """What a user says of the learner that a function trains.

    Attributes
    ----------
    learner
        Name of the learner, as for :func:`foretune.suggest`.
    task_type
        Task type of the table; None to infer it from the target.
    memory
        As for :func:`foretune.suggest`.
    scoring
        Name of the score, by which the memory of the nearest metric is chosen; None if it is none of
        scikit-learn's.
    X, y
        The table that the learner is trained on, for its metafeatures; None if it is not known.
    fixed
        Values of other parameters of the learner, by the names of the function.
    """

    learner: str
    task_type: TaskType | None = None
    memory: MemorySource = None
    scoring: str | None = None
    X: Any = None
    y: Any = None
    fixed: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class DeclaredPart(KnownPart):
    """Learner of a function, of which only the parameters are known.

    Attributes
    ----------
    values
        Values that stay as they are, by the names of the learner.
    """

    values: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def fixed(self) -> dict[str, Any]:
        """Values that stay as they are, by the names of the learner."""
        return dict(self.values)


class ParameterValues:
    """Current values of parameters, in the place of an estimator that has them."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = dict(values)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the values by name."""
        return dict(self._values)


@dataclass(frozen=True)
class KnownLearner:
    """A learner in a memory, with the parameters of a function that are its hyperparameters.

    Attributes
    ----------
    declared
        What the user says.
    learner, task_type, memory
        Name in the memory, task type, and the memory.
    vocabulary
        Hyperparameters of the learner in the memory.
    recommender
        Of the table; None if it is not known.
    metric_notes
        Which metric the memory predicts, if that is not the one of the search.
    """

    declared: DeclaredLearner
    learner: str
    task_type: TaskType
    memory: Memory
    vocabulary: LearnerVocabulary
    recommender: Recommender | None
    metric_notes: tuple[str, ...] = ()

    @classmethod
    def find(cls, declared: DeclaredLearner, seed: int) -> KnownLearner:
        """Find a learner in its memory.

        Raises
        ------
        UserError
            If the memory has no trials of it, or the task type is not known.
        """
        recommender, task_type = None, declared.task_type
        if declared.X is not None:
            recommender = Recommender.for_table(
                declared.X,
                declared.y,
                declared.learner,
                task_type=task_type,
                memory=declared.memory,
                seed=seed,
                scoring=declared.scoring,
            )
            task_type = recommender.new_task.task_type
        if task_type is None:
            raise UserError("task_type is needed for the memory of a learner: classification or regression")
        memory, notes, _ = choose_memory(
            declared.memory,
            task_type,
            declared.scoring,
            None,
            lambda one: find_learner(declared.learner, provenance_of(one).learners) is not None,
        )
        provenance = provenance_of(memory)
        learner = find_learner(declared.learner, provenance.learners)
        if learner is None:
            known = sorted([*provenance.learners, *learners_beside(declared.memory, task_type, memory)])
            hint = close_matches(declared.learner, {*known, *known_learners()})
            raise UserError(
                f"learner = {declared.learner!r}: the memory has no trials of it{hint}; it knows "
                f"{', '.join(known)} for {task_type}"
            )
        vocabulary = LearnerVocabulary.of(learner, provenance, task_type)
        return cls(declared, learner, task_type, memory, vocabulary, recommender, tuple(notes))

    def local_name(self, name: str) -> str | None:
        """Return the hyperparameter that a parameter is, by the last part of its name; None if it is none."""
        last = name.replace("__", ".").rpartition(".")[2]
        proper = last if last in self.vocabulary.names else ALIASES.get(self.learner, {}).get(last, last)
        return proper if proper in self.vocabulary.names else None

    def local_names(self, names: Mapping[str, Any]) -> dict[str, str]:
        """Return the hyperparameters that parameters are, by the names of the function.

        Raises
        ------
        SpaceError
            If two parameters are the same hyperparameter.
        """
        found: dict[str, str] = {}
        for name in names:
            local = self.local_name(name)
            if local is None:
                continue
            if local in found.values():
                other = next(one for one, of in found.items() if of == local)
                raise SpaceError(f"{other} and {name} are both {local} of {self.learner}: search one of them")
            found[name] = local
        return found

    def range_of(self, name: str) -> SearchedParameter:
        """Return the range in which the memory has searched a parameter.

        Raises
        ------
        SpaceError
            If it does not know the parameter.
        """
        local = self.local_name(name)
        if local is None or local not in self.vocabulary.space:
            known = sorted(self.vocabulary.space)
            hint = close_matches(name.rpartition(".")[2], known)
            raise SpaceError(
                f"{name} needs a range such as {EXAMPLES}: the memory of {self.learner} knows "
                f"{quoted(known, len(known))}{hint}"
            )
        given = self.vocabulary.space[local].model_copy(update={"when": {}})
        return read_branch({local: given}).parameters[local]

    def start(self, space: OwnSpace, current: Mapping[str, Any], seed: int) -> OwnProposals:
        """Start the search of the memory.

        Parameters
        ----------
        space, current
            What is searched, and current values, by the names of the learner where it knows them.
        seed
            Seed of everything random.
        """
        fixed = {local: self.declared.fixed[name] for name, local in self._fixed_names().items()}
        unsearched = {
            name: fixed.get(name, value)
            for name, value in {**self.vocabulary.default, **fixed}.items()
            if name not in space.names
        }
        values = ParameterValues(current)
        part = DeclaredPart(self.learner, "", values, values=unsearched)
        guard = self.memory.guard
        guide = OwnGuide(self.memory, self.task_type, part, self.recommender, guard, seed)
        n_rows = TYPICAL_ROWS if self.recommender is None else self.recommender.new_task.n_rows
        return guide.start(values, space, Feasibility(n_rows, guard), N_LEAST, knows_metric=False)

    def notes(self, names: Mapping[str, str]) -> list[str]:
        """List what the memory leads, and what it lacks."""
        own = ", ".join(local if name == local else f"{name} ({local})" for name, local in names.items())
        notes = [f"the memory of {self.learner} leads {own}"]
        if self.recommender is None:
            notes.append("without a table the memory goes by the average of the tables that it knows")
        else:
            notes += notes_to_show(self.recommender)
        if (rounds := self._open_rounds) is not None and rounds not in names.values():
            notes.append(f"early stopping chose {rounds} in its trials: search that, too, where it is fixed")
        return [*notes, *(note for note in self.metric_notes if note not in notes)]

    @property
    def _open_rounds(self) -> str | None:
        """Hyperparameter of the rounds of a booster, if the memory leaves it to early stopping."""
        if self.learner not in known_learners():
            return None
        axis = axis_of_rounds(get_learner(self.learner))
        known = provenance_of(self.memory).configurations.values()
        is_open = any(one.learner == self.learner and has_open_rounds(one) for one in known)
        return axis.hyperparameter if axis is not None and is_open else None

    def _fixed_names(self) -> dict[str, str]:
        found: dict[str, str] = {}
        for name, value in self.declared.fixed.items():
            local = self.local_name(name)
            if local is not None and self.vocabulary.knows(local, value):
                found.setdefault(name, local)
        return found


def rename(space: OwnSpace, names: Mapping[str, str]) -> OwnSpace:
    """Return a space with other names of parameters; those not named stay."""
    branches = []
    for branch in space.branches:
        renamed = {
            names.get(name, name): replace(
                one, when={names.get(parent, parent): values for parent, values in one.when.items()}
            )
            for name, one in branch.parameters.items()
        }
        branches.append(Branch(renamed))
    return OwnSpace(tuple(branches))
