import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import mptt.fields
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
    ]

    operations = [
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="Node",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=20, unique=True)),
                        ("name", models.CharField(max_length=80)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("WAREHOUSE", "Warehouse"),
                                    ("STORE", "Store"),
                                    ("TPL", "3PL"),
                                    ("DROPSHIP", "Drop-ship"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("country", models.CharField(help_text="ISO 3166-1 alpha-2.", max_length=2)),
                        ("latitude", models.DecimalField(decimal_places=6, default=0, max_digits=9)),
                        ("longitude", models.DecimalField(decimal_places=6, default=0, max_digits=9)),
                        ("can_ship", models.BooleanField(default=True)),
                        (
                            "rank",
                            models.PositiveSmallIntegerField(
                                default=100, help_text="Lower is preferred when everything else is equal."
                            ),
                        ),
                        (
                            "handling_cost",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Per order, base currency.",
                                max_digits=9,
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="UnitOfMeasure",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=12, unique=True)),
                        ("name", models.CharField(max_length=60)),
                    ],
                ),
                migrations.CreateModel(
                    name="Adjustment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=20, unique=True)),
                        (
                            "reason",
                            models.CharField(
                                choices=[
                                    ("COUNT", "Count variance"),
                                    ("DAMAGED", "Damaged"),
                                    ("LOST", "Lost or stolen"),
                                    ("FOUND", "Found"),
                                    ("SAMPLE", "Sample or giveaway"),
                                    ("DISPOSAL", "Thrown away"),
                                    ("OPENING", "Opening stock"),
                                    ("OTHER", "Other (see note)"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("note", models.CharField(blank=True, max_length=200)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("DRAFT", "Draft"),
                                    ("PENDING_APPROVAL", "Pending approval"),
                                    ("POSTED", "Posted"),
                                    ("REJECTED", "Rejected"),
                                ],
                                default="DRAFT",
                                max_length=20,
                            ),
                        ),
                        (
                            "value",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Signed cost, set when posted.",
                                max_digits=19,
                            ),
                        ),
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="Category",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=40, unique=True)),
                        ("name", models.CharField(max_length=120)),
                        (
                            "valuation_method",
                            models.CharField(
                                choices=[("FIFO", "First in, first out"), ("AVERAGE", "Moving average")],
                                default="FIFO",
                                max_length=8,
                            ),
                        ),
                        ("lft", models.PositiveIntegerField(editable=False)),
                        ("rght", models.PositiveIntegerField(editable=False)),
                        ("tree_id", models.PositiveIntegerField(db_index=True, editable=False)),
                        ("level", models.PositiveIntegerField(editable=False)),
                        (
                            "parent",
                            mptt.fields.TreeForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="children",
                                to="inventory.category",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "categories",
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalCategory",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(db_index=True, max_length=40)),
                        ("name", models.CharField(max_length=120)),
                        (
                            "valuation_method",
                            models.CharField(
                                choices=[("FIFO", "First in, first out"), ("AVERAGE", "Moving average")],
                                default="FIFO",
                                max_length=8,
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
                            "parent",
                            mptt.fields.TreeForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="inventory.category",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical category",
                        "verbose_name_plural": "historical categories",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalNode",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(db_index=True, max_length=20)),
                        ("name", models.CharField(max_length=80)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("WAREHOUSE", "Warehouse"),
                                    ("STORE", "Store"),
                                    ("TPL", "3PL"),
                                    ("DROPSHIP", "Drop-ship"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("country", models.CharField(help_text="ISO 3166-1 alpha-2.", max_length=2)),
                        ("latitude", models.DecimalField(decimal_places=6, default=0, max_digits=9)),
                        ("longitude", models.DecimalField(decimal_places=6, default=0, max_digits=9)),
                        ("can_ship", models.BooleanField(default=True)),
                        (
                            "rank",
                            models.PositiveSmallIntegerField(
                                default=100, help_text="Lower is preferred when everything else is equal."
                            ),
                        ),
                        (
                            "handling_cost",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Per order, base currency.",
                                max_digits=9,
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
                        "verbose_name": "historical node",
                        "verbose_name_plural": "historical nodes",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Location",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "code",
                            models.CharField(
                                help_text="Scanned; unique in the company.", max_length=40, unique=True
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("ZONE", "Zone"),
                                    ("AISLE", "Aisle"),
                                    ("BIN", "Bin"),
                                    ("DOCK", "Dock"),
                                    ("STAGE", "Staging"),
                                ],
                                max_length=6,
                            ),
                        ),
                        ("walk_order", models.PositiveIntegerField(default=0)),
                        ("is_pickable", models.BooleanField(default=True)),
                        ("is_active", models.BooleanField(default=True)),
                        ("lft", models.PositiveIntegerField(editable=False)),
                        ("rght", models.PositiveIntegerField(editable=False)),
                        ("tree_id", models.PositiveIntegerField(db_index=True, editable=False)),
                        ("level", models.PositiveIntegerField(editable=False)),
                        (
                            "parent",
                            mptt.fields.TreeForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="children",
                                to="inventory.location",
                            ),
                        ),
                        (
                            "node",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="locations",
                                to="inventory.node",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["node", "walk_order"], name="location_walk"),
                            models.Index(fields=["tree_id", "lft"], name="inventory_location_tree_idc6dc"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("code", ""), _negated=True),
                                name="location_code_not_blank",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalLocation",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "code",
                            models.CharField(
                                db_index=True, help_text="Scanned; unique in the company.", max_length=40
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("ZONE", "Zone"),
                                    ("AISLE", "Aisle"),
                                    ("BIN", "Bin"),
                                    ("DOCK", "Dock"),
                                    ("STAGE", "Staging"),
                                ],
                                max_length=6,
                            ),
                        ),
                        ("walk_order", models.PositiveIntegerField(default=0)),
                        ("is_pickable", models.BooleanField(default=True)),
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
                        (
                            "parent",
                            mptt.fields.TreeForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="inventory.location",
                            ),
                        ),
                        (
                            "node",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical location",
                        "verbose_name_plural": "historical locations",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Product",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sku", models.CharField(max_length=40)),
                        ("name", models.CharField(max_length=200)),
                        (
                            "gtin",
                            models.CharField(
                                blank=True, help_text="GTIN-8/12/13/14 of the base unit.", max_length=14
                            ),
                        ),
                        ("weight_grams", models.PositiveIntegerField(default=0)),
                        ("is_lot_tracked", models.BooleanField(default=False)),
                        (
                            "is_kit",
                            models.BooleanField(
                                default=False,
                                help_text="Has no stock of its own: it is sold as its components (KitComponent).",
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                        (
                            "list_price",
                            models.DecimalField(
                                decimal_places=4, default=0, help_text="Base currency.", max_digits=19
                            ),
                        ),
                        (
                            "search_text",
                            models.TextField(
                                blank=True, help_text="Lower case, accents folded; kept by product_save."
                            ),
                        ),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        (
                            "category",
                            mptt.fields.TreeForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="products",
                                to="inventory.category",
                            ),
                        ),
                        (
                            "merged_into",
                            models.ForeignKey(
                                blank=True,
                                help_text="The product it turned out to be: its SKU means that one.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.unitofmeasure",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                django.db.models.functions.text.Lower("sku"), name="product_sku"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("gtin", ""), _negated=True),
                                fields=("gtin",),
                                name="product_gtin",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("sku", ""), _negated=True), name="product_sku_not_blank"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("merged_into__isnull", True),
                                    models.Q(
                                        ("is_active", False),
                                        models.Q(("merged_into", models.F("id")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="product_merged_is_out_of_use",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("is_kit", True), ("is_lot_tracked", True), _negated=True),
                                name="product_kit_has_no_lots",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Lot",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=40)),
                        ("expiry_date", models.DateField(blank=True, null=True)),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lots",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [models.UniqueConstraint(fields=("product", "code"), name="lot_code")],
                    },
                ),
                migrations.CreateModel(
                    name="KitComponent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "quantity",
                            models.PositiveIntegerField(help_text="Base units of the component in one kit."),
                        ),
                        (
                            "component",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="used_in_kits",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "kit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="kit_components",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("kit", "component"), name="kitcomponent_once"),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gte", 1), ("quantity__lte", 10000)),
                                name="kitcomponent_quantity",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("kit", models.F("component")), _negated=True),
                                name="kitcomponent_not_itself",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalStockPool",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(db_index=True, max_length=40)),
                        ("name", models.CharField(max_length=80)),
                        (
                            "quantity",
                            models.PositiveIntegerField(
                                help_text="Per product and node: others leave so many untouched."
                            ),
                        ),
                        ("channel_code", models.CharField(blank=True, max_length=40)),
                        ("country", models.CharField(blank=True, max_length=2)),
                        ("tier", models.CharField(blank=True, max_length=10)),
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
                        (
                            "node",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="inventory.node",
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
                    ],
                    options={
                        "verbose_name": "historical stock pool",
                        "verbose_name_plural": "historical stock pools",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalStockBuffer",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "channel_code",
                            models.CharField(
                                blank=True, help_text="Only against this channel; blank = all.", max_length=40
                            ),
                        ),
                        ("quantity", models.PositiveIntegerField()),
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
                            "node",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="inventory.node",
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
                    ],
                    options={
                        "verbose_name": "historical stock buffer",
                        "verbose_name_plural": "historical stock buffers",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalProductRestriction",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("min_age", models.PositiveSmallIntegerField(default=0, help_text="0 = none.")),
                        (
                            "hazmat_class",
                            models.CharField(
                                blank=True,
                                help_text="UN class such as 3 or 2.1; goes only to the allowed countries.",
                                max_length=10,
                            ),
                        ),
                        (
                            "allowed_countries",
                            models.CharField(
                                blank=True, help_text="Two-letter codes; blank = all.", max_length=800
                            ),
                        ),
                        ("forbidden_countries", models.CharField(blank=True, max_length=800)),
                        (
                            "is_business_only",
                            models.BooleanField(
                                default=False,
                                help_text="Only to business customers, e.g. lots that must be traced to their user.",
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
                    ],
                    options={
                        "verbose_name": "historical product restriction",
                        "verbose_name_plural": "historical product restrictions",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalKitComponent",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "quantity",
                            models.PositiveIntegerField(help_text="Base units of the component in one kit."),
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
                            "component",
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
                            "kit",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical kit component",
                        "verbose_name_plural": "historical kit components",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="ExpectedSupply",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "source_type",
                            models.CharField(
                                help_text="procurement.PurchaseOrderLine, inventory.TransferLine.",
                                max_length=60,
                            ),
                        ),
                        ("source_id", models.BigIntegerField()),
                        (
                            "document_type",
                            models.CharField(help_text="The document a person opens.", max_length=60),
                        ),
                        ("document_id", models.BigIntegerField()),
                        ("reference", models.CharField(help_text="Its number.", max_length=40)),
                        ("quantity_open", models.BigIntegerField(help_text="Units still to come.")),
                        ("expected_date", models.DateField()),
                        (
                            "first_expected_date",
                            models.DateField(
                                help_text="What was expected at first; the difference is the slip."
                            ),
                        ),
                        ("updated_at", models.DateTimeField()),
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
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "expected supplies",
                        "indexes": [
                            models.Index(
                                condition=models.Q(("quantity_open__gt", 0)),
                                fields=["product", "expected_date", "id"],
                                name="expectedsupply_open",
                            ),
                            models.Index(
                                fields=["document_type", "document_id"], name="expectedsupply_document"
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source_type", "source_id"), name="expectedsupply_source"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity_open__gte", 0)), name="expectedsupply_quantity"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="BinStock",
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
                                    ("RESERVED", "Reserved"),
                                    ("ALLOCATED", "Allocated"),
                                    ("PICKED", "Picked"),
                                    ("QUARANTINE", "Quarantine"),
                                    ("DAMAGED", "Damaged"),
                                    ("RETURN_PENDING", "Return pending"),
                                    ("IN_TRANSIT", "In transit"),
                                    ("SUPPLIER", "Supplier"),
                                    ("CUSTOMER", "Customer"),
                                    ("SHRINKAGE", "Shrinkage"),
                                    ("ASSEMBLY", "Assembly"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("quantity", models.BigIntegerField(default=0)),
                        ("quantity_allocated", models.BigIntegerField(default=0)),
                        (
                            "first_received_at",
                            models.DateTimeField(
                                help_text="For FIFO bin choice: when the bin last went from empty to not."
                            ),
                        ),
                        (
                            "location",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contents",
                                to="inventory.location",
                            ),
                        ),
                        (
                            "lot",
                            models.ForeignKey(
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
                                related_name="bins",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("product", "location", "lot", "status"),
                                name="binstock_bucket",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity_allocated__gte", 0),
                                    ("quantity_allocated__lte", models.F("quantity")),
                                ),
                                name="binstock_allocated_within_quantity",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProductDistinct",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("reason", models.CharField(max_length=300)),
                        ("at", models.DateTimeField()),
                        (
                            "actor",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "first",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "second",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("first", "second"), name="productdistinct_once"),
                            models.CheckConstraint(
                                condition=models.Q(("first__lt", models.F("second"))),
                                name="productdistinct_ordered",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProductMerge",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("moved", models.JSONField(default=list, help_text="What moved, in words.")),
                        (
                            "stock_sequence",
                            models.BigIntegerField(
                                help_text="The stock event, when it had stock.", null=True
                            ),
                        ),
                        ("reason", models.CharField(max_length=300)),
                        ("at", models.DateTimeField()),
                        (
                            "actor",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "kept",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="merges",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "merged",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("kept", models.F("merged")), _negated=True),
                                name="productmerge_two",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="productmerge_reason"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProductPair",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[("GTIN", "GTIN"), ("SKU", "SKU"), ("TITLE", "Title")], max_length=5
                            ),
                        ),
                        ("why", models.CharField(max_length=120)),
                        ("rank", models.PositiveIntegerField(help_text="The surest first.")),
                        ("found_at", models.DateTimeField()),
                        (
                            "first",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "second",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("first", "second"), name="productpair_once"),
                            models.CheckConstraint(
                                condition=models.Q(("first__lt", models.F("second"))),
                                name="productpair_ordered",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProductRestriction",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("min_age", models.PositiveSmallIntegerField(default=0, help_text="0 = none.")),
                        (
                            "hazmat_class",
                            models.CharField(
                                blank=True,
                                help_text="UN class such as 3 or 2.1; goes only to the allowed countries.",
                                max_length=10,
                            ),
                        ),
                        (
                            "allowed_countries",
                            models.CharField(
                                blank=True, help_text="Two-letter codes; blank = all.", max_length=800
                            ),
                        ),
                        ("forbidden_countries", models.CharField(blank=True, max_length=800)),
                        (
                            "is_business_only",
                            models.BooleanField(
                                default=False,
                                help_text="Only to business customers, e.g. lots that must be traced to their user.",
                            ),
                        ),
                        (
                            "product",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="restriction",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("min_age__lte", 99)), name="productrestriction_age"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockBuffer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "channel_code",
                            models.CharField(
                                blank=True, help_text="Only against this channel; blank = all.", max_length=40
                            ),
                        ),
                        ("quantity", models.PositiveIntegerField()),
                        (
                            "node",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="buffers",
                                to="inventory.node",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="buffers",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("node", "product", "channel_code"),
                                name="stockbuffer_once",
                                nulls_distinct=False,
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockEvent",
                    fields=[
                        ("sequence", models.BigAutoField(primary_key=True, serialize=False)),
                        (
                            "action",
                            models.CharField(
                                help_text="Address of the service, e.g. orders.order_allocate.", max_length=60
                            ),
                        ),
                        ("source_type", models.CharField(max_length=60)),
                        ("source_id", models.BigIntegerField()),
                        ("occurred_at", models.DateTimeField()),
                        (
                            "recorded_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        ("idempotency_key", models.CharField(max_length=120, unique=True)),
                        ("reason", models.CharField(blank=True, db_default="", default="", max_length=200)),
                        (
                            "actor",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["source_type", "source_id"], name="stockevent_source"),
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True,
                                fields=["occurred_at"],
                                name="stockevent_time",
                                pages_per_range=16,
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockLevel",
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
                                    ("RESERVED", "Reserved"),
                                    ("ALLOCATED", "Allocated"),
                                    ("PICKED", "Picked"),
                                    ("QUARANTINE", "Quarantine"),
                                    ("DAMAGED", "Damaged"),
                                    ("RETURN_PENDING", "Return pending"),
                                    ("IN_TRANSIT", "In transit"),
                                    ("SUPPLIER", "Supplier"),
                                    ("CUSTOMER", "Customer"),
                                    ("SHRINKAGE", "Shrinkage"),
                                    ("ASSEMBLY", "Assembly"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("quantity", models.BigIntegerField(default=0)),
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
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="levels",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("product", "node", "status"), name="stocklevel_bucket"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gte", 0)), name="stocklevel_not_negative"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockMove",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("quantity", models.BigIntegerField()),
                        (
                            "from_status",
                            models.CharField(
                                choices=[
                                    ("AVAILABLE", "Available"),
                                    ("RESERVED", "Reserved"),
                                    ("ALLOCATED", "Allocated"),
                                    ("PICKED", "Picked"),
                                    ("QUARANTINE", "Quarantine"),
                                    ("DAMAGED", "Damaged"),
                                    ("RETURN_PENDING", "Return pending"),
                                    ("IN_TRANSIT", "In transit"),
                                    ("SUPPLIER", "Supplier"),
                                    ("CUSTOMER", "Customer"),
                                    ("SHRINKAGE", "Shrinkage"),
                                    ("ASSEMBLY", "Assembly"),
                                ],
                                max_length=14,
                            ),
                        ),
                        (
                            "to_status",
                            models.CharField(
                                choices=[
                                    ("AVAILABLE", "Available"),
                                    ("RESERVED", "Reserved"),
                                    ("ALLOCATED", "Allocated"),
                                    ("PICKED", "Picked"),
                                    ("QUARANTINE", "Quarantine"),
                                    ("DAMAGED", "Damaged"),
                                    ("RETURN_PENDING", "Return pending"),
                                    ("IN_TRANSIT", "In transit"),
                                    ("SUPPLIER", "Supplier"),
                                    ("CUSTOMER", "Customer"),
                                    ("SHRINKAGE", "Shrinkage"),
                                    ("ASSEMBLY", "Assembly"),
                                ],
                                max_length=14,
                            ),
                        ),
                        (
                            "order_line_id",
                            models.BigIntegerField(
                                help_text="orders.OrderLine this move serves, if any.", null=True
                            ),
                        ),
                        (
                            "event",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="moves",
                                to="inventory.stockevent",
                            ),
                        ),
                        (
                            "from_location",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.location",
                            ),
                        ),
                        (
                            "from_node",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
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
                            "to_location",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.location",
                            ),
                        ),
                        (
                            "to_node",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["product", "event"], name="stockmove_product"),
                            models.Index(
                                condition=models.Q(("order_line_id__isnull", False)),
                                fields=["order_line_id"],
                                name="stockmove_order_line",
                            ),
                            models.Index(
                                condition=models.Q(("lot__isnull", False)),
                                fields=["lot"],
                                name="stockmove_lot",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)), name="stockmove_quantity"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("from_node", models.F("to_node")), _negated=True),
                                    models.Q(("from_status", models.F("to_status")), _negated=True),
                                    models.Q(
                                        ("from_location__isnull", False),
                                        ("to_location__isnull", False),
                                        models.Q(("from_location", models.F("to_location")), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="stockmove_goes_somewhere",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockPool",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=40, unique=True)),
                        ("name", models.CharField(max_length=80)),
                        (
                            "quantity",
                            models.PositiveIntegerField(
                                help_text="Per product and node: others leave so many untouched."
                            ),
                        ),
                        ("channel_code", models.CharField(blank=True, max_length=40)),
                        ("country", models.CharField(blank=True, max_length=2)),
                        ("tier", models.CharField(blank=True, max_length=10)),
                        ("is_active", models.BooleanField(default=True)),
                        (
                            "node",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="pools",
                                to="inventory.node",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="pools",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("channel_code", ""), ("country", ""), ("tier", ""), _negated=True
                                ),
                                name="stockpool_has_members",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="StockSnapshot",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sequence", models.BigIntegerField()),
                        (
                            "at",
                            models.DateTimeField(
                                help_text="Every event up to `sequence` occurred at or before this time."
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("AVAILABLE", "Available"),
                                    ("RESERVED", "Reserved"),
                                    ("ALLOCATED", "Allocated"),
                                    ("PICKED", "Picked"),
                                    ("QUARANTINE", "Quarantine"),
                                    ("DAMAGED", "Damaged"),
                                    ("RETURN_PENDING", "Return pending"),
                                    ("IN_TRANSIT", "In transit"),
                                    ("SUPPLIER", "Supplier"),
                                    ("CUSTOMER", "Customer"),
                                    ("SHRINKAGE", "Shrinkage"),
                                    ("ASSEMBLY", "Assembly"),
                                ],
                                max_length=14,
                            ),
                        ),
                        ("quantity", models.BigIntegerField()),
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
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["sequence"], name="stocksnapshot_sequence")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("product", "sequence", "node", "status"), name="stocksnapshot_bucket"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Transfer",
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
                                    ("IN_TRANSIT", "In transit"),
                                    ("RECEIVED", "Received"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="DRAFT",
                                max_length=20,
                            ),
                        ),
                        ("expected_date", models.DateField(blank=True, null=True)),
                        (
                            "is_reserved",
                            models.BooleanField(
                                default=False,
                                help_text="Its units were set aside (RESERVED) when it was raised for an order.",
                            ),
                        ),
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
                            "from_node",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                        (
                            "to_node",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("from_node", models.F("to_node")), _negated=True),
                                name="transfer_two_nodes",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TransferLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("quantity", models.PositiveIntegerField()),
                        ("quantity_received", models.PositiveIntegerField(default=0)),
                        (
                            "quantity_lost",
                            models.PositiveIntegerField(default=0, help_text="Written off on the way."),
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
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "transfer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="inventory.transfer",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity__gt", 0),
                                    (
                                        "quantity__gte",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("quantity_received"), "+", models.F("quantity_lost")
                                        ),
                                    ),
                                ),
                                name="transferline_quantities",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AdjustmentLine",
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
                                    ("IN_TRANSIT", "In transit"),
                                ],
                                default="AVAILABLE",
                                max_length=14,
                            ),
                        ),
                        (
                            "quantity_delta",
                            models.BigIntegerField(help_text="Signed units; negative = loss."),
                        ),
                        (
                            "unit_cost",
                            models.DecimalField(
                                blank=True,
                                decimal_places=4,
                                help_text="Of found stock; else the latest known cost.",
                                max_digits=19,
                                null=True,
                            ),
                        ),
                        (
                            "value",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Signed, set when posted.",
                                max_digits=19,
                            ),
                        ),
                        (
                            "adjustment",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="inventory.adjustment",
                            ),
                        ),
                        (
                            "location",
                            models.ForeignKey(
                                blank=True,
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
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "transfer_line",
                            models.ForeignKey(
                                blank=True,
                                help_text="The shipment on the way that these units were lost from.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="write_offs",
                                to="inventory.transferline",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity_delta", 0), _negated=True),
                                name="adjustmentline_delta",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("transfer_line__isnull", True),
                                        models.Q(("status", "IN_TRANSIT"), _negated=True),
                                    ),
                                    models.Q(
                                        ("quantity_delta__lt", 0),
                                        ("status", "IN_TRANSIT"),
                                        ("transfer_line__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="adjustmentline_lost_on_the_way",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ProductUnit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("factor", models.PositiveIntegerField()),
                        ("gtin", models.CharField(blank=True, max_length=14)),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="units",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.unitofmeasure",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("product", "unit"), name="productunit_once"),
                            models.CheckConstraint(
                                condition=models.Q(("factor__gte", 1)), name="productunit_factor"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalProduct",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("sku", models.CharField(max_length=40)),
                        ("name", models.CharField(max_length=200)),
                        (
                            "gtin",
                            models.CharField(
                                blank=True, help_text="GTIN-8/12/13/14 of the base unit.", max_length=14
                            ),
                        ),
                        ("weight_grams", models.PositiveIntegerField(default=0)),
                        ("is_lot_tracked", models.BooleanField(default=False)),
                        (
                            "is_kit",
                            models.BooleanField(
                                default=False,
                                help_text="Has no stock of its own: it is sold as its components (KitComponent).",
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                        (
                            "list_price",
                            models.DecimalField(
                                decimal_places=4, default=0, help_text="Base currency.", max_digits=19
                            ),
                        ),
                        (
                            "search_text",
                            models.TextField(
                                blank=True, help_text="Lower case, accents folded; kept by product_save."
                            ),
                        ),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
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
                            "category",
                            mptt.fields.TreeForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="inventory.category",
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
                            "merged_into",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="The product it turned out to be: its SKU means that one.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "unit",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="inventory.unitofmeasure",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical product",
                        "verbose_name_plural": "historical products",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="productmerge",
            trigger=pgtrigger.compiler.Trigger(
                name="productmerge_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="55da71f7cf3280f57df26327e01ee3f8a04cd5ed",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_productmerge_append_only_ea51d",
                    table="inventory_productmerge",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockevent",
            trigger=pgtrigger.compiler.Trigger(
                name="stockevent_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="f049fc573e0d12358a2aaa7fd88376a22dc36a9e",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_stockevent_append_only_a5add",
                    table="inventory_stockevent",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stocklevel",
            trigger=pgtrigger.compiler.Trigger(
                name="stocklevel_not_of_a_kit",
                sql=erp.core.triggers.GuardSql(
                    declare="DECLARE product RECORD;",
                    func="SELECT is_kit, sku INTO product FROM inventory_product WHERE id = NEW.product_id FOR SHARE; IF product.is_kit THEN RAISE EXCEPTION USING ERRCODE = 'KL002', MESSAGE = 'inventory.kit_has_no_stock', DETAIL = product.sku; END IF; RETURN NEW;",
                    hash="e7b004709a12d8c7881d92d34d17d3180514a860",
                    operation="INSERT",
                    pgid="pgtrigger_stocklevel_not_of_a_kit_93306",
                    table="inventory_stocklevel",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stocklevel",
            trigger=pgtrigger.compiler.Trigger(
                name="stocklevel_stock_out",
                sql=erp.core.triggers.GuardSql(
                    condition="WHEN (NEW.status = 'AVAILABLE' AND OLD.quantity > 0 AND NEW.quantity = 0)",
                    func="INSERT INTO core_event (kind, document_type, document_id, data, at) VALUES ('stock.out', 'inventory.Product', NEW.product_id, jsonb_build_object('node_id', NEW.node_id, 'quantity', NEW.quantity), now()); RETURN NULL;",
                    hash="638cdcad54bca97e96a7e5c560d2d23982d227f8",
                    operation="UPDATE",
                    pgid="pgtrigger_stocklevel_stock_out_8ddd4",
                    table="inventory_stocklevel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stocklevel",
            trigger=pgtrigger.compiler.Trigger(
                name="stocklevel_stock_back",
                sql=erp.core.triggers.GuardSql(
                    condition="WHEN (NEW.status = 'AVAILABLE' AND OLD.quantity = 0 AND NEW.quantity > 0)",
                    func="INSERT INTO core_event (kind, document_type, document_id, data, at) VALUES ('stock.back', 'inventory.Product', NEW.product_id, jsonb_build_object('node_id', NEW.node_id, 'quantity', NEW.quantity), now()); RETURN NULL;",
                    hash="301df77c83801557247bd7c37bda2ce2b559a7a3",
                    operation="UPDATE",
                    pgid="pgtrigger_stocklevel_stock_back_6aa72",
                    table="inventory_stocklevel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stocklevel",
            trigger=pgtrigger.compiler.Trigger(
                name="stocklevel_stock_first",
                sql=erp.core.triggers.GuardSql(
                    condition="WHEN (NEW.status = 'AVAILABLE' AND NEW.quantity > 0)",
                    func="INSERT INTO core_event (kind, document_type, document_id, data, at) VALUES ('stock.back', 'inventory.Product', NEW.product_id, jsonb_build_object('node_id', NEW.node_id, 'quantity', NEW.quantity), now()); RETURN NULL;",
                    hash="beba60dfa257e9102f74702683a3aeae8c280d1a",
                    operation="INSERT",
                    pgid="pgtrigger_stocklevel_stock_first_68fad",
                    table="inventory_stocklevel",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stockmove",
            trigger=pgtrigger.compiler.Trigger(
                name="stockmove_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="5ada344314dacfdb1e5628cd83f53df6be91ae5d",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_stockmove_append_only_af23c",
                    table="inventory_stockmove",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="stocksnapshot",
            trigger=pgtrigger.compiler.Trigger(
                name="stocksnapshot_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="97ec39bdf37a199b917ef1b772f9f639c8bedfad",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_stocksnapshot_append_only_af6b9",
                    table="inventory_stocksnapshot",
                    when="BEFORE",
                ),
            ),
        ),
    ]
