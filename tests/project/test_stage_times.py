from __future__ import annotations

import time

import pytest
from kedro.framework.project import configure_project, pipelines
from kedro.pipeline import Node, Pipeline

from foretune.project.stage_times import TimeStages


def test_seconds_are_summed_by_pipeline_and_said_at_the_end(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    configure_project("foretune")
    made = [
        Node(lambda: 0, inputs=None, outputs=name, name=name) for name in ("make", "tune", "draw", "mine")
    ]
    known = {"tasks": Pipeline(made[:1]), "hpo": Pipeline(made[1:3]), "__default__": Pipeline(made[:3])}
    monkeypatch.setattr(type(pipelines), "items", lambda self: known.items())
    now = [0.0]
    monkeypatch.setattr(time, "perf_counter", lambda: now[0])
    hook = TimeStages()
    hook.before_pipeline_run()
    for node, seconds in zip(made, (1.0, 20.0, 30.0, 4.0), strict=True):
        hook.before_node_run(node)
        now[0] += seconds
        hook.after_node_run(node)
        now[0] += 1
    with caplog.at_level("INFO"):
        hook.after_pipeline_run(Pipeline(made))
    (said,) = caplog.messages
    assert set(said.removeprefix("Seconds: ").split(";")[0].split(", ")) == {"tasks 1", "hpo 50", "other 4"}
    assert said.endswith("; in all 59; longest nodes: draw 30, tune 20, mine 4")
