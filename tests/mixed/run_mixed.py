"""Answers: do many people doing everything at once, on few products, ever meet in a deadlock or leave a unit astray?

    python -m tests.mixed.run_mixed --operations 50000 --threads 16 [--seed 1] [--json]

Each thread has its own connection and takes the next turn: an operation drawn by its weight, on documents drawn from the
latest ones, with lines in no order. A typed refusal (KeelError) is an answer; anything else is a failure. Exit status 1 when
there is a failure, a deadlock, a leftover or a broken invariant.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.mixed.world import Turn, own_servers, turn

if TYPE_CHECKING:
    from tests.mixed.world import World

KEPT = 20  # failures whose story is told


@dataclass
class Outcome:
    """What was done and refused, by operation and by type; `problems` is empty when nothing went wrong."""

    operations: int
    threads: int
    done: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    deadlocks: int = 0
    seconds: float = 0.0
    orders: int = 0
    leftovers: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    @property
    def problems(self) -> list[str]:
        """Whatever must not be."""
        left = [f"{name}: {units}" for name, units in self.leftovers.items() if units]
        dead = [f"{self.deadlocks} deadlocks"] if self.deadlocks else []
        return [*self.failures, *dead, *left, *self.broken]

    def refused_of(self, name: str) -> int:
        """Return how often an operation was refused."""
        return sum(times for said, times in self.refused.items() if said.startswith(f"{name}: "))

    def as_dict(self) -> dict[str, Any]:
        """Return the outcome as JSON shows it."""
        rate = round(sum(self.done.values()) / self.seconds, 1) if self.seconds else 0
        return self.__dict__ | {"operations_per_second": rate, "problems": len(self.problems)}


class Mix:
    """Threads that take turns until there are none left."""

    def __init__(self, world: World, *, operations: int, threads: int, seed: int = 1) -> None:
        from tests.mixed import ordering, stocking

        weights = ordering.OPERATIONS | stocking.OPERATIONS
        self.acts, self.weights = list(weights), list(weights.values())
        self.world, self.seed = world, seed
        self.numbers, self.lock = count(1), threading.Lock()
        self.outcome = Outcome(operations, threads)

    def run(self) -> Outcome:
        """Do everything, then look at what is left."""
        from tests.mixed.audit import audit, deadlocks
        from tests.mixed.ordering import receive, reserve

        for number in range(-20, 0):  # the first ones have something to choose from
            (receive if number % 2 else reserve)(turn(self.world, self.seed, number))
        before, began = deadlocks(), time.monotonic()
        threads = [threading.Thread(target=self.work) for _ in range(self.outcome.threads)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.outcome.seconds = round(time.monotonic() - began, 1)
        found = audit()
        self.outcome.deadlocks = deadlocks() - before
        self.outcome.leftovers, self.outcome.broken = found.leftovers, found.broken
        self.outcome.orders = len(self.world.orders)
        return self.outcome

    def work(self) -> None:
        """Take turns until there are none left."""
        from django.db import connection

        while True:
            with self.lock:
                number = next(self.numbers)
            if number > self.outcome.operations:
                break
            self.take(turn(self.world, self.seed, number))
        connection.close()

    def take(self, own: Turn) -> None:
        """Do one operation, drawn by its weight."""
        self.act(own, own.dice.choices(self.acts, self.weights)[0])

    def act(self, own: Turn, act: Callable[[Turn], None]) -> None:
        """Do an operation and count what came of it."""
        from erp.core.errors import KeelError

        said = ""
        try:
            act(own)
        except KeelError as refusal:
            said = f"{act.__name__}: {type(refusal).__name__}"
        except Exception as error:  # noqa: BLE001 — whatever it is, the report tells it
            self.fail(own, act.__name__, error)
        with self.lock:
            self.outcome.done[act.__name__] += 1
            if said:
                self.outcome.refused[said] += 1

    def fail(self, own: Turn, name: str, error: Exception) -> None:
        """Keep a failure, the first ones with their story."""
        with self.lock:
            many = len(self.outcome.failures) >= KEPT
            story = "" if many else "".join(traceback.format_exception(error)[-14:])
            self.outcome.failures.append(f"turn {own.number} {name}: {error!r}\n{story}"[:6000])


def show(outcome: dict[str, Any]) -> None:
    """Print an outcome as a table."""
    for name, value in outcome.items():
        if isinstance(value, dict):
            print(f"{name}")
            for key, units in sorted(value.items(), key=lambda item: (-item[1], item[0])):
                print(f"    {key:<52} {units:>7}")
        elif isinstance(value, list):
            print(f"{name:<24} {len(value)}")
            for text in value[:KEPT]:
                print(f"    {text}")
        else:
            print(f"{name:<24} {value}")


def deadlock_stories(home: Path) -> str:
    """Return what PostgreSQL wrote about each deadlock: who waited for whom, and in which statement."""
    lines = [
        line
        for path in sorted((home / "log").glob("*"))
        for line in path.read_text(errors="replace").splitlines(keepends=True)
    ]
    found = [number for number, line in enumerate(lines) if "deadlock detected" in line]
    return "\n".join("".join(lines[number : number + 40])[:5000] for number in found[:KEPT])


def main() -> int:
    """Run the mix that the command line asks for, on servers of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--operations", type=int, default=50_000)
    parser.add_argument("--threads", type=int, default=16)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    with own_servers() as home:
        from tests.mixed.world import world_create

        mix = Mix(world_create(), operations=options.operations, threads=options.threads, seed=options.seed)
        outcome = mix.run()
        if outcome.deadlocks and not options.json:
            print(deadlock_stories(home))
    print(json.dumps(outcome.as_dict(), indent=2)) if options.json else show(outcome.as_dict())
    return 1 if outcome.problems else 0


if __name__ == "__main__":
    sys.exit(main())
