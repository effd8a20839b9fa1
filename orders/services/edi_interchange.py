"""Who takes a partner's interchange in: keeps it, acknowledges it, and hands on each order in it?"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q

from erp.core.errors import InvalidInput, KeelError
from erp.core.models import InboxMessage, User
from erp.core.services.exception_case import CaseDraft, exception_open_many
from orders.channels.contract import ChannelEvent, Delivery, Refused
from orders.channels.edi.acknowledge import contrl, functional_997, receipts, ta1
from orders.channels.edi.adapter import (
    TOPIC_INTERCHANGE,
    TOPIC_ORDER,
    delivery_of,
    digest,
    order_events,
    order_version,
)
from orders.channels.edi.edifact_out import identity
from orders.channels.edi.envelope import X12, Interchange, alone, words
from orders.channels.edi.judge import ACCEPTED, REJECTED, Judged, Verdict, acknowledged, judge, refuse_known
from orders.channels.edi.profile import Profile
from orders.channels.edi.purchase import CANCEL, CHANGE, ORDER
from orders.channels.edi.read import read
from orders.channels.edi.write import Controls, Row, edifact, x12
from orders.models import Connection, EdiInterchange, EdiMessage
from orders.services.channel_message import ACTION, channel_message_store_many
from orders.services.connection import account_of
from orders.services.edi_write import InterchangeDraft, edi_connection_lock, edi_interchange_write

DUPLICATES = timedelta(days=365)  # a control number may come again after so long
OF_ORDERS = (ORDER, CHANGE, CANCEL)


def edi_receive(*, channel: str, body: bytes, actor: User, at: datetime) -> int:
    """This function will take in a file that a person or a folder brings, as if the partner's gateway had posted it.

    Returns the inbox message's id; a worker reads it. InvalidInput when it is no interchange, NotFound without a partner.
    """
    with transaction.atomic():
        edi_connection_lock(channel)
        try:
            delivery = delivery_of(body)
        except Refused as refused:
            raise InvalidInput(refused.message, field="file", remedy=refused.remedy) from refused
        (stored,) = channel_message_store_many(channel=channel, deliveries=[delivery], actor=actor, at=at)
    return stored.id


@transaction.atomic
def edi_interchange_take(*, channel: str, event: ChannelEvent, actor: User, at: datetime) -> str:
    """This function will take one interchange of a stored message apart and return what it became.

    Its acknowledgement, its receipts for what we sent and a message per order commit together. Taken again it is the same;
    one that was rejected is judged anew, so that it can be replayed once its cause is gone.
    """
    connection = edi_connection_lock(channel)
    profile = Profile.of(account_of(connection, at=at))
    name, place = str(event.content["digest"]), int(event.content["place"])
    message = InboxMessage.objects.get(source=channel, kind=ACTION, external_id=f"{TOPIC_INTERCHANGE}:{name}")
    key, received = f"{name}:{place}", EdiInterchange.objects.filter(connection=connection, direction="IN")
    known = received.filter(key=key).exclude(answer=REJECTED).first()
    if known is not None:
        return f"orders.EdiInterchange:{known.pk}"
    interchange = read(message.body)[place]
    before = received.exclude(answer=REJECTED).filter(
        sender=interchange.sender[:60], control_number=interchange.control[:35], at__gt=at - DUPLICATES
    )
    verdict = judge(interchange, profile, is_duplicate=bool(interchange.control) and before.exists())
    refuse_known(verdict.messages, _known_orders(connection, verdict))
    row = _keep(connection, verdict, key, message, at)
    _settle(connection, verdict, actor, at)
    _acknowledge(connection, profile, verdict, row, actor, at)
    _hand_on(connection, profile, row, actor, at)
    if row.answer != ACCEPTED:
        _tell(connection, verdict, row, actor, at)
    return f"orders.EdiInterchange:{row.pk}"


def _known_orders(connection: Connection, verdict: Verdict) -> set[str]:
    numbers = [judged.purchase.number for judged in verdict.messages if judged.purchase]
    found = EdiMessage.objects.filter(
        interchange__connection=connection, interchange__direction="IN", is_accepted=True, purpose=ORDER,
        number__in=numbers,
    )  # fmt: skip
    return set(found.values_list("number", flat=True))


def _keep(
    connection: Connection, verdict: Verdict, key: str, message: InboxMessage, at: datetime
) -> EdiInterchange:
    it = verdict.interchange
    kinds = [judged.message.kind[:10] for judged in verdict.messages] or ["TA1"] * bool(it.receipts)
    named = [
        f"{kind} × {kinds.count(kind)}" if kinds.count(kind) > 1 else kind for kind in dict.fromkeys(kinds)
    ]
    row = EdiInterchange.objects.create(
        connection=connection, direction="IN", standard=it.standard, control_number=it.control[:35],
        group_number=it.groups[0].control[:14] if it.groups else "", sender=it.sender[:60], receiver=it.receiver[:60],
        documents=", ".join(named)[:120], is_test=it.is_test, answer=verdict.answer,
        faults=[fault.as_json() for fault in verdict.all_faults()[:50]], answer_words=words(verdict.all_faults()[:5]),
        text=it.text, key=key, inbox_message=message, at=at, answered_at=at,
    )  # fmt: skip
    EdiMessage.objects.bulk_create(
        [_message(row, it, judged, place, verdict) for place, judged in enumerate(verdict.messages, start=1)],
        batch_size=1_000,
    )
    return row


def _message(
    row: EdiInterchange, it: Interchange, judged: Judged, place: int, verdict: Verdict
) -> EdiMessage:
    purchase, message = judged.purchase, judged.message
    return EdiMessage(
        interchange=row, position=place, kind=message.kind[:10], version=message.version[:40],
        reference=message.reference[:35], purpose=purchase.purpose if purchase else "",
        number=purchase.number if purchase else "",
        order_version=order_version(it, place), is_accepted=judged.is_accepted and not verdict.faults,
        faults=[fault.as_json() for fault in judged.faults[:20]], text=alone(it, judged.group, message) if purchase else "",
    )  # fmt: skip


def _settle(connection: Connection, verdict: Verdict, actor: User, at: datetime) -> None:
    """Put down what the partner says of what we sent."""
    if verdict.faults:
        return
    cases = []
    sent = EdiInterchange.objects.filter(connection=connection, direction="OUT")
    for receipt in receipts(verdict.interchange):
        number = receipt.control.lstrip("0") or "0"
        field = "group_number" if receipt.is_group else "control_number"
        ours = sent.filter(Q(**{field: number})).order_by("-pk").first()
        if ours is None or (ours.standard == X12 and not receipt.is_group and receipt.answer == ACCEPTED):
            continue  # a TA1 says that the envelope arrived; the 997 says whether it could be read
        EdiInterchange.objects.filter(pk=ours.pk).update(
            answer=receipt.answer, answer_words=receipt.words[:300], answered_at=at
        )
        if receipt.answer != ACCEPTED:
            title = f"{connection.channel.code} did not accept our {ours.documents} {ours.control_number}"
            detail = {"channel": connection.channel.code, "said": receipt.words}
            cases.append(CaseDraft("EDI_NOT_ACCEPTED", "orders.EdiInterchange", str(ours.pk), title, detail))
    exception_open_many(cases, actor=actor, at=at)


def _acknowledge(
    connection: Connection, profile: Profile, verdict: Verdict, row: EdiInterchange, actor: User, at: datetime
) -> None:
    """Write the acknowledgement that was agreed; a rejection is always told, a receipt is never answered."""
    it, wanted = verdict.interchange, set(profile.acknowledges)
    if not acknowledged(verdict) or not wanted:
        return
    spoken, is_test = profile.spoken(it.standard), it.is_test or profile.sends_test

    def put(kind: str, composed: Any) -> None:
        draft = InterchangeDraft(
            f"ack:{row.pk}:{kind}", kind, composed, [(kind, it.control)], is_acknowledged=False, is_test=is_test,
            acknowledges=row,
        )  # fmt: skip
        edi_interchange_write(draft, connection=connection, profile=spoken, actor=actor, at=at)

    if it.standard == X12:
        if verdict.faults or "TA1" in wanted or it.wants_receipt:
            rows = [ta1(verdict)]
            put("TA1", lambda controls: x12(spoken, controls, "TA1", rows, is_test=is_test))
        sets = [] if verdict.faults or "997" not in wanted else functional_997(verdict)
        if sets:
            put("997", lambda controls: x12(spoken, controls, "997", sets, is_test=is_test))
        return
    rows_: list[Row] = contrl(verdict)

    def compose(controls: Controls) -> str:
        messages = [(identity("CONTRL", "D:3:UN"), rows_)]
        return edifact(spoken, controls, messages, is_test=is_test)

    put("CONTRL", compose)


def _hand_on(
    connection: Connection, profile: Profile, row: EdiInterchange, actor: User, at: datetime
) -> None:
    """Put each order that this interchange says something of down as a message of its own, with all its documents so far."""
    fresh = list(row.messages.filter(is_accepted=True, purpose__in=OF_ORDERS))
    numbers = {message.number for message in fresh}
    documents: dict[str, list[EdiMessage]] = {number: [] for number in sorted(numbers)}
    found = EdiMessage.objects.filter(
        interchange__connection=connection, interchange__direction="IN", is_accepted=True, number__in=numbers,
        purpose__in=OF_ORDERS,
    ).select_related("interchange")  # fmt: skip
    for message in found.order_by("order_version", "pk"):
        documents[message.number].append(message)
    new = {message.pk for message in fresh}
    deliveries = []
    for number, chain in documents.items():
        content = {"documents": _usable(profile, chain, new)}
        if content["documents"]:
            body = json.dumps(content, sort_keys=True, ensure_ascii=False)
            deliveries.append(Delivery(TOPIC_ORDER, f"{number}:{digest(body)[:16]}", body))
    channel_message_store_many(channel=connection.channel.code, deliveries=deliveries, actor=actor, at=at)


def _usable(profile: Profile, chain: Sequence[EdiMessage], new: set[int]) -> list[dict[str, Any]]:
    """The documents that make up an order. A change waits for its order; one that could not be followed before stays out of it,
    one that came just now is handed on, so that its fault reaches a person."""
    found: list[dict[str, Any]] = []
    has_order = False
    for message in chain:
        has_order = has_order or message.purpose == ORDER
        if message.purpose == CHANGE and not has_order:
            continue
        at = message.interchange.at
        first = read(message.text)[0].sent_at or at
        is_test = message.interchange.is_test and profile.test_interchanges != "order"
        document = {
            "version": message.order_version, "text": message.text, "sent_at": first.isoformat(), "is_test": is_test,
        }  # fmt: skip
        if message.pk not in new:
            try:
                order_events(profile, {"documents": [*found, document]})
            except KeelError:
                continue
        found.append(document)
    return found


def _tell(connection: Connection, verdict: Verdict, row: EdiInterchange, actor: User, at: datetime) -> None:
    title = f"{connection.channel.code}: interchange {row.control_number or '–'} was {row.get_answer_display().lower()}"
    faults = verdict.all_faults()
    detail = {
        "channel": connection.channel.code, "faults": [fault.text for fault in faults[:10]],
        "reasons": sorted({fault.reason for fault in faults}),
    }  # fmt: skip
    draft = CaseDraft("EDI_REFUSED", "orders.EdiInterchange", str(row.pk), title, detail)
    exception_open_many([draft], actor=actor, at=at)
