"""Mixin of the estimators that choose their hyperparameters from the data at ``fit``."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import clone

from foretune.base import ArgumentError, RecommendationWarning, TaskType, counted, shortened, without_middle
from foretune.zero_shot.choice import Choice, ZeroShotChoice, count_rows, stops_early

# Parameters beside those of the library
OURS = ("memory", "memory_scoring")
MODEL, CHOSEN, NOTES, GIVEN = "library_model_", "chosen_params_", "notes_", "_given"
OF_FIT = (MODEL, CHOSEN, NOTES)
# Everything else of a fitted estimator is that of the model of the library
OWN = frozenset(
    {
        *(*OURS, *OF_FIT, GIVEN),
        *("fit", "get_params", "set_params", "suggest_params", "get_metadata_routing"),
        *("_get_metadata_request", "_metadata_request", "_repr_html_", "_repr_mimebundle_"),
        *("library", "learner", "only_task_type", "_plain", "_keep", "_mark", "_choose", "_own_get_params"),
    }
)


class ZeroShotEstimator:
    """Estimator of a library whose hyperparameters a memory chooses at ``fit``.

    What is fitted is a model of the library's own class, :attr:`library_model_`; methods and attributes of
    the fitted estimator are those of the model, parameters are those that the user gave.
    """

    library: ClassVar[Any]
    learner: ClassVar[str]
    only_task_type: ClassVar[TaskType]

    memory: Any
    memory_scoring: str | None
    library_model_: Any
    chosen_params_: dict[str, Any]
    notes_: list[str]

    def __init__(
        self, *args: Any, memory: Any = None, memory_scoring: str | None = None, **params: Any
    ) -> None:
        self.library.__init__(self, *args, **params)
        self.memory = memory
        self.memory_scoring = memory_scoring
        vars(self)[GIVEN] = frozenset()
        self._mark(_names_given(self.library, args, params))

    def __getattribute__(self, name: str) -> Any:
        if name in OWN or name.startswith("__") or _is_request(name):
            return object.__getattribute__(self, name)
        model = object.__getattribute__(self, "__dict__").get(MODEL)
        return super().__getattribute__(name) if model is None else getattr(model, name)

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        model = vars(self).get(MODEL)
        if model is not None and name not in OWN:
            setattr(model, name, value)

    def __getstate__(self) -> dict[str, Any]:
        own = vars(self)
        return {"plain": self._plain(), "own": {name: own[name] for name in own if name in OWN}}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._keep(state["plain"])
        vars(self).update(state["own"])

    def __sklearn_clone__(self) -> Self:
        made = type(self)(
            **{name: clone(value, safe=False) for name, value in self.get_params(deep=False).items()}
        )
        own = vars(self)
        vars(made)[GIVEN] = own[GIVEN]
        if "_metadata_request" in own:
            vars(made)["_metadata_request"] = clone(own["_metadata_request"], safe=False)
        return made

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters that were given or are the library's default, and ``memory``.

        What the memory chose is in ``chosen_params_``.
        """
        own = vars(self)
        return {**self._plain().get_params(deep=deep), **{name: own.get(name) for name in OURS}}

    def set_params(self, **params: Any) -> Self:
        """Set parameters, which the memory then does not choose."""
        of_library = {name: value for name, value in params.items() if name not in OURS}
        if of_library:
            plain, model = self._plain(), vars(self).get(MODEL)
            plain.set_params(**of_library)
            if model is not None:
                model.set_params(**of_library)
            self._keep(plain)
            self._mark(of_library)
        for name in OURS:
            if name in params:
                object.__setattr__(self, name, params[name])
        return self

    def suggest_params(self, X: Any, y: Any, **fit_params: Any) -> dict[str, Any]:
        """Return the parameters that :meth:`fit` would choose for a table, without a fit.

        Parameters
        ----------
        X, y, **fit_params
            As for :meth:`fit`; sample weights count where rounds are chosen.

        Returns
        -------
        dict
            Arguments for the constructor of the library's class; empty if its defaults stay.

        Raises
        ------
        UserError
            If X or y is no table or target, or the memory cannot be used, or has no trials of this learner.
        """
        _check_table(X, y)
        return self._choose(X, y, fit_params, stacklevel=3).params

    def fit(self, X: Any, y: Any = None, *args: Any, **fit_params: Any) -> Self:
        """Choose the hyperparameters, and fit the library's model with them.

        Raises
        ------
        UserError
            If the memory cannot be used, or has no trials of this learner.
        """
        own = vars(self)
        asked = self._plain().get_params(deep=False)
        earlier = own.get(MODEL)
        if earlier is not None and asked.get("warm_start"):
            earlier.fit(X, y, *args, **fit_params)
            return self
        for name in OF_FIT:
            own.pop(name, None)
        choice = Choice({}) if y is None else self._choose(X, y, fit_params, stacklevel=4)
        model = self.library(**(asked | choice.params))
        model.fit(X, y, *args, **fit_params)
        own.update({CHOSEN: dict(choice.params), NOTES: list(choice.notes), MODEL: model})
        return self

    def _choose(self, X: Any, y: Any, fit_params: Mapping[str, Any], stacklevel: int) -> Choice:
        plain = self._plain()
        own, params = vars(self), plain.get_params(deep=False)
        choice = ZeroShotChoice(
            plain,
            tuple(sorted({*(own[GIVEN] & params.keys()), *_changed(self.library, params)})),
            self.learner,
            self.only_task_type,
            own.get("memory"),
            own.get("memory_scoring"),
            stops_early(self.learner, params, fit_params),
            fit_params,
            count_rows(y),
        ).choose(X, y)
        for one in choice.warnings:
            warnings.warn(without_middle(one), RecommendationWarning, stacklevel=stacklevel)
        return choice

    def _plain(self) -> Any:
        """Return an unfitted estimator of the library's class with the same parameters."""
        plain = object.__new__(self.library)
        plain.__dict__.update({name: value for name, value in vars(self).items() if name not in OWN})
        return plain

    def _keep(self, plain: Any) -> None:
        vars(self).update(vars(plain))

    def _mark(self, names: Iterable[str]) -> None:
        """Remember which parameters were given, even where their values are the defaults.

        Whoever gives all of them makes a copy, of which it is not known which were given.
        """
        given = frozenset(names)
        if not given >= self._plain().get_params(deep=False).keys():
            vars(self)[GIVEN] = vars(self).get(GIVEN, frozenset()) | given


def _names_given(library: Any, args: tuple[Any, ...], params: Mapping[str, Any]) -> list[str]:
    positional = [
        name
        for name, one in inspect.signature(library).parameters.items()
        if one.kind is one.POSITIONAL_OR_KEYWORD
    ]
    return [*positional[: len(args)], *params]


def _changed(library: Any, params: Mapping[str, Any]) -> list[str]:
    """Return the names of the parameters whose values are not the library's defaults."""
    defaults = library().get_params(deep=False)
    # By their text, since NaN differs from itself and arrays have no truth value
    return [name for name, value in params.items() if repr(value) != repr(defaults.get(name))]


def _check_table(X: Any, y: Any) -> None:
    """Refuse what no library would fit: of a fit the library says so itself."""
    shapes = []
    for name, value, dimensions in (("X", X, (2,)), ("y", y, (1, 2))):
        try:
            shape = tuple(getattr(value, "shape", None) or np.shape(value))
        except ValueError:
            # Rows of different lengths
            shape = ()
        if len(shape) not in dimensions:
            what = "a table, shape (n_rows, n_features)" if name == "X" else "a target, shape (n_rows,)"
            raise ArgumentError(f"{name} = {shortened(repr(value))} must be {what}")
        shapes.append(shape)
    (n_rows, *_), (n_values, *_) = shapes
    if n_rows != n_values:
        raise ArgumentError(f"X has {counted(n_rows, 'row')}, but y has {counted(n_values, 'value')}")


def _is_request(name: str) -> bool:
    """Whether it is a method of scikit-learn's metadata routing, such as ``set_fit_request``."""
    return name.startswith("set_") and name.endswith("_request")
