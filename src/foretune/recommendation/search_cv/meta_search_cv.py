"""Hyperparameter search with scikit-learn's interface, warm-started from a memory of other tables."""

from __future__ import annotations

import inspect
import logging
import os
import sys
import time
import warnings
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from joblib import effective_n_jobs
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.exceptions import FitFailedWarning
from sklearn.utils import ClassifierTags, RegressorTags, get_tags
from sklearn.utils.metadata_routing import UNUSED, MetadataRouter, MethodMapping
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_consistent_length, check_is_fitted, check_random_state

from foretune.base import PATH, TaskType, check_kind, replaced_file, without_middle
from foretune.learners import EarlyStopping, FoldRace, FoldSet, has_open_rounds, with_rounds
from foretune.meta_model import FEWEST_SCORES, Guard
from foretune.plots import TrialPlots
from foretune.recommendation.core import (
    AUTO,
    MAX_ROWS,
    Feasibility,
    MemorySource,
    RecommendationWarning,
    Recommender,
    SearchError,
    growth_of_rounds,
    is_whole,
    notes_to_show,
    why_not_constructible,
)
from foretune.recommendation.search_cv.callback_support import CallbackSupport, with_callbacks
from foretune.recommendation.search_cv.callers import asking_frames, infer_from_caller
from foretune.recommendation.search_cv.checks import (
    check_fit_params,
    check_parameters,
    check_sample_weight,
    check_score_params,
    one_line_errors,
)
from foretune.recommendation.search_cv.column_reader import check_table, remember_columns
from foretune.recommendation.search_cv.estimator import build_pipeline
from foretune.recommendation.search_cv.estimator_score import EstimatorScore, scores_itself
from foretune.recommendation.search_cv.fixed_steps import why_every_trial_fails
from foretune.recommendation.search_cv.folds import (
    GivenData,
    Splits,
    make_raw_folds,
    make_search_folds,
    split_rows,
)
from foretune.recommendation.search_cv.last_fit import fit_to_all
from foretune.recommendation.search_cv.mlflow_runs import log_trial, logged_search
from foretune.recommendation.search_cv.own_configuration import OwnConfiguration
from foretune.recommendation.search_cv.own_evaluator import fit_own, take_own
from foretune.recommendation.search_cv.own_labels import check_labels
from foretune.recommendation.search_cv.own_metadata import (
    Metadata,
    is_routing,
    make_router,
    route_fit,
    route_score,
)
from foretune.recommendation.search_cv.own_search import (
    Deadline,
    OwnProposals,
    OwnSearch,
    is_own_estimator,
    needs_own_estimator,
    task_type_of,
)
from foretune.recommendation.search_cv.own_target import OwnTarget, check_dense, read_own_target
from foretune.recommendation.search_cv.results import (
    describe_configurations,
    results_frame,
    tabulate_results,
    with_unevaluated,
)
from foretune.recommendation.search_cv.rounds import (
    choose_early_stopping,
    choose_rounds_by,
    scale_rounds,
    with_chosen_rounds,
)
from foretune.recommendation.search_cv.run import Evaluates, Proposals, SearchBudget, SearchRun
from foretune.recommendation.search_cv.scoring import (
    ONE_SCORE,
    SCORE,
    Scoring,
    SeveralScores,
    asks_for_predictions_only,
    call_scorer,
    check_scoring_fits,
    choose_scoring,
    takes_weights,
)
from foretune.recommendation.search_cv.search_block import show_search
from foretune.recommendation.search_cv.search_code import write_search_code
from foretune.recommendation.search_cv.search_progress import BEST, SearchWatch, describe_trial, watch_search
from foretune.recommendation.search_cv.search_record import (
    SearchRecord,
    record_own_search,
    record_search,
    with_splits,
)
from foretune.recommendation.search_cv.search_view import lead_of, record_of, view_search
from foretune.recommendation.search_cv.searched_table import NO_SEED, SearchedTable
from foretune.recommendation.search_cv.second_argument import takes_space_second
from foretune.recommendation.search_cv.several_scores import (
    are_several,
    check_refit,
    choose_scorings,
    choose_trial,
    further_scores,
    given_scorers,
    leading_column,
    leading_name,
    leading_scoring,
    pick_leading,
    score_names,
    task_type_by_scores,
)
from foretune.recommendation.search_cv.target import as_given, as_known, check_target
from foretune.recommendation.search_cv.time_limit import TimeLimit
from foretune.recommendation.search_cv.timed_fit import TimedFit
from foretune.recommendation.search_cv.timed_own import TimedOwnEvaluator
from foretune.recommendation.search_cv.timed_own_refit import TimedOwnRefit
from foretune.recommendation.search_cv.timed_search import MOST_SHARE
from foretune.recommendation.search_cv.trial_evaluator import ScoredTrial, TrialEvaluator
from foretune.spaces import Configuration
from foretune.tables import DECIMAL_MARK, ColumnType, find_mark, unmasked

logger = logging.getLogger(__name__)

# Minimum number of candidates for each trial; new ones are drawn if the memory has fewer
CANDIDATES_PER_TRIAL = 4
# Expected gain, as a share of the distance between a table's best and worst, below which a search stops
MIN_GAIN = 1e-3
# Frames of scikit-learn between a call of fit and this module
CALLBACKS = "sklearn.callback"
UNKNOWN_TYPE = (
    "before fit MetaSearchCV is neither a classifier nor a regressor: use MetaSearchClassifier or "
    "MetaSearchRegressor, or set task_type"
)
# Fits for each worker at once, so that none waits long for the last
ROUNDS_OF_WORK = 3
ROUNDS_UNKNOWN = (
    "boosters are fitted with the library's number of rounds: the trials of this memory chose theirs by "
    "early stopping, as n_trials=1 does"
)
ROUNDS_USUAL = (
    "boosters are fitted with the number of rounds that is usual for their configuration: the trials of this "
    "memory chose theirs by early stopping, as n_trials=1 does"
)
# Rows from which fits take long enough for races to save anything
RACING_ROWS = 2000
# Training rows of which a quarter shows which configurations are good
LOOK_ROWS = 12_000
# Without a search, a configuration that cannot be fitted is replaced by the next on the list
ZERO_SHOT_ATTEMPTS = 3
# Trials for which there are candidates if only the time limits them
TRIALS_WITHOUT_LIMIT = 50
TIMEOUT = "timeout"
NO_REFIT = "there is no best_estimator_: this search has refit=False"
FITTED_TO_SAMPLE = (
    "the best would take about {:.2g} s on all rows, more than is left of max_time: it is fitted to {:,} of "
    "{:,} rows"
)
NONE_IN_TIME = "no configuration was evaluated in time"


class Tried(NamedTuple):
    """A configuration that was evaluated, its trial, and its number of rounds for a fit to all rows."""

    configuration: Configuration
    trial: ScoredTrial
    n_rounds: int | None

    @property
    def last(self) -> Configuration:
        """Configuration of a fit to all rows."""
        return self.configuration if self.n_rounds is None else with_rounds(self.configuration, self.n_rounds)

    @property
    def fits(self) -> list[Configuration]:
        """Configurations of a fit to all rows in the order in which they are tried."""
        return [self.last] if self.last == self.configuration else [self.last, self.configuration]

    def rounds_of(self, fitted: Configuration) -> int | None:
        """Return the number of rounds of a fit, which is one of :attr:`fits`."""
        return self.n_rounds if fitted == self.last else self.trial.n_rounds


def _delegates(method: str) -> Callable[[MetaSearchCV], bool]:
    """Return a check for a method: that the best estimator has it, or before fit that every learner has."""

    def has(self: MetaSearchCV) -> bool:
        if hasattr(self, "best_estimator_"):
            # Raises the estimator's own AttributeError
            getattr(self.best_estimator_, method)
            return True
        if not self.refit:
            raise AttributeError(NO_REFIT)
        if self._is_own:
            getattr(self.learner, method)
            return True
        kind = self.only_task_type or self.task_type
        return method == "predict" or (method == "predict_proba" and kind != "regression")

    return has


class MetaSearchCV(CallbackSupport, BaseEstimator):
    """Hyperparameter search in few trials, warm-started from a memory of other tables.

    A drop-in replacement for :class:`sklearn.model_selection.GridSearchCV`, with its own estimators and
    search spaces or with yours. The first trials are configurations that did well on tables with similar
    metafeatures, the library default among the first three; each score then updates the proposals. The best
    configuration is refitted to all rows.

    Parameters
    ----------
    learner
        ``"xgboost"``, ``["xgboost", "svm"]``, or ``"auto"`` for all learners of the memory. Common names and
        classes are understood (``"rf"``, ``SVC``).

        Or an estimator of your own, such as a pipeline, which is used as it is: its preprocessing, and the
        values that are set on it, stay. The memory leads the hyperparameters of the part that it knows, found
        by its class. An estimator with nothing but defaults stands for its learner, unless
        ``param_distributions`` is given.
    n_trials
        Maximum number of evaluated configurations. 0 fits the recommended one without any search, None goes
        on until the time is over or nothing is to be gained.
    param_distributions
        What to search for an estimator of your own: a dictionary of parameters by their full names
        (``"clf__max_depth"``, ``"impute__strategy"``), or a list of such. Values are lists, distributions of
        scipy, spaces such as ``{"type": "float", "low": 0.01, "high": 1.0, "log": True}``, or distributions
        of Optuna or ConfigSpace. They replace those of the memory; hyperparameters that are not named keep
        the ranges of the memory. Without any memory of the estimator, the search learns from its own trials.
        As in RandomizedSearchCV it may be the second argument without its name.
    max_time
        Seconds that the whole call of :meth:`fit` takes, the last fit included: it ends within
        ``1.1 * max_time + 2``. What cannot end in time is not started, a fit that would overrun is ended, and
        there is always a fitted result; see the notes. None for no limit. Results then depend on the machine.
    scoring
        Name of a scorer of scikit-learn, or a callable ``scorer(estimator, X, y)``. None for the score that
        the memory predicts, by default balanced accuracy or R2. With any other score only the first trials
        follow the memory's ranking; after them the scores decide.

        Several scores as a list of names, a dictionary of names and scorers, or a callable that returns a
        dictionary. That of ``refit`` leads the search, the first one if ``refit`` names none.
    cv
        None for five folds, three from 2,000 rows, shuffled with ``random_state`` and stratified for
        classification (fewer, with a warning, if a class or the table is too small), or as in scikit-learn:
        a number, a splitter, or a list of splits. :class:`foretune.learners.TimeFolds` trains on earlier rows
        and tests on later ones. With ``groups`` in :meth:`fit`, None and a number are folds by groups.
    n_jobs
        Number of parallel fits, as for :class:`joblib.Parallel`. Scores do not depend on it. With several,
        that many configurations or so are tried at once: later proposals know of them, but not yet their
        scores, so others may be proposed than one by one. On large tables the refit, which is alone, takes
        that many threads, if its result is the same with any number.
    refit
        Whether to fit the best configuration to all rows after the search. With several scores, the name of
        the one by which the best is chosen. A function ``refit(cv_results_)`` chooses by anything, and
        returns the row; all folds of all trials are then run, unless ``racing`` is True.
    random_state
        Seed of splits, learners and proposals: an int, a ``RandomState``, or None for a random one.
    memory
        Folder of your own surrogates, ``data/06_models/surrogates`` after ``kedro run``, or a loaded memory;
        None for the reference memory that ships with the package. Of a folder the memory of the score is
        taken, and of two that predict the same the one that knows tables of the size. A list of folders,
        such as ``["reference", "data/06_models/surrogates"]``, is merged into one memory, once.
    exclude_families
        Families of known tasks to leave out of the memory, by name, as ``foretune memory tasks`` lists them.
    min_gain
        Stop early when no untried configuration has a larger expected gain over the best so far, as a share
        of the distance between the best and worst score of the table; never before the default and the first
        planned trials (usually three). 0 disables it. The default, a thousandth, is far below the noise of
        cross-validation.
    task_type
        ``"classification"`` or ``"regression"``. None to infer it from the target in :meth:`fit`, and from
        ``scoring``: numbers with an error of values, such as RMSE, are values, however few differ. To be sure
        of it where scikit-learn asks before (``cross_val_score``, voting, stacking), set it or use
        :class:`MetaSearchClassifier` or :class:`MetaSearchRegressor`.
    metafeatures
        Metafeatures of the table by name, if Foretune did not compute those of the memory's tasks.
    max_rows
        Larger tables are sampled, with a warning, for metafeatures and search; the refit uses all rows. None
        for no sampling.
    guard
        Settings that protect from bad recommendations, :class:`foretune.meta_model.parameters.Guard`; those
        of the memory if None.
    column_types
        What columns are, by name, instead of what their values say: ``"number"``, ``"time"``, ``"nominal"``
        or ``"ignored"``, such as ``{"zip": "nominal"}``.
    early_stopping
        True, or :class:`foretune.EarlyStopping` for other limits, to choose each candidate's number of
        boosting rounds by early stopping, in lockstep over the folds. False for the numbers that the memory
        has tried. None for what the memory's trials did: in the memory that ships numbers are fixed.
        Library defaults keep theirs. With ``n_trials=0`` it does nothing.
    racing
        Whether to stop trials that the first folds show to be behind the best: they are rows of
        ``cv_results_`` with the status ``stopped``, their scores on those folds, and no mean. Library
        defaults are never stopped. None for True where it pays, on tables (or samples) of 2,000 rows and
        more. From 12,000 training rows on, a trial begins with a first look: training on a quarter of the
        rows of the first fold. Boosters with early stopping grow on the first folds before the others, and
        take no first look.
    ledger
        File of SQLite, such as ``"search.sqlite"``, or URL of a PostgreSQL, that keeps every trial as it
        ends. Trials of the same table, folds, score and preparation that it knows are not evaluated again, so
        that a search that was killed goes on where it was; the result is that of a search without it. None
        for none.
    error_score
        Score of a failed trial in ``cv_results_``, or ``"raise"``. Such a trial is never the best.
    return_train_score
        Whether ``cv_results_`` has scores of the training parts, too. Every trial then fits whole pipelines,
        without early stopping, which takes longer.
    verbose
        1 prints a line for each trial; 2 the scores of its folds, too; 3 the best score so far, and what
        ``notes_`` say of the search before it begins.
    progress_bar
        Whether to show a bar of the trials, on a terminal and in a notebook.
    log_to
        ``"mlflow"`` for a run of MLflow (extra ``mlflow``) with the best parameters and score, within the
        active run if there is one, and in it a run for each trial.

    Attributes
    ----------
    best_estimator_ : sklearn.pipeline.Pipeline
        Fitted to all rows; accepts raw tables with text, categories, missing values. Only with ``refit``.
    best_params_, best_learner_ : dict, str
        Parameters for the learner's constructor, and the learner's name.
    best_score_ : float
        Mean cross-validated score of the best trial; NaN with ``n_trials=0``, where nothing was measured.
        Not there if a function chose it.
    best_index_ : int
        Its row in ``cv_results_``; the earliest of equal scores. Like ``best_params_`` not there with several
        scores and ``refit=False``.
    cv_results_ : dict
        One entry per trial, with the keys of GridSearchCV and some more; see
        :func:`foretune.recommendation.search_cv.results.tabulate_results`. With ``n_trials=0`` a single entry
        without scores.
    n_trials_ : int
        Number of trials that were run.
    stop_reason_ : str
        ``n_trials``, ``min_gain``, ``no_candidates``, ``max_time``, ``interrupted``, ``callback`` or
        ``zero_shot``.
    notes_ : list of str
        What was changed, clipped, left out and guarded, one sentence each.
    scorer_ : callable or dict
        Scorer of the trials and of :meth:`score`; several by name, of which :meth:`score` takes the leading
        one.
    multimetric_ : bool
        Whether there are several scores.
    task_type_ : str
        ``"classification"`` or ``"regression"``.
    n_splits_ : int
        Number of splits; 0 with ``n_trials=0``.
    refit_time_ : float
        Seconds of the refit.
    early_stopping_ : EarlyStopping or None
        Settings by which numbers of boosting rounds were chosen; None if they were not.
    n_rounds_ : int or None
        Number of boosting rounds of the refit: that of ``best_params_`` times all rows by those that a fold
        trains on, at most doubled; None if it was not chosen by early stopping. Only with early stopping.
    classes_ : numpy.ndarray
        Labels, for classification.
    n_features_in_, feature_names_in_
        As everywhere in scikit-learn.

    Notes
    -----
    A configuration that raises, does not converge or has no finite score is a row with the reason. Ctrl-C
    ends the search and the best so far is refitted to all rows; a second Ctrl-C ends the refit as well.

    Each trial of an estimator of your own is ``clone(estimator).set_params(**params)``, fitted and scored as
    by ``cross_val_score``; ``best_params_`` are for its ``set_params``. The estimator as it was given is one
    of the first three trials if it is in the space. ``random_state`` and threads are its own. ``max_time``
    then starts no trial that would end too late, and ends one that runs too long as soon as there is a result
    and a worker process, to which the estimator has to be sent. The last fit is not ended, but is to a sample
    of the rows, with a warning, if one to all of them would end too late.

    With ``max_time`` a cost model that the memory carries predicts the seconds of each fit; the first fits
    calibrate it to this machine. The search looks at 1,000 rows for each second, and takes the largest
    expected gain per second among the configurations that can end in time, last fit included. A fit that may
    overrun runs in a process of its own, and is ended there as a trial with the status ``timeout``. If the
    best configuration cannot be fitted to all rows in time, the result is the next best one, the best on a
    sample of rows, or a cheap default, in this order, with a warning; a configuration that no trial has
    evaluated is then the last row of ``cv_results_``, with the status ``not evaluated``.

    Examples
    --------
    >>> from sklearn.datasets import load_wine
    >>> from foretune import MetaSearchCV
    >>> X, y = load_wine(return_X_y=True, as_frame=True)
    >>> search = MetaSearchCV("random_forest", n_trials=3, random_state=0).fit(X, y)
    >>> len(search.cv_results_["params"])
    3
    """

    only_task_type: ClassVar[TaskType | None] = None
    # They go to the splitter, and a search that is nested in another tool need not request them
    __metadata_request__fit: ClassVar[dict[str, Any]] = {"groups": UNUSED}
    _has_own_data = False
    _watch = SearchWatch()

    @takes_space_second
    def __init__(  # noqa: PLR0913
        self,
        learner: Any = AUTO,
        n_trials: int | None = 20,
        *,
        param_distributions: Any = None,
        max_time: float | None = None,
        scoring: Any = None,
        cv: Any = None,
        n_jobs: int | None = None,
        refit: bool | str | Callable[[dict[str, Any]], int] = True,
        random_state: int | np.random.RandomState | None = None,
        memory: MemorySource = None,
        exclude_families: str | Collection[str] | None = None,
        min_gain: float = MIN_GAIN,
        task_type: TaskType | None = None,
        metafeatures: pd.Series | Mapping[str, float] | None = None,
        max_rows: int | None = MAX_ROWS,
        guard: Guard | None = None,
        column_types: Mapping[str, ColumnType] | None = None,
        early_stopping: bool | EarlyStopping | None = None,
        racing: bool | None = None,
        ledger: str | os.PathLike[str] | None = None,
        error_score: float | str = np.nan,
        return_train_score: bool = False,
        verbose: int = 0,
        progress_bar: bool = False,
        log_to: str | None = None,
    ) -> None:
        self.learner = learner
        self.n_trials = n_trials
        self.param_distributions = param_distributions
        self.max_time = max_time
        self.scoring = scoring
        self.cv = cv
        self.n_jobs = n_jobs
        self.refit = refit
        self.random_state = random_state
        self.memory = memory
        self.exclude_families = exclude_families
        self.min_gain = min_gain
        self.task_type = task_type
        self.metafeatures = metafeatures
        self.max_rows = max_rows
        self.guard = guard
        self.column_types = column_types
        self.early_stopping = early_stopping
        self.racing = racing
        self.ledger = ledger
        self.error_score = error_score
        self.return_train_score = return_train_score
        self.verbose = verbose
        self.progress_bar = progress_bar
        self.log_to = log_to

    @with_callbacks
    def fit(
        self,
        X: Any,
        y: Any = None,
        *,
        groups: Any = None,
        sample_weight: ArrayLike | None = None,
        **fit_params: Any,
    ) -> Self:
        """Search, and fit the best configuration to all rows.

        Parameters
        ----------
        X
            Features, shape (n_rows, n_features): a frame with any columns, or an array; missing values are
            allowed, infinite ones are not.
        y
            Labels or values, shape (n_rows,). For an estimator of your own also shape (n_rows, n_outputs), or
            None if it takes no target; ``X`` may then be anything that it takes.
        groups
            Group of each row, shape (n_rows,), for the splitter. If ``cv`` is None or a number, all rows of a
            group are in one fold, stratified for classification.
        sample_weight
            Weights of the rows for every fit of a learner, shape (n_rows,). A scorer gets those of the test
            part if it asks for them: a function by a parameter ``sample_weight``, a scorer of scikit-learn by
            ``set_score_request(sample_weight=True)`` with metadata routing enabled. The score of an estimator
            of your own is weighted wherever it takes weights, with routing where it requests them.
        fit_params
            Further arguments of ``fit`` of an estimator of your own, those with a value for each row divided
            by the splits; with metadata routing also of scorers and splitter. Learners take nothing else.

        Raises
        ------
        UserError
            If a parameter, the table or the memory cannot be used, or every trial failed. Also a
            ``ValueError``.

        Warns
        -----
        RecommendationWarning
            If the table was sampled, is out of distribution, or has too few rows for five folds.
        FitFailedWarning
            If trials failed.
        """
        check_parameters(self.get_params(deep=False), self.only_task_type)
        self._forget()
        with watch_search(self, X, y, sample_weight) as self._watch, logged_search(self.log_to, self):
            try:
                return self._fit_any(X, y, groups, sample_weight, fit_params)
            finally:
                del self._watch

    def _fit_any(self, X: Any, y: Any, groups: Any, sample_weight: Any, fit_params: dict[str, Any]) -> Self:
        self._has_own_data = needs_own_estimator(self.learner, X, y)
        if self._is_own:
            return self._fit_own(X, y, {"groups": groups, "sample_weight": sample_weight, **fit_params})
        check_fit_params(fit_params)
        if self.param_distributions is not None:
            raise SearchError(
                "param_distributions needs an estimator as learner, such as XGBClassifier(): a name stands "
                "for Foretune's own estimator and space"
            )
        timed = None if self.max_time is None else TimedFit(self.max_time, self.n_jobs)
        with timed or nullcontext():
            return self._fit(X, y, groups, sample_weight, timed)

    def _fit(self, X: Any, y: Any, groups: Any, sample_weight: Any, timed: TimedFit | None) -> Self:
        check_dense(X, y)
        X, y = unmasked(X), unmasked(y)
        frame = check_table(X)
        frame = _with_mark(frame, y)
        find = cache(partial(find_mark, frame))
        kind = self.only_task_type or self.task_type or task_type_by_scores(self.scoring, y)
        target, answer = check_target(y, kind, find)
        self.task_type_ = answer.task_type
        self.notes_ = [*answer.notes, *answer.remarks]
        for note in answer.notes:
            _warn(note)
        remember_columns(self, X, frame, reset=True)
        with one_line_errors("y"):
            check_consistent_length(frame, target)
        data = GivenData(
            X if hasattr(X, "columns") else np.asarray(X),
            as_given(y, target, self.task_type_),
            target,
            groups,
            check_sample_weight(sample_weight, len(target)),
        )
        seed = self._draw_seed()
        searched, frame = self._take_few(data, frame, timed, seed)
        column = pd.Series(searched.target, name=answer.values.name)
        recommender = self._read_table(frame, column, seed, len(target))
        scoring = self._choose_scoring(
            recommender.provenance.score,
            recommender.usual_score,
            OwnTarget(data.y, target, self.task_type_),
        )
        chosen = choose_early_stopping(
            self.early_stopping,
            recommender.provenance.early_stopping,
            scoring,
            on_training=bool(self.return_train_score),
        )
        self.early_stopping_, notes = chosen
        self._add_notes(notes)
        for note in notes:
            _warn(note)
        if self.task_type_ == "classification":
            self.classes_ = np.unique(target)
        self._record_: SearchRecord = record_search(
            data,
            y,
            recommender,
            scoring,
            seed,
            self.task_type_,
            target_name=_name_of(y),
            is_default_split=self.cv is None,
            searched=None
            if timed is None or searched is data
            else timed.choose_rows(data.target, self.task_type_, self._max_rows, seed),
        )
        if timed is not None:
            timed.begin(recommender, data, self._builder(recommender, seed), is_last=bool(self.refit))
        if self.n_trials == 0:
            self._recommend(recommender, data, scoring, seed, timed)
        elif timed is not None:
            self._search_in_time(recommender, data, searched, scoring, seed, timed)
        else:
            self._search(recommender, data, scoring, seed, None, len(target))
            if self.refit:
                self._refit(self._best, data, recommender, seed)
        return self

    def _fit_own(self, X: Any, y: Any, params: dict[str, Any]) -> Self:
        """Search over the user's own estimator, as it is, and fit the best to all rows."""
        limit = None if self.max_time is None else TimeLimit(self.max_time, time.monotonic)
        kind = task_type_of(self.learner, self.only_task_type or self.task_type)
        target = read_own_target(X, y, kind or task_type_by_scores(self.scoring, y))
        # None without a target
        self.task_type_ = target.task_type  # type: ignore[assignment]
        with one_line_errors("y"):
            check_consistent_length(X, target.values)
        params["sample_weight"] = check_sample_weight(params["sample_weight"], len(target.values))
        data = GivenData(X, target.given, target.values)
        max_rows = self._max_rows
        if limit is not None and self._splits_rows_itself(params["groups"]):
            max_rows = limit.rows_in_time(max_rows)
        own = OwnSearch.read(
            self.learner,
            self.param_distributions,
            data,
            target,
            seed=self._draw_seed(),
            memory=self.memory,
            metafeatures=self.metafeatures,
            max_rows=max_rows,
            guard=self.guard,
            column_types=self.column_types,
            scoring=leading_scoring(self.scoring, self.refit),
            exclude_families=self.exclude_families,
            chooses_rounds=self.early_stopping is not False,
        )
        own = own.with_early_stopping(
            self.early_stopping, None if limit is None else MOST_SHARE * limit.max_time
        )
        if own.frame is not None:
            remember_columns(self, X, own.frame, reset=True)
        scoring = self._choose_own_scoring(own, target)
        scorers = scoring.scorers or {SCORE: scoring.scorer}
        given = {name for name, value in params.items() if value is not None}
        metadata, notes = route_fit(self._router_in_use(), self.learner, scorers, params)
        self.early_stopping_ = None if own.rounds is None else own.rounds.early_stopping
        is_classified = target.is_single and target.task_type == "classification"
        if is_classified:
            self.classes_ = np.unique(target.values)
        splits = split_rows(
            *(self.cv, data.X, target.values, target.split_as, own.seed),
            kept=own.rows,
            params=metadata.split,
        )
        if is_classified:
            check_labels(self.learner, target.values, splits, own.space.names)
        guide = own.guide
        record = record_own_search(
            data,
            y,
            own.rows,
            scoring,
            own.seed,
            target,
            target_name=_name_of(y),
            is_default_split=self.cv is None,
            memory=None if guide is None else guide.memory,
            recommender=None if guide is None else guide.recommender,
            given=given,
        )
        record = replace(record, rounds=None if own.rounds is None else own.rounds.parameter)
        self._record_ = with_splits(record, splits)
        self.notes_ = [*target.notes, *target.remarks, *own.notes]
        told = [*target.notes, *notes, *_describe_sample(len(own.rows), len(target.values)), *splits.notes]
        self._add_notes([note for note in told if note not in self.notes_])
        for note in [*told, *own.warnings]:
            _warn(note)
        self._print_notes()
        self._search_own(own, data, splits, scoring, metadata, limit)
        return self

    def _choose_own_scoring(self, own: OwnSearch, target: OwnTarget) -> Scoring:
        """Return the scorers for an estimator of the user's own; without any, its own method may score."""
        if self.scoring is not None or (target.is_single and not scores_itself(self.learner)):
            return self._choose_scoring(own.score, own.usual_score, target)
        scorer = EstimatorScore(self.learner)
        self.scorer_, self.multimetric_ = scorer, False
        return Scoring(scorer, knows_metric=False, needs_estimator=True, name=scorer)

    def _search_own(
        self,
        own: OwnSearch,
        data: GivenData,
        splits: Splits,
        scoring: Scoring,
        metadata: Metadata,
        limit: TimeLimit | None,
    ) -> None:
        """Search over the user's own estimator, keep the trials, and fit the best to all rows."""
        n_trials = TRIALS_WITHOUT_LIMIT if self.n_trials is None else self.n_trials
        proposals = own.start(
            splits.n_training,
            len(data.target) if self.refit else 0,
            CANDIDATES_PER_TRIAL * n_trials,
            knows_metric=scoring.knows_metric,
        )
        if self.n_trials == 0:
            self._recommend_own(own, proposals, data, splits, scoring, metadata, limit)
            return
        search, race = proposals.search, self._make_race(splits)
        several = self._further_scores(scoring, data)
        own_evaluator = own.make_evaluator(data, splits, scoring, several, metadata, self.n_jobs)
        timed: TimedOwnEvaluator | None = None
        if limit is not None:
            last_fit = own.fits_of_last(splits, len(data.target)) if self.refit else 0.0
            search = Deadline(search, limit.left, len(splits.parts), last_fit=last_fit)
            timed = TimedOwnEvaluator(own_evaluator, limit, last_fit=last_fit)
        searched = own.describe(data, splits, scoring, several, metadata)
        names = {name for one in proposals.configurations for name in one.params}
        hopeless: list[str] = []

        def report(n_done: int, candidate: Configuration, trial: ScoredTrial) -> bool:
            if n_done == 1 and trial.has_failed:
                why = why_every_trial_fails(own.estimator, names, data, splits, metadata)
                hopeless.extend([why] if why else [])
            return self._report(n_done, candidate, trial) or bool(hopeless)

        with timed or nullcontext(), self._keep_trials(timed or own_evaluator, searched, race) as evaluates:
            run = SearchRun(
                search,
                proposals.configurations,
                evaluates,
                SearchBudget(
                    np.inf if self.n_trials is None else self.n_trials,
                    proposals.n_planned if scoring.knows_metric else max(proposals.n_planned, FEWEST_SCORES),
                    self.min_gain,
                    is_timed=timed is not None,
                ),
                report,
                race,
                _count_at_once(self.n_jobs, len(splits.parts), races=race is not None),
                self._watch.start,
            )
            run.run()
        if hopeless:
            raise SearchError(hopeless[0])
        if timed is not None and timed.why_not_ended:
            self._add_notes([timed.why_not_ended])
        self.n_splits_, self.stop_reason_ = len(splits.parts), run.stop_reason
        at = [one for one, _ in run.trials]
        tried = [proposals.configurations[one].with_rounds(trial.n_rounds) for one, trial in run.trials]
        self._keep(tried, [trial for _, trial in run.trials], proposals.predict(at))
        if self.early_stopping_ and hasattr(self, "best_index_"):
            chosen = run.trials[self.best_index_][1].n_rounds
            self.n_rounds_: int | None = scale_rounds(chosen, len(data.target), splits)
        if self.refit:
            best, trial = tried[self.best_index_], run.trials[self.best_index_][1]
            if limit is None:
                self._refit_own(own, best.with_rounds(getattr(self, "n_rounds_", None)), data, metadata)
            else:
                self._refit_own_in_time(own, best, data, metadata, limit, splits, trial)

    def _recommend_own(
        self,
        own: OwnSearch,
        proposals: OwnProposals,
        data: GivenData,
        splits: Splits,
        scoring: Scoring,
        metadata: Metadata,
        limit: TimeLimit | None,
    ) -> None:
        """Fit what the memory recommends for the user's own estimator, without any trial."""
        if own.guide is None:
            raise SearchError(f"n_trials = 0 needs a memory of the estimator, but {own.notes[-1]}")
        (at,) = proposals.plan(1)
        chosen = proposals.configurations[at]
        n_rounds: int | None = None
        if chosen.has_open_rounds and limit is None:
            first = replace(splits, parts=[splits.one])
            evaluator = own.make_evaluator(data, first, scoring, ONE_SCORE, metadata, 1)
            ((_, trial),) = evaluator.run([chosen])
            if not trial.is_ok:
                raise SearchError(trial.error)
            chosen = chosen.with_rounds(trial.n_rounds)
            n_rounds = scale_rounds(trial.n_rounds, len(data.target), first)
        if self.early_stopping_:
            self.n_rounds_ = n_rounds
        self.n_splits_, self.n_trials_, self.stop_reason_ = 0, 0, "zero_shot"
        self.cv_results_ = describe_configurations([chosen], proposals.predict([at]))
        self._choose(chosen, 0, np.nan)
        if not self.refit:
            return
        if limit is None:
            self._refit_own(own, chosen.with_rounds(n_rounds), data, metadata)
        else:
            self._refit_own_in_time(own, chosen, data, metadata, limit, splits)

    def _refit_own(
        self, own: OwnSearch, configuration: OwnConfiguration, data: GivenData, metadata: Metadata
    ) -> None:
        start = time.perf_counter()
        self._keep_own(self._fit_own_to(own, configuration, data, metadata), start)

    def _refit_own_in_time(
        self,
        own: OwnSearch,
        configuration: OwnConfiguration,
        data: GivenData,
        metadata: Metadata,
        limit: TimeLimit,
        splits: Splits,
        trial: ScoredTrial | None = None,
    ) -> None:
        """Fit the best to all rows, or to as many as there is time for; None is a best without a trial."""
        start, n_rows = time.perf_counter(), len(data.target)
        n_rounds = None if trial is None else trial.n_rounds

        def fit(n_taken: int) -> Any:
            scaled = configuration.with_rounds(scale_rounds(n_rounds, n_taken, splits))
            rows = None if n_taken == n_rows else own.draw_rows(n_taken)
            return self._fit_own_to(own, scaled, data, metadata, rows)

        refit = TimedOwnRefit(fit, n_rows, limit, takes_samples=own.takes_samples)
        if trial is None:
            fitted = refit.run(0, 0.0)
        else:
            # More rows may be worth more rounds
            longer = 1.0 if n_rounds is None else growth_of_rounds(splits.n_training, n_rows)
            fitted = refit.run(splits.n_training, float(np.mean(trial.fit_seconds)) * longer)
        if fitted.n_rows < n_rows:
            message = FITTED_TO_SAMPLE.format(fitted.seconds_of_all, fitted.n_rows, n_rows)
            self._add_notes([message])
            _warn(message)
        if n_rounds is not None:
            self.n_rounds_ = scale_rounds(n_rounds, fitted.n_rows, splits)
        self._keep_own(fitted.estimator, start)

    def _fit_own_to(
        self,
        own: OwnSearch,
        configuration: OwnConfiguration,
        data: GivenData,
        metadata: Metadata,
        rows: npt.NDArray[np.intp] | None = None,
    ) -> Any:
        """Return the user's estimator, fitted to some of the rows, or to all."""
        estimator = configuration.set_on(own.estimator)
        X, y, params = data.X, data.y, metadata.fit
        if rows is not None:
            X, y, params = take_own(X, rows), take_own(y, rows), metadata.take(rows, len(data.target))[0]
        with self._watch.tasks.refit(estimator):
            return fit_own(estimator, X, y, params)

    def _keep_own(self, best: Any, start: float) -> None:
        self.best_estimator_ = best
        for name in ("n_features_in_", "feature_names_in_", "classes_"):
            if not hasattr(self, name) and hasattr(best, name):
                setattr(self, name, getattr(best, name))
        self.refit_time_ = time.perf_counter() - start

    def _take_few(
        self, data: GivenData, frame: pd.DataFrame, timed: TimedFit | None, seed: int
    ) -> tuple[GivenData, pd.DataFrame]:
        """Return the rows to search on, of which there are fewer if time is short."""
        # With splits of the user's own all rows are read
        if timed is None or not self._splits_rows_itself(data.groups):
            return data, frame
        rows = timed.choose_rows(data.target, self.task_type_, self._max_rows, seed)
        return (data, frame) if len(rows) == len(data.target) else (data.take(rows), frame.iloc[rows])

    def _splits_rows_itself(self, groups: Any) -> bool:
        """Whether the search, not the user, says which rows are tested."""
        return groups is None and (self.cv is None or is_whole(self.cv))

    def _search_in_time(
        self,
        recommender: Recommender,
        data: GivenData,
        searched: GivenData,
        scoring: Scoring,
        seed: int,
        timed: TimedFit,
    ) -> None:
        """Search on some rows, if there is time for any search, and fit the best to all, in time."""
        if self.refit and timed.is_over:
            self.n_splits_, self.stop_reason_ = 0, "max_time"
            self._keep([], [], np.array([]), may_be_none=True)
            self._choose_fitted(self._refit_in_time([], data, recommender, seed, timed, NONE_IN_TIME))
            if self.early_stopping_:
                self.n_rounds_ = None
            return
        trials = self._search(recommender, searched, scoring, seed, timed, len(data.target))
        if self.refit:
            self._finish_in_time(trials, data, recommender, seed, timed)

    @available_if(_delegates("predict"))
    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Predict with the best estimator."""
        return np.asarray(self._fitted().predict(X))

    @available_if(_delegates("predict_proba"))
    def predict_proba(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Predict class probabilities with the best estimator, shape (n_rows, n_classes)."""
        return np.asarray(self._fitted().predict_proba(X))

    @available_if(_delegates("predict_log_proba"))
    def predict_log_proba(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Predict logarithms of class probabilities with the best estimator."""
        return np.asarray(self._fitted().predict_log_proba(X))

    @available_if(_delegates("decision_function"))
    def decision_function(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Return decision values of the best estimator."""
        return np.asarray(self._fitted().decision_function(X))

    @available_if(_delegates("transform"))
    def transform(self, X: Any) -> Any:
        """Transform with the best estimator, if it has ``transform``."""
        return self._fitted().transform(X)

    @available_if(_delegates("inverse_transform"))
    def inverse_transform(self, X: Any) -> Any:
        """Invert the transformation of the best estimator, if it has ``inverse_transform``."""
        return self._fitted().inverse_transform(X)

    @available_if(_delegates("score_samples"))
    def score_samples(self, X: Any) -> npt.NDArray[np.floating[Any]]:
        """Return scores of the rows by the best estimator, if it has ``score_samples``."""
        return np.asarray(self._fitted().score_samples(X))

    def score(self, X: Any, y: Any = None, sample_weight: Any = None, **params: Any) -> float:
        """Score the best estimator with the scorer of the search, with sample weights if they are given.

        The target is read as in :meth:`fit`: times in days, numbers as text as numbers. ``params`` are for
        the scorer of an estimator of your own, with metadata routing enabled.
        """
        fitted = self._fitted()
        if self._is_own:
            return self._score_own(fitted, X, y, {"sample_weight": sample_weight, **params})
        check_score_params(params)
        target, _ = check_target(y, self.task_type_, lambda: find_mark(_with_mark(check_table(X), y)))
        given = as_given(y, target, self.task_type_)
        if self.task_type_ == "classification" and (known := as_known(target, self.classes_)) is not target:
            given = known
        return self._score(fitted, X, given, sample_weight)

    def _score(self, fitted: Any, X: Any, y: Any, weights: Any) -> float:
        """Score an estimator by the scorer that leads the search."""
        scorer = self.scorer_
        if isinstance(scorer, dict):
            scorer = scorer[leading_name(self.refit, scorer)]
        return pick_leading(call_scorer(scorer, fitted, X, y, weights), self.refit)

    def _score_own(self, fitted: Any, X: Any, y: Any, params: dict[str, Any]) -> float:
        """Score an estimator of the user's own, by the scorer that leads the search."""
        scorer, name = self.scorer_, SCORE
        if isinstance(scorer, dict):
            name = leading_name(self.refit, scorer)
            scorer = scorer[name]
        given = route_score(self._router_in_use(), name, params)
        return pick_leading(call_scorer(scorer, fitted, X, y, params=given), self.refit)

    @property
    def _is_own(self) -> bool:
        """Whether the learner is an estimator of the user's own, which is used as it is."""
        return self._has_own_data or is_own_estimator(self.learner, self.param_distributions)

    def _sk_visual_block_(self) -> Any:
        """Show the best estimator, before fit that of the user's own; scikit-learn shows the rest."""
        return show_search(self)

    def get_metadata_routing(self) -> Any:
        """Return the routing of metadata, see scikit-learn's guide to metadata routing.

        An estimator of your own, the scorers of ``scoring`` and the splitter get what they request, as in
        GridSearchCV. Foretune's own learners take sample weights, which the search itself requests
        (``set_fit_request``).
        """
        if self._is_own:
            return self._router()
        to_split = MethodMapping().add(caller="fit", callee="split")
        return (
            MetadataRouter(owner=self).add_self_request(self).add(splitter=self.cv, method_mapping=to_split)
        )

    def _router(self) -> MetadataRouter:
        return make_router(self, self.learner, given_scorers(self.scoring), self.cv)

    def _router_in_use(self) -> MetadataRouter | None:
        """Return the router; None without metadata routing, for which requests need not be valid."""
        return self._router() if is_routing() else None

    @property
    def plot(self) -> TrialPlots:
        """Plotly figures of the fitted search: ``search.plot.history()``, and others.

        Methods are ``history``, ``parameters``, ``importance``, ``surface`` and ``against_memory``; see
        :class:`foretune.plots.TrialPlots`.
        """
        record_of(self)
        return TrialPlots(partial(view_search, self))

    def results_frame(self) -> pd.DataFrame:
        """Return the trials as a table, one row each, with a column of its own type for each hyperparameter.

        Returns
        -------
        pandas.DataFrame
            Columns of :func:`foretune.recommendation.search_cv.results.results_frame`. With a column
            ``task_id`` beside them it is a log for :func:`foretune.import_logs`.

        Raises
        ------
        UserError
            If the search is not fitted.
        """
        record_of(self)
        return results_frame(self.cv_results_, lead_of(self))

    def to_code(self, file: str | None = None, target: str | None = None) -> str:
        """Write a program in plain scikit-learn that fits the best configuration and prints its score.

        Parameters
        ----------
        file
            CSV or Parquet file with the features and the target of :meth:`fit`, which the program reads. None
            for a program that takes them from variables ``X`` and ``y``, and ``groups`` where the splits need
            them.
        target
            Column of the file to predict; the name of ``y`` in :meth:`fit` if None.

        Raises
        ------
        UserError
            If something cannot be written as code, such as a function or a list of splits; the message names
            it.
        """
        return write_search_code(self, file, target)

    def report(self, file: str | os.PathLike[str]) -> None:
        """Write the page of the search: trials, figures, program, and what the memory recommended and why.

        Parameters
        ----------
        file
            HTML file to write; it holds everything, and asks no server for anything.

        Raises
        ------
        UserError
            If the search is not fitted, its memory has changed since, or the file cannot be written.
        """
        check_kind("file", file, PATH, "the path of an HTML file")
        from foretune.recommendation.search_cv.search_page import build_search_page

        page = build_search_page(self)
        with replaced_file(Path(file)) as place:
            place.write_text(page, encoding="utf-8")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        is_own = self._is_own
        kind = getattr(self, "task_type_", self.only_task_type or self.task_type)
        if kind is None and is_own:
            kind = task_type_of(self.learner, None)
        if kind is None and (asking := asking_frames()):
            kind = infer_from_caller(asking, self.scoring)
            if kind is None:
                _warn(UNKNOWN_TYPE)
        if kind == "classification":
            tags.estimator_type, tags.classifier_tags = "classifier", ClassifierTags()
        elif kind == "regression":
            tags.estimator_type, tags.regressor_tags = "regressor", RegressorTags()
        tags.target_tags.required = not is_own or kind is not None
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        if is_own and hasattr(self.learner, "__sklearn_tags__"):
            own = get_tags(self.learner)
            tags.input_tags = own.input_tags
            tags.target_tags.multi_output = own.target_tags.multi_output
            if own.classifier_tags is not None and tags.classifier_tags is not None:
                tags.classifier_tags = own.classifier_tags
        return tags

    def _fitted(self) -> Any:
        if hasattr(self, "cv_results_") and not hasattr(self, "best_estimator_"):
            raise AttributeError(NO_REFIT)
        check_is_fitted(self, "best_estimator_")
        return self.best_estimator_

    def _forget(self) -> None:
        """Delete the attributes of an earlier fit, so that an interrupted fit does not mix with it."""
        for name in [name for name in vars(self) if name.endswith("_") and not name.endswith("__")]:
            delattr(self, name)

    @property
    def _max_rows(self) -> int:
        return sys.maxsize if self.max_rows is None else self.max_rows

    def _draw_seed(self) -> int:
        if isinstance(self.random_state, (int, np.integer)):
            return int(self.random_state)
        return int(check_random_state(self.random_state).randint(np.iinfo(np.int32).max))

    def _read_table(self, frame: pd.DataFrame, y: pd.Series, seed: int, n_rows: int) -> Recommender:
        lead = leading_scoring(self.scoring, self.refit)
        recommender = Recommender.for_table(
            frame,
            y,
            self.learner,
            task_type=self.task_type_,
            memory=self.memory,
            exclude_families=self.exclude_families,
            metafeatures=self.metafeatures,
            max_rows=self._max_rows,
            guard=self.guard,
            seed=seed,
            column_types=self.column_types,
            scoring=lead,
            n_rows=n_rows if self._can_choose_rounds(lead) else None,
        )
        return recommender

    def _can_choose_rounds(self, scoring: Any) -> bool:
        """Return whether the score of trials can choose their number of boosting rounds."""
        if self.early_stopping is False or self.return_train_score:
            return False
        return not callable(scoring) or asks_for_predictions_only(scoring)

    def _choose_scoring(self, score: str | None, usual: str | None, target: OwnTarget) -> Scoring:
        """Return the scorers of the search; the memory predicts ``score``."""
        kind = target.task_type
        scoring = choose_scorings(
            self.scoring, self.refit, lambda one: choose_scoring(one, kind or "regression", score, usual)
        )
        if kind is not None and target.is_single:
            for one in scoring.all_scorers:
                check_scoring_fits(one, kind, target.values)
        self.scorer_, self.multimetric_ = scoring.shown, are_several(self.scoring)
        return replace(scoring, needs_estimator=scoring.needs_estimator or bool(self.return_train_score))

    def _further_scores(self, scoring: Scoring, data: GivenData) -> SeveralScores:
        return further_scores(
            scoring,
            has_weights=data.weights is not None,
            on_training=bool(self.return_train_score),
            error_score=self.error_score,
        )

    def _search(
        self,
        recommender: Recommender,
        data: GivenData,
        scoring: Scoring,
        seed: int,
        timed: TimedFit | None,
        n_rows: int,
    ) -> list[Tried]:
        """Search, keep the trials and return them; the last fit has ``n_rows`` rows."""
        kept = recommender.new_task.rows
        splits = split_rows(self.cv, data.X, data.target, self.task_type_, seed, data.groups, kept)
        if timed is not None and self.cv is None:
            splits = timed.choose_folds(splits, recommender, stops_early=bool(self.early_stopping_))
        recommender = self._with_splits(recommender, n_rows, splits)
        self._check_candidates(recommender)
        self._tell(recommender, [*_describe_sample(len(kept), n_rows), *splits.notes])
        candidates = recommender.candidates.configurations
        planned = recommender.memory.policy.n_planned
        search, evaluator = self._start(recommender, data, splits, scoring, seed, timed, n_rows)
        race = self._make_race(splits)
        searched = self._describe(recommender, data, splits, scoring, seed)
        with self._keep_trials(evaluator, searched, race) as evaluates:
            run = SearchRun(
                search,
                candidates,
                evaluates,
                SearchBudget(
                    np.inf if self.n_trials is None else self.n_trials,
                    planned if scoring.knows_metric else max(planned, FEWEST_SCORES),
                    self.min_gain,
                    is_timed=timed is not None,
                ),
                self._report,
                race,
                _count_at_once(self.n_jobs, len(splits.parts), races=race is not None),
                self._watch.start,
            )
            run.run()
        self._record_ = with_splits(self._record_, splits, recommender)
        self.n_splits_ = len(splits.parts)
        self.stop_reason_ = run.stop_reason
        if timed is not None:
            self._add_notes(timed.describe_limits())
        predicted = recommender.prior.predict_scores()
        trials = [
            Tried(
                self._evaluated(candidates[at], trial),
                trial,
                scale_rounds(trial.n_rounds, n_rows, splits),
            )
            for at, trial in run.trials
        ]
        self._keep(
            [one.configuration for one in trials],
            [one.trial for one in trials],
            np.array([predicted[at] if scoring.knows_metric else np.nan for at, _ in run.trials]),
            may_be_none=timed is not None and bool(self.refit),
        )
        if self.early_stopping_ and hasattr(self, "best_index_"):
            self.n_rounds_ = trials[self.best_index_].n_rounds
        return trials

    def _start(
        self,
        recommender: Recommender,
        data: GivenData,
        splits: Splits,
        scoring: Scoring,
        seed: int,
        timed: TimedFit | None,
        n_rows: int,
    ) -> tuple[Proposals, Evaluates]:
        """Return search and evaluator, which end in time if there is a limit."""
        search = recommender.start_search(knows_metric=scoring.knows_metric)
        evaluator = self._evaluator(recommender, data, splits, scoring, seed)
        if timed is None:
            return search, evaluator
        candidates = recommender.candidates.configurations
        n_last = n_rows if self.refit else 0
        return timed.start_search(search, candidates, evaluator, splits.n_training, n_last)

    def _evaluator(
        self, recommender: Recommender, data: GivenData, splits: Splits, scoring: Scoring, seed: int
    ) -> TrialEvaluator:
        """Return the evaluator on preprocessed folds, or on the user's own rows if the scorer needs them."""
        build, folds = None, None
        if scoring.needs_estimator:
            build, folds = self._builder(recommender, seed), make_raw_folds(data, splits)
        preprocessing = recommender.preprocessing
        make = partial(make_search_folds, recommender.new_task, data, splits, preprocessing)
        return TrialEvaluator(
            folds or FoldSet(make, len(splits.parts), preprocessing),
            self.task_type_,
            seed,
            scoring.scorer,
            self.n_jobs,
            scoring.metric,
            build,
            (weighs := data.weights is not None and takes_weights(scoring.scorer)),
            choose_rounds_by(self.early_stopping_, scoring, weighs=weighs),
            recommender.provenance.costs,
            self._further_scores(scoring, data),
        )

    def _describe(
        self, recommender: Recommender, data: GivenData, splits: Splits, scoring: Scoring, seed: int
    ) -> SearchedTable:
        """Return what the trials depend on."""
        table = recommender.new_task
        return SearchedTable(
            data,
            splits,
            self.task_type_,
            str(table.y.name),
            scoring.name,
            seed,
            {"preprocessing": recommender.preprocessing.model_dump(), "table": table.X},
            self.early_stopping_,
            data.weights is not None and takes_weights(scoring.scorer),
            several=self._further_scores(scoring, data),
        )

    def _keep_trials(
        self, evaluator: Evaluates, searched: SearchedTable, race: FoldRace | None
    ) -> AbstractContextManager[Evaluates]:
        """Return a context with an evaluator that keeps its trials, if there is a ledger."""
        if self.ledger is None:
            return nullcontext(evaluator)
        # SQLAlchemy is needed by nobody else
        from foretune.recommendation.search_cv.trial_book import keep_trials

        if self.random_state is None and (self.cv is None or searched.own_learner is None):
            self._add_notes([NO_SEED])
            _warn(NO_SEED)
        return keep_trials(self.ledger, evaluator, searched, self.notes_, races=race is not None)

    def _make_race(self, splits: Splits) -> FoldRace | None:
        """Return a race over the folds, None if every trial runs all of them."""
        # Whoever looks at all scores wants them of all folds
        chooses = not callable(self.refit) and (bool(self.refit) or not are_several(self.scoring))
        is_on = (splits.n_rows >= RACING_ROWS and chooses) if self.racing is None else self.racing
        takes_looks = splits.n_training >= LOOK_ROWS
        return FoldRace(len(splits.parts), takes_looks=takes_looks, metric=SCORE) if is_on else None

    def _with_splits(self, recommender: Recommender, n_rows: int, splits: Splits) -> Recommender:
        """Limit the candidates to those feasible on the splits, and draw new ones if there are few."""
        feasibility = Feasibility(splits.n_training, recommender.guard, n_rows if self.refit else 0)
        n_trials = TRIALS_WITHOUT_LIMIT if self.n_trials is None else self.n_trials
        return replace(
            recommender,
            feasibility=feasibility,
            n_least=CANDIDATES_PER_TRIAL * n_trials,
            merges_rounds=bool(self.early_stopping_),
            fills_rounds=not self.early_stopping_,
        )

    def _check_candidates(self, recommender: Recommender) -> None:
        if problem := why_not_constructible(recommender.candidates.configurations, self.task_type_):
            raise SearchError(problem)

    def _recommend(
        self,
        recommender: Recommender,
        data: GivenData,
        scoring: Scoring,
        seed: int,
        timed: TimedFit | None,
    ) -> None:
        """Fit the recommended configuration, or the next on the list if that fails."""
        self._check_candidates(recommender)
        chooses_rounds = self.early_stopping_ is not None and timed is None
        is_open = any(map(has_open_rounds, recommender.candidates.configurations))
        recommender = replace(recommender, fills_rounds=not chooses_rounds)
        notes = []
        if is_open and not chooses_rounds and recommender.provenance.early_stopping is not None:
            left = any(map(has_open_rounds, recommender.candidates.configurations))
            notes = [ROUNDS_UNKNOWN if left else ROUNDS_USUAL]
        self._tell(recommender, notes)
        search = recommender.start_search(knows_metric=scoring.knows_metric)
        if timed is not None and self.refit:
            planned = [recommender.candidates.configurations[at] for at in search.plan(ZERO_SHOT_ATTEMPTS)]
            self.n_splits_, self.stop_reason_ = 0, "zero_shot"
            self._keep([], [], np.array([]), may_be_none=True)
            self._choose_fitted(self._refit_in_time(planned, data, recommender, seed, timed))
            return
        for at in search.plan(ZERO_SHOT_ATTEMPTS):
            chosen = recommender.candidates.configurations[at]
            predicted = recommender.prior.predict_scores()[at] if scoring.knows_metric else np.nan
            self.n_splits_, self.n_trials_, self.stop_reason_ = 0, 0, "zero_shot"
            try:
                if chooses_rounds:
                    chosen = self._choose_rounds(chosen, data, recommender, scoring, seed)
                self.cv_results_ = describe_configurations([chosen], np.array([predicted]))
                self._choose(chosen, 0, np.nan)
                if not self.refit:
                    return
                self._refit(self._best, data, recommender, seed)
            except Exception as error:  # noqa: BLE001 - a learner may raise anything
                problem = f"{type(error).__name__}: {error}"
                _warn(
                    f"{chosen.learner} with {chosen.params} cannot be fitted ({problem}): the next is taken"
                )
            else:
                return
        raise SearchError(f"none of the recommended configurations can be fitted; the last said {problem}")

    def _choose_rounds(
        self,
        configuration: Configuration,
        data: GivenData,
        recommender: Recommender,
        scoring: Scoring,
        seed: int,
    ) -> Configuration:
        """Choose the number of rounds by early stopping on the first split, if the memory leaves it open."""
        self.n_rounds_ = None
        if not has_open_rounds(configuration):
            return configuration
        kept = recommender.new_task.rows
        splits = split_rows(self.cv, data.X, data.target, self.task_type_, seed, data.groups, kept)
        first = replace(splits, parts=[splits.one])
        ((_, trial),) = self._evaluator(recommender, data, first, scoring, seed).run([configuration])
        if not trial.is_ok:
            raise SearchError(trial.error)
        self.n_rounds_ = scale_rounds(trial.n_rounds, len(data.target), first)
        return with_chosen_rounds(configuration, trial)

    def _finish_in_time(
        self,
        trials: list[Tried],
        data: GivenData,
        recommender: Recommender,
        seed: int,
        timed: TimedFit,
    ) -> None:
        """Fit the best configuration in time, or what is nearest to it."""
        chosen = trials[self.best_index_] if hasattr(self, "best_index_") else None
        scored = sorted(
            (one for one in trials if one.trial.is_ok), key=lambda one: (one is not chosen, -one.trial.score)
        )
        # Where the rounds for all rows take too long, those that the folds had may not
        ranked = [fit for one in scored for fit in one.fits]
        if not ranked and not timed.is_over:
            recommender = replace(recommender, fills_rounds=True)
            planned = recommender.start_search().plan(ZERO_SHOT_ATTEMPTS)
            ranked = [recommender.candidates.configurations[at] for at in planned]
        fitted = self._refit_in_time(ranked, data, recommender, seed, timed, "" if scored else NONE_IN_TIME)
        found = next((one for one in scored if fitted in (one.last, one.configuration)), None)
        self._choose_fitted(fitted if found is None else found.configuration)
        if self.early_stopping_:
            self.n_rounds_ = None if found is None else found.rounds_of(fitted)

    def _refit_in_time(
        self,
        ranked: list[Configuration],
        data: GivenData,
        recommender: Recommender,
        seed: int,
        timed: TimedFit,
        why: str = "",
    ) -> Configuration:
        """Fit the first that can be fitted in time, or what is nearest to it, and return what was fitted."""
        start = time.perf_counter()
        with self._watch.tasks.refit():
            last = timed.refit(self._builder(recommender, seed), data, recommender, seed)
            fitted = last.fit(ranked, why=why)
        self.best_estimator_, self.refit_time_ = fitted.pipeline, time.perf_counter() - start
        if fitted.note:
            self._add_notes([fitted.note])
            _warn(fitted.note)
        return fitted.configuration

    def _choose_fitted(self, configuration: Configuration) -> None:
        """Choose a configuration that was fitted, whose row is added if no trial has evaluated it."""
        ids = [Configuration(str(name), dict(params)).config_id for name, params in self._rows()]
        at, score = len(ids), np.nan
        if configuration.config_id not in ids:
            self.cv_results_ = with_unevaluated(self.cv_results_, configuration)
        else:
            at = ids.index(configuration.config_id)
            column = leading_column(self.refit, self.cv_results_)
            score = np.nan if column is None else float(self.cv_results_[column][at])
        self._choose(configuration, at, score)

    def _rows(self) -> list[tuple[Any, Any]]:
        """Return learner and parameters of each row of ``cv_results_``."""
        return list(zip(self.cv_results_["learner"], self.cv_results_["params"], strict=True))

    def _add_notes(self, notes: list[str]) -> None:
        self.notes_ += notes
        for note in notes:
            logger.info(note)

    def _keep(
        self,
        tried: Sequence[Configuration],
        trials: list[ScoredTrial],
        predicted: npt.NDArray[np.float64],
        *,
        may_be_none: bool = False,
    ) -> None:
        """Tabulate the trials and choose the best; ``may_be_none`` if there is a result without any."""
        error_score = np.nan if isinstance(self.error_score, str) else float(self.error_score)
        self.n_trials_ = len(trials)
        names = score_names(trials) or (list(self.scorer_) if isinstance(self.scorer_, dict) else [])
        self.multimetric_ = bool(names)
        self.cv_results_ = tabulate_results(tried, trials, predicted, error_score, names)
        failed = [
            f"{one.learner} with {' '.join(str(one.params).split())}: {trial.error}"
            for one, trial in zip(tried, trials, strict=True)
            if trial.has_failed
        ]
        none_is_ok = not any(trial.is_ok for trial in trials)
        if none_is_ok and not were_late(trials, may_be_none=may_be_none):
            if not failed:
                raise SearchError("no trial was run: max_time is too short for any")
            errors = [
                one for one, trial in zip(failed, _failed(trials), strict=True) if trial.status != TIMEOUT
            ]
            raise SearchError(f"all {len(trials)} trials failed; the first, {[*errors, *failed][0]}")
        if failed:
            _warn(f"{len(failed)} of {len(trials)} trials failed; the first, {failed[0]}", FitFailedWarning)
        if none_is_ok:
            return
        if self.refit or not names:
            best = choose_trial(self.refit, self.cv_results_, trials)
            self._choose(tried[best], best, trials[best].score)
        if self.stop_reason_ == "interrupted":
            _warn(f"interrupted after {len(trials)} trials: the best of them is kept")

    def _choose(self, configuration: Configuration, index: int, score: float) -> None:
        self.best_index_ = index
        # A function may choose by anything
        if not callable(self.refit):
            self.best_score_ = score
        self.best_learner_ = configuration.learner
        self.best_params_ = dict(configuration.params)

    @property
    def _best(self) -> Configuration:
        best = Configuration(self.best_learner_, self.best_params_)
        n_rounds = getattr(self, "n_rounds_", None)
        return best if n_rounds is None else with_rounds(best, n_rounds)

    def _refit(
        self, configuration: Configuration, data: GivenData, recommender: Recommender, seed: int
    ) -> None:
        start = time.perf_counter()
        with self._watch.tasks.refit():
            self.best_estimator_ = fit_to_all(
                self._builder(recommender, seed), configuration, data, _count_workers(self.n_jobs)
            )
        self.refit_time_ = time.perf_counter() - start

    def _builder(self, recommender: Recommender, seed: int) -> Callable[[Configuration], Any]:
        """Return the function that builds the unfitted pipeline of a configuration."""
        return partial(
            build_pipeline,
            task_type=self.task_type_,
            preprocessing=recommender.preprocessing,
            seed=seed,
            formats=recommender.new_task.format.columns,
        )

    def _evaluated(self, candidate: Configuration, trial: ScoredTrial) -> Configuration:
        """Return the configuration that was evaluated for a candidate."""
        if isinstance(candidate, OwnConfiguration):
            return candidate.with_rounds(trial.n_rounds)
        return with_chosen_rounds(candidate, trial) if self.early_stopping_ else candidate

    def _report(self, n_done: int, candidate: Configuration, trial: ScoredTrial) -> bool:
        """Tell of a trial, and return whether a callback wants the search to stop."""
        configuration = self._evaluated(candidate, trial)
        if self.refit and (names := score_names([trial])):
            check_refit(self.refit, dict.fromkeys(names))
        log_trial(n_done, configuration, trial)
        # That time is over is no error
        if isinstance(self.error_score, str) and trial.has_failed and trial.status != TIMEOUT:
            params = " ".join(str(configuration.params).split())
            raise SearchError(f"{configuration.learner} with {params} failed: {trial.error}")
        wants_stop = self._watch.end(n_done, candidate, trial)
        if self.verbose > 0:
            line = describe_trial(
                n_done, self.n_trials, configuration, trial, int(self.verbose), self._watch.best
            )
            print(line, flush=True)
        return wants_stop

    def _tell(self, recommender: Recommender, more: Sequence[str]) -> None:
        """Store the notes, and emit warnings for those that users should see."""
        told = {*self.notes_}
        self.notes_ += [note for note in recommender.notes() if note not in told] + [*more]
        for note in [*notes_to_show(recommender), *more]:
            if note not in told:
                _warn(note)
        self._print_notes()

    def _print_notes(self) -> None:
        if self.verbose >= BEST:
            for note in self.notes_:
                print(f"note: {note}", flush=True)


def were_late(trials: Sequence[ScoredTrial], *, may_be_none: bool) -> bool:
    """Return whether time, not an error, is the reason for which no trial has a score."""
    errors = [trial.error for trial in _failed(trials) if trial.status != TIMEOUT]
    # One error may be that of a configuration; the same again is that of the score or the table
    is_error = len(errors) > 1 and len(set(errors)) == 1
    return may_be_none and not is_error and (not trials or any(trial.status == TIMEOUT for trial in trials))


def _failed(trials: Sequence[ScoredTrial]) -> list[ScoredTrial]:
    return [trial for trial in trials if trial.has_failed]


def _count_at_once(n_jobs: int | None, n_folds: int, *, races: bool) -> int:
    """Return how many configurations keep all workers busy; a race runs them fold by fold."""
    n_workers = _count_workers(n_jobs)
    if n_workers == 1 or races:
        return n_workers
    return -(-ROUNDS_OF_WORK * n_workers // n_folds)


def _count_workers(n_jobs: int | None) -> int:
    return max(int(effective_n_jobs(n_jobs)), 1)


def _name_of(y: Any) -> str:
    """Return the name of a target; empty if it has none."""
    name = getattr(y, "name", None)
    columns = getattr(y, "columns", None)
    if name is None and columns is not None and len(columns) == 1:
        name = columns[0]
    return "" if name is None else str(name)


def _describe_sample(n_kept: int, n_rows: int) -> list[str]:
    if n_kept == n_rows:
        return []
    return [f"the search evaluates on {n_kept:,} of {n_rows:,} rows; the last fit takes all"]


def _with_mark(frame: pd.DataFrame, y: Any) -> pd.DataFrame:
    """Return features that know the decimal mark which a target of texts shows or shares with them."""
    if not isinstance(y, pd.Series) or pd.api.types.is_numeric_dtype(y.dtype):
        return frame
    if (mark := find_mark(frame, y)) is None:
        return frame
    known = frame.copy(deep=False)
    known.attrs = {**frame.attrs, DECIMAL_MARK: mark}
    return known


def _warn(message: str, category: type[Warning] = RecommendationWarning) -> None:
    """Emit a warning whose location is the line that called this module, not scikit-learn's callbacks."""
    depth, frame = 1, inspect.currentframe()
    while frame is not None and str(frame.f_globals.get("__name__")).startswith((__name__, CALLBACKS)):
        depth, frame = depth + 1, frame.f_back
    warnings.warn(without_middle(message), category, stacklevel=depth)
