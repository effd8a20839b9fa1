"""How fast is the whole chain: a slice of the retailer's year, against the floors of its three heaviest steps together?"""

from __future__ import annotations

from datetime import date
from time import perf_counter

from benchmarks.harness import Bench, Result, benchmark
from erp.demo.run import Scope, replay_run


@benchmark(founds=True)
def replay(bench: Bench) -> Result:
    """Source rows traded per second, from intake to closed books; no floor: the steps have theirs."""
    started = perf_counter()
    figures = replay_run(
        Scope(first=date(2011, 3, 1), limit=bench.size(20_000)), report=lambda done, total, what: None
    )
    seconds = perf_counter() - started
    rate = float(figures["rows_per_second"])
    return Result(
        "replay",
        rate,
        "rows/s",
        0.0,
        0.0,
        [(rate, 0.0)],
        f"{figures['rows']:,} rows, {seconds:.0f} s with founding",
    )
