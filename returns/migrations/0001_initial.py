import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import erp.core.create_tables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "__first__"),
        ("fulfillment", "0001_initial"),
        ("inventory", "0001_initial"),
        ("ledger", "0001_initial"),
        ("orders", "0001_initial"),
    ]

    operations = [
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="Rma",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=20, unique=True)),
                        (
                            "external_id",
                            models.CharField(
                                blank=True, help_text="The channel's own credit id.", max_length=80
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("AUTHORIZED", "Authorised"),
                                    ("RECEIVED", "Received"),
                                    ("CLOSED", "Closed"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="AUTHORIZED",
                                max_length=20,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("UNWANTED", "Changed mind"),
                                    ("DAMAGED", "Arrived damaged"),
                                    ("WRONG_ITEM", "Wrong item"),
                                    ("DEFECTIVE", "Defective"),
                                    ("OTHER", "Other"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=300)),
                        ("created_at", models.DateTimeField()),
                        (
                            "created_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "node",
                            models.ForeignKey(
                                help_text="Where the goods go.",
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rmas",
                                to="orders.order",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Refund",
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
                                    ("PENDING_APPROVAL", "Pending approval"),
                                    ("APPROVED", "Approved"),
                                    ("PAID", "Paid"),
                                    ("REJECTED", "Rejected"),
                                ],
                                default="PENDING_APPROVAL",
                                max_length=20,
                            ),
                        ),
                        ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("tax_amount", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        (
                            "deduction",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Kept back for wear or missing parts.",
                                max_digits=19,
                            ),
                        ),
                        (
                            "amount_paid",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Paid back; the rest lowered what was owed.",
                                max_digits=19,
                            ),
                        ),
                        ("needs_approval", models.BooleanField(default=False)),
                        ("created_at", models.DateTimeField()),
                        ("paid_at", models.DateTimeField(blank=True, null=True)),
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
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds",
                                to="orders.order",
                            ),
                        ),
                        (
                            "rma",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds",
                                to="returns.rma",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("amount__gt", 0),
                                    ("amount_paid__gte", 0),
                                    ("amount_paid__lte", models.F("amount")),
                                    ("deduction__gte", 0),
                                    ("tax_amount__gte", 0),
                                    ("tax_amount__lte", models.F("amount")),
                                ),
                                name="refund_amount",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("needs_approval", False),
                                    ("state__in", ["PENDING_APPROVAL", "REJECTED"]),
                                    models.Q(
                                        ("approved_by__isnull", False),
                                        models.Q(("approved_by", models.F("created_by")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="refund_four_eyes",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RmaLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("AUTHORIZED", "Authorised"),
                                    ("RECEIVED", "Received"),
                                    ("INSPECTED", "Inspected"),
                                    ("DISPOSED", "Disposed"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="AUTHORIZED",
                                max_length=20,
                            ),
                        ),
                        ("quantity", models.BigIntegerField(help_text="Authorised.")),
                        ("quantity_received", models.BigIntegerField(default=0)),
                        (
                            "condition",
                            models.CharField(blank=True, help_text="What the inspector saw.", max_length=120),
                        ),
                        (
                            "disposition",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("RESTOCK", "Restock"),
                                    ("REFURBISH", "Refurbish"),
                                    ("QUARANTINE", "Quarantine"),
                                    ("LIQUIDATE", "Liquidate"),
                                    ("SCRAP", "Scrap"),
                                    ("RETURN_TO_VENDOR", "Return to vendor"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "refund_amount",
                            models.DecimalField(
                                decimal_places=4, help_text="Order currency, with tax.", max_digits=19
                            ),
                        ),
                        (
                            "refund_tax",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="The tax in it, order currency.",
                                max_digits=19,
                            ),
                        ),
                        (
                            "original_cost",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="COGS taken back at receipt, base currency.",
                                max_digits=19,
                            ),
                        ),
                        (
                            "cost_layer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="ledger.costlayer",
                            ),
                        ),
                        (
                            "location",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                help_text="Where the goods wait for inspection.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.location",
                            ),
                        ),
                        (
                            "lot",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.lot",
                            ),
                        ),
                        (
                            "order_line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rma_lines",
                                to="orders.orderline",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "refund",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="returns.refund",
                            ),
                        ),
                        (
                            "rma",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="returns.rma",
                            ),
                        ),
                        (
                            "shipment_line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="rma_lines",
                                to="fulfillment.shipmentline",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity__gt", 0),
                                    ("quantity_received__gte", 0),
                                    ("quantity_received__lte", models.F("quantity")),
                                    ("refund_amount__gte", models.F("refund_tax")),
                                    ("refund_tax__gte", 0),
                                ),
                                name="rmaline_quantities",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "DISPOSED"), _negated=True),
                                    models.Q(("disposition", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="rmaline_disposed_has_disposition",
                            ),
                        ],
                    },
                ),
            ],
        ),
    ]
