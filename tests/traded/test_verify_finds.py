"""Answers: can a number of a document change by one without `verify` noticing? And does each proof of the orders find its own?

The first test changes every figure of every document by one, one at a time, with PostgreSQL's own guards
switched off.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, models, transaction

from erp.core.services.proof import invariants_collect
from tests.traded.conftest import Traded

LABELS = ("core", "ledger", "inventory", "orders", "fulfillment", "procurement", "returns", "reporting")
# Decided by people, not derived from anything: master data, policies, settings, and work in progress.
MASTER = {
    "core.User", "core.ApprovalPolicy", "core.ApprovalRequest", "core.NumberSeries", "core.Note",
    "core.ExceptionCase", "core.VerifyRun", "core.Job", "core.InboxMessage", "core.OutboxMessage",
    "core.IdempotencyKey", "inventory.Node", "inventory.Location", "inventory.Category", "inventory.Product",
    "inventory.ProductUnit", "inventory.KitComponent", "inventory.StockBuffer", "inventory.StockPool", "orders.AllocationPolicy",
    "orders.AllocationRule", "orders.FreightRate", "orders.Channel",
    "orders.Customer", "orders.PriceLimit", "orders.Substitution", "orders.CheckPolicy", "orders.TaxExpectation",
    "orders.RiskRule", "orders.RiskListEntry", "orders.HoldRule", "orders.PriceListEntry", "orders.ContractPrice",
    "inventory.ProductRestriction", "orders.Subscription", "orders.SubscriptionLine", "orders.SubscriptionRun",
    "procurement.Supplier", "procurement.SupplierProduct", "procurement.ReplenishmentRule",
    "procurement.ReplenishmentDecision", "ledger.Account", "ledger.TieOut", "ledger.ManualEntry",
    "ledger.ManualEntryLine", "reporting.RollupMark", "reporting.DailyService",
}  # fmt: skip
# A figure that nothing else in the house repeats, and why that is so.
SINGLE = {
    "core.Event.document_id": "what subscribers are told of a step; the steps themselves are proven",
    "core.StateChange.document_id": "the step of another document; its own chain shows it unless both agree",
    "inventory.StockMove.order_line_id": "a hint for the timeline of moves that are no shipment",
    "inventory.TransferLine.quantity": "a wish until the transfer leaves",
    "inventory.TransferLine.quantity_lost": "zero until the transfer is received",
    "inventory.AdjustmentLine.unit_cost": "what a person said found goods are worth",
    "orders.AllocationDecision.stock_sequence": "null when nothing could be assigned",
    "orders.Order.priority": "decided by people",
    "orders.Order.max_shipments": "decided by people",
    "orders.OrderLine.unit_price_agreed": "the price before an override; the change has it too",
    "orders.Order.inbox_message_id": "where it came from",
    "orders.OrderLine.position": "an order of reading",
    "fulfillment.PickTask.position": "an order of walking",
    "fulfillment.Package.weight_grams": "weighed",
    "procurement.PurchaseOrder.rate": "the rate agreed on the day",
    "procurement.PurchaseOrderLine.position": "an order of reading",
    "returns.Refund.tax_amount": "a part of the amount; the whole is proven",
    "returns.RmaLine.refund_tax": "a part of the amount; the whole is proven",
    "ledger.CostLayer.source_id": "where the cost came from",
    "ledger.CostMovement.source_id": "of an adjustment; a shipment's is proven",
    "ledger.JournalEntry.sequence": "the nth entry of its kind",
    "ledger.JournalEntry.source_id": "unique with its kind, and proven per document",
    "ledger.JournalEntry.stock_sequence": "of an adjustment; a shipment's and a receipt's are proven",
    "ledger.JournalEntry.xact_id": "the transaction that wrote it",
    "ledger.JournalLine.product_id": "a dimension, proven to exist",
    "ledger.JournalLine.node_id": "a dimension; a shipment's is proven",
    "ledger.JournalLine.channel_id": "a dimension; a shipment's is proven",
    "ledger.JournalLine.supplier_id": "a dimension, proven to exist",
    "reporting.DailySales.entries": "a count for the reader",
    "reporting.DailySales.journal_entry_id": "how far the day had been rolled up",
}


@pytest.fixture(scope="module")
def _switched_off(traded: Traded, django_db_blocker: Any) -> Iterator[Traded]:
    """The traded company with every trigger and check constraint of PostgreSQL switched off, for the tests of this file."""
    with django_db_blocker.unblock(), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(
                "SELECT conrelid::regclass::text, conname FROM pg_constraint "
                "WHERE contype = 'c' AND connamespace = 'public'::regnamespace"
            )
            for table, name in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
        yield traded
        transaction.set_rollback(True)


@pytest.fixture
def unguarded(_switched_off: Traded) -> Iterator[Traded]:
    """That company, and whatever a test breaks is whole again after it."""
    with transaction.atomic():
        yield _switched_off
        transaction.set_rollback(True)


def _found_by(table: str) -> bool:
    """Does any proof that reads the table find something?"""
    with connection.cursor() as cursor:
        for _, invariant in invariants_collect():
            if re.search(rf"\b{table}\b", invariant.statement):
                cursor.execute(f"SELECT EXISTS (SELECT 1 FROM ({invariant.statement}) AS violation)")
                if cursor.fetchone()[0]:
                    return True
    return False


def _change_by_one(model: type[models.Model], column: str) -> bool:
    """Add one to the first row that has a figure there; False when no row has."""
    table, key = model._meta.db_table, model._meta.pk.column
    with connection.cursor() as cursor:
        cursor.execute(
            f'UPDATE {table} SET "{column}" = "{column}" + 1 WHERE {key} = (SELECT {key} FROM {table} '
            f'WHERE "{column}" IS NOT NULL ORDER BY "{column}" = 0, {key} LIMIT 1)'
        )
        return cursor.rowcount == 1


def _figures() -> list[tuple[type[models.Model], str]]:
    return [
        (model, field.column)
        for model in apps.get_models()
        if model._meta.app_label in LABELS
        and not model.__name__.startswith("Historical")
        and model._meta.label not in MASTER
        for field in model._meta.concrete_fields
        if isinstance(field, (models.IntegerField, models.DecimalField))
        and not field.primary_key
        and not field.generated
        and not field.is_relation
    ]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_figure_of_a_document_changes_by_one_unnoticed(unguarded: Traded) -> None:
    unnoticed, tried = [], 0
    for model, column in _figures():
        name = f"{model._meta.label}.{column}"
        if name in SINGLE:
            continue
        savepoint = transaction.savepoint()
        try:
            if _change_by_one(model, column):
                tried += 1
                if not _found_by(model._meta.db_table):
                    unnoticed.append(name)
        except IntegrityError:  # a unique key notices it at once
            tried += 1
        transaction.savepoint_rollback(savepoint)
    assert unnoticed == []
    assert tried > 50


# (what is proven, what breaks it): for the kernel and the orders; the other apps' tests plant their own.
PLANTED = {
    ("core", "Every recorded step is an edge of its document's state table"):
        "UPDATE core_statechange SET to_state = 'COMPLETED' WHERE id = (SELECT id FROM core_statechange "
        "WHERE document_type = 'orders.Order' AND from_state = '' LIMIT 1)",
    ("core", "Each step starts in the state where the one before it ended"):
        "DELETE FROM core_statechange WHERE id = (SELECT min(id) FROM core_statechange WHERE document_type "
        "= 'orders.Order')",
    ("core", "Every document is in the state that its last recorded step led to"):
        "UPDATE orders_order SET state = 'RECEIVED' WHERE id = (SELECT min(id) FROM orders_order)",
    ("core", "A handled message says what it became"):
        "UPDATE core_inboxmessage SET state = 'DONE', result = '' WHERE id = (SELECT min(id) FROM core_inboxmessage)",
    ("core", "A delivered message carries the receiver's reference"):
        "UPDATE core_outboxmessage SET state = 'DONE', provider_ref = '' WHERE id = (SELECT min(id) FROM "
        "core_outboxmessage)",
    ("core", "Messages of one stream are delivered in their order"):
        "UPDATE core_outboxmessage SET stream = 'one', provider_ref = 'x', state = 'PENDING', "
        "created_at = now() - interval '1 hour'; UPDATE core_outboxmessage SET state = 'DONE', created_at = now() "
        "WHERE id = (SELECT max(id) FROM core_outboxmessage)",
    ("core", "A settled exception says who, when, how and why"):
        "UPDATE core_exceptioncase SET state = 'RESOLVED', reason = ''",
    ("core", "At most one exception is open per kind and subject"):
        "DROP INDEX exception_one_open_per_subject; UPDATE core_exceptioncase SET kind = 'ORDER_LATE', subject_type = 'x', "
        "subject_id = '1', state = 'OPEN'",
    ("core", "Work that gave up stands on the exception desk"):
        "UPDATE core_outboxmessage SET state = 'DEAD' WHERE id = (SELECT min(id) FROM core_outboxmessage)",
    ("core", "No work stays running ten minutes past its lease"):
        "UPDATE core_outboxmessage SET state = 'RUNNING', lease_until = now() - interval '11 minutes'",
    ("core", "Nobody approved their own work, or above their limit"):
        "UPDATE core_approvalrequest SET state = 'APPROVED', decided_by_id = requested_by_id, decided_at = now(), "
        "decider_limit = amount",
    ("orders", "Active allocations = units allocated and picked, per product and node"):
        "UPDATE inventory_stocklevel SET quantity = quantity + 1 WHERE status = 'ALLOCATED' AND quantity > 0",
    ("orders", "Units reserved, per product and node = the lines of active reservations and of transfers raised for orders"):
        "UPDATE inventory_stocklevel SET status = 'RESERVED' WHERE id = (SELECT min(id) FROM inventory_stocklevel WHERE "
        "quantity > 0)",
    ("orders", "No more units of a line wait for a promised day than are short, and their supply is of its product"):
        "INSERT INTO orders_promise (order_line_id, quantity, promised_date, is_covered, state, made_at) "
        "SELECT min(id), 1000000, '2026-03-09', false, 'OPEN', now() FROM orders_orderline",
    ("orders", "A kit's lines are its bill of materials, times the kits ordered, from its position on"):
        "UPDATE orders_orderkit SET quantity = quantity + 1",
    ("orders", "A kit's total and tax = its component lines'; its total = quantity × price, to half a minor unit"):
        "UPDATE orders_orderkit SET line_total = line_total + 0.01, unit_price = unit_price + 0.01 / quantity",
    ("orders", "An order line's allocated units = its active allocations"):
        "UPDATE orders_allocation SET quantity = quantity + 1 WHERE state = 'ACTIVE'",
    ("orders", "Units asked of suppliers stay within what their line is short of, and an ended drop-ship has nothing open"):
        "INSERT INTO orders_dropship (order_line_id, quantity, quantity_shipped, quantity_cancelled, state, reason, "
        "purchase_type, purchase_number, requested_at) SELECT id, 1, 0, 0, 'REQUESTED', '', '', '', now() "
        "FROM orders_orderline WHERE quantity_ordered = quantity_allocated + quantity_shipped + quantity_cancelled LIMIT 1",
    ("orders", "What lies at the drop-ship node is promised to a line that it was bought for"):
        "UPDATE inventory_node SET kind = 'DROPSHIP'",
    ("orders", "An allocation promises the product of its line"):
        "UPDATE orders_allocation SET product_id = product_id + 1",
    ("orders", "No finished order keeps stock promised"):
        "UPDATE orders_order SET state = 'CANCELLED' WHERE state IN ('ALLOCATED', 'RELEASED')",
    ("orders", "A line's quantities stay within what was ordered"):
        "UPDATE orders_orderline SET quantity_shipped = quantity_ordered + 1 WHERE id = (SELECT min(id) "
        "FROM orders_orderline)",
    ("orders", "A channel's order id means one order"):
        "ALTER TABLE orders_order DROP CONSTRAINT order_channel_external_id; UPDATE orders_order SET "
        "external_id = 'same'",
    ("orders", "An order's totals = its lines, charges and taxes"):
        "UPDATE orders_order SET goods_total = goods_total + 0.01, total = total + 0.01",
    ("orders", "A line's total = quantity × price, to half a minor unit"):
        "UPDATE orders_orderline SET line_total = line_total + 0.01",
    ("orders", "Shipped ⇔ nothing left to ship; cancelled ⇔ every unit cancelled"):
        "UPDATE orders_order SET state = 'SHIPPED' WHERE state IN ('ALLOCATED', 'RELEASED')",
    ("orders", "An order is on hold ⇔ one of its holds is open"):
        "UPDATE orders_order SET state = 'ON_HOLD' WHERE id = (SELECT min(id) FROM orders_order)",
    ("orders", "An order says that it wants stock ⇔ it is open and units of it do"):
        "UPDATE orders_order SET needs_allocation = NOT needs_allocation",
    ("orders", "An order's paid and refunded amounts = its payments"):
        "UPDATE orders_payment SET amount = amount + 0.01",
    ("orders", "An order's changes are numbered without a gap, each starts where the last ended, and they end at its "
     "total"):
        "INSERT INTO orders_orderchange (order_id, number, kind, changes, total_before, total_after, reason, reason_code, "
        "actor_id, at) SELECT id, 1, 'EDIT', '[]', total, total + 1, 'x', '', created_by_id, now() FROM orders_order "
        "ORDER BY id LIMIT 1",
    ("orders", "Refunds ≤ captures, and what was kept ≤ the most that the order ever cost; each above zero, in its "
     "currency"):
        "UPDATE orders_payment SET currency = 'EUR'",
    ("orders", "A provider's reference means one payment"):
        "ALTER TABLE orders_payment DROP CONSTRAINT payment_provider_ref; UPDATE orders_payment SET "
        "provider_ref = 'same'",
    ("reporting", "A journal line names products, nodes, channels and suppliers that exist"):
        "UPDATE ledger_journalline SET channel_id = 0 WHERE channel_id IS NOT NULL",
    ("reporting", "A shipment's entry names the shipment's node and its order's channel"):
        "UPDATE fulfillment_shipment SET node_id = node_id + 1",
    ("reporting", "A shipment's and a receipt's entry names the stock event that moved the goods"):
        "UPDATE fulfillment_shipment SET stock_sequence = stock_sequence + 1",
    ("reporting", "An entry's stock event exists"):
        "UPDATE ledger_journalentry SET stock_sequence = 0",
    ("reporting", "A purchase order's total = its lines, each to half a minor unit"):
        "UPDATE procurement_purchaseorder SET total = total + 5",
    ("reporting", "A posted adjustment's value = its lines, and its units = what its event moved"):
        "UPDATE inventory_adjustmentline SET quantity_delta = quantity_delta + 1",
    ("reporting", "Daily sales = the journal's lines that name a channel"):
        "UPDATE reporting_dailysales SET revenue = revenue + 0.01",
    ("reporting", "Daily balances = the journal's lines"):
        "DELETE FROM reporting_dailybalance",
    ("reporting", "Daily product sales = the shipments' lines"):
        "UPDATE reporting_dailyproduct SET units = units + 1",
}  # fmt: skip


def test_every_proof_of_the_kernel_the_orders_and_the_reports_has_its_corruption() -> None:
    claimed = {
        (app, invariant.title)
        for app, invariant in invariants_collect()
        if app in ("core", "orders", "reporting")
    }
    assert claimed == set(PLANTED)


@pytest.mark.parametrize(("app", "title"), list(PLANTED))
def test_a_planted_corruption_is_found_by_its_proof(app: str, title: str, unguarded: Traded) -> None:
    (invariant,) = [item for label, item in invariants_collect() if (label, item.title) == (app, title)]
    with connection.cursor() as cursor:
        count = f"SELECT count(*) FROM ({invariant.statement}) AS violation"
        cursor.execute(count)
        assert cursor.fetchone()[0] == 0
        cursor.execute(PLANTED[app, title])
        cursor.execute(count)
        assert cursor.fetchone()[0] > 0
