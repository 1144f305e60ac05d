from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from foretune.execution import (
    Budget,
    CutOff,
    Job,
    Limits,
    Outcome,
    ParallelParameters,
    describe_parallelism,
    run_jobs,
)
from foretune.execution.parallelism import count_cores, count_workers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    MakeJob = Callable[..., Job]

HERE = ParallelParameters(n_workers=1)
TWO_PROCESSES = ParallelParameters(n_workers=2)
TWO_THREADS = ParallelParameters(n_workers=2, backend="threads")
EVERYWHERE = pytest.mark.parametrize("parallel", [HERE, TWO_PROCESSES, TWO_THREADS], ids=str)

FAILURES = {
    "raise:no such kernel": ("failed", "ValueError: no such kernel"),
    "exit:3": ("failed", "SystemExit: 3"),
    "unpicklable": ("failed", "the result cannot be pickled"),
    "_exit:7": ("crashed", "ended with exit code 7"),
    "kill": ("crashed", "ended by SIGKILL"),
    "segfault": ("crashed", "ended by SIGSEGV"),
    "hold": ("timeout", "took more than 5 s"),
    "sleep:60": ("timeout", "took more than 5 s"),
    "memory:2000": ("crashed", "more than max_memory_mb = 400"),
}


def run(jobs: Sequence[Job], parallel: ParallelParameters, **rest: Any) -> tuple[list[Outcome], Any]:
    outcomes: list[Outcome] = []
    summary = run_jobs(jobs, parallel, outcomes.extend, **rest)
    return outcomes, summary


def done(outcomes: Sequence[Outcome]) -> list[tuple[str, Any, Any]]:
    """What came out, without where."""
    values = [
        (
            o.job.task_id,
            o.item,
            [part["did"] for part in o.reply.value] if o.reply.status == "ok" else o.reply.status,
        )
        for o in outcomes
    ]
    return sorted(values, key=str)


@pytest.fixture(scope="module")
def after_all_failures(make_job: MakeJob) -> list[Outcome]:
    """Run each failure among items that are well, on two workers."""
    items = [part for number, failure in enumerate(FAILURES) for part in (number, failure)]
    outcomes, summary = run(
        [make_job("sick", items), make_job("well", ["a", "b", "c"])],
        TWO_PROCESSES,
        limits=Limits(seconds_per_trial=5, max_memory_mb=400),
    )
    assert summary.n_trials == {"ok": 12, "failed": 3, "crashed": 4, "timeout": 2}
    assert not summary.cut_off
    assert "21 trials" in str(summary)
    assert "4 crashed" in str(summary)
    return outcomes


@pytest.mark.parametrize("failure", FAILURES)
def test_a_failure_is_a_reply_that_says_what_happened(
    failure: str, after_all_failures: list[Outcome]
) -> None:
    [reply] = [outcome.reply for outcome in after_all_failures if outcome.item == failure]
    status, error = FAILURES[failure]
    assert reply.status == status
    assert error in reply.error
    assert "\n" not in reply.error
    assert reply.value is None


def test_failures_harm_no_other_item(after_all_failures: list[Outcome]) -> None:
    well = [outcome for outcome in after_all_failures if outcome.item not in FAILURES]
    assert len(well) == 12
    assert all(outcome.reply.status == "ok" for outcome in well)


def test_an_item_whose_process_somebody_else_killed_is_evaluated_again(
    make_job: MakeJob, tmp_path: Path
) -> None:
    [outcome], _ = run([make_job("t", [f"die_once:{tmp_path / 'marker'}"])], TWO_PROCESSES)
    assert outcome.reply.status == "ok"
    assert outcome.reply.value[0]["did"] == "survived"


def test_many_timeouts_cost_their_time_and_a_restart_each(make_job: MakeJob) -> None:
    start = time.monotonic()
    outcomes, _ = run(
        [make_job("t", [f"sleep:{60 + number}" for number in range(6)])],
        TWO_PROCESSES,
        limits=Limits(seconds_per_trial=0.3),
    )
    assert Counter(outcome.reply.status for outcome in outcomes) == {"timeout": 6}
    assert time.monotonic() - start < 60


@EVERYWHERE
def test_every_item_is_delivered_once_in_the_calling_thread(
    parallel: ParallelParameters, make_job: MakeJob
) -> None:
    jobs = [make_job(f"t{number}", list(range(number * 5))) for number in range(5)]
    threads = set()
    outcomes: list[Outcome] = []

    def keep(arrived: Sequence[Outcome]) -> None:
        threads.add(threading.current_thread())
        outcomes.extend(arrived)

    summary = run_jobs(jobs, parallel, keep)
    assert done(outcomes) == sorted(
        ((job.task_id, item, [item]) for job in jobs for item in job.items), key=str
    )
    assert threads == {threading.main_thread()}
    assert summary.n_trials == {"ok": 50}


@EVERYWHERE
def test_only_the_guilty_part_of_a_group_fails(parallel: ParallelParameters, make_job: MakeJob) -> None:
    outcomes, summary = run([make_job("t", [("a", "b"), ("c", "raise:no", "d")])], parallel)
    assert done(outcomes) == [
        ("t", "c", ["c"]),
        ("t", "d", ["d"]),
        ("t", "raise:no", "failed"),
        ("t", ("a", "b"), ["a", "b"]),
    ]
    assert summary.n_trials == {"ok": 4, "failed": 1}


@EVERYWHERE
def test_results_may_bring_more_jobs(parallel: ParallelParameters, make_job: MakeJob) -> None:
    seen: list[Outcome] = []

    def ask(arrived: Sequence[Outcome]) -> list[Job]:
        seen.extend(arrived)
        return [make_job(outcome.job.task_id, [outcome.item + 1]) for outcome in arrived if outcome.item < 5]

    run_jobs([make_job("a", [0]), make_job("b", [2])], parallel, ask)
    assert Counter(outcome.job.task_id for outcome in seen) == {"a": 6, "b": 4}


@EVERYWHERE
@pytest.mark.parametrize("preparation", ["raise:bad table", "exit:1"])
def test_a_failed_preparation_fails_the_items_of_its_job(
    parallel: ParallelParameters, preparation: str, make_job: MakeJob
) -> None:
    jobs = [make_job("bad", [1, 2, 3, 4], preparation=preparation), make_job("good", [5])]
    outcomes, _ = run(jobs, parallel)
    statuses = Counter((outcome.job.task_id, outcome.reply.status) for outcome in outcomes)
    assert statuses == {("bad", "failed"): 4, ("good", "ok"): 1}


@pytest.mark.parametrize(
    ("preparation", "status"), [("_exit:1", "crashed"), ("hold", "timeout")], ids=["crash", "timeout"]
)
def test_a_preparation_that_dies_or_hangs_is_said_of_each_item(
    preparation: str, status: str, make_job: MakeJob
) -> None:
    jobs = [make_job("bad", [1, 2, 3, 4], preparation=preparation), make_job("good", [5])]
    outcomes, _ = run(jobs, HERE, limits=Limits(seconds_to_prepare=1))
    bad = [outcome.reply for outcome in outcomes if outcome.job.task_id == "bad"]
    assert [reply.status for reply in bad] == [status] * 4
    assert all(reply.error.startswith("while preparing: ") for reply in bad)


def test_jobs_with_one_key_share_a_preparation(make_job: MakeJob) -> None:
    jobs = [make_job(name, [1], shared_key="folds") for name in ("a", "b", "c")]
    outcomes, _ = run(jobs, HERE)
    assert [outcome.reply.value[0]["made_by"] for outcome in outcomes] == ["a", "a", "a"]


def test_workers_help_with_the_longest_job(make_job: MakeJob) -> None:
    outcomes, _ = run([make_job("long", ["sleep:0.2"] * 8)], TWO_PROCESSES)
    assert len({outcome.reply.value[0]["pid"] for outcome in outcomes}) == 2


def test_results_come_while_others_are_under_way(make_job: MakeJob) -> None:
    start, arrivals = time.monotonic(), []
    summary = run_jobs(
        [make_job("t", ["sleep:0.4"] * 6)], TWO_PROCESSES, lambda _: arrivals.append(time.monotonic() - start)
    )
    assert len(arrivals) >= 3
    assert min(arrivals) < summary.seconds - 0.6


def test_what_cannot_be_sent_is_a_failure(make_job: MakeJob) -> None:
    lock = threading.Lock()
    outcomes, _ = run([make_job("t", [lock]), make_job("u", [1])], TWO_PROCESSES)
    statuses = {outcome.job.task_id: outcome.reply for outcome in outcomes}
    assert statuses["t"].status == "failed"
    assert "pickle" in statuses["t"].error
    assert statuses["u"].status == "ok"


def test_what_an_item_prints_does_not_disturb(make_job: MakeJob) -> None:
    outcomes, _ = run([make_job("t", ["print:hello", 1])], TWO_PROCESSES)
    assert [outcome.reply.status for outcome in outcomes] == ["ok", "ok"]


@pytest.mark.parametrize("parallel", [HERE, TWO_THREADS], ids=str)
def test_what_an_item_prints_is_capped_and_nothing_else(
    make_job: MakeJob,
    parallel: ParallelParameters,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("foretune.execution.capped_output.MOST_PRINTED", 100)
    streams = sys.stdout, sys.stderr

    def report(_: Sequence[Outcome]) -> None:
        print("progress" * 100)

    run_jobs([make_job("t", [f"print:{'x' * 60}"] * 20)], parallel, report)
    assert (sys.stdout, sys.stderr) == streams
    printed = capsys.readouterr().out
    n_workers = 2 if parallel is TWO_THREADS else 1
    assert 60 <= printed.count("x") <= 100 * n_workers
    assert 1 <= printed.count("the rest is left out") <= n_workers
    assert "progress" * 100 in printed


def test_an_error_of_the_receiver_ends_the_run_and_its_processes(make_job: MakeJob) -> None:
    def refuse(_: Sequence[Outcome]) -> None:
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        run_jobs([make_job("t", [1, "hold", "hold"])], TWO_PROCESSES, refuse)
    assert not living_workers()


def test_no_process_outlives_its_run(make_job: MakeJob) -> None:
    run([make_job("t", list(range(10)))], TWO_PROCESSES)
    assert not living_workers()


def living_workers() -> list[psutil.Process]:
    children = psutil.Process().children(recursive=True)
    return [child for child in children if "worker_main" in " ".join(child.cmdline())]


def test_one_worker_is_a_process_only_where_a_limit_needs_it(make_job: MakeJob) -> None:
    here, _ = run([make_job("t", [1])], HERE)
    elsewhere, _ = run([make_job("t", [1])], HERE, limits=Limits(seconds_per_trial=60))
    assert here[0].reply.value[0]["pid"] == psutil.Process().pid
    assert elsewhere[0].reply.value[0]["pid"] != psutil.Process().pid


def test_threads_refuse_limits(make_job: MakeJob) -> None:
    with pytest.raises(ValueError, match="threads cannot"):
        run([make_job("t", [1])], TWO_THREADS, limits=Limits(seconds_per_trial=1))


@pytest.mark.quick("n_workers=2 backend='threads' address=None")
@EVERYWHERE
def test_numerical_libraries_use_one_thread_a_worker(parallel: ParallelParameters, make_job: MakeJob) -> None:
    # The preparation loads them
    jobs = [make_job(name, ["threads"] * 2, preparation="threads") for name in ("t", "u")]
    outcomes, _ = run(jobs, parallel)
    counts = [count for outcome in outcomes for count in outcome.reply.value[0]["did"]]
    assert counts
    assert set(counts) == {1}


def test_parallelism_is_described() -> None:
    cores = count_cores()
    assert count_workers(ParallelParameters(n_workers=-1)) == cores
    text = describe_parallelism(ParallelParameters(n_workers=-1))
    assert text == f"{cores} processes x 1 thread on {cores} cores"
    assert "would be faster" in describe_parallelism(ParallelParameters(n_workers=cores + 1))
    cluster = ParallelParameters(n_workers=-1, backend="dask", address="tcp://10.0.0.1:8786")
    assert "tcp://10.0.0.1:8786" in describe_parallelism(cluster)


@EVERYWHERE
def test_jobs_are_asked_for_when_a_worker_is_free(parallel: ParallelParameters, make_job: MakeJob) -> None:
    outcomes: list[Outcome] = []
    ahead = []

    def coming() -> Iterator[Job]:
        for number in range(30):
            ahead.append(number - len(outcomes))
            yield make_job(str(number), ["sleep:0.02"])

    summary = run_jobs(coming(), parallel, outcomes.extend)
    assert summary.n_trials == {"ok": 30}
    assert max(ahead) < 20


@EVERYWHERE
def test_what_asking_for_jobs_raises_ends_the_run(parallel: ParallelParameters, make_job: MakeJob) -> None:
    def coming() -> Iterator[Job]:
        yield make_job("t", [1])
        raise LookupError("the ledger is gone")

    with pytest.raises(LookupError, match="gone"):
        run_jobs(coming(), parallel, lambda _: None)


@EVERYWHERE
def test_seconds_of_a_task_cut_off_its_rest(parallel: ParallelParameters, make_job: MakeJob) -> None:
    jobs = [make_job("slow", ["sleep:0.3"] * 12), make_job("slow", [1]), make_job("quick", [1, 2, 3])]
    outcomes, summary = run(jobs, parallel, budget=Budget(seconds_per_task=0.5))
    counts = Counter(outcome.job.task_id for outcome in outcomes)
    assert counts["quick"] == 3
    assert 2 <= counts["slow"] <= 5
    assert summary.cut_off == [CutOff("slow", "seconds_per_task", 13 - counts["slow"])]


@EVERYWHERE
def test_seconds_in_total_cut_off_what_is_left(parallel: ParallelParameters, make_job: MakeJob) -> None:
    jobs = [make_job(name, ["sleep:0.2"] * 20) for name in ("a", "b")]
    outcomes, summary = run(jobs, parallel, budget=Budget(seconds_total=1))
    assert 1 <= len(outcomes) < 40
    assert {entry.reason for entry in summary.cut_off} == {"seconds_total"}
    assert len(outcomes) + summary.n_cut_off == 40
