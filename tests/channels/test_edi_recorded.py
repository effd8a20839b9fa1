"""Answers: what becomes of recorded interchanges: each order received with the document's own total, or refused by name?

Sources and licences: `recorded/edi/LICENSE.*` (EDI.Net, MIT; x12-types, MIT or Apache-2.0; staedi, Apache-2.0). Bare transaction
sets, as x12-types records them, are also tried inside of an envelope of ours. The table of docs/channels.md is this one.
"""

from __future__ import annotations

import re
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from erp.core.errors import InvalidInput
from orders.channels.contract import Account
from orders.channels.document import Snapshot
from orders.channels.edi.adapter import order_events, order_version
from orders.channels.edi.envelope import Interchange, Unreadable, alone
from orders.channels.edi.judge import judge
from orders.channels.edi.profile import Profile
from orders.channels.edi.read import decode, read

FOLDER = Path(__file__).parent / "recorded/edi"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix == ".edi")
FORGIVING = ["control_mismatch", "count_wrong"]


def family(path: Path) -> str:
    return path.name.partition(".")[0] if path.name.startswith(("staedi", "x12_types")) else "edi_net"


def enveloped(text: str) -> str:
    """A bare transaction set inside of an envelope."""
    header = "ISA*00*          *00*          *ZZ*SENDER         *ZZ*RECEIVER       *260302*0800*U*00401*000000001*0*P*>~"
    return f"{header}GS*PO*SENDER*RECEIVER*20260302*0800*1*X*005010~{text}GE*1*1~IEA*1*000000001~"


def profile_of(interchange: Interchange, **agreed: object) -> Profile:
    """What a company would have agreed with this sender."""
    said = {"our_id": "", "currency": "USD", "test_interchanges": "order", "units": {"CA": 1, "SF": 1, "YD": 1, "CT": 1},
            "price_units": {"WE": 1}, **agreed}  # fmt: skip
    return Profile.of(Account("c", interchange.sender, "", said, {}))


def outcomes(path: Path, *, forgives: list[str]) -> list[str]:
    """What becomes of each order in a file: "received 19.95", or the reason's name."""
    text = decode(path.read_bytes())
    if "ISA" not in text[:10] and "UN" not in text[:10]:
        with pytest.raises(Unreadable):
            read(text)
        text = enveloped(text)
    found = []
    for interchange in read(text):
        verdict = judge(interchange, profile_of(interchange, forgives=forgives))
        for place, judged in enumerate(verdict.messages, start=1):
            faults = [*verdict.faults, *judged.faults]
            if faults:
                found.append(faults[0].reason)
                continue
            if judged.purchase is None:
                continue  # no order: a receipt
            document = {
                "version": order_version(interchange, place), "text": alone(interchange, judged.group, judged.message),
                "sent_at": "2026-03-02T08:00:00+00:00", "is_test": False,
            }  # fmt: skip
            try:
                (event,) = order_events(profile_of(interchange), {"documents": [document]})
            except InvalidInput as error:
                found.append(f"refused: {error.field}")
                continue
            found.append(f"received {worth(judged.message.text, event.content)}")
    return found


def worth(text: str, snapshot: Snapshot) -> Decimal:
    """The document's own arithmetic, by a reader of its own: Σ quantity × price, to the cent; equal to what was read."""
    total = Decimal(0)
    rows = re.split(r"[~'\n]+", text)
    for at, row in enumerate(rows):
        parts = row.strip().split("*" if "*" in row else "+")
        if parts[0] == "PO1":
            price = parts[4] or next(r.split("*")[3] for r in rows[at:] if r.strip().startswith("CTP"))
            total += (Decimal(parts[2]) * Decimal(price)).quantize(Decimal("0.01"))
        elif parts[0] == "QTY" and parts[1].startswith("21:"):
            price = next(r.split(":")[1] for r in rows[at:] if r.strip().startswith("PRI"))
            total += (Decimal(parts[1].split(":")[1]) * Decimal(price)).quantize(Decimal("0.01"))
    assert snapshot.total == total
    goods = sum(
        ((line.unit_price * line.quantity).quantize(Decimal("0.01")) for line in snapshot.lines), Decimal(0)
    )
    assert goods + sum((charge.amount for charge in snapshot.charges), Decimal(0)) == total
    return total


EXPECTED: dict[str, dict[str, dict[str, int]]] = {
    "strict": {
        "edi_net": {"control_mismatch": 6, "count_wrong": 1, "duplicate_message": 1},
        "staedi": {"count_wrong": 1, "refused: price": 1, "unsupported_document": 5},
        "x12_types": {
            "control_mismatch": 1, "count_wrong": 3, "received": 5, "refused: price": 2, "wrong_total": 5,
        },
    },
    "forgiving": {
        "edi_net": {"duplicate_message": 1, "missing_segment": 4, "received": 2, "wrong_total": 1},
        "staedi": {"received": 1, "refused: price": 1, "unsupported_document": 5},
        "x12_types": {"received": 9, "refused: price": 2, "wrong_total": 5},
    },
}  # fmt: skip


def counted(forgives: list[str]) -> dict[str, dict[str, int]]:
    found: dict[str, Counter[str]] = {}
    for path in FILES:
        for outcome in outcomes(path, forgives=forgives):
            found.setdefault(family(path), Counter())[
                outcome.partition(" ")[0] if outcome.startswith("received") else outcome
            ] += 1
    return {name: dict(sorted(counts.items())) for name, counts in sorted(found.items())}


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_every_recorded_order_is_received_or_refused_by_name(path: Path) -> None:
    for forgives in ([], FORGIVING):
        assert all(outcomes(path, forgives=forgives)), path.name


def test_the_counts_are_those_of_the_docs() -> None:
    assert counted([]) == EXPECTED["strict"]
    assert counted(FORGIVING) == EXPECTED["forgiving"]
