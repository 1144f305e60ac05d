"""Arguments of public functions with values of wrong types: one line that names the argument."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import optuna
import pandas as pd
import pytest
from sklearn.datasets import load_iris

import foretune
from foretune import (
    EarlyStopping,
    ForetuneSampler,
    MetaSearchCV,
    UserError,
    import_logs,
    learn,
    load_memory,
    merge_memories,
    suggest,
    tune,
)
from foretune.hpo.strategies import register_strategy
from foretune.learners import register_learner, register_metric
from foretune.logs import trials_from_cv_results, trials_from_study
from foretune.meta_model import save_memory
from foretune.metafeatures import register_metafeatures
from foretune.plots import against_memory, history, importance, parameters
from foretune.recommendation import (
    Recommender,
    read_metafeatures,
    to_dicts,
    to_enqueued,
    to_points_to_evaluate,
)

X, Y = load_iris(return_X_y=True, as_frame=True)
LOG = pd.DataFrame({"task_id": ["a", "a"], "score": [0.1, 0.2], "param_C": [1, 2]})
SUGGESTIONS = pd.DataFrame({"rank": [1], "learner": ["svm"], "params": [{"C": 1.0}]})
RESULTS = {"params": [{"C": 1}], "mean_test_score": [0.1]}


class Wrong:
    """A value that no argument takes."""


def _study() -> optuna.Study:
    study = optuna.create_study()
    study.add_trial(optuna.trial.create_trial(value=1.0))
    return study


def _fit(**arguments: Any) -> None:
    fitted = {name: arguments.pop(name) for name in ("X", "y", "sample_weight") if name in arguments}
    MetaSearchCV(**{"learner": "linear", "n_trials": 1, **arguments}).fit(**{"X": X, "y": Y, **fitted})


# A call that works, and the arguments to spoil
CALLS: dict[str, tuple[Callable[..., Any], str]] = {
    "suggest": (
        partial(suggest, X=X, y=Y, learner="linear"),
        "X y learner k task_type memory exclude_families metafeatures guard column_types random_state",
    ),
    "MetaSearchCV": (
        _fit,
        "X y sample_weight learner n_trials param_distributions scoring cv n_jobs refit random_state memory "
        "min_gain task_type exclude_families metafeatures max_rows guard column_types early_stopping racing "
        "ledger error_score verbose return_train_score progress_bar log_to",
    ),
    "ForetuneSampler": (
        partial(ForetuneSampler, X=X, y=Y, learner="linear"),
        "X y learner names learner_parameter fixed knows_metric task_type memory guard column_types "
        "exclude_families "
        "metafeatures independent_sampler constraints_func seed",
    ),
    "tune": (
        partial(tune, function=lambda params: params["x"], space={"x": "int(1,3)"}, n_trials=1),
        "function space n_trials direction start max_time learner X y task_type memory scoring random_state "
        "callback",
    ),
    "ForetuneSampler without a table": (
        partial(ForetuneSampler, task_type="classification", learner="linear"),
        "learner fixed task_type memory guard exclude_families metafeatures seed",
    ),
    "Recommender": (partial(Recommender.for_table, X=X, y=Y, learner="linear"), "max_rows n_more seed"),
    "EarlyStopping": (EarlyStopping, "patience max_rounds"),
    "merge_memories": (merge_memories, "memories"),
    "learn": (
        lambda **given: learn(**{"sources": "no.csv", **given}),
        "sources names learner score minimize study_pattern task_type seed n_workers",
    ),
    "load_memory": (partial(load_memory, task_type="classification"), "task_type folder"),
    "import_logs": (partial(import_logs, trials=LOG), "trials metafeatures parameters"),
    "trials_from_study": (
        lambda **given: trials_from_study(**{"study": _study(), "task_id": "a", **given}),
        "study task_id learner objective",
    ),
    "trials_from_cv_results": (
        partial(trials_from_cv_results, cv_results=RESULTS, task_id="a"),
        "cv_results task_id learner metric",
    ),
    "to_dicts": (partial(to_dicts, suggestions=SUGGESTIONS), "suggestions learner_parameter"),
    "to_enqueued": (
        lambda **given: to_enqueued(**{"study": _study(), "suggestions": SUGGESTIONS, **given}),
        "study suggestions names learner_parameter",
    ),
    "to_points_to_evaluate": (
        partial(to_points_to_evaluate, suggestions=SUGGESTIONS, space={}),
        "suggestions names learner_parameter others",
    ),
    "register_learner": (register_learner, "learner"),
    "register_metric": (partial(register_metric, "classification", "new"), "metric"),
    "register_strategy": (partial(register_strategy, strategy=Wrong), "options"),
    "register_metafeatures": (register_metafeatures, "group"),
    "read_metafeatures": (read_metafeatures, "file"),
    "history": (lambda **given: history(**{"study": _study(), **given}), "study objective"),
    "parameters": (lambda **given: parameters(**{"study": _study(), **given}), "study kind objective"),
    "importance": (lambda **given: importance(**{"study": _study(), **given}), "study objective"),
    "against_memory": (lambda **given: against_memory(**{"study": _study(), **given}), "study"),
    "save_memory": (partial(save_memory, folder="memory"), "memory"),
}
WRONG: tuple[Any, ...] = (None, 3, "a", [], {}, Wrong(), [{}], -1, 2.5, b"a")
# Values that an argument takes
ALLOWED: dict[str, tuple[Any, ...]] = {
    "column_types": ({},),
    "cv": (3,),
    "error_score": (3, -1, 2.5),
    "exclude_families": ([],),
    "fixed": ({},),
    "k": (3,),
    "ledger": ("a",),
    "max_rows": (3,),
    "min_gain": (3, 2.5),
    "n_jobs": (3, -1),
    "n_more": (3,),
    "n_trials": (3,),
    "n_workers": (3,),
    "names": ({},),
    "others": ({},),
    "max_rounds": (3,),
    "patience": (3,),
    "random_state": (3,),
    # Of one score any name stands for True, as in scikit-learn
    "refit": ("a",),
    "sample_weight": (3, 2.5),
    "max_time": (3, 2.5),
    "seed": (3,),
    "start": ({},),
    "task_id": (3, "a", -1),
    "verbose": (3,),
}
# None is the default, and a text may name what is not there
OPTIONAL = {
    *("task_type", "memory", "metafeatures", "guard", "column_types", "scoring", "cv", "n_jobs", "folder"),
    *("random_state", "names", "learner_parameter", "fixed", "independent_sampler", "constraints_func"),
    *("parameters", "metric", "others", "sample_weight", "objective", "early_stopping", "racing"),
    *("param_distributions", "exclude_families", "start", "max_time", "callback", "ledger"),
    *("log_to", "score", "minimize"),
}
CASES = [
    pytest.param(name, argument, value, id=f"{name}-{argument}-{at}")
    for name, (_, arguments) in CALLS.items()
    for argument in arguments.split()
    for at, value in enumerate(WRONG)
]


def _is_allowed(name: str, argument: str, value: Any) -> bool:
    if name == "learn" and argument in ("learner", "score"):
        return value in (None, "a", {})
    if argument == "study_pattern":
        return bool(value == "a")
    if value is None:
        is_sampler = name.startswith("ForetuneSampler")
        is_optional = argument in OPTIONAL or (argument in ("seed", "learner") and is_sampler)
        is_optional |= (name, argument) == ("MetaSearchCV", "max_rows")
        is_optional |= name == "tune" and argument in ("learner", "X", "y")
        return (is_optional and name != "register_metric") or (
            argument == "learner" and name.startswith("trials_from")
        )
    if value == "a" and (argument == "learner_parameter" or name.startswith("trials_from")):
        return argument in ("learner", "learner_parameter", "task_id")
    if argument == "objective":
        return False
    return value in ALLOWED.get(argument, ())


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "argument", "value"), CASES)
def test_a_wrong_type_is_one_line(
    name: str, argument: str, value: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if _is_allowed(name, argument, value):
        pytest.skip("allowed")
    monkeypatch.chdir(tmp_path)
    call, _ = CALLS[name]
    with pytest.raises((UserError, TypeError)) as caught:
        call(**{argument: value})
    message = str(caught.value)
    assert len(message) <= 500
    assert "\n" not in message
    # Of a file its name, of several logs the number
    named = {"trials": ("a: ", "log 1 = "), "metafeatures": ("a: ",), "sources": ("file or folder a",)}.get(
        argument, ()
    )
    assert any(one in message for one in (argument, *named))


def test_every_public_function_is_tried() -> None:
    functions = {
        name
        for name in foretune.__all__
        if name not in ("Guard", "MetaSearchClassifier", "MetaSearchRegressor", "RecommendationWarning")
        and name not in ("UserError", "plots")
        and not name.startswith("__")
    }
    assert functions <= set(CALLS)
