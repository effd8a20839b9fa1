"""How long do the worst EDI bodies take, and how much memory? `python -m benchmarks.edi_limits [FILE …]`; exit 1 above the limits.

At most 2 s and 64 MiB each: reading, judging and mapping, in a process of its own, above what Python has loaded before.
"""

from __future__ import annotations

import multiprocessing
import resource
import sys
import time
from pathlib import Path
from typing import Any

SECONDS, MEMORY = 2.0, 64 * 2**20
MOST = 4 * 2**20
HEAD = b"ISA*00*          *00*          *ZZ*BIGSHOP        *ZZ*KEEL           *260302*0800*U*00401*000000001*0*P*>~"
GROUP = b"GS*PO*BIGSHOP*KEEL*20260302*0800*1*X*004010~ST*850*0001~BEG*00*SA*PO-1**20260302~"
LINE = b"PO1**2*EA*9.95**VN*MUG*UP*4006381333931~PID*F****Blue mug with a rather long description of it~"


def bodies() -> dict[str, bytes]:
    """The worst that fits into what a request may hold."""
    return {
        "one giant segment": HEAD + b"A" * (MOST - len(HEAD)),
        "nothing but separators": HEAD + b"*" * (MOST - len(HEAD)),
        "nothing but terminators": HEAD + b"~" * (MOST - len(HEAD)),
        "segments of one letter": HEAD + b"A~" * 2_000_000,
        "49,000 segments of 80": HEAD + GROUP + (b"REF*AA*" + b"x" * 70 + b"~") * 49_000,
        "24,000 order lines": HEAD + GROUP + LINE * 24_000,
        "4,900 order lines": HEAD + GROUP + LINE * 4_900 + b"CTT*4900~SE*9804*0001~GE*1*1~IEA*1*000000001~",
        "8,000 sets": HEAD + GROUP[:44] + b"ST*850*0001~BEG*00*SA*P~PO1**1*EA*1**VN*M~SE*4*0001~" * 8_000,
        "releases": b"UNB+UNOA:1+BIGSHOP+KEEL+260302:0800+1'" + b"?" * (MOST - 60) + b"'",
        "released terminators": b"UNB+UNOA:1+BIGSHOP+KEEL+260302:0800+1'" + b"?'" * 2_000_000,
        "100 interchanges": (HEAD + b"IEA*0*000000001~") * 100,
    }


def measure(body: bytes, result: Any) -> None:
    """This function will put (seconds, bytes, what became of it) of one body into `result`."""
    from erp.core.errors import KeelError
    from orders.channels.contract import Account
    from orders.channels.edi.adapter import order_events
    from orders.channels.edi.envelope import alone
    from orders.channels.edi.judge import judge
    from orders.channels.edi.profile import Profile
    from orders.channels.edi.read import decode, read

    profile = Profile.of(Account("c", "BIGSHOP", "", {"our_id": "KEEL", "currency": "GBP"}, {}))
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, time.process_time()
    said = []
    try:
        for interchange in read(decode(body)):
            verdict = judge(interchange, profile)
            said.append(verdict.answer)
            for judged in verdict.messages:
                if judged.purchase and judged.is_accepted and not verdict.faults:
                    text = alone(interchange, judged.group, judged.message)
                    document = {
                        "version": "1",
                        "text": text,
                        "sent_at": "2026-03-02T08:00:00+00:00",
                        "is_test": False,
                    }
                    order_events(profile, {"documents": [document]})
    except KeelError as error:
        said.append(error.message)
    spent = time.process_time() - began
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    result.put((spent, after - before, ", ".join(dict.fromkeys(said))[:60]))


def main(paths: list[str]) -> int:
    """This function will measure every body and return 1 when one is above a limit."""
    cases = {path: Path(path).read_bytes() for path in paths} or bodies()
    worst = 0
    for name, body in cases.items():
        context = multiprocessing.get_context("spawn")
        result = context.Queue()
        process = context.Process(target=measure, args=(body, result))
        process.start()
        spent, memory, said = result.get(timeout=120)
        process.join()
        is_over = spent > SECONDS or memory > MEMORY
        worst |= is_over
        print(f"{'OVER' if is_over else 'ok':4}  {spent:5.2f} s  {memory / 2**20:6.1f} MiB  {name}: {said}")
    return int(worst)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
