"""How does a program keep stock for a cart? Mounted at /api/v1/reservations by `erp.api`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from ninja import Body, Router

from erp.core.api import body_as, require, require_channel
from erp.core.errors import InvalidInput, NotFound
from erp.core.models import User
from erp.core.text import storable
from orders.api_schemas import Longer, ReservationIn, ReservationOut
from orders.channels import fields
from orders.models import Reservation
from orders.services import ReservationDraft, reservation_create, reservation_extend, reservation_release

router = Router(tags=["reservations"])
BODY = Body(...)
_TOP = {"channel", "key", "lines", "ttl_seconds", "country"}
_LINE = {"sku", "quantity"}


@router.post(
    "",
    summary="Reserve a cart",
    response={201: ReservationOut, 200: ReservationOut},
    openapi_extra=body_as(ReservationIn),
)
def reservation_post(request: HttpRequest, content: Any = BODY) -> tuple[int, dict[str, Any]]:
    """Keep the units of every line for `ttl_seconds` (60 to 3,600), all or nothing; a kit keeps its components.

    The same `key` with the same lines answers 200 with what it became, with other lines 409. What is short is named with
    what there is (409 `reservation_short`). An order with this `reservation_key` gets the units first.
    """
    require(request, "orders.create")
    try:
        draft = _draft(content)
        require_channel(request, draft.channel)
        found, is_new = reservation_create(draft, actor=_actor(request), at=timezone.now())
    except InvalidInput as error:
        error.is_recorded = (
            True  # the shop is told and the cart goes on; nobody would replay it from the desk
        )
        raise
    return (201 if is_new else 200), reservation_out(found)


@router.get("/{channel}/{path:key}", summary="Read a reservation", response=ReservationOut)
def reservation_get(request: HttpRequest, channel: str, key: str) -> dict[str, Any]:
    """A reservation by its channel and key, with the nodes that its units are kept at."""
    require(request, "orders.view")
    return reservation_out(_find(request, channel, key))


@router.patch(
    "/{channel}/{path:key}",
    summary="Extend a reservation",
    response=ReservationOut,
    openapi_extra=body_as(Longer),
)
def reservation_patch(request: HttpRequest, channel: str, key: str, content: Any = BODY) -> dict[str, Any]:
    """Body: {"ttl_seconds": …}, counted from now; six hours from the beginning at most. 409 when it is over already."""
    require(request, "orders.create")
    body = _object(content, "body", {"ttl_seconds"})
    found = _find(request, channel, key)
    extended = reservation_extend(
        reservation_id=found.pk, ttl_seconds=fields.read_quantity(body.get("ttl_seconds"), "ttl_seconds"),
        actor=_actor(request), at=timezone.now(),
    )  # fmt: skip
    return reservation_out(extended)


@router.delete("/{channel}/{path:key}", summary="Release a reservation", response=ReservationOut)
def reservation_delete(request: HttpRequest, channel: str, key: str) -> dict[str, Any]:
    """Let the units go. 409 when it is over already."""
    require(request, "orders.create")
    found = _find(request, channel, key)
    released = reservation_release(
        reservation_id=found.pk, reason="released by the channel", actor=_actor(request), at=timezone.now()
    )
    return reservation_out(released)


def reservation_out(found: Reservation) -> dict[str, Any]:
    """This function will return a reservation as the API shows it."""
    lines = found.lines.select_related("product", "node").order_by("pk")
    return {
        "channel": found.channel.code, "key": found.key, "state": found.state,
        "expires_at": found.expires_at.isoformat(), "created_at": found.created_at.isoformat(),
        "order": found.order.number if found.order else None,
        "lines": [{"sku": sku, "quantity": units} for sku, units in found.wanted],
        "kept": [{"sku": row.product.sku, "node": row.node.code, "quantity": row.quantity} for row in lines],
    }  # fmt: skip


def _draft(content: Any) -> ReservationDraft:
    top = _object(content, "body", _TOP)
    rows = top.get("lines")
    if not isinstance(rows, list):
        raise InvalidInput(
            "lines must be a list", field="lines", remedy='Send [{"sku": "…", "quantity": 1}].'
        )
    lines = []
    for number, row in enumerate(rows, start=1):
        line = _object(row, f"lines[{number}]", _LINE)
        sku = fields.read_text(line.get("sku"), f"lines[{number}].sku", 80)
        lines.append((sku, fields.read_quantity(line.get("quantity"), f"lines[{number}].quantity")))
    return ReservationDraft(
        channel=fields.read_text(top.get("channel"), "channel", 40), key=fields.read_text(top.get("key"), "key", 80),
        lines=lines, ttl_seconds=fields.read_quantity(top.get("ttl_seconds"), "ttl_seconds"),
        country=fields.read_country(top.get("country"), "country"),
    )  # fmt: skip


def _object(value: Any, field: str, known: set[str]) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidInput(f"{field} must be an object", field=field, remedy="Send {…}.")
    unknown = sorted(str(key)[:40] for key in value if key not in known)
    if unknown:
        raise InvalidInput(
            f"{field} has unknown fields: {', '.join(unknown[:5])}", field=unknown[0],
            remedy=f"Known are: {', '.join(sorted(known))}.",
        )  # fmt: skip
    return value


def _find(request: HttpRequest, channel: str, key: str) -> Reservation:
    require_channel(request, channel)
    found = Reservation.objects.select_related("channel", "order").filter(
        channel__code=storable(channel)[:40], key=storable(key)[:80]
    )
    reservation = found.first()
    if reservation is None:
        raise NotFound(
            f"there is no reservation {storable(key)[:80]}",
            field="key",
            remedy="Use the key you made it with.",
        )
    return reservation


def _actor(request: HttpRequest) -> User:
    actor: User = request.user  # type: ignore[assignment]
    return actor
