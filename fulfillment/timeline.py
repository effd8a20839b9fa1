"""What happened to an order on the floor: fulfilment, scans, parcels, shipments, what was sent out, and the postings?"""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import Q

from erp.core.documents import document_url
from erp.core.pages.format import money_text
from erp.core.pages.timeline import (
    TimelineEntry,
    cases_about,
    messages_about,
    register_timeline,
    states_of,
)
from fulfillment.models import FulfillmentOrder, Package, PickScan, PickTask, Shipment
from fulfillment.states import ScanOutcome
from ledger.timeline import PERMISSION as LEDGER
from ledger.timeline import posting_entries
from orders.models import Order


def _fulfillments(order: Order) -> Iterable[TimelineEntry]:
    rows = FulfillmentOrder.objects.filter(order=order).select_related("node")
    names = {row.pk: f"{row.number} at {row.node.code}" for row in rows}
    return states_of("fulfillment.FulfillmentOrder", names, kind="fulfillment") if names else []


def _scans(order: Order) -> Iterable[TimelineEntry]:
    rows = PickScan.objects.filter(task__line__fulfillment__order=order).select_related("actor", "pick_list")
    for scan in rows.order_by("-pk"):
        yield TimelineEntry(
            scan.at, "scan", f"{ScanOutcome(scan.outcome).label}: {scan.code}", scan.message, str(scan.actor),
            "scan-barcode", source="fulfillment.pick_scan", url=document_url("fulfillment.PickList", scan.pick_list_id) or "",
        )  # fmt: skip


def _picks(order: Order) -> Iterable[TimelineEntry]:
    """Tasks that found less than they should, in the picker's words."""
    short = (
        PickTask.objects.filter(line__fulfillment__order=order)
        .exclude(short_reason="")
        .select_related("product", "location")
    )
    for task in short.order_by("-pk"):
        if task.closed_at is None:
            continue
        yield TimelineEntry(
            task.closed_at, "scan",
            f"Short: {task.quantity_picked} of {task.quantity} × {task.product.sku} in {task.location.code}",
            task.short_reason, icon="circle-alert", tone="danger", source="fulfillment.pick_short",
        )  # fmt: skip


def _parcels(order: Order) -> Iterable[TimelineEntry]:
    for package in Package.objects.filter(fulfillment__order=order).order_by("-pk"):
        yield TimelineEntry(
            package.packed_at, "fulfillment", f"Packed {package.number}",
            f"{package.weight_grams:,} g" if package.weight_grams else "",
            icon="package", tone="progress", source="fulfillment.fulfillment_pack_many",
        )  # fmt: skip


def _shipments(order: Order) -> Iterable[TimelineEntry]:
    """Shipments, what was sent out about them, and their exceptions."""
    rows = list(Shipment.objects.filter(order=order).select_related("node").order_by("-pk"))
    for row in rows:
        yield TimelineEntry(
            row.shipped_at, "fulfillment", f"{row.number} left {row.node.code} with {row.carrier}",
            f"{row.tracking_number + ' · ' if row.tracking_number else ''}"
            f"{money_text(row.revenue + row.charges + row.tax, order.currency)} invoiced",
            icon="truck", tone="success", source="fulfillment.shipment_confirm_many",
            url=document_url("fulfillment.Shipment", row.pk) or "",
        )  # fmt: skip
    if rows:
        yield from messages_about("fulfillment.Shipment", {row.pk: row.number for row in rows})
        ids = [str(row.pk) for row in rows]
        yield from cases_about(Q(subject_type="fulfillment.Shipment", subject_id__in=ids))


def _postings(order: Order) -> Iterable[TimelineEntry]:
    rows = Shipment.objects.filter(order=order).values_list("pk", "shipped_at")
    return posting_entries({("fulfillment.Shipment", pk): at for pk, at in rows})


for provider in (_fulfillments, _scans, _picks, _parcels, _shipments):
    register_timeline("orders.Order", provider)
register_timeline("orders.Order", _postings, LEDGER)
