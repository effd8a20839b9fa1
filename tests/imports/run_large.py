"""Answers: how long does a large file of orders take, and what becomes of it when its worker is killed half-way?

    python -m tests.imports.run_large --rows 100000 [--lines 1] [--kill] [--json]

It starts a Keel of its own (as `make run` does), uploads a file of that many rows by the service that the page calls, and lets
the worker import it. `--kill` sends SIGKILL to every process of the worker at about half: the supervisor starts another, the
lease of the job runs out, and it goes on behind the last whole chunk. The clock runs from the start of the job to its end, so
with `--kill` the lease is in it. Exit status 1 when it takes more than 60 s (without `--kill`), when an order is missing or
doubled, or an invariant is broken.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from tests.chaos.stack import ROOT, Stack, running_stack

LIMIT_SECONDS = 60
DESK = "tests.imports.large_desk"


@dataclass
class Outcome:
    """What was imported, how fast, and by which means; `problems` is empty when it is exact."""

    rows: int
    orders_in_file: int
    killed: bool
    seconds: float = 0
    rows_per_second: float = 0
    progress_seen: list[int] = field(default_factory=list)
    attempts: int = 0
    killed_at_item: int = 0
    peak_rss_mib: float = 0
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    duplicates: int = 0
    problems: list[str] = field(default_factory=list)


class Meter:
    """Reads memory and processor time of the worker and the database while they live; the last reading of a process stays."""

    def __init__(self, stack: Stack) -> None:
        self.stack, self.peak = stack, 0
        self.spent: dict[tuple[str, int], float] = {}
        self.read()
        self.before = dict(self.spent)

    def read(self) -> None:
        """Take a reading."""
        for victim in ("worker", "postgres"):
            for pid in self.stack.pids(victim):
                with contextlib.suppress(psutil.NoSuchProcess):
                    process = psutil.Process(pid)
                    times = process.cpu_times()
                    self.spent[victim, pid] = times.user + times.system
                    if victim == "worker":
                        self.peak = max(self.peak, process.memory_info().rss)

    def cpu(self) -> dict[str, float]:
        """Return the processor seconds used since the beginning, by kind of process."""
        found = {"worker": 0.0, "postgres": 0.0}
        for key, seconds in self.spent.items():
            found[key[0]] += seconds - self.before.get(key, 0.0)
        return {name: round(seconds, 1) for name, seconds in found.items()}


def run(rows: int, *, lines: int = 1, kill: bool = False) -> Outcome:
    """Import a file of so many rows, `lines` of them to an order, and return what came of it."""
    outcome = Outcome(rows, rows // lines, kill)
    with running_stack(web_workers=1) as stack, tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.csv"
        path.write_text(stack.run("-c", _MAKE, str(rows // lines), str(lines)))
        run_id = stack.run("-m", DESK, "upload", str(path)).strip()
        meter = Meter(stack)
        _follow(outcome, stack, meter, run_id)
        outcome.peak_rss_mib, outcome.cpu_seconds = round(meter.peak / 2**20, 1), meter.cpu()
        outcome.figures = json.loads(stack.run("-m", DESK, "count", run_id))
        outcome.problems += json.loads(stack.run("-m", DESK, "prove"))
    _judge(outcome)
    return outcome


_MAKE = (
    "import sys, django; django.setup(); from tests.imports.desk import order_lines; "
    "sys.stdout.writelines(line.decode() for line in order_lines(int(sys.argv[1]), int(sys.argv[2])))"
)


def _follow(outcome: Outcome, stack: Stack, meter: Meter, run_id: str) -> None:
    """Look on until the import is over, and shoot the worker at half if that is wanted."""
    began = time.time()
    seen: dict[str, Any] = {}
    for seen in _looks(stack, run_id):
        meter.read()
        if not outcome.progress_seen or outcome.progress_seen[-1] != seen["percent"]:
            outcome.progress_seen.append(seen["percent"])
        half = seen["items"] >= outcome.orders_in_file // 2
        if outcome.killed and half and not outcome.killed_at_item and seen["state"] == "IMPORTING":
            outcome.killed_at_item = seen["items"]
            for pid in stack.pids("worker"):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
    outcome.seconds = round(seen["at"] - began, 1)
    outcome.attempts = seen["attempt"]
    outcome.rows_per_second = round(outcome.rows / outcome.seconds, 0)


def _looks(stack: Stack, run_id: str) -> Iterator[dict[str, Any]]:
    command = [sys.executable, "-m", DESK, "watch", run_id]
    with subprocess.Popen(
        command, cwd=ROOT, env=stack.environment, stdout=subprocess.PIPE, text=True
    ) as watch:
        assert watch.stdout is not None
        for line in watch.stdout:
            yield json.loads(line)


def _judge(outcome: Outcome) -> None:
    found, orders = outcome.figures, outcome.orders_in_file
    outcome.duplicates = (
        found["orders"] - found["external_ids"] + found["rows_recorded"] - found["rows_distinct"]
    )
    expected = {
        "state": (found["state"], "IMPORTED"), "orders": (found["orders"], orders), "duplicates": (outcome.duplicates, 0),
        "lines": (found["lines"], outcome.rows), "new": (found["new"], orders), "raw messages": (found["messages"], orders),
        "rows of the report": (found["rows_recorded"], orders),
    }  # fmt: skip
    outcome.problems += [
        f"{name}: {value}, not {right}" for name, (value, right) in expected.items() if value != right
    ]
    if outcome.killed:
        if not 0 < outcome.killed_at_item < orders or outcome.attempts < 2:
            outcome.problems.append("the worker was not killed in the middle")
    elif outcome.seconds > LIMIT_SECONDS:
        outcome.problems.append(f"it took {outcome.seconds} s, not {LIMIT_SECONDS}")
    if len(outcome.progress_seen) < 3:
        outcome.problems.append(f"progress was seen at {outcome.progress_seen} % only")


def main() -> int:
    """Run the proof as the command line asks and print its figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--lines", type=int, default=1, help="rows per order")
    parser.add_argument("--kill", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    outcome = run(options.rows, lines=options.lines, kill=options.kill)
    if options.json:
        print(json.dumps(outcome.__dict__, indent=2))
    else:
        for key, value in outcome.__dict__.items():
            print(f"{key:<18} {value}")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
