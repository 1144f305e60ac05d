from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import psutil
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A library that a test has used may have left Ctrl-C ignored, which programs inherit
PROGRAM = """
import signal, sys, time
from foretune.execution import Job, ParallelParameters, RunInterrupted, run_jobs

signal.signal(signal.SIGINT, signal.default_int_handler)

class Waiting(Job):
    task_id = "waiting"
    items = [0.0, 0.0, 0.0, *[600.0] * 50]
    holds_the_interpreter = sys.argv[1] == "processes"

    def prepare(self):
        pass

    def evaluate(self, shared, seconds):
        if seconds and self.holds_the_interpreter:
            sum(range(10**12))
        time.sleep(seconds)

def on_result(outcomes):
    global n_kept
    n_kept += len(outcomes)
    time.sleep(0.2)
    print("kept", n_kept, flush=True)

n_kept = 0
parallel = ParallelParameters(backend=sys.argv[1], n_workers=int(sys.argv[2]))
try:
    run_jobs([Waiting()], parallel, on_result)
except RunInterrupted as interrupt:
    print(interrupt, flush=True)
    print("in the end", n_kept, interrupt.summary.n_trials.total(), flush=True)
"""


@pytest.fixture
def interrupted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """Start the program and wait until it has kept all that is quick."""
    script = tmp_path / "program.py"
    script.write_text(PROGRAM)
    program = subprocess.Popen([sys.executable, script, *request.param], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    # Nobody looks at the clock while this one thread evaluates: what came after the first waits
    n_kept = 1 if request.param == ("threads", "1") else 3
    while program.stdout.readline().strip() != f"kept {n_kept}":
        assert program.poll() is None
    time.sleep(1)
    yield program
    program.kill()
    program.wait()
    program.stdout.close()


@pytest.mark.quick("('threads', '2')")
@pytest.mark.parametrize(
    "interrupted", [("processes", "2"), ("threads", "2"), ("threads", "1")], indirect=True, ids=str
)
def test_the_first_interrupt_ends_cleanly_and_says_how_to_go_on(interrupted: subprocess.Popen[str]) -> None:
    workers = psutil.Process(interrupted.pid).children(recursive=True)
    start = time.monotonic()
    interrupted.send_signal(signal.SIGINT)
    output, _ = interrupted.communicate(timeout=60)
    assert time.monotonic() - start < 20
    assert interrupted.returncode == 0
    assert "interrupted: 3 trials are done and kept; run the same command again" in output
    assert "in the end 3 3" in output
    assert not [worker for worker in workers if worker.is_running()]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a worker ends with its item")
@pytest.mark.parametrize("interrupted", [("processes", "2")], indirect=True, ids=str)
def test_workers_end_with_their_parent_even_in_native_code(interrupted: subprocess.Popen[str]) -> None:
    children = psutil.Process(interrupted.pid).children()
    workers = [child for child in children if "worker_main" in " ".join(child.cmdline())]
    assert len(workers) == 2
    interrupted.kill()
    _, alive = psutil.wait_procs(workers, timeout=5)
    assert not alive
