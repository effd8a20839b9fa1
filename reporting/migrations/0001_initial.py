import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("orders", "0001_initial"),
    ]

    operations = [
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
                    models.PositiveIntegerField(default=0, help_text="Journal entries behind the row."),
                ),
                (
                    "journal_entry_id",
                    models.BigIntegerField(default=0, help_text="Rolled up to this JournalEntry."),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.channel"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("date", "channel"), name="dailysales_once")],
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
                ("orders", models.PositiveIntegerField(default=0)),
                ("units_ordered", models.BigIntegerField(default=0)),
                (
                    "units_filled_first",
                    models.BigIntegerField(default=0, help_text="Allocated at the first decision."),
                ),
                ("orders_shipped", models.PositiveIntegerField(default=0)),
                ("orders_on_time", models.PositiveIntegerField(default=0)),
                (
                    "cycle_seconds",
                    models.BigIntegerField(default=0, help_text="Σ (shipped − ordered) of shipped orders."),
                ),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="orders.channel"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("date", "channel"), name="dailyservice_once")
                ],
            },
        ),
    ]
