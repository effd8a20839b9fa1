"""What moved, in which order, and what does that leave where?

`StockEvent` and `StockMove` are the journal and the truth. `StockLevel` (per node) and `BinStock` (per bin) are
projections, written only by `inventory.services.stock.stock_post` in the same transaction and rebuildable from the
journal.
"""

from __future__ import annotations

import pgtrigger
from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from simple_history.models import HistoricalRecords

from erp.core.event_triggers import row_event
from erp.core.triggers import Guard, append_only
from inventory.states import StockStatus


class StockEvent(models.Model):
    """One business event that moved stock. Its sequence orders the journal."""

    sequence = models.BigAutoField(primary_key=True)
    action = models.CharField(max_length=60, help_text="Address of the service, e.g. orders.order_allocate.")
    source_type = models.CharField(max_length=60)
    source_id = models.BigIntegerField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    occurred_at = models.DateTimeField()
    recorded_at = models.DateTimeField(db_default=models.functions.Now())
    idempotency_key = models.CharField(max_length=120, unique=True)
    reason = models.CharField(max_length=200, blank=True, default="", db_default="")

    class Meta:
        indexes = [
            models.Index(fields=["source_type", "source_id"], name="stockevent_source"),
            # for as-of by time: events arrive nearly in order of time, so a summary per page range tells where to stop
            BrinIndex(fields=["occurred_at"], name="stockevent_time", autosummarize=True, pages_per_range=16),
        ]
        triggers = [append_only("stockevent_append_only")]

    def __str__(self) -> str:
        return f"stock event {self.sequence}"


class StockMove(models.Model):
    """A quantity out of one bucket into another: the double entry of units.

    Nodes and bins carry no foreign key of their own: the levels and bins that change with the move have one, and checking
    them again was the dearest part of a posting. `verify` proves that they exist.
    """

    event = models.ForeignKey(StockEvent, on_delete=models.PROTECT, related_name="moves")
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    lot = models.ForeignKey(
        "inventory.Lot", on_delete=models.PROTECT, null=True, related_name="+", db_index=False
    )
    quantity = models.BigIntegerField()
    from_node = models.ForeignKey(
        "inventory.Node", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    from_location = models.ForeignKey(
        "inventory.Location",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    from_status = models.CharField(max_length=14, choices=StockStatus)
    to_node = models.ForeignKey(
        "inventory.Node", on_delete=models.PROTECT, db_index=False, db_constraint=False, related_name="+"
    )
    to_location = models.ForeignKey(
        "inventory.Location",
        on_delete=models.PROTECT,
        null=True,
        db_index=False,
        db_constraint=False,
        related_name="+",
    )
    to_status = models.CharField(max_length=14, choices=StockStatus)
    order_line_id = models.BigIntegerField(null=True, help_text="orders.OrderLine this move serves, if any.")

    class Meta:
        constraints = [
            models.CheckConstraint(name="stockmove_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="stockmove_goes_somewhere",
                condition=~Q(from_node=F("to_node"))
                | ~Q(from_status=F("to_status"))
                | Q(from_location__isnull=False, to_location__isnull=False)
                & ~Q(from_location=F("to_location")),
            ),
        ]
        indexes = [
            models.Index(fields=["product", "event"], name="stockmove_product"),
            models.Index(
                fields=["order_line_id"],
                condition=Q(order_line_id__isnull=False),
                name="stockmove_order_line",
            ),
            models.Index(fields=["lot"], condition=Q(lot__isnull=False), name="stockmove_lot"),
        ]
        triggers = [append_only("stockmove_append_only")]

    def __str__(self) -> str:
        return f"stock move #{self.pk}"


def _stock_event(kind: str, operation: pgtrigger.Operation, condition: str, name: str = "") -> Guard:
    return row_event(
        name or "stocklevel_" + kind.replace(".", "_"), kind=kind, document="inventory.Product", key="NEW.product_id",
        data="jsonb_build_object('node_id', NEW.node_id, 'quantity', NEW.quantity)", at="now()",
        operation=operation, condition=condition,
    )  # fmt: skip


class StockLevel(models.Model):
    """Units of a product at a node in a physical status. A projection; PostgreSQL refuses a negative one."""

    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, related_name="levels"
    )
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, db_index=False, related_name="+")
    status = models.CharField(max_length=14, choices=StockStatus)
    quantity = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["product", "node", "status"], name="stocklevel_bucket"),
            models.CheckConstraint(name="stocklevel_not_negative", condition=Q(quantity__gte=0)),
        ]
        triggers = [
            # Only a first level asks: whatever service it was that forgot to, a kit gets no stock. The shared lock makes a
            # product that is just becoming a kit wait, or this level wait for it.
            Guard(
                name="stocklevel_not_of_a_kit",
                level=pgtrigger.Row,
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                declare=[("product", "RECORD")],
                func="SELECT is_kit, sku INTO product FROM inventory_product WHERE id = NEW.product_id FOR SHARE; "
                "IF product.is_kit THEN RAISE EXCEPTION USING ERRCODE = 'KL002', "
                "MESSAGE = 'inventory.kit_has_no_stock', DETAIL = product.sku; END IF; RETURN NEW;",
            ),
            _stock_event(
                "stock.out",
                pgtrigger.Update,
                "NEW.status = 'AVAILABLE' AND OLD.quantity > 0 AND NEW.quantity = 0",
            ),
            _stock_event(
                "stock.back",
                pgtrigger.Update,
                "NEW.status = 'AVAILABLE' AND OLD.quantity = 0 AND NEW.quantity > 0",
            ),
            _stock_event(
                "stock.back",
                pgtrigger.Insert,
                "NEW.status = 'AVAILABLE' AND NEW.quantity > 0",
                name="stocklevel_stock_first",
            ),
        ]

    def __str__(self) -> str:
        return f"level #{self.pk}"


class BinStock(models.Model):
    """Units of a product (and lot) in one bin in one condition; pick tasks have chosen `quantity_allocated` of them."""

    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, related_name="bins"
    )
    location = models.ForeignKey("inventory.Location", on_delete=models.PROTECT, related_name="contents")
    lot = models.ForeignKey("inventory.Lot", on_delete=models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=14, choices=StockStatus)
    quantity = models.BigIntegerField(default=0)
    quantity_allocated = models.BigIntegerField(default=0)
    first_received_at = models.DateTimeField(
        help_text="For FIFO bin choice: when the bin last went from empty to not."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "location", "lot", "status"], nulls_distinct=False, name="binstock_bucket"
            ),
            models.CheckConstraint(
                name="binstock_allocated_within_quantity",
                condition=Q(quantity_allocated__gte=0, quantity_allocated__lte=F("quantity")),
            ),
        ]

    def __str__(self) -> str:
        return f"bin stock #{self.pk}"


class StockSnapshot(models.Model):
    """Levels as of a journal sequence: where an as-of question starts from instead of scanning the journal."""

    sequence = models.BigIntegerField()
    at = models.DateTimeField(help_text="Every event up to `sequence` occurred at or before this time.")
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.PROTECT, db_index=False, related_name="+"
    )
    node = models.ForeignKey("inventory.Node", on_delete=models.PROTECT, db_index=False, related_name="+")
    status = models.CharField(max_length=14, choices=StockStatus)
    quantity = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product", "sequence", "node", "status"], name="stocksnapshot_bucket"
            )
        ]
        indexes = [models.Index(fields=["sequence"], name="stocksnapshot_sequence")]
        triggers = [append_only("stocksnapshot_append_only")]

    def __str__(self) -> str:
        return f"snapshot #{self.pk} at {self.sequence}"


class StockBuffer(models.Model):
    """Units at a node that ATP keeps back: for one product, or for every product (blank)."""

    node = models.ForeignKey("inventory.Node", on_delete=models.CASCADE, related_name="buffers")
    product = models.ForeignKey(
        "inventory.Product", on_delete=models.CASCADE, null=True, blank=True, related_name="buffers"
    )
    channel_code = models.CharField(
        max_length=40, blank=True, help_text="Only against this channel; blank = all."
    )
    quantity = models.PositiveIntegerField()
    history = HistoricalRecords()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["node", "product", "channel_code"], nulls_distinct=False, name="stockbuffer_once"
            )
        ]

    def __str__(self) -> str:
        return f"buffer #{self.pk}"
