"""Answers: is anything lost or doubled when worker, web, broker and database are killed while orders come in?

    python -m tests.chaos.run_chaos --orders 5000 --kills 40 [--json]

It starts a Keel of its own (fsync on, nothing mocked), lets a shop send orders through the REST API, kills
(SIGKILL) in turn the worker, a child of it, the web's master and a worker of it, the broker, a database
backend, the database's postmaster and beat, waits until no work is open, and compares what is there with
what was acknowledged. Exit status 1 when anything differs.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import Any

from tests.chaos.stack import ROOT, Stack

DRAIN_SECONDS = 60
GAP_SECONDS = 3.0  # between two kills: a real operator's supervisor gets this long as well
# (victim, the youngest of its processes instead of the eldest)
ROUND = [
    ("worker", False), ("web", True), ("broker", False), ("postgres", True), ("worker", True), ("web", False),
    ("postgres", False), ("beat", False),
]  # fmt: skip


@dataclass
class Outcome:
    """What was done to the stack and what was left; `problems` is empty when nothing was lost or doubled."""

    orders: int
    kills: list[str] = field(default_factory=list)
    client: dict[str, Any] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    mails: int = 0
    mails_distinct: int = 0
    drain_seconds: float = 0.0
    problems: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON shows it, the kills counted by victim."""
        counted = {name: self.kills.count(name) for name in dict.fromkeys(self.kills)}
        return self.__dict__ | {"kills": len(self.kills), "killed": counted}


class Chaos:
    """One run: a stack, a shop and a killer."""

    def __init__(self, *, orders: int, kills: int, threads: int = 12, say: bool = False) -> None:
        self.orders, self.kills, self.threads, self.say = orders, kills, threads, say
        self.stack = Stack()
        self.outcome = Outcome(orders)
        self.done = 0
        self.last_kill = 0.0

    def tell(self, text: str) -> None:
        """Print progress to standard error when wanted."""
        if self.say:
            print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)

    def run(self) -> Outcome:
        """Run everything and return the outcome; the stack is gone afterwards."""
        try:
            self.stack.start()
            self.tell(f"up at {self.stack.url}")
            secret = json.loads(self.stack.run("-m", "tests.chaos.seed"))["secret"]
            self._trade(secret)
            self._drain()
            self._compare()
        finally:
            if self.outcome.problems and self.say:
                self._show_logs()
            orphans = self.stack.stop()
        if orphans:
            self.outcome.problems.append(f"processes left behind: {orphans}")
        return self.outcome

    def _trade(self, secret: str) -> None:
        command = [
            sys.executable,
            "-m",
            "tests.chaos.client",
            secret,
            self.stack.url,
            str(self.orders),
            str(self.threads),
        ]
        shop = subprocess.Popen(
            command, cwd=ROOT, env=self.stack.environment, stdout=subprocess.PIPE, text=True
        )
        killer = threading.Thread(target=self._kill_all, args=(shop,))
        killer.start()
        assert shop.stdout is not None
        for line in shop.stdout:
            if line.startswith("{"):
                self.outcome.client = json.loads(line)
            else:
                self.done = int(line)
        shop.wait()
        killer.join()
        failures = self.outcome.client.get("failures", ["the shop itself ended early"])
        self.outcome.problems += [f"not acknowledged: {failure}" for failure in failures[:5]]

    def _kill_all(self, shop: subprocess.Popen[str]) -> None:
        """Kill at even distances in the stream of orders; what the orders did not leave time for comes at
        its end."""
        for number in range(self.kills):
            while shop.poll() is None and self.done < (number + 1) * self.orders / (self.kills + 1):
                time.sleep(0.05)
            victim, child = ROUND[number % len(ROUND)]
            deadline = time.monotonic() + 60
            while not self.stack.kill(victim, child=child) and time.monotonic() < deadline:
                time.sleep(0.1)
            name = f"{victim} child" if child else victim
            self.outcome.kills.append(name)
            self.last_kill = time.monotonic()
            self.tell(f"kill {number + 1}: {name} after {self.done} orders")
            time.sleep(GAP_SECONDS)

    def _drain(self) -> None:
        left: Any = "unknown"
        since = max(self.last_kill, 0.0) or time.monotonic()
        while time.monotonic() - since < DRAIN_SECONDS + 30:
            with contextlib.suppress(RuntimeError):  # the database may still be recovering
                left = json.loads(self.stack.run("-m", "tests.chaos.report", "open"))["open_work"]
                if left == 0:
                    break
            time.sleep(0.5)
        self.outcome.drain_seconds = round(time.monotonic() - since, 1)
        if left != 0 or self.outcome.drain_seconds > DRAIN_SECONDS:
            self.outcome.problems.append(
                f"{left} rows of work open {self.outcome.drain_seconds} s after the last kill"
            )

    def _compare(self) -> None:
        found = self.outcome.figures = json.loads(self.stack.run("-m", "tests.chaos.report"))
        units = sum(1 + number % 3 + (number % 4 == 0) for number in range(self.orders))
        lines = sum(1 + (number % 4 == 0) for number in range(self.orders))
        expected: dict[str, Any] = {
            "orders": self.orders, "external_ids": self.orders, "lines": lines, "units_ordered": units,
            "units_allocated": units, "inbox_messages": self.orders, "inbox_dead": 0, "notices": self.orders,
            "notices_distinct": self.orders, "jobs_dead": 0, "violations": [],
        }  # fmt: skip
        for name, value in expected.items():
            if found[name] != value:
                self.outcome.problems.append(f"{name} is {found[name]}, not {value}")
        self.outcome.mails, self.outcome.mails_distinct = found["mails"], found["mails_distinct"]
        if self.outcome.mails_distinct != self.orders:
            self.outcome.problems.append(
                f"{self.outcome.mails_distinct} different e-mails, not {self.orders}"
            )

    def _show_logs(self) -> None:
        for path in sorted((self.stack.home / "log").glob("*.log")):
            self.tell(f"--- {path.name}\n{path.read_text(errors='replace')[-3000:]}")


def main() -> int:
    """Run the chaos that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--threads", type=int, default=12)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    outcome = Chaos(orders=options.orders, kills=options.kills, threads=options.threads, say=True).run()
    if options.json:
        print(json.dumps(outcome.as_dict(), indent=2))
    else:
        for name, value in outcome.as_dict().items():
            print(f"{name:<16} {value}")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
