"""Report sections on hyperparameters and metafeatures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pandas as pd
from plotly.graph_objects import Figure

from foretune.reporting import ReportSection, ReportTable, reuse_figure
from foretune.understanding.figures import (
    plot_ablation,
    plot_better_defaults,
    plot_importance,
    plot_marginals,
    plot_shap,
    plot_size_trends,
    plot_tunability,
)


def build_sections(
    tables: Mapping[str, pd.DataFrame], figures: Mapping[str, Figure] | None = None
) -> list[ReportSection]:
    """Build the sections of the report whose tables are not empty; a missing one raises ``KeyError``.

    Figures that are plotted already are given by the names of their datasets; the others are plotted.
    """
    drawn = figures or {}
    sections = [
        _importance(tables, drawn),
        _curves(tables["marginals"], drawn),
        _tunability(tables["tunability"], drawn),
        _defaults(tables["better_defaults"], drawn),
        _sizes(tables["best_by_rows"], tables["size_trends"]),
        _shap(tables["shap"], tables["shap_points"], drawn),
        _ablation(tables["metafeature_ablation"], drawn),
    ]
    return [
        replace(section, folded=True)
        for section in sections
        if any(len(frame) for table in section.tables for frame in table.frames.values())
    ]


def _importance(tables: Mapping[str, pd.DataFrame], drawn: Mapping[str, Figure]) -> ReportSection:
    importance, interactions = tables["hyperparameter_importance"], tables["hyperparameter_interactions"]
    explanation = (
        "Each learner's trials on a task are described by a small random forest, and the variance of its "
        "predictions over the whole search space is shared out: how much of it one hyperparameter "
        "explains by itself, and how much two explain only together. A share near 100 % means that little "
        "else matters; the rest to 100 % is interactions. The forests' R2 measures how well they "
        "predict unseen trials: if it is low, read the shares with care."
    )
    strongest = interactions.groupby(["task_type", "learner"], sort=False).head(3).reset_index(drop=True)
    return ReportSection(
        "Which hyperparameters matter",
        explanation,
        (reuse_figure(drawn, "hyperparameter_importance_figure", plot_importance, importance, interactions),),
        (ReportTable("Importance over tasks", importance), ReportTable("Strongest interactions", strongest)),
    )


def _curves(marginals: pd.DataFrame, drawn: Mapping[str, Figure]) -> ReportSection:
    explanation = (
        "How the score within a task (0: its worst trial, 1: its best) changes with one hyperparameter, "
        "averaged over all values of the others. The line is the mean over tasks, the band holds the "
        "middle half of the tasks: a narrow band means that one setting is good nearly everywhere, a wide "
        "one that the best setting depends on the task. A hyperparameter that is only sometimes active is "
        "averaged where it is."
    )
    columns = ["task_type", "learner", "hyperparameter", "label", "effect", "q25", "median", "q75"]
    return ReportSection(
        "Better and worse settings",
        explanation,
        (reuse_figure(drawn, "marginals_figure", plot_marginals, marginals),),
        (ReportTable("Effects", marginals[columns]),),
    )


def _tunability(tunability: pd.DataFrame, drawn: Mapping[str, Figure]) -> ReportSection:
    explanation = (
        "What the best setting for each task gains over one fixed configuration (the library default "
        "where it is known, else the one that is best on average): for all hyperparameters together, and "
        "for each alone with the others left as they are. Important is not tunable: a hyperparameter "
        "whose default is already good everywhere matters, but gains nothing. The gains are read off the "
        "same forests that the best setting is chosen on, so they are upper estimates."
    )
    return ReportSection(
        "What is worth tuning",
        explanation,
        (reuse_figure(drawn, "tunability_figure", plot_tunability, tunability),),
        (ReportTable("Tunability", tunability),),
    )


def _defaults(better_defaults: pd.DataFrame, drawn: Mapping[str, Figure]) -> ReportSection:
    explanation = (
        "One configuration per learner to start from on any task: the best on average over families of "
        "tasks. Its gain is honest: for each family the configuration is chosen on the other families "
        "only. What is left up to the best configuration of each task is what tuning can add. Where tasks "
        "tried different configurations, missing scores are predicted by each task's forest; "
        "the share measured says how many tasks tried the configuration."
    )
    return ReportSection(
        "Better defaults",
        explanation,
        (reuse_figure(drawn, "better_defaults_figure", plot_better_defaults, better_defaults),),
        (ReportTable("Better defaults", better_defaults),),
    )


def _sizes(best_by_rows: pd.DataFrame, size_trends: pd.DataFrame) -> ReportSection:
    explanation = (
        "Samples of one table differ in nothing but their rows, so what is best on each shows how settings "
        "should move as a table grows. Values are means over the best seventh of a sample's configurations. "
        "The change per tenfold rows is a mean over tables: a factor where the table says so, otherwise a "
        "difference. An interval that holds 1, or 0, shows no trend."
    )
    return ReportSection(
        "How settings move with the number of rows",
        explanation,
        (plot_size_trends(best_by_rows, size_trends),),
        (ReportTable("Trends", size_trends),),
    )


def _shap(shap: pd.DataFrame, shap_points: pd.DataFrame, drawn: Mapping[str, Figure]) -> ReportSection:
    explanation = (
        "How far each feature moves the surrogate's prediction from its mean, on a sample of the trials. "
        "A hyperparameter of one learner moves the predictions for that learner only, so its mean over "
        "all trials is small. Metafeatures act by shifting which configurations are good. This explains "
        "the model, not reality: of two correlated metafeatures, either may get the credit."
    )
    return ReportSection(
        "What moves the surrogate",
        explanation,
        (reuse_figure(drawn, "shap_figure", plot_shap, shap, shap_points),),
        (ReportTable("Largest mean SHAP values", shap.groupby("task_type").head(30).reset_index(drop=True)),),
    )


def _ablation(ablation: pd.DataFrame, drawn: Mapping[str, Figure]) -> ReportSection:
    explanation = (
        "The surrogate is fitted again with all metafeatures, with none, without each group and with each "
        "group alone, and evaluated on held-out families of tasks. A group is useful if predictions are "
        "worse without it. If no single group is missed although all together help, groups replace each "
        "other; if all together do not help, there are too few tasks to learn from them. Lines are "
        "bootstrap intervals over families; one that contains zero is not significant."
    )
    return ReportSection(
        "Which metafeatures are useful",
        explanation,
        (reuse_figure(drawn, "metafeature_ablation_figure", plot_ablation, ablation),),
        (ReportTable("Ablation", ablation),),
    )
