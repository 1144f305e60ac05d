"""The command ``foretune suggest``: configurations to try first on a table, without a project."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from foretune.commands.errors import one_line_errors

EXAMPLES = """
\b
Examples:
  foretune suggest houses.csv --target price
  foretune suggest churn.parquet --target left --learner xgboost --learner svm --scoring roc_auc
  foretune suggest churn.csv --target left --drop customer_id --json > suggested.json
  foretune suggest visits.csv --target ill --groups patient --evaluate 3 --page suggested.html
"""


@click.command(context_settings={"help_option_names": ["-h", "--help"]}, epilog=EXAMPLES)
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--target", required=True, help="Column to predict.")
@click.option("--learner", "learners", multiple=True, help="May be repeated; by default all of the memory.")
@click.option("-k", "--number", "k", default=5, show_default=True, help="Number of configurations.")
@click.option("--scoring", help="Score to predict, such as neg_log_loss; by default balanced accuracy or R2.")
@click.option("--memory", help="Folder of your own memory; by default that of the package.")
@click.option(
    "--task-type",
    type=click.Choice(["classification", "regression"]),
    help="By default told from the target.",
)
@click.option("--drop", "drop_columns", multiple=True, help="A column that is no feature; may be repeated.")
@click.option(
    "--column-types",
    metavar="NAME=TYPE",
    multiple=True,
    help="What a column is: where a note says column_types[id]=nominal, id=nominal. May be repeated.",
)
@click.option(
    "--read-options",
    metavar="NAME=VALUE",
    multiple=True,
    help="How the file is read, such as sep=; or decimal=comma. May be repeated.",
)
@click.option("--groups", help="Column of groups, such as customers: each is in one fold only. No feature.")
@click.option("--time", help="Column of times: folds train on earlier rows, test on later ones. No feature.")
@click.option("--keep-split-column", is_flag=True, help="The column of groups or times is a feature, too.")
@click.option("--evaluate", default=0, help="Suggestions to cross-validate, beside the library default.")
@click.option("--max-time", type=float, help="Seconds for these trials; by default no limit.")
@click.option("--page", type=click.Path(dir_okay=False, path_type=Path), help="HTML page to write.")
@click.option("--seed", default=0, show_default=True, help="Seed of everything random.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON instead of a table.")
def suggest(table: Path, target: str, seed: int, page: Path | None, *, as_json: bool, **asked: Any) -> None:
    """Suggest hyperparameters to try first on TABLE, a CSV or Parquet file.

    Without --evaluate nothing is fitted but what describes the table: seconds. The gain is that over the
    library default.
    """
    import rich

    from foretune.base import require_package
    from foretune.recommendation.table import read_user_table, recommend_from_parameters, tabulate_result

    with one_line_errors():
        if page is not None:
            # Before anything is computed
            require_package("--page", "plotly")
        parameters = _parameters(**asked)
        read = read_user_table(
            str(table),
            target,
            parameters.drop_columns,
            parameters.read_options,
            parameters.column_types,
            parameters.split_column,
        )
        result = recommend_from_parameters(read, parameters, seed)
        if parameters.evaluate:
            result = _try_out(result, parameters, seed)
        if page is not None:
            _write_page(page, result, parameters, seed)
    if as_json:
        click.echo(json.dumps(result.to_json(), indent=1))
        return
    for part in tabulate_result(result):
        rich.print(part)


def _try_out(result: Any, parameters: Any, seed: int) -> Any:
    """Evaluate the first suggestions and the library default by cross-validation."""
    from foretune.base import show_progress
    from foretune.execution import ParallelParameters
    from foretune.recommendation.table import TrialRunSettings, run_trials, usual_hpo
    from foretune.tasks import TaskGenerationParameters

    settings = TrialRunSettings(
        parameters, TaskGenerationParameters(), usual_hpo(result), ParallelParameters(n_workers=1), seed
    )
    with show_progress("suggest") as on_progress:
        return run_trials(result, settings, on_progress=on_progress)


def _write_page(page: Path, result: Any, parameters: Any, seed: int) -> None:
    from foretune.base import replaced_file
    from foretune.recommendation.table import build_page, usual_hpo

    settings = {"recommendation": parameters.model_dump(mode="json"), "seed": seed}
    html = build_page(result, parameters, usual_hpo(result), settings, seed)
    with replaced_file(page) as new:
        new.write_text(html, encoding="utf-8")


def _parameters(learners: tuple[str, ...], **asked: Any) -> Any:
    """Validate the options.

    Raises
    ------
    UserError
        If one of them has no such value; the message names it.
    """
    from pydantic import ValidationError

    from foretune.base import UserError
    from foretune.recommendation.core import AUTO, RecommendationParameters

    given = {name: value for name, value in asked.items() if value is not None}
    for name in ("column_types", "read_options"):
        given[name] = _as_mapping(name, given.get(name, ()))
    try:
        return RecommendationParameters(learner=learners or AUTO, **given)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        option = "number" if problem["loc"][:1] == ("k",) else "-".join(map(str, problem["loc"][:1]))
        reason = problem["msg"].removeprefix("Value error, ")
        if not problem["loc"]:
            raise UserError(reason) from None
        raise UserError(f"--{option.replace('_', '-')}: {reason}") from None


def _as_mapping(option: str, given: Iterable[str]) -> dict[str, str]:
    """Return texts ``NAME=VALUE`` as a mapping; a name may have a ``=``, a value may not.

    Raises
    ------
    UserError
        If one has another form.
    """
    from foretune.base import UserError

    found = {}
    for one in given:
        name, _, value = one.rpartition("=")
        if not (name and value):
            raise UserError(f"--{option.replace('_', '-')}: {one!r} is not of the form NAME=VALUE")
        found[name] = value
    return found
