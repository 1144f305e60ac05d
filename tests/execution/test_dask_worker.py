from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from foretune.execution import (
    ClusterError,
    CutOff,
    Limits,
    Outcome,
    ParallelParameters,
    RunInterrupted,
    run_jobs,
)
from foretune.execution.dask_worker import (
    MOST_ITEMS_PER_CHUNK,
    DaskWorker,
    close_guarded,
    connect,
    count_slots,
    disconnect,
    evaluate_chunk,
)
from foretune.execution.dispatcher import OpenJob
from foretune.execution.job import Reply
from foretune.execution.worker_main import dump

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from foretune.execution import Job

    MakeJob = Callable[..., Job]

distributed = pytest.importorskip("distributed", reason="needs the extra dask")


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """Start a scheduler and two worker processes."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as cluster:
        yield cluster


@pytest.fixture
def on_cluster(cluster: Any) -> ParallelParameters:
    return ParallelParameters(n_workers=-1, backend="dask", address=cluster.scheduler_address)


def test_chunks_take_about_a_second(on_cluster: ParallelParameters, make_job: MakeJob) -> None:
    client = connect(str(on_cluster.address))
    # Two for each of the two cores
    assert count_slots(client) == 4
    worker, job = DaskWorker(client, Limits()), OpenJob(make_job("t", []), [])
    assert worker.wish(None) == worker.wish(job) == 1
    replies = worker.evaluate(job, [1, threading.Lock(), 3])
    assert [reply.status for reply in replies] == ["ok", "failed", "ok"]
    assert [reply.value[0]["did"] for reply in replies if reply.value] == [1, 3]
    worker.evaluate(job, ["sleep:0.2"] * 2)
    assert worker._seconds_per_trial >= 0.2
    worker._seconds_per_trial = 0.24
    assert worker.wish(job) == 4
    worker._seconds_per_trial = 0.0
    assert worker.wish(job) == MOST_ITEMS_PER_CHUNK
    worker._seconds_per_trial = 60.0
    assert worker.wish(job) == 1
    # Of another job nothing is known
    worker._seconds_per_trial = 0.0
    assert worker.wish(OpenJob(make_job("u", []), [])) == 1
    disconnect(client)


def test_failures_on_the_cluster_are_replies_and_harm_nobody(
    on_cluster: ParallelParameters, make_job: MakeJob
) -> None:
    outcomes: list[Outcome] = []
    sick = ["raise:no", "hold", "kill", "memory:2000"]
    jobs = [
        make_job("sick", [1, *sick, ("a", "_exit:1", "b")]),
        make_job("unprepared", [1, 2, 3], preparation="raise:bad table"),
        make_job("well", list(range(30))),
    ]
    limits = Limits(seconds_per_trial=5, max_memory_mb=400)
    summary = run_jobs(jobs, on_cluster, outcomes.extend, limits=limits)
    assert summary.n_trials == {"ok": 33, "failed": 4, "timeout": 1, "crashed": 3}
    statuses = {o.item: o.reply.status for o in outcomes if o.job.task_id == "sick"}
    assert statuses == {
        1: "ok",
        **dict(zip(sick, ["failed", "timeout", "crashed", "crashed"], strict=True)),
        "a": "ok",
        "_exit:1": "crashed",
        "b": "ok",
    }


@pytest.mark.thorough
def test_an_item_that_kills_its_dask_workers_crashes_alone(
    on_cluster: ParallelParameters, make_job: MakeJob
) -> None:
    outcomes: list[Outcome] = []
    jobs = [make_job("sick", [1, 2, "kill_parent", 3]), make_job("well", list(range(30)))]
    summary = run_jobs(jobs, on_cluster, outcomes.extend)
    assert summary.n_trials == {"ok": 33, "crashed": 1}
    (crashed,) = [outcome for outcome in outcomes if outcome.reply.status == "crashed"]
    assert crashed.item == "kill_parent"
    assert crashed.reply.error.startswith("the Dask workers that evaluated it died: KilledWorker: ")


class _Cluster:
    """Stands for a client whose workers die with some items, and may be gone."""

    def __init__(self, deadly: Any = None, n_workers: int = 2) -> None:
        self.deadly = dump(deadly)
        self.n_workers = n_workers
        self.submitted: list[int] = []

    def submit(self, _: Any, token: str, job: bytes, items: tuple[bytes, ...], *__: Any, **___: Any) -> Any:
        self.submitted.append(len(items))
        future: Future[list[Reply]] = Future()
        if self.deadly in items:
            future.set_exception(distributed.KilledWorker("chunk", None, 3))
        elif self.n_workers:
            future.set_result([Reply("ok", item) for item in items])
        return future

    def ncores(self) -> dict[str, int]:
        return {str(number): 1 for number in range(self.n_workers)}


def test_of_a_chunk_that_is_killed_each_item_is_tried_alone(make_job: MakeJob) -> None:
    cluster = _Cluster(deadly="b")
    replies = DaskWorker(cluster, Limits()).evaluate(OpenJob(make_job("t", []), []), ["a", "b", "c"])
    assert [reply.status for reply in replies] == ["ok", "crashed", "ok"]
    assert cluster.submitted == [3, 1, 1, 1]
    again = DaskWorker(cluster, Limits()).evaluate(OpenJob(make_job("t", []), []), ["b"])
    assert [reply.status for reply in again] == ["crashed"]
    assert cluster.submitted[4:] == [1, 1]


def test_a_cluster_without_workers_ends_the_run(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foretune.execution.dask_worker.SECONDS_BETWEEN_LOOKS", 0.01)
    monkeypatch.setattr("foretune.execution.dask_worker.SECONDS_WITHOUT_WORKERS", 0.1)
    worker = DaskWorker(_Cluster(n_workers=0), Limits())
    with pytest.raises(ClusterError, match=r"the Dask cluster has had no workers for 0\.1 s; start some"):
        worker.evaluate(OpenJob(make_job("t", []), []), ["a"])


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_when_a_worker_is_killed(
    cluster: Any, on_cluster: ParallelParameters, make_job: MakeJob
) -> None:
    outcomes: list[Outcome] = []
    victims: list[int] = []

    def keep(arrived: Sequence[Outcome]) -> None:
        outcomes.extend(arrived)
        if len(outcomes) > 20 and not victims:
            victims.append(next(iter(cluster.workers.values())).process.pid)
            os.kill(victims[0], signal.SIGKILL)

    jobs = [
        make_job(f"t{number}", [f"sleep:0.0{item:03}" for item in range(100, 140)]) for number in range(6)
    ]
    summary = run_jobs(jobs, on_cluster, keep)
    assert victims
    assert summary.n_trials == {"ok": 240}
    assert not summary.cut_off
    counts = Counter((outcome.job.task_id, outcome.item) for outcome in outcomes)
    assert len(counts) == 240
    assert set(counts.values()) == {1}
    # Nobody stays behind beside the cluster's own processes
    children = psutil.Process().children(recursive=True)
    assert not [child for child in children if "worker_main" in " ".join(child.cmdline())]


@pytest.mark.slow
def test_a_cluster_of_one_core_works_there_and_not_here(make_job: MakeJob) -> None:
    outcomes: list[Outcome] = []
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as small:
        parallel = ParallelParameters(n_workers=-1, backend="dask", address=small.scheduler_address)
        run_jobs([make_job("t", [1, 2])], parallel, outcomes.extend)
        own = {child.pid for child in psutil.Process().children()}
    assert len(outcomes) == 2
    assert not own & {outcome.reply.value[0]["pid"] for outcome in outcomes}


@pytest.mark.slow
def test_an_interrupt_leaves_the_cluster_and_keeps_what_is_done(
    on_cluster: ParallelParameters, make_job: MakeJob
) -> None:
    outcomes: list[Outcome] = []

    def go_on_and_interrupt(arrived: Sequence[Outcome]) -> list[Job]:
        outcomes.extend(arrived)
        # When these are under way: they would keep the cluster busy for minutes
        threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
        return [make_job("t", ["sleep:100"] * 6)]

    start = time.monotonic()
    with pytest.raises(RunInterrupted) as caught:
        run_jobs([make_job("t", ["a"])], on_cluster, go_on_and_interrupt)
    assert time.monotonic() - start < 60
    assert [outcome.item for outcome in outcomes] == ["a"]
    assert caught.value.summary.cut_off == [CutOff("t", "interrupted", 6)]


@pytest.mark.slow
def test_a_lost_scheduler_ends_the_run_and_keeps_what_is_done(
    make_job: MakeJob, monkeypatch: pytest.MonkeyPatch
) -> None:
    outcomes: list[Outcome] = []
    monkeypatch.setattr("foretune.execution.dask_worker.SECONDS_TO_CONNECT", 2)
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, processes=True, dashboard_address=":0", silence_logs=50
    ) as lost:

        def lose(arrived: Sequence[Outcome]) -> None:
            outcomes.extend(arrived)
            lost.close()

        parallel = ParallelParameters(n_workers=-1, backend="dask", address=lost.scheduler_address)
        with pytest.raises(ClusterError, match="the Dask cluster failed"):
            run_jobs([make_job("t", ["a", *["sleep:0.2"] * 100])], parallel, lose)
    assert outcomes


def test_an_address_without_scheduler_is_said(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foretune.execution.dask_worker.SECONDS_TO_CONNECT", 1)
    parallel = ParallelParameters(n_workers=-1, backend="dask", address="tcp://127.0.0.1:9")
    with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tcp://127\.0\.0\.1:9"):
        run_jobs([make_job("t", [1])], parallel, print)


def test_tls_without_certificates_is_said(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("foretune.execution.dask_worker.SECONDS_TO_CONNECT", 1)

    def refuse(*_: object, **__: object) -> None:
        raise TypeError("TLS expects a `ssl_context` argument")

    monkeypatch.setattr(distributed, "Client", refuse)
    parallel = ParallelParameters(n_workers=-1, backend="dask", address="tls://127.0.0.1:9")
    with pytest.raises(ClusterError, match=r"no Dask scheduler answers at tls://127\.0\.0\.1:9: TLS expects"):
        run_jobs([make_job("t", [1])], parallel, print)


@pytest.mark.slow
def test_a_missing_extra_is_named(make_job: MakeJob, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    parallel = ParallelParameters(n_workers=-1, backend="dask", address="tcp://127.0.0.1:9")
    with pytest.raises(ClusterError, match=r"'\.\[dask\]'"):
        run_jobs([make_job("t", [1])], parallel, print)


@pytest.mark.slow
def test_a_chunk_is_evaluated_in_one_process_of_its_thread(make_job: MakeJob) -> None:
    items = tuple(dump(item) for item in (1, "_exit:1", 3))
    first = evaluate_chunk("t", dump(make_job("t", [])), items, Limits())
    assert [reply.status for reply in first] == ["ok", "crashed", "ok"]
    (again,) = evaluate_chunk("t", dump(make_job("t", [])), items[:1], Limits())
    assert again.value[0]["pid"] == first[2].value[0]["pid"]
    broken = evaluate_chunk("u", dump(make_job("u", [], preparation="raise:bad table")), items, Limits())
    assert [reply.while_preparing for reply in broken] == [True] * 3
    close_guarded()
    assert not psutil.pid_exists(again.value[0]["pid"])
    (after,) = evaluate_chunk("t", dump(make_job("t", [])), items[:1], Limits())
    assert after.status == "ok"
    close_guarded()
