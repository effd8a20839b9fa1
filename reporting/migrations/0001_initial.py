import django.db.models.deletion
from django.db import migrations, models

import erp.core.create_tables


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("inventory", "0001_initial"),
        ("ledger", "0001_initial"),
        ("orders", "0001_initial"),
    ]

    operations = [
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="RollupMark",
                    fields=[
                        ("source", models.CharField(max_length=20, primary_key=True, serialize=False)),
                        (
                            "settled_id",
                            models.BigIntegerField(
                                default=0, help_text="Nothing can appear at or below it any more."
                            ),
                        ),
                        (
                            "pending_id",
                            models.BigIntegerField(
                                default=0, help_text="Settles when pending_at is old enough."
                            ),
                        ),
                        ("pending_at", models.DateTimeField(null=True)),
                        ("seen_id", models.BigIntegerField(default=0)),
                        (
                            "seen_count",
                            models.BigIntegerField(
                                default=0, help_text="Rows above settled_id when last looked."
                            ),
                        ),
                        ("refreshed_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="DailyBalance",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("date", models.DateField()),
                        ("debit", models.DecimalField(decimal_places=4, default=0, max_digits=21)),
                        ("credit", models.DecimalField(decimal_places=4, default=0, max_digits=21)),
                        (
                            "account",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="ledger.account",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["date"], name="dailybalance_date")],
                        "constraints": [
                            models.UniqueConstraint(fields=("account", "date"), name="dailybalance_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DailyProduct",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("date", models.DateField(help_text="Shipped.")),
                        ("currency", models.CharField(max_length=3)),
                        ("units", models.BigIntegerField(default=0)),
                        ("revenue", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("cogs", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        (
                            "channel",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.channel",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sales_days",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("date", "product", "channel", "currency"), name="dailyproduct_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DailySales",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("date", models.DateField()),
                        ("revenue", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("returns", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("cogs", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        (
                            "entries",
                            models.PositiveIntegerField(
                                default=0, help_text="Journal entries behind the row."
                            ),
                        ),
                        (
                            "journal_entry_id",
                            models.BigIntegerField(default=0, help_text="The last of them."),
                        ),
                        (
                            "channel",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "daily sales",
                        "constraints": [
                            models.UniqueConstraint(fields=("date", "channel"), name="dailysales_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DailyService",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("date", models.DateField()),
                        ("orders", models.PositiveIntegerField(default=0, help_text="Ordered that day.")),
                        (
                            "orders_held",
                            models.PositiveIntegerField(default=0, help_text="… that were ever put on hold."),
                        ),
                        (
                            "units_ordered",
                            models.BigIntegerField(
                                default=0, help_text="Units of the orders that were decided."
                            ),
                        ),
                        (
                            "units_filled_first",
                            models.BigIntegerField(default=0, help_text="… allocated at the first decision."),
                        ),
                        (
                            "orders_shipped",
                            models.PositiveIntegerField(
                                default=0, help_text="Whose last unit left that day."
                            ),
                        ),
                        (
                            "orders_on_time",
                            models.PositiveIntegerField(default=0, help_text="… at or before ship-by."),
                        ),
                        (
                            "cycle_seconds",
                            models.BigIntegerField(default=0, help_text="Σ (shipped − ordered) of those."),
                        ),
                        (
                            "channel",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "daily service",
                        "constraints": [
                            models.UniqueConstraint(fields=("date", "channel"), name="dailyservice_once")
                        ],
                    },
                ),
            ],
        ),
    ]
