"""Answers: how fast is a webhook acknowledged while a shop sends fifty a second, and is each one stored and handled?

    python -m tests.channels.run_webhooks --rate 50 --seconds 60 [--json]

It starts a Keel of its own (gunicorn, worker, beat and watcher as `make run` does), connects a Shopify and a WooCommerce shop
and sends signed webhooks at their times, whatever becomes of those before: an answer's time counts from when its request was
due, so a slow server can not slow the sender down (no coordinated omission). Exit status 1 when the 99th percentile is 500 ms
or more, or an answer, a message or an invariant is not as it must be.
"""

from __future__ import annotations

import argparse
import http.client
import json
import queue
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from urllib.parse import urlsplit

from tests.channels.webhook_flow import Webhook, webhooks
from tests.chaos.stack import Stack, running_stack

LIMIT_MS = 500
THREADS = 100  # what a shop has open at once; more waiting than that counts as waiting all the same
PATIENCE_SECONDS = 900
WARM_UP = 20


@dataclass
class Outcome:
    """What was sent, how it was answered and what it became; `problems` is empty when all is as it must be."""

    rate: float
    seconds: float
    sent: int = 0
    statuses: dict[str, int] = field(default_factory=dict)
    p50_ms: float = 0
    p95_ms: float = 0
    p99_ms: float = 0
    max_ms: float = 0
    late_sends: int = 0
    accepted: int = 0
    stored: int = 0
    handled_seconds: float = 0
    states: dict[str, int] = field(default_factory=dict)
    orders: int = 0
    lines: int = 0
    cpu_seconds: dict[str, float] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Answered:
    """What one request was answered, and how long after it was due, in seconds."""

    name: str
    status: str
    seconds: float
    late: float


class Sender:
    """Sends each webhook when it is due over as many connections as it takes."""

    def __init__(self, url: str, rate: float) -> None:
        self.host, self.rate = urlsplit(url).netloc, rate
        self.due: queue.SimpleQueue[tuple[float, Webhook] | None] = queue.SimpleQueue()
        self.answers: list[Answered] = []

    def run(self, sendings: Sequence[Webhook]) -> list[Answered]:
        """Send them all and return the answers."""
        threads = [threading.Thread(target=self._work, daemon=True) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        began = time.perf_counter() + 0.2
        for number, webhook in enumerate(sendings):
            moment = began + number / self.rate
            time.sleep(max(0.0, moment - time.perf_counter()))
            self.due.put((moment, webhook))
        for _ in threads:
            self.due.put(None)
        for thread in threads:
            thread.join()
        return self.answers

    def _work(self) -> None:
        link = http.client.HTTPConnection(self.host, timeout=60)
        while (found := self.due.get()) is not None:
            moment, webhook = found
            late = time.perf_counter() - moment
            status = self._ask(link, webhook)
            self.answers.append(Answered(webhook.name, status, time.perf_counter() - moment, late))
        link.close()

    @staticmethod
    def _ask(link: http.client.HTTPConnection, webhook: Webhook) -> str:
        headers = {"Content-Type": "application/json", **webhook.headers}
        for attempt in (1, 2):  # a kept connection may have been closed by the server meanwhile
            try:
                link.request("POST", f"/channels/{webhook.channel}/webhooks/", webhook.body, headers)
                answer = link.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException) as error:
                link.close()
                if attempt == 2 or not isinstance(error, http.client.RemoteDisconnected | ConnectionError):
                    return type(error).__name__
            else:
                return str(answer.status)
        raise AssertionError("unreachable")


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of all are not above, by nearest rank."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * share // 1).__int__() - 1)] if ordered else 0.0


def run(rate: float, seconds: float, *, prove: bool = True) -> Outcome:
    """Start a Keel, send for so long, wait until all is handled, and return what came of it."""
    flow = webhooks(datetime.now(UTC))
    with running_stack(web_workers=2) as stack:
        stack.run("-m", "tests.channels.webhook_shop", "found")
        warm = Sender(stack.url, 10).run(list(islice(flow, WARM_UP)))
        sendings = list(islice(flow, int(rate * seconds)))
        outcome = Outcome(rate, seconds, sent=len(sendings))
        before = _cpu(stack)
        answers = Sender(stack.url, rate).run(sendings)
        ended = time.time()
        outcome.cpu_seconds = {name: round(spent - before[name], 1) for name, spent in _cpu(stack).items()}
        _sum_up(outcome, warm, answers)
        _settle(outcome, stack, ended)
        if prove:
            outcome.problems += json.loads(stack.run("-m", "tests.channels.webhook_shop", "prove"))
    return outcome


def _cpu(stack: Stack) -> dict[str, float]:
    """Return the processor seconds that web, worker and database have used so far."""
    import psutil

    spent = dict.fromkeys(("web", "worker", "postgres"), 0.0)
    for name in spent:
        for pid in stack.pids(name):
            try:
                times = psutil.Process(pid).cpu_times()
            except psutil.NoSuchProcess:  # a database process of a connection that was closed
                continue
            spent[name] += times.user + times.system
    return spent


def _sum_up(outcome: Outcome, warm: Sequence[Answered], answers: Sequence[Answered]) -> None:
    times = [answer.seconds * 1000 for answer in answers]
    outcome.statuses = dict(Counter(answer.status for answer in answers).most_common())
    for name, share in (("p50_ms", 0.5), ("p95_ms", 0.95), ("p99_ms", 0.99), ("max_ms", 1.0)):
        setattr(outcome, name, round(percentile(times, share), 1))
    outcome.late_sends = sum(answer.late > 0.01 for answer in answers)
    outcome.accepted = len({answer.name for answer in [*warm, *answers] if answer.status == "200"})
    if outcome.p99_ms >= LIMIT_MS:
        outcome.problems.append(f"99 % were answered within {outcome.p99_ms} ms, not {LIMIT_MS}")
    if set(outcome.statuses) != {"200"}:
        outcome.problems.append(f"answers were {outcome.statuses}")


def _settle(outcome: Outcome, stack: Stack, ended: float) -> None:
    """Wait until every message was handled and write down what was stored."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        found: dict[str, Any] = json.loads(stack.run("-m", "tests.channels.webhook_shop", "count"))
        waiting = sum(found["states"].get(state, 0) for state in ("PENDING", "RUNNING", "FAILED"))
        if not waiting or time.monotonic() > deadline:
            break
        time.sleep(1)
    outcome.states, outcome.orders, outcome.lines = found["states"], found["orders"], found["lines"]
    outcome.stored = sum(found["states"].values())
    outcome.handled_seconds = round(max(0.0, (found["last"] or ended) - ended), 1)
    expected = {"stored": (outcome.stored, outcome.accepted), "handled": (found["states"].get("DONE", 0), outcome.accepted),
                "refused": (found["refused"], 0)}  # fmt: skip
    outcome.problems += [
        f"{name}: {value}, not {right}" for name, (value, right) in expected.items() if value != right
    ]
    outcome.problems += [f"{times} × {error}" for error, times in found["errors"]]


def main() -> int:
    """Run the proof as the command line asks and print its figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rate", type=float, default=50)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    outcome = run(options.rate, options.seconds)
    if options.json:
        print(json.dumps(outcome.__dict__, indent=2))
    else:
        for key, value in outcome.__dict__.items():
            print(f"{key:<18} {value}")
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
