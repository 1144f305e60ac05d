"""What the parameters of somebody's study are called in the constructor of the learner."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from foretune.base import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping

# Prefixes that stand for whatever is tuned, as in the name of a step of a pipeline
ROLES = frozenset({"classifier", "regressor", "estimator", "model", "learner", "clf", "reg"})
# Names that are the library's own, beside those of the scikit-learn interface
ALIASES = {"xgboost": {"eta": "learning_rate", "lambda": "reg_lambda", "num_boost_round": "n_estimators"}}
ESTIMATORS = {"svm": ("svc", "svr")}
SHORTEST = 2


class StudyNameError(UserError, ValueError):
    """A name stands for nothing; the message lists what it may stand for."""


class Place(NamedTuple):
    """A hyperparameter of one learner, or, with None, of whichever learner a trial has."""

    learner: str | None
    name: str


class StudyNames:
    """Finds the hyperparameter that a parameter of a study stands for.

    A name is looked up in ``names`` first. Otherwise it counts as it is (``max_depth``), or behind a prefix
    that names the learner (``xgboost__max_depth``, ``xgb_max_depth``, ``rf.max_depth``) or its role in a
    pipeline (``classifier__max_depth``). Anything else is foreign: ``imputer__n_neighbors`` is none of a
    nearest-neighbour classifier.

    Parameters
    ----------
    hyperparameters
        Names of the hyperparameters that are known of each learner.
    names
        Name in the study to name in the constructor; with a learner in front where several are tuned, as in
        ``{"depth": "xgboost__max_depth"}``. Also name of a learner in the study to the known one.
    others
        Further names in the constructor of each learner: they may be named, but nothing is known of them.

    Raises
    ------
    StudyNameError
        If ``names`` holds something that no learner has.
    """

    def __init__(
        self,
        hyperparameters: Mapping[str, frozenset[str]],
        names: Mapping[str, str] | None = None,
        others: Mapping[str, frozenset[str]] | None = None,
    ) -> None:
        self._hyperparameters = dict(hyperparameters)
        self._given: dict[str, Place | None] = {}
        self._learners: dict[str, str] = {}
        for own, meant in (names or {}).items():
            self._take_in(own, meant, others or {})

    def _take_in(self, own: str, meant: str, others: Mapping[str, frozenset[str]]) -> None:
        if meant in self._hyperparameters:
            self._learners[own] = meant
            return
        learner, found, name = meant.partition("__")
        place = Place(learner, name) if found and learner in self._hyperparameters else Place(None, meant)
        learners = [place.learner] if place.learner else list(self._hyperparameters)
        if any(place.name in self._hyperparameters[one] for one in learners):
            self._given[own] = place
        elif any(place.name in others.get(one, ()) for one in learners):
            self._given[own] = None
        else:
            known = sorted({name for one in learners for name in self._hyperparameters[one]})
            raise StudyNameError(
                f"names: {own!r} stands for {meant!r}, which {' or '.join(learners)} does not have; known: "
                f"{', '.join(known)}"
            )

    def find(self, name: str) -> Place | None:
        """Return what a parameter stands for; None where it is foreign."""
        if name not in self._given:
            self._given[name] = self._recognise(name)
        return self._given[name]

    def find_learner(self, choice: object) -> str | None:
        """Return the known learner that a choice stands for; None where it is foreign."""
        text = str(choice)
        if text in self._learners:
            return self._learners[text]
        if text in self._hyperparameters:
            return text
        return self._learner_called(text)

    def _recognise(self, name: str) -> Place | None:
        for learner, known in self._hyperparameters.items():
            if name in known or name in ALIASES.get(learner, {}):
                return Place(None, self._proper(learner, name))
        for prefix, rest in _splits(name):
            learner_named = self._learner_called(prefix)
            if learner_named is None and prefix.lower() not in ROLES:
                continue
            for learner in [learner_named] if learner_named else self._hyperparameters:
                proper = self._proper(learner, rest)
                if proper in self._hyperparameters[learner]:
                    return Place(learner_named, proper)
        return None

    @staticmethod
    def _proper(learner: str, name: str) -> str:
        return ALIASES.get(learner, {}).get(name, name)

    def _learner_called(self, text: str) -> str | None:
        """Return the one learner that a text is the name, the beginning or the initials of."""
        called = [learner for learner in self._hyperparameters if _is_name_of(text, learner)]
        return called[0] if len(called) == 1 else None


def _splits(name: str) -> list[tuple[str, str]]:
    """Split into the last word before a hyperparameter and that; two underscores before one."""
    found = []
    for separator in (r"__|[./:]", r"_"):
        for match in re.finditer(separator, name):
            words = re.split(r"__|[./:]", name[: match.start()])
            found.append((words[-1], name[match.end() :]))
    return found


def _is_name_of(text: str, learner: str) -> bool:
    plain = re.sub(r"[^a-z0-9]", "", text.lower())
    plain = re.sub(r"(classifier|regressor)$", "", plain)
    whole = learner.lower().replace("_", "")
    initials = "".join(word[0] for word in learner.lower().split("_") if word)
    if plain in (whole, *ESTIMATORS.get(learner, ())):
        return True
    return len(plain) >= SHORTEST and (plain == initials or whole.startswith(plain))
