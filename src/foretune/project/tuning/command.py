"""The command ``kedro tune``: search for the parameters of a pipeline that give the best metric."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from foretune.project.tuning.project_run import ProjectRun
    from foretune.project.tuning.project_tuning import ProjectTuning
    from foretune.recommendation.function_search import FunctionRun, FunctionTrial, Metric

LEDGER = ".foretune/tune.sqlite"
INTERRUPTED = 130
HEADER = "# Written by kedro tune\n"
HELP = """Search for the parameters of a pipeline that give the best metric.

Each trial runs the nodes that the metric needs and that depend on the parameters; the others run once.
Trials are kept in a ledger, and what they save in a folder of their own. The best parameters are written
into conf/local.

\b
Examples:
  kedro tune --pipeline=data_science --metric=metrics:r2 --trials=20
      --param "model_options.max_depth=int(2,10)"
      --param "model_options.learning_rate=float(0.01,0.3,log)"
\b
  kedro tune --metric=scores:rmse --param "features.impute=choice(mean,median)"
      --param "features.scale=bool" --params=split.seed=7 --no-write
\b
  kedro tune --pipeline=data_science --metric=metrics:r2 --learner=lightgbm
      --table=X_train --target=y_train --param model_options.learning_rate
"""
EPILOG = """\b
Ranges:   int(2,10)  int(1,1000,log)  int(0,100,step=10)  float(0,1)
          float(0.01,0.3,log)  float(0,1,step=0.1)  choice(a,b,c)  bool
\b
Metrics:  accuracy           a number in the dataset accuracy
          metrics:r2         key r2 of a mapping, or a column of a frame
          metrics:test.r2    a key in a key
          scores:r2.mean     of a column of several rows; also median, min, max, first, last
\b
Ctrl-C ends the search and shows the best so far; the same command goes on where it was.
Exit codes: 0 done, 1 an error or no trial succeeded, 2 wrong options, 130 after Ctrl-C.
"""


def _split(_: click.Context, __: click.Parameter, value: str) -> list[str]:
    return [part.strip() for part in value.split(",") if part.strip()]


def _split_versions(_: click.Context, option: click.Parameter, value: str) -> dict[str, str]:
    pairs = [part.partition(":") for part in value.split(",") if part.strip()]
    if wrong := [name for name, colon, version in pairs if not colon or not version]:
        raise click.BadParameter(f"{wrong[0]!r} must be dataset:version", param=option)
    return {name.strip(): version.strip() for name, _, version in pairs}


def _split_params(context: click.Context, option: click.Parameter, value: str) -> dict[str, Any]:
    from omegaconf import OmegaConf

    items = _split(context, option, value)
    if wrong := [item for item in items if not item.partition("=")[0].strip() or "=" not in item]:
        raise click.BadParameter(f"{wrong[0]!r} must be name=value", param=option)
    read = OmegaConf.to_container(OmegaConf.from_dotlist(items))
    return {str(name): inner for name, inner in read.items()} if isinstance(read, dict) else {}


def _split_space(_: click.Context, option: click.Parameter, value: tuple[str, ...]) -> dict[str, str | None]:
    space: dict[str, str | None] = {}
    for item in value:
        name, equals, given = (part.strip() for part in item.partition("="))
        if not name or (equals and not given):
            raise click.BadParameter(f"{item!r} must be name=range, such as depth=int(2,10)", param=option)
        if name in space:
            raise click.BadParameter(f"{name} is given twice", param=option)
        space[name] = given or None
    for name in space:
        if inner := next((other for other in space if other.startswith(f"{name}.")), None):
            raise click.BadParameter(f"{inner} is in {name}, which is searched, too: give one", param=option)
    return space


@click.group(name="foretune")
def commands() -> None:
    """Commands of Foretune for any Kedro project."""


@commands.command(
    epilog=EPILOG,
    help=HELP,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--pipeline", "-p", default="", help="Pipeline to run; __default__ if none is given.")
@click.option("--pipelines", default="", callback=_split, help="Several pipelines, separated by commas.")
@click.option(
    "--param",
    "space",
    multiple=True,
    required=True,
    callback=_split_space,
    metavar="NAME=RANGE",
    help="A parameter to search, several times for several; the range may be left out where the memory of "
    "the learner has one.",
)
@click.option("--metric", required=True, metavar="DATASET[:KEY]", help="Where the metric is after a run.")
@click.option("--maximize/--minimize", default=None, help="Better is more, or less; by the name if left out.")
@click.option(
    "--trials",
    default=20,
    show_default=True,
    type=click.IntRange(1),
    help="Number of trials, known ones included.",
)
@click.option(
    "--max-time", type=click.FloatRange(0, min_open=True), help="Seconds after which no trial begins."
)
@click.option(
    "--seed", default=0, show_default=True, type=click.IntRange(0, 2**32 - 1), help="Seed of the search."
)
@click.option("--env", "-e", help="Environment of the configuration, as for kedro run.")
@click.option(
    "--params", default="", callback=_split_params, help="Other parameters, name=value, as for kedro run."
)
@click.option("--conf-source", type=click.Path(exists=True), help="Folder of the configuration.")
@click.option("--tags", "-t", default="", callback=_split, help="Only nodes with one of these tags.")
@click.option("--from-nodes", default="", callback=_split, help="Only these nodes and those after them.")
@click.option(
    "--load-versions", default="", callback=_split_versions, help="Versions of datasets, dataset:version."
)
@click.option(
    "--learner", help="Learner that the pipeline trains, such as lightgbm: its memory leads the search."
)
@click.option("--table", help="Dataset of the features that it is trained on, for their metafeatures.")
@click.option("--target", help="Dataset of the target, or column of the table.")
@click.option(
    "--task-type",
    type=click.Choice(["classification", "regression"]),
    help="Kind of the target; by table or metric if left out.",
)
@click.option("--memory", help="Folder of another memory than the one that ships.")
@click.option(
    "--ledger",
    help=f"File or URL (sqlite:///, postgresql://) of the trials.  [default: {LEDGER} in the project]",
)
@click.option("--retry", is_flag=True, help="Run failed trials again.")
@click.option(
    "--any-code", is_flag=True, help="Take trials of other versions of the project's code for known."
)
@click.option("--write/--no-write", default=True, help="Write the best parameters into the configuration.")
@click.option("--verbose", "-v", is_flag=True, help="Show the logs of Kedro and of the nodes.")
@click.pass_obj
def tune(metadata: Any, /, **options: Any) -> None:
    """Search for the parameters of a pipeline that give the best metric."""
    try:
        with _one_line_errors():
            _tune(metadata.project_path, options)
    except KeyboardInterrupt:
        click.echo("interrupted before any trial had succeeded; the same command goes on", err=True)
        sys.exit(INTERRUPTED)


def _tune(project_path: Path, options: dict[str, Any]) -> None:
    from foretune.base import counted
    from foretune.ledger import Ledger
    from foretune.project.tuning.project_run import ProjectRun
    from foretune.project.tuning.project_tuning import LearnerOptions, ProjectTuning, working_folder
    from foretune.recommendation.function_search import Metric

    if options["pipeline"] and options["pipelines"]:
        raise click.UsageError("--pipeline and --pipelines are the same: give one of them")
    metric = Metric.read(options["metric"])
    project = ProjectRun(
        project_path,
        options["env"],
        options["conf_source"],
        options["params"],
        [options["pipeline"]] if options["pipeline"] else options["pipelines"],
        options["tags"],
        options["from_nodes"],
        options["load_versions"],
    )
    learner = LearnerOptions(
        *(options[name] for name in ("learner", "task_type", "memory", "table", "target"))
    )
    _check_learner(learner)
    direction, by_name = _direction(metric, options["maximize"])
    url, shown = _ledger_url(options["ledger"], project_path)
    with working_folder() as folder:
        tuning = ProjectTuning(
            project,
            options["space"],
            metric,
            direction,
            learner,
            options["seed"],
            folder,
            with_code=not options["any_code"],
            is_quiet=not options["verbose"],
        )
        tuning.check()
        click.echo(f"{direction} {metric}{by_name}; trials in {shown}")
        with Ledger.open(url) as ledger:
            store = tuning.open_store(ledger, retries=options["retry"])
            search = tuning.start(store)
            split = tuning.kept.split
            nodes = counted(len(split.each), "node")
            click.echo(f"{nodes} in each trial, {len(split.once)} once; {'; '.join(search.notes)}")
            for note in tuning.notes:
                click.echo(f"note: {note}", err=True)
            progress = _Progress(tuning, options["trials"])
            run = tuning.make_run(search, store, progress.report)
            run.run(options["trials"], options["max_time"])
            current = tuning.score_of_current(store)
        _finish(tuning, run, current, options)


def _finish(tuning: ProjectTuning, run: FunctionRun, current: float | None, options: dict[str, Any]) -> None:
    """Print the best trial, and write its parameters unless the current values are known to be better."""
    best = run.best
    for note in tuning.notes_of_trials():
        click.echo(f"note: {note}", err=True)
    if best is None:
        raise click.ClickException(f"every trial failed, the first one with: {run.trials[0].error}")
    is_interrupted = run.stop_reason == "interrupted"
    start = "interrupted, best so far" if is_interrupted else "best"
    of_current = "" if current is None or best.params == tuning.current else f"; current values {current:.6g}"
    why = {"no_candidates": ", the whole space", "max_time": ", the time is over"}.get(run.stop_reason, "")
    found = f"{tuning.metric} = {best.score:.6g} (trial {best.number} of {len(run.trials)}{why}{of_current})"
    click.echo(f"{start}: {found}")
    for name, value in best.params.items():
        click.echo(f"  {name}: {value}")
    command = _run_command(tuning.project, best.params)
    scores = [one.score for one in run.trials if one.is_ok]
    if len(scores) > 1 and len(set(scores)) == 1:
        names = ", ".join(best.params)
        click.echo(
            f"each trial has this score: {tuning.metric} does not depend on {names}; nothing is written"
        )
    elif best.params == tuning.current:
        click.echo("the current values are the best: nothing is written")
    elif current is not None and tuning.is_better(current, best.score):
        click.echo("the current values are better, as an earlier search has measured: nothing is written")
    elif is_interrupted or not options["write"]:
        click.echo(f"try them with: {command}")
        if tuning.replaces_groups:
            click.echo(
                "note: Kedro lets --params replace whole groups here, since the environment has parameters, "
                "too: write them, or set merge_strategy to soft in settings.py",
                err=True,
            )
    else:
        files, others = tuning.write(best.params, HEADER)
        click.echo(f"written to {', '.join(map(_shown, files))}")
        if tuning.current and current is None and all(one.params != tuning.current for one in run.trials):
            click.echo("note: no trial had the values of before, so their score is not known", err=True)
        if others:
            click.echo(
                f"note: a run now has another {', '.join(others)} than the trial, since Kedro resolves "
                "${...} within an environment: write it beside them",
                err=True,
            )
    if is_interrupted:
        sys.exit(INTERRUPTED)


class _Progress:
    """One line for each trial."""

    def __init__(self, tuning: ProjectTuning, n_trials: int) -> None:
        self._name, self._n_trials = str(tuning.metric), n_trials
        self._sign = -1 if tuning.direction == "minimize" else 1
        self._current = tuning.current
        self._best: float | None = None

    def report(self, trial: FunctionTrial) -> None:
        """Print a trial."""
        if trial.is_ok and (self._best is None or self._sign * (trial.score - self._best) > 0):
            self._best = trial.score
        result = f"{self._name} = {trial.score:.6g}" if trial.is_ok else "failed"
        best = "" if self._best is None else f", best {self._best:.6g}"
        known = ", known" if trial.is_known else f", {trial.seconds:.1f} s"
        params = " ".join(f"{name}={value}" for name, value in trial.params.items())
        current = " (current values)" if trial.params == self._current else ""
        error = "" if trial.is_ok else f": {trial.error}"
        width = len(str(self._n_trials))
        click.echo(
            f"[{trial.number:{width}}/{self._n_trials}] {result}{best}{known}: {params}{current}{error}"
        )


def _check_learner(learner: Any) -> None:
    given = {"--task-type": learner.task_type, "--memory": learner.memory, "--table": learner.table}
    useless = [name for name, value in {**given, "--target": learner.target}.items() if value is not None]
    if learner.learner is None and useless:
        raise click.UsageError(f"{useless[0]} is for the memory of a learner: add --learner")


def _direction(metric: Metric, is_more: bool | None) -> tuple[str, str]:
    if is_more is not None:
        return ("maximize" if is_more else "minimize"), ""
    if metric.direction is None:
        raise click.UsageError(
            f"whether more of {metric} is better is not known: add --maximize or --minimize"
        )
    return metric.direction, " (by its name)"


def _ledger_url(given: str | None, project_path: Path) -> tuple[str, str]:
    """Return the URL of the ledger, and how it is shown."""
    from foretune.ledger import address_of, describe_address

    if given is not None and ("://" in given or given.startswith("file:")):
        url = address_of(given)
        return url, describe_address(url)
    file = Path(given).expanduser().absolute() if given else project_path / LEDGER
    if given is None:
        file.parent.mkdir(exist_ok=True)
        ignore = file.parent / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    return f"sqlite:///{file.as_posix()}", _shown(file)


def _shown(file: Path) -> str:
    """Return a path relative to the folder of the command, if it is below it."""
    try:
        return str(file.relative_to(Path.cwd()))
    except ValueError:
        return str(file)


def _run_command(project: ProjectRun, params: dict[str, Any]) -> str:
    names = f" --pipelines={','.join(project.pipeline_names)}" if project.pipeline_names else ""
    env = f" --env={project.env}" if project.env else ""
    given = ",".join(f"{name}={'null' if value is None else value}" for name, value in params.items())
    return f"kedro run{names}{env} --params={given}"


@contextmanager
def _one_line_errors() -> Iterator[None]:
    from foretune.base import UserError, one_line

    try:
        yield
    except (UserError, OSError) as error:
        raise click.ClickException(one_line(error)) from error
