"""Answers: what do the worst files and codes cost our readers: EDI, CSV, workbooks, barcodes?

    python -m tests.limits.run_limits [edi|csv|xlsx|codes …] [FILE …] [--json]

At most 2 s of processor time and 64 MiB each, above what Python has loaded before, and only typed errors. Each is read in a
process of its own: EDI is read, judged and mapped; a file is looked into as at its upload and then read as far as it can be; a
code is cleaned and parsed. Exit status 1 when one is over. Random ones: `KEEL_FUZZ=5000 pytest tests/limits tests/channels/
test_edi_property.py` (atheris has no wheel for this Python here, so hypothesis alone is used).
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import django

from tests.limits import hostile

SECONDS, MEMORY_MIB, PATIENCE_SECONDS = 2.0, 64.0, 120


@dataclass(frozen=True)
class Cost:
    """What reading one thing took, and what became of it; `is_typed` unless something else than our errors came out."""

    parser: str
    name: str
    seconds: float
    mib: float
    outcome: str
    is_typed: bool = True

    @property
    def is_over(self) -> bool:
        return self.seconds > SECONDS or self.mib > MEMORY_MIB or not self.is_typed


def read_edi(path: Path) -> str:
    """Read, judge and map a body, as the services do."""
    from orders.channels.contract import Account
    from orders.channels.edi.adapter import order_events
    from orders.channels.edi.envelope import alone
    from orders.channels.edi.judge import judge
    from orders.channels.edi.profile import Profile
    from orders.channels.edi.read import decode, read

    profile = Profile.of(Account("c", "BIGSHOP", "", {"our_id": "KEEL", "currency": "GBP"}, {}))
    said = []
    for interchange in read(decode(path.read_bytes())):
        verdict = judge(interchange, profile)
        said.append(verdict.answer)
        for judged in verdict.messages:
            if judged.purchase and judged.is_accepted and not verdict.faults:
                text = alone(interchange, judged.group, judged.message)
                sent = {
                    "version": "1",
                    "text": text,
                    "sent_at": "2026-03-02T08:00:00+00:00",
                    "is_test": False,
                }
                order_events(profile, {"documents": [sent]})
    return ", ".join(dict.fromkeys(said))


def read_table(path: Path) -> str:
    """Look into a file as an upload does, then read its rows."""
    from erp.core.imports.reader import inspect, read_rows

    with path.open("rb") as file:
        found = inspect(file)
        rows = sum(1 for _ in read_rows(file, found.dialect))
    return f"{rows:,} rows read"


def read_barcode(path: Path) -> str:
    """Clean and parse a code as the handhelds' pages do."""
    from fulfillment.symbols import read_symbol

    symbol = read_symbol(path.read_text("utf-8", "surrogateescape"))
    return symbol.fault or f"GTIN {symbol.gtin or '–'}, lot {symbol.lot or '–'}"


PARSERS = ("erp.core.imports.reader", "fulfillment.symbols", "orders.channels.edi.adapter")
READERS: dict[str, Callable[[Path], str]] = {
    "edi": read_edi, "csv": read_table, "xlsx": read_table, "codes": read_barcode, "file": read_table,
}  # fmt: skip


def _peak_mib() -> float:
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _measure(parser: str, name: str, path: Path, answer: Any) -> None:
    """Read one thing in this process, whose peak of memory is forgotten first."""
    from erp.core.errors import KeelError

    with suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    before, began, is_typed = _peak_mib(), time.process_time(), True
    try:
        outcome = READERS[parser](path)
    except KeelError as error:
        outcome = f"refused: {error.message}"
    except (Exception, RecursionError, MemoryError) as error:  # noqa: BLE001  # whatever it is, it is reported, and makes the run fail
        outcome, is_typed = f"{type(error).__name__}: {error}", False
    spent = time.process_time() - began
    answer.send(Cost(parser, name, round(spent, 2), round(_peak_mib() - before, 1), outcome[:70], is_typed))


def cost(parser: str, name: str, path: Path) -> Cost:
    """Measure one thing in a process of its own; one that does not come back in time, or dies, is over."""
    context = multiprocessing.get_context("fork")  # the modules are loaded once
    theirs, ours = context.Pipe()
    process = context.Process(target=_measure, args=(parser, name, path, ours))
    process.start()
    ours.close()
    try:
        found: Cost = (
            theirs.recv()
            if theirs.poll(PATIENCE_SECONDS)
            else Cost(parser, name, PATIENCE_SECONDS, 0, "no end", False)
        )
    except EOFError:
        found = Cost(parser, name, 0, 0, "it died", False)
    process.kill()
    process.join()
    return found


def cases(parsers: set[str]) -> Iterator[tuple[str, str, Callable[[Path], object]]]:
    """Yield (parser, name, what writes the file) of everything hostile."""
    if "edi" in parsers:
        for name, body in hostile.edi().items():
            yield "edi", name, lambda path, body=body: path.write_bytes(body)
    if "csv" in parsers:
        for name, pieces in hostile.csv().items():
            yield "csv", name, lambda path, pieces=pieces: _write(path, pieces)
    if "xlsx" in parsers:
        for name, make in hostile.xlsx().items():
            yield "xlsx", name, make
    if "codes" in parsers:
        for name, code in hostile.codes().items():
            yield (
                "codes",
                name,
                lambda path, code=code: path.write_bytes(code.encode("utf-8", "surrogatepass")),
            )


def _write(path: Path, pieces: Iterator[bytes]) -> None:
    with path.open("wb") as file:
        file.writelines(pieces)


def run(parsers: set[str], own: list[Path]) -> Iterator[Cost]:
    """Measure everything, and files of one's own."""
    with tempfile.TemporaryDirectory() as folder:
        for parser, name, make in cases(parsers):
            path = Path(folder) / "hostile"
            make(path)
            yield cost(parser, name, path)
            path.unlink()
    for path in own:
        yield cost("file", str(path), path)


def prepare() -> None:
    """Set Django up and load what reads: nothing of it asks a server, and none is there."""
    os.environ |= {"KEEL_ENV": "test", "DJANGO_SETTINGS_MODULE": "erp.settings"}
    for server in ("DATABASE_URL", "REDIS_URL"):
        os.environ.setdefault(server, "unused://")
    django.setup()
    for module in PARSERS:
        importlib.import_module(module)


def main() -> int:
    """Measure as the command line asks and print a line per thing."""
    prepare()
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=[])
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    parsers = {word for word in options.what if word in READERS and word != "file"}
    own = [Path(word) for word in options.what if word not in READERS]
    if not options.what:
        parsers = set(READERS)
    found = []
    for cost_ in run(parsers, own):
        found.append(cost_)
        if not options.json:
            mark = "OVER" if cost_.is_over else "ok"
            print(
                f"{mark:4} {cost_.seconds:6.2f} s {cost_.mib:7.1f} MiB  {cost_.parser:5} {cost_.name}: {cost_.outcome}",
                flush=True,
            )
    if options.json:
        print(json.dumps([asdict(cost_) | {"is_over": cost_.is_over} for cost_ in found], indent=2))
    return int(any(cost_.is_over for cost_ in found))


if __name__ == "__main__":
    sys.exit(main())
