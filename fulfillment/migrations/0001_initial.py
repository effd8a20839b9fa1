import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

import erp.core.create_tables
from erp.core.storage import fillfactor


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
                    name="FulfillmentOrder",
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
                                    ("PLANNED", "Planned"),
                                    ("RELEASED", "Released"),
                                    ("PICKING", "Picking"),
                                    ("PICKED", "Picked"),
                                    ("PACKED", "Packed"),
                                    ("SHIPPED", "Shipped"),
                                    ("DELIVERED", "Delivered"),
                                    ("SHORT", "Short"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="PLANNED",
                                max_length=20,
                            ),
                        ),
                        ("ship_by", models.DateTimeField()),
                        ("created_at", models.DateTimeField()),
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
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="fulfillments",
                                to="orders.order",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["node", "state", "ship_by"], name="fulfillment_node_state")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FulfillmentLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("quantity", models.BigIntegerField()),
                        ("quantity_picked", models.BigIntegerField(db_default=0, default=0)),
                        ("quantity_short", models.BigIntegerField(db_default=0, default=0)),
                        ("quantity_shipped", models.BigIntegerField(db_default=0, default=0)),
                        ("is_cancelled", models.BooleanField(db_default=False, default=False)),
                        (
                            "allocation",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="fulfillment_lines",
                                to="orders.allocation",
                            ),
                        ),
                        (
                            "order_line",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.orderline",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "fulfillment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="fulfillment.fulfillmentorder",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("is_cancelled", False)),
                                fields=("allocation",),
                                name="fulfillmentline_one_per_allocation",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity__gt", 0),
                                    (
                                        "quantity__gte",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("quantity_picked"), "+", models.F("quantity_short")
                                        ),
                                    ),
                                    ("quantity_picked__gte", 0),
                                    ("quantity_shipped__gte", 0),
                                    ("quantity_shipped__lte", models.F("quantity_picked")),
                                    ("quantity_short__gte", 0),
                                ),
                                name="fulfillmentline_quantities",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Package",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=20, unique=True)),
                        ("weight_grams", models.PositiveIntegerField(default=0)),
                        ("packed_at", models.DateTimeField()),
                        (
                            "fulfillment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="packages",
                                to="fulfillment.fulfillmentorder",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="PickList",
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
                                    ("OPEN", "Open"),
                                    ("PICKING", "Picking"),
                                    ("DONE", "Done"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="OPEN",
                                max_length=20,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "node",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                        (
                            "picker",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                ),
            ],
        ),
        migrations.AddField(
            model_name="fulfillmentorder",
            name="pick_list",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="fulfillments",
                to="fulfillment.picklist",
            ),
        ),
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="PickTask",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("quantity", models.BigIntegerField()),
                        ("quantity_picked", models.BigIntegerField(db_default=0, default=0)),
                        (
                            "short_reason",
                            models.CharField(blank=True, db_default="", default="", max_length=120),
                        ),
                        (
                            "closed_at",
                            models.DateTimeField(
                                blank=True, help_text="Picked, short or cancelled.", null=True
                            ),
                        ),
                        (
                            "line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tasks",
                                to="fulfillment.fulfillmentline",
                            ),
                        ),
                        (
                            "location",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.location",
                            ),
                        ),
                        (
                            "lot",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.lot",
                            ),
                        ),
                        (
                            "pick_list",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tasks",
                                to="fulfillment.picklist",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("closed_at__isnull", True)),
                                fields=["product", "location"],
                                name="picktask_open",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity__gt", 0),
                                    ("quantity_picked__gte", 0),
                                    ("quantity_picked__lte", models.F("quantity")),
                                ),
                                name="picktask_quantities",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("closed_at__isnull", True),
                                        ("quantity_picked", 0),
                                        ("short_reason", ""),
                                    ),
                                    models.Q(
                                        ("closed_at__isnull", False),
                                        models.Q(
                                            models.Q(
                                                ("short_reason", ""),
                                                models.Q(
                                                    ("quantity_picked", 0),
                                                    ("quantity_picked", models.F("quantity")),
                                                    _connector="OR",
                                                ),
                                            ),
                                            models.Q(
                                                models.Q(("short_reason", ""), _negated=True),
                                                ("quantity_picked__lt", models.F("quantity")),
                                            ),
                                            _connector="OR",
                                        ),
                                    ),
                                    _connector="OR",
                                ),
                                name="picktask_open_or_settled",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PickScan",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("client_id", models.UUIDField(unique=True)),
                        ("code", models.CharField(max_length=200)),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("BIN_OK", "Right bin"),
                                    ("PICKED", "Picked"),
                                    ("WRONG_BIN", "Wrong bin"),
                                    ("WRONG_PRODUCT", "Wrong product"),
                                    ("BIN_FIRST", "Scan the bin first"),
                                    ("UNKNOWN", "Unknown code"),
                                    ("TASK_CLOSED", "Task already done"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("message", models.CharField(blank=True, max_length=300)),
                        ("at", models.DateTimeField()),
                        (
                            "actor",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "pick_list",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="scans",
                                to="fulfillment.picklist",
                            ),
                        ),
                        (
                            "task",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="scans",
                                to="fulfillment.picktask",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Shipment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=20, unique=True)),
                        ("carrier", models.CharField(max_length=40)),
                        ("tracking_number", models.CharField(blank=True, max_length=60)),
                        ("shipped_at", models.DateTimeField()),
                        ("stock_sequence", models.BigIntegerField()),
                        (
                            "revenue",
                            models.DecimalField(
                                decimal_places=4, help_text="Goods, order currency.", max_digits=19
                            ),
                        ),
                        (
                            "charges",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Invoiced with it, order currency.",
                                max_digits=19,
                            ),
                        ),
                        ("tax", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        (
                            "cogs",
                            models.DecimalField(decimal_places=4, help_text="Base currency.", max_digits=19),
                        ),
                        (
                            "fulfillment",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="shipment",
                                to="fulfillment.fulfillmentorder",
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
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="shipments",
                                to="orders.order",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["shipped_at"], name="shipment_shipped_at")],
                    },
                ),
                migrations.CreateModel(
                    name="ShipmentLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("quantity", models.BigIntegerField()),
                        ("quantity_returned", models.BigIntegerField(db_default=0, default=0)),
                        ("revenue", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("tax", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("cogs", models.DecimalField(decimal_places=4, max_digits=19)),
                        (
                            "lot",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
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
                                related_name="shipment_lines",
                                to="orders.orderline",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "shipment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="fulfillment.shipment",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity__gt", 0),
                                    ("quantity_returned__gte", 0),
                                    ("quantity_returned__lte", models.F("quantity")),
                                ),
                                name="shipmentline_quantities",
                            )
                        ],
                    },
                ),
            ],
        ),
        fillfactor("fulfillment_fulfillmentline", 60),
    ]
