"""Answers: can any bytes make the readers do anything but read or refuse by a typed error?

Runs small here; `KEEL_FUZZ=5000 pytest tests/channels/test_edi_property.py` runs it large, and
`python -m tests.limits.run_limits edi` measures time and memory of the worst bodies.
"""

from __future__ import annotations

import os
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from erp.core.errors import KeelError
from orders.channels.contract import Account
from orders.channels.document import Snapshot, from_json, to_json
from orders.channels.edi.acknowledge import contrl, functional_997, receipts, ta1
from orders.channels.edi.adapter import order_events, order_version
from orders.channels.edi.envelope import X12, alone
from orders.channels.edi.judge import judge
from orders.channels.edi.profile import Profile
from orders.channels.edi.purchase import Broken
from orders.channels.edi.read import decode, read
from orders.channels.edi.write import Controls, edifact, x12
from tests.cast import NOW
from tests.channels import edi_partner as they

MANY = settings(
    max_examples=int(os.environ.get("KEEL_FUZZ", "60")),
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
BODIES = [
    they.x12(they.order_850(), they.order_850("PO-2", reference="0002")),
    they.edifact(they.orders_message(), they.orders_message("PO-2", reference="2")),
]
PROFILE = Profile.of(
    Account("c", "BIGSHOP", "", {"our_id": "KEEL", "currency": "GBP", "missing_price": "zero"}, {})
)


def whole_way(body: bytes) -> None:
    """Read, judge, acknowledge and map a body, as the services do."""
    try:
        found = read(decode(body))
    except KeelError:
        return
    for interchange in found:
        verdict = judge(interchange, PROFILE)
        receipts(interchange)
        rows: Any = [ta1(verdict), functional_997(verdict), contrl(verdict)]
        assert len(rows) == 3
        controls = Controls(1, 1, NOW)
        if interchange.standard == X12:
            x12(PROFILE, controls, "TA1", [rows[0]])
            if rows[1]:
                x12(PROFILE, controls, "997", rows[1])
        else:
            edifact(PROFILE.spoken("EDIFACT"), controls, [(["CONTRL", "D", "3", "UN"], rows[2])])
        for place, judged in enumerate(verdict.messages, start=1):
            if judged.purchase is None or not judged.is_accepted:
                continue
            document = {
                "version": order_version(interchange, place), "text": alone(interchange, judged.group, judged.message),
                "sent_at": NOW.isoformat(), "is_test": False,
            }  # fmt: skip
            try:
                events = order_events(PROFILE, {"documents": [document]})
            except KeelError:
                continue
            for event in events:
                if isinstance(event.content, Snapshot):
                    assert from_json(Snapshot, to_json(event.content)) == event.content


@MANY
@given(st.binary(max_size=400))
def test_random_bytes_are_read_or_refused(body: bytes) -> None:
    whole_way(body)
    whole_way(b"ISA*" + body)
    whole_way(b"UNB+" + body)


@MANY
@given(st.sampled_from(BODIES), st.data())
def test_a_body_cut_anywhere_is_read_or_refused(body: str, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(body)))
    whole_way(body[:cut].encode())
    whole_way(body[cut:].encode())


@MANY
@given(st.sampled_from(BODIES), st.data())
def test_a_body_with_other_signs_in_it_is_read_or_refused(body: str, data: st.DataObject) -> None:
    for _ in range(data.draw(st.integers(1, 6))):
        at = data.draw(st.integers(0, len(body) - 1))
        sign = data.draw(st.sampled_from(list("*~+:'?\n\r 0-9.AZé\x00")))
        body = body[:at] + sign + body[at + data.draw(st.integers(0, 3)) :]
    whole_way(body.encode())


@MANY
@given(st.text(max_size=60), st.text(max_size=60))
def test_what_is_written_is_read_back_whatever_the_words(words: str, name: str) -> None:
    """No value can break out of its element."""
    rows = [["BAK", "00", "AC", words], ["N1", "ST", name], ["CTT", "1"]]
    (back,) = read(x12(PROFILE, Controls(7, 8, NOW), "855", [rows]))
    ((_, message),) = back.messages()
    assert [fault.reason for fault in (*back.faults, *message.faults)] == []
    assert [segment.tag for segment in message.segments] == ["ST", "BAK", "N1", "CTT", "SE"]
    spoken = PROFILE.spoken("EDIFACT")
    said = [["BGM", "231", words, "9"], ["NAD", "DP", ["", "", "9"], "", name or "x"]]
    (back,) = read(edifact(spoken, Controls(7, 8, NOW), [(["ORDRSP", "D", "96A", "UN"], said)]))
    ((_, message),) = back.messages()
    assert [fault.reason for fault in (*back.faults, *message.faults)] == []
    assert [segment.tag for segment in message.segments] == ["UNH", "BGM", "NAD", "UNT"]
    clean = "".join(sign for sign in words if 32 <= ord(sign) < 127).strip()
    if clean == words:
        assert message.segments[1].get(2) == words


def test_a_broken_document_says_where() -> None:
    (interchange,) = read(they.x12(they.order_850(tail="CTT*9~\n")))
    (judged,) = judge(interchange, PROFILE).messages
    assert [fault.reason for fault in judged.faults] == ["wrong_total"]
    assert issubclass(Broken, KeelError)
