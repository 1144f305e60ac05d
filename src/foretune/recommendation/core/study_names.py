"""Translation of a study's parameter names to constructor arguments of learners."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from foretune.base import UserError
from foretune.recommendation.core.learner_names import ALIASES, canonical_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# Prefixes of any learner, such as the name of a pipeline's step
ROLES = frozenset(
    {"classifier", "regressor", "estimator", "predictor", "model", "learner", "clf", "reg", "est"}
)
SHORTEST = 2
# Further names in the libraries' own interfaces, which an objective may call while an estimator ignores some.
# Values are the same under all names. `alpha` is L1 in XGBoost, and something else in LightGBM
NATIVE_NAMES = {
    "xgboost": {
        "alpha": "reg_alpha",
        "min_split_loss": "gamma",
        **dict.fromkeys(("num_round", "num_rounds", "nrounds"), "n_estimators"),
    },
    "lightgbm": {
        **dict.fromkeys(("num_iteration", "max_iter", "num_round"), "n_estimators"),
        **dict.fromkeys(("num_rounds", "nrounds", "num_tree"), "n_estimators"),
        "min_samples_leaf": "min_child_samples",
        **dict.fromkeys(("min_sum_hessian_per_leaf", "min_hessian"), "min_child_weight"),
        "sub_row": "subsample",
        **dict.fromkeys(("lambda_l1", "l1_regularization"), "reg_alpha"),
        "min_gain_to_split": "min_split_gain",
        "max_leaf": "num_leaves",
    },
    "catboost": {"max_bin": "border_count"},
}


class StudyNameError(UserError, ValueError):
    """A name has no known meaning; the message lists the possible ones."""


class Place(NamedTuple):
    """A hyperparameter of one learner, or of any learner if None."""

    learner: str | None
    name: str


class StudyNames:
    """Lookup of the hyperparameters behind a study's parameter names.

    A name is first looked up in ``names``. Otherwise it may be a hyperparameter (``max_depth``) or another
    name that the library has for it (``eta``, ``lambda_l2``), with the learner (``xgboost__max_depth``,
    ``xgb_max_depth``, ``rf.max_depth``) or its role in a pipeline (``classifier__max_depth``) as prefix, or
    the learner as suffix (``max_depth_rf``). Case is ignored where that is unambiguous (``svc_c``). Anything
    else is foreign: ``imputer__n_neighbors`` does not belong to a nearest-neighbour classifier.

    Parameters
    ----------
    hyperparameters
        Known hyperparameters of each learner.
    names
        Constructor's names by the study's names, with the learner as prefix if several are tuned, as in
        ``{"depth": "xgboost__max_depth"}``. Also names of learners by their names in the study.
    others
        Other constructor arguments of each learner, which are allowed in ``names`` but unknown to the memory.

    Raises
    ------
    StudyNameError
        If ``names`` has a value that no learner has.
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
        if (proper := self._proper(place.name, learners)) is not None:
            place = Place(place.learner, proper)
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
        """Return the hyperparameter of a parameter; None if it is foreign."""
        if name not in self._given:
            self._given[name] = self._recognise(name)
        return self._given[name]

    def readings(self, name: str) -> list[str]:
        """Return a name without the prefixes of learners and roles that it may have, the longest first."""
        known = (
            rest
            for prefix, rest in _splits(name)
            if prefix.lower() in ROLES or self._learner_called(prefix) is not None
        )
        return list(dict.fromkeys(known))

    def find_learner(self, choice: object) -> str | None:
        """Return the learner of a choice; None if it is foreign."""
        text = str(choice)
        if text in self._learners:
            return self._learners[text]
        if text in self._hyperparameters:
            return text
        return self._learner_called(text)

    def _recognise(self, name: str) -> Place | None:
        if (proper := self._proper(name, self._hyperparameters)) is not None:
            return Place(None, proper)
        for prefix, rest in _splits(name):
            learner_named = self._learner_called(prefix)
            if learner_named is None and prefix.lower() not in ROLES:
                continue
            proper = self._proper(rest, [learner_named] if learner_named else self._hyperparameters)
            if proper is not None:
                return Place(learner_named, proper)
        rest, _, suffix = name.rpartition("_")
        learner_named = self._learner_called(suffix) if rest else None
        proper = self._proper(rest.rstrip("_"), [learner_named]) if learner_named else None
        return None if proper is None else Place(learner_named, proper)

    def _proper(self, name: str, learners: Iterable[str]) -> str | None:
        """Return the constructor's name of a parameter of some learners; None if none has it.

        The name of one comes before the alias of another: ``max_depth`` is no alias of CatBoost's ``depth``
        where XGBoost is tuned too.
        """
        learners = list(learners)
        if any(name in self._hyperparameters[learner] for learner in learners):
            return name
        for learner in learners:
            alias = {**NATIVE_NAMES.get(learner, {}), **ALIASES.get(learner, {})}.get(name)
            if alias in self._hyperparameters[learner]:
                return alias
        spelt = {one for learner in learners for one in self._hyperparameters[learner]}
        same = [one for one in spelt if one.lower() == name.lower()]
        return same[0] if len(same) == 1 else None

    def _learner_called(self, text: str) -> str | None:
        """Return the only learner of which a text is the name, beginning or initials; None if ambiguous."""
        called = [learner for learner in self._hyperparameters if _is_name_of(text, learner)]
        return called[0] if len(called) == 1 else None


def _splits(name: str) -> list[tuple[str, str]]:
    """Split a name into prefix and hyperparameter in all ways, at two underscores before one."""
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
    if canonical_name(text) == canonical_name(learner):
        return True
    return len(plain) >= SHORTEST and (plain == initials or whole.startswith(plain))
