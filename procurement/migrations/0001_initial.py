import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import erp.core.create_tables
import erp.core.triggers


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "__first__"),
        ("inventory", "0001_initial"),
        ("orders", "0001_initial"),
    ]

    operations = [
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="HistoricalReplenishmentRule",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(default="reorder-point", max_length=30)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "service_level",
                            models.DecimalField(
                                decimal_places=4,
                                default="0.9500",
                                help_text="Wanted chance that a lead time passes without a shortage.",
                                max_digits=5,
                            ),
                        ),
                        (
                            "window_days",
                            models.PositiveSmallIntegerField(
                                default=28, help_text="Days of demand looked at, the latest weigh most."
                            ),
                        ),
                        (
                            "review_days",
                            models.PositiveSmallIntegerField(
                                default=7, help_text="An order covers the lead time and this many days."
                            ),
                        ),
                        (
                            "is_automatic",
                            models.BooleanField(
                                default=True, help_text="The daily run drafts purchase orders right away."
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical replenishment rule",
                        "verbose_name_plural": "historical replenishment rules",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalSupplier",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(db_index=True, max_length=20)),
                        ("name", models.CharField(max_length=120)),
                        ("email", models.EmailField(blank=True, max_length=254)),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "rate",
                            models.DecimalField(
                                decimal_places=8,
                                default=1,
                                help_text="Base currency per unit of the supplier's currency; a purchase order keeps the one of its day.",
                                max_digits=18,
                            ),
                        ),
                        ("lead_time_days", models.PositiveSmallIntegerField(default=7)),
                        ("payment_days", models.PositiveSmallIntegerField(default=30)),
                        ("is_active", models.BooleanField(default=True)),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical supplier",
                        "verbose_name_plural": "historical suppliers",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="PurchaseOrder",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=20, unique=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("DRAFT", "Draft"),
                                    ("PENDING_APPROVAL", "Pending approval"),
                                    ("APPROVED", "Approved"),
                                    ("SENT", "Sent to supplier"),
                                    ("RECEIVED", "Received"),
                                    ("CLOSED", "Closed"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="DRAFT",
                                max_length=20,
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "rate",
                            models.DecimalField(
                                decimal_places=8,
                                default=1,
                                help_text="Base currency per unit of this order's currency, from order to payment.",
                                max_digits=18,
                            ),
                        ),
                        ("total", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("expected_date", models.DateField()),
                        ("created_at", models.DateTimeField()),
                        (
                            "needs_approval",
                            models.BooleanField(
                                default=False, help_text="Total at or above the policy's threshold."
                            ),
                        ),
                        ("approved_at", models.DateTimeField(blank=True, null=True)),
                        ("sent_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "ship_to",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                help_text="The customer's address when it was written.",
                                max_length=400,
                            ),
                        ),
                        (
                            "approved_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer_order",
                            models.ForeignKey(
                                blank=True,
                                help_text="A drop-ship: the supplier sends it to this order's customer.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="purchase_orders",
                                to="orders.order",
                            ),
                        ),
                        (
                            "node",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["state", "expected_date"], name="purchaseorder_due")
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("needs_approval", False),
                                    ("state__in", ["DRAFT", "PENDING_APPROVAL", "CANCELLED"]),
                                    models.Q(
                                        ("approved_by__isnull", False),
                                        models.Q(("approved_by", models.F("created_by")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="purchaseorder_four_eyes",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("rate__gt", 0), ("total__gte", 0)),
                                name="purchaseorder_amounts",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GoodsReceipt",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=20, unique=True)),
                        ("received_at", models.DateTimeField()),
                        ("stock_sequence", models.BigIntegerField()),
                        (
                            "value",
                            models.DecimalField(decimal_places=4, help_text="Base currency.", max_digits=19),
                        ),
                        (
                            "node",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                        (
                            "received_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "purchase_order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="receipts",
                                to="procurement.purchaseorder",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["-received_at"], name="goodsreceipt_received")],
                    },
                ),
                migrations.CreateModel(
                    name="PurchaseOrderLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("quantity_ordered", models.BigIntegerField()),
                        ("quantity_received", models.BigIntegerField(default=0)),
                        ("quantity_invoiced", models.BigIntegerField(default=0)),
                        ("unit_cost", models.DecimalField(decimal_places=4, max_digits=19)),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="purchase_lines",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "purchase_order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="procurement.purchaseorder",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("purchase_order", "position"), name="purchaseorderline_position"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity_invoiced__gte", 0),
                                    ("quantity_invoiced__lte", models.F("quantity_received")),
                                    ("quantity_ordered__gt", 0),
                                    ("quantity_received__gte", 0),
                                    ("unit_cost__gte", 0),
                                ),
                                name="purchaseorderline_quantities",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="GoodsReceiptLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("AVAILABLE", "Available"),
                                    ("QUARANTINE", "Quarantine"),
                                    ("DAMAGED", "Damaged"),
                                ],
                                default="AVAILABLE",
                                max_length=14,
                            ),
                        ),
                        ("quantity", models.BigIntegerField()),
                        (
                            "value",
                            models.DecimalField(decimal_places=4, help_text="Base currency.", max_digits=19),
                        ),
                        (
                            "location",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.location",
                            ),
                        ),
                        (
                            "lot",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.lot",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "receipt",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="procurement.goodsreceipt",
                            ),
                        ),
                        (
                            "purchase_order_line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="receipt_lines",
                                to="procurement.purchaseorderline",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0), ("value__gte", 0)),
                                name="goodsreceiptline_quantity",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReplenishmentDecision",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("run_date", models.DateField()),
                        (
                            "rule",
                            models.CharField(
                                help_text="Rule and version, e.g. reorder-point/1.", max_length=40
                            ),
                        ),
                        (
                            "stock_sequence",
                            models.BigIntegerField(help_text="Journal sequence it looked at."),
                        ),
                        ("daily_velocity", models.DecimalField(decimal_places=4, max_digits=12)),
                        ("lead_time_days", models.PositiveSmallIntegerField()),
                        ("safety_stock", models.BigIntegerField()),
                        ("reorder_point", models.BigIntegerField()),
                        ("position", models.BigIntegerField(help_text="On hand + on order − backordered.")),
                        (
                            "quantity",
                            models.BigIntegerField(help_text="Suggested, after minimum and pack size."),
                        ),
                        (
                            "unit_cost",
                            models.DecimalField(
                                decimal_places=4, help_text="Supplier's currency.", max_digits=19
                            ),
                        ),
                        (
                            "explanation",
                            models.JSONField(
                                default=dict, help_text="The other figures: demand, deviation, supply, terms."
                            ),
                        ),
                        (
                            "node",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="replenishments",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["node", "-run_date"], name="replenishment_latest")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("product", "node", "run_date", "rule"), name="replenishment_once"
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.AddField(
            model_name="purchaseorderline",
            name="decision",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="lines",
                to="procurement.replenishmentdecision",
            ),
        ),
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="ReplenishmentRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(default="reorder-point", max_length=30)),
                        ("version", models.PositiveIntegerField(default=1)),
                        (
                            "service_level",
                            models.DecimalField(
                                decimal_places=4,
                                default="0.9500",
                                help_text="Wanted chance that a lead time passes without a shortage.",
                                max_digits=5,
                            ),
                        ),
                        (
                            "window_days",
                            models.PositiveSmallIntegerField(
                                default=28, help_text="Days of demand looked at, the latest weigh most."
                            ),
                        ),
                        (
                            "review_days",
                            models.PositiveSmallIntegerField(
                                default=7, help_text="An order covers the lead time and this many days."
                            ),
                        ),
                        (
                            "is_automatic",
                            models.BooleanField(
                                default=True, help_text="The daily run drafts purchase orders right away."
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("code", "version"), name="replenishmentrule_version"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("is_active", True)),
                                fields=("is_active",),
                                name="replenishmentrule_one_active",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("review_days__gte", 1),
                                    ("service_level__gte", "0.5"),
                                    ("service_level__lt", 1),
                                    ("window_days__gte", 7),
                                    ("window_days__lte", 365),
                                ),
                                name="replenishmentrule_terms",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Supplier",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=20, unique=True)),
                        ("name", models.CharField(max_length=120)),
                        ("email", models.EmailField(blank=True, max_length=254)),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "rate",
                            models.DecimalField(
                                decimal_places=8,
                                default=1,
                                help_text="Base currency per unit of the supplier's currency; a purchase order keeps the one of its day.",
                                max_digits=18,
                            ),
                        ),
                        ("lead_time_days", models.PositiveSmallIntegerField(default=7)),
                        ("payment_days", models.PositiveSmallIntegerField(default=30)),
                        ("is_active", models.BooleanField(default=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("rate__gt", 0), models.Q(("code", ""), _negated=True)),
                                name="supplier_rate",
                            )
                        ],
                    },
                ),
            ],
        ),
        migrations.AddField(
            model_name="replenishmentdecision",
            name="supplier",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="procurement.supplier",
            ),
        ),
        migrations.AddField(
            model_name="purchaseorder",
            name="supplier",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="purchase_orders",
                to="procurement.supplier",
            ),
        ),
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="HistoricalSupplierProduct",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("supplier_sku", models.CharField(blank=True, max_length=60)),
                        (
                            "unit_cost",
                            models.DecimalField(
                                decimal_places=4,
                                help_text="Supplier's currency, per base unit.",
                                max_digits=19,
                            ),
                        ),
                        ("minimum_quantity", models.PositiveIntegerField(default=1)),
                        (
                            "pack_size",
                            models.PositiveIntegerField(
                                default=1, help_text="Order in multiples of this many base units."
                            ),
                        ),
                        ("rank", models.PositiveSmallIntegerField(default=1)),
                        (
                            "is_dropship",
                            models.BooleanField(
                                default=False, help_text="Sends it straight to our customers when asked to."
                            ),
                        ),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "supplier",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="procurement.supplier",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical supplier product",
                        "verbose_name_plural": "historical supplier products",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="SupplierInvoice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=20, unique=True)),
                        ("supplier_reference", models.CharField(max_length=60)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("RECEIVED", "Received"),
                                    ("MATCHED", "Matched and posted"),
                                    ("DISPUTED", "Disputed"),
                                    ("PAID", "Paid"),
                                ],
                                default="RECEIVED",
                                max_length=20,
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("total", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("invoice_date", models.DateField()),
                        ("due_date", models.DateField()),
                        ("variance_reason", models.CharField(blank=True, max_length=300)),
                        (
                            "posted_base",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="What PAYABLE was credited, base currency.",
                                max_digits=19,
                            ),
                        ),
                        ("matched_at", models.DateTimeField(blank=True, null=True)),
                        ("paid_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "purchase_order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoices",
                                to="procurement.purchaseorder",
                            ),
                        ),
                        (
                            "supplier",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoices",
                                to="procurement.supplier",
                            ),
                        ),
                        (
                            "variance_approved_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("supplier", "supplier_reference"), name="supplierinvoice_reference"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("total__gt", 0)), name="supplierinvoice_total"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("variance_approved_by__isnull", True),
                                    models.Q(
                                        models.Q(
                                            ("variance_approved_by", models.F("created_by")), _negated=True
                                        ),
                                        models.Q(("variance_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="supplierinvoice_four_eyes",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["MATCHED", "PAID"]), _negated=True),
                                    models.Q(("matched_at__isnull", False), ("posted_base__gt", 0)),
                                    _connector="OR",
                                ),
                                name="supplierinvoice_posted_when_matched",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SupplierInvoiceLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("quantity", models.BigIntegerField()),
                        ("unit_cost", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                        (
                            "invoice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="procurement.supplierinvoice",
                            ),
                        ),
                        (
                            "purchase_order_line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="invoice_lines",
                                to="procurement.purchaseorderline",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("amount__gte", 0), ("quantity__gt", 0)),
                                name="supplierinvoiceline_quantity",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SupplierProduct",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("supplier_sku", models.CharField(blank=True, max_length=60)),
                        (
                            "unit_cost",
                            models.DecimalField(
                                decimal_places=4,
                                help_text="Supplier's currency, per base unit.",
                                max_digits=19,
                            ),
                        ),
                        ("minimum_quantity", models.PositiveIntegerField(default=1)),
                        (
                            "pack_size",
                            models.PositiveIntegerField(
                                default=1, help_text="Order in multiples of this many base units."
                            ),
                        ),
                        ("rank", models.PositiveSmallIntegerField(default=1)),
                        (
                            "is_dropship",
                            models.BooleanField(
                                default=False, help_text="Sends it straight to our customers when asked to."
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="suppliers",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "supplier",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="products",
                                to="procurement.supplier",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("supplier", "product"), name="supplierproduct_once"
                            ),
                            models.UniqueConstraint(fields=("product", "rank"), name="supplierproduct_rank"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("minimum_quantity__gte", 1), ("pack_size__gte", 1), ("unit_cost__gte", 0)
                                ),
                                name="supplierproduct_terms",
                            ),
                        ],
                    },
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="goodsreceipt",
            trigger=pgtrigger.compiler.Trigger(
                name="goodsreceipt_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="c68e715c7e40647cca846f7ed97d2da298b1d15d",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_goodsreceipt_append_only_444ea",
                    table="procurement_goodsreceipt",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="goodsreceiptline",
            trigger=pgtrigger.compiler.Trigger(
                name="goodsreceiptline_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="36a3ee43f0c5bca62bf728488b4e6d92b43c3d99",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_goodsreceiptline_append_only_c80e7",
                    table="procurement_goodsreceiptline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="replenishmentdecision",
            trigger=pgtrigger.compiler.Trigger(
                name="replenishment_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="5014931e659cf8601b572d6e41e525beb708ba67",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_replenishment_append_only_97622",
                    table="procurement_replenishmentdecision",
                    when="BEFORE",
                ),
            ),
        ),
    ]
