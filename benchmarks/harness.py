"""How is a service timed against its floor so that a noisy machine does not decide?

Both sides run in turn (A B A B …) in the same process, on the same connection, against the same tables with the same constraints and
triggers. The ratio is the median over the rounds of (floor's time ÷ our time), so 1.0 means as fast as the floor.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection

Work = Callable[[], int]
Benchmark = Callable[["Bench"], "Result"]
BENCHMARKS: dict[str, Benchmark] = {}
LONG: set[str] = set()  # too long to be run with the others
FOUNDS: set[str] = set()  # begin in an empty database


@dataclass(frozen=True)
class Result:
    """`value` and `floor` in `unit`; `ratio` of the rates (higher is better); `runs` the rates of every round."""

    name: str
    value: float
    unit: str
    floor: float
    ratio: float
    runs: list[tuple[float, float]] = field(default_factory=list)
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """This function will return the result as `bench --json` prints it."""
        return asdict(self)


@dataclass
class Bench:
    """What a benchmark gets: how many rounds, and a size factor for quick runs."""

    rounds: int
    scale: float
    seeded: Any = None

    def size(self, full: int) -> int:
        """This function will return `full` scaled down for a quick run, at least 1."""
        return max(int(full * self.scale), 1)

    def pair(self, name: str, unit: str, ours: Work, floor: Work, note: str = "") -> Result:
        """This function will time both sides in turn; each returns how many units it did."""
        for warm_up in (floor, ours):
            warm_up()
        runs = []
        for _ in range(self.rounds):
            runs.append((_rate(ours), _rate(floor)))
        value, lowest = median(run[0] for run in runs), median(run[1] for run in runs)
        ratio = median(run[0] / run[1] for run in runs)
        return Result(name, round(value, 1), unit, round(lowest, 1), round(ratio, 3), runs, note)


def benchmark(function: Benchmark | None = None, *, long: bool = False, founds: bool = False) -> Any:
    """This function will register a benchmark under its function's name (less “_benchmark”).

    A `long` one runs only when named; one that `founds` its own company gets an empty database.
    """

    def register(chosen: Benchmark) -> Benchmark:
        name = chosen.__name__.removesuffix("_benchmark")
        BENCHMARKS[name] = chosen
        if long:
            LONG.add(name)
        if founds:
            FOUNDS.add(name)
        return chosen

    return register(function) if function else register


def _rate(work: Work) -> float:
    started = perf_counter()
    done = work()
    return done / (perf_counter() - started)


@contextmanager
def own_database() -> Iterator[None]:
    """This function will create a database beside the configured one, point Django at it, and drop it afterwards."""
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True, serialize=False)
    try:
        yield
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)
