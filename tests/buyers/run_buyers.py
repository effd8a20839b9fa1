"""Answers: does a crowd that wants the last hundred units over the real API get exactly them, each one answer, and no error?

    python -m tests.buyers.run_buyers --buyers 2000 [--processes 4 --threads 50 --no-control --json]

It starts a Keel of its own (gunicorn, worker and beat as `make run` does), founds a company with five scarce products, lets
the buyers go at once from several client processes, and counts. The control is the same with the stock locks taken away from
the web's workers; it must oversell, or the proof proves nothing. Exit status 1 when anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from tests.buyers.goods import UNITS, buyers
from tests.chaos.stack import ROOT, running_stack

UNLOCKED = {"GUNICORN_CMD_ARGS": "--config=python:tests.buyers.unlocked"}


@dataclass
class Outcome:
    """What the crowd was told and what was sold; `problems` is empty when it is exact."""

    buyers: int
    sold: int = 0
    oversold: int = 0
    answered: int = 0
    errors: int = 0
    repeated: int = 0
    seconds: float = 0.0
    requests_per_second: float = 0.0
    slowest_seconds: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    figures: dict[str, Any] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def run(count: int, *, processes: int = 4, threads: int = 50, seed: int = 1, locked: bool = True) -> Outcome:
    """Let `count` buyers go and return what came of it."""
    with running_stack(web_workers=3, environment={} if locked else UNLOCKED) as stack:
        secrets = stack.run("-m", "tests.buyers.shop", "found")
        began = time.monotonic()
        words = [[count, seed, part, processes, threads] for part in range(processes)]
        clients = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.buyers.crowd", stack.url, secrets, *map(str, own)],
                cwd=ROOT, env=stack.environment, stdout=subprocess.PIPE, text=True,
            )
            for own in words
        ]  # fmt: skip
        said = [json.loads(client.communicate()[0] or '{"told": {}, "statuses": {}}') for client in clients]
        seconds = time.monotonic() - began
        figures = json.loads(stack.run("-m", "tests.buyers.shop", "count"))
    return _compare(count, seed, said, figures, seconds)


def _compare(
    count: int, seed: int, said: list[dict[str, Any]], figures: dict[str, Any], seconds: float
) -> Outcome:
    statuses: Counter[str] = Counter()
    told: dict[str, dict[str, Any]] = {}
    for part in said:
        statuses.update(part["statuses"])
        told |= part["told"]
    goods = figures["goods"].values()
    outcome = Outcome(
        count, sold=sum(row["sold"] for row in goods), oversold=sum(max(row["sold"] - row["stock"], 0) for row in goods),
        answered=sum(bool(one["numbers"]) for one in told.values()),
        repeated=sum(len(one["numbers"]) > 1 for one in told.values()),
        errors=sum(times for name, times in statuses.items() if name.rpartition(" ")[2].startswith("5")),
        seconds=round(seconds, 1), requests_per_second=round(sum(statuses.values()) / seconds, 1),
        slowest_seconds=round(max((one["seconds"] for one in told.values()), default=0), 1),
        statuses=dict(statuses.most_common()), figures=figures,
    )  # fmt: skip
    _judge(outcome, told, sum(buyer.retries for buyer in buyers(count, seed)))
    return outcome


def _judge(outcome: Outcome, told: dict[str, dict[str, Any]], retries: int) -> None:
    """Write down whatever is not as it must be."""
    found = outcome.figures
    numbers = [one["numbers"][0] for one in told.values() if one["numbers"]]
    expected = {
        "units sold": (outcome.sold, UNITS), "units oversold": (outcome.oversold, 0), "answers 5xx": (outcome.errors, 0),
        "buyers with an answer": (outcome.answered, outcome.buyers), "different orders told": (len(set(numbers)), outcome.buyers),
        "orders": (found["orders"], outcome.buyers), "external ids": (found["external_ids"], outcome.buyers),
        "keys asked twice": (outcome.repeated, retries), "keys still in progress": (found["open_keys"], 0),
        "carts left over": (found["open_carts"], 0), "payments": (found["payments"], found["web_orders"]),
        "deadlocks": (found["deadlocks"], 0), "invariants broken": (found["broken"], []),
    }  # fmt: skip
    outcome.problems += [
        f"{name}: {value}, not {right}" for name, (value, right) in expected.items() if value != right
    ]
    differing = [number for number, one in told.items() if len(set(one["numbers"])) > 1]
    outcome.problems += [f"buyer {number} was told two orders" for number in differing]
    outcome.problems += [
        f"buyer {number}: {one['refusal']}" for number, one in told.items() if one["refusal"]
    ][:5]


def show(name: str, outcome: Outcome) -> None:
    """Print an outcome as a table."""
    print(name)
    for key, value in outcome.__dict__.items():
        print(f"    {key:<22} {value}")


def main() -> int:
    """Run the proof, and the control that it needs, as the command line asks."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--buyers", type=int, default=2000)
    parser.add_argument("--processes", type=int, default=4)
    parser.add_argument("--threads", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-control", action="store_true")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    crowd = {"processes": options.processes, "threads": options.threads, "seed": options.seed}
    proof = run(options.buyers, **crowd)
    control = None if options.no_control else run(min(options.buyers, 400), **crowd, locked=False)
    if options.json:
        print(json.dumps({"proof": proof.__dict__, "control": control and control.__dict__}, indent=2))
    else:
        show("with the locks", proof)
        if control is not None:
            show("control without them: it must oversell", control)
    return 1 if proof.problems or (control is not None and not control.oversold) else 0


if __name__ == "__main__":
    sys.exit(main())
