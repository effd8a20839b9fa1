import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
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
                    name="Account",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=20, unique=True)),
                        ("name", models.CharField(max_length=120)),
                        (
                            "account_type",
                            models.CharField(
                                choices=[
                                    ("ASSET", "Asset"),
                                    ("LIABILITY", "Liability"),
                                    ("EQUITY", "Equity"),
                                    ("INCOME", "Income"),
                                    ("EXPENSE", "Expense"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("CASH", "Cash at bank"),
                                    ("CASH_CLEARING", "Cash clearing (payments captured, not yet settled)"),
                                    ("RECEIVABLE", "Trade receivables"),
                                    ("INVENTORY", "Inventory"),
                                    ("GRNI", "Goods received, not invoiced"),
                                    ("PAYABLE", "Trade payables"),
                                    ("TAX_PAYABLE", "Sales tax payable"),
                                    ("EQUITY_OPENING", "Opening balance equity"),
                                    ("RETAINED_EARNINGS", "Retained earnings"),
                                    ("REVENUE", "Sales revenue"),
                                    ("SHIPPING_REVENUE", "Shipping revenue"),
                                    ("DISCOUNT", "Discounts granted"),
                                    ("OTHER_INCOME", "Other income"),
                                    ("SALES_RETURNS", "Sales returns and allowances"),
                                    ("COGS", "Cost of goods sold"),
                                    ("PPV", "Purchase price variance"),
                                    ("STOCK_ADJUSTMENT", "Stock adjustments (shrinkage and found stock)"),
                                    ("WRITE_OFF", "Returned goods written off"),
                                    ("CHANNEL_FEE", "Marketplace and channel fees"),
                                    ("BANK_CHARGE", "Bank charges"),
                                    ("BAD_DEBT", "Bad debt"),
                                    ("SAMPLES", "Samples and marketing"),
                                    ("FREIGHT_OUT", "Outbound freight"),
                                ],
                                max_length=24,
                                null=True,
                                unique=True,
                            ),
                        ),
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
                                to="ledger.account",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("code", ""), _negated=True), name="account_code_not_blank"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CostLayer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("product_id", models.BigIntegerField()),
                        (
                            "method",
                            models.CharField(
                                choices=[("FIFO", "First in, first out"), ("AVERAGE", "Moving average")],
                                max_length=8,
                            ),
                        ),
                        ("received_at", models.DateTimeField()),
                        ("quantity_in", models.BigIntegerField()),
                        (
                            "value_in",
                            models.DecimalField(
                                decimal_places=4,
                                help_text="As received; true-ups are movements.",
                                max_digits=19,
                            ),
                        ),
                        ("quantity_left", models.BigIntegerField()),
                        ("value_left", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("source_type", models.CharField(max_length=60)),
                        ("source_id", models.BigIntegerField()),
                        (
                            "is_open",
                            models.GeneratedField(
                                db_persist=True,
                                expression=models.Q(("quantity_left__gt", 0)),
                                output_field=models.BooleanField(),
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("is_open", True)),
                                fields=["product_id", "id"],
                                name="costlayer_open",
                            ),
                            models.Index(fields=["source_type", "source_id"], name="costlayer_source"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity_left__gte", 0),
                                    ("quantity_left__lte", models.F("quantity_in")),
                                    ("value_left__gte", 0),
                                ),
                                name="costlayer_left_within_in",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("quantity_left", 0), _negated=True),
                                    ("value_left", 0),
                                    _connector="OR",
                                ),
                                name="costlayer_empty_has_no_value",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("method", "AVERAGE")),
                                fields=("product_id",),
                                name="costlayer_one_average_pool",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CostMovement",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("product_id", models.BigIntegerField()),
                        (
                            "quantity",
                            models.BigIntegerField(help_text="Signed units; 0 for a value-only true-up."),
                        ),
                        (
                            "value",
                            models.DecimalField(
                                decimal_places=4, help_text="Signed, base currency.", max_digits=19
                            ),
                        ),
                        ("source_type", models.CharField(max_length=60)),
                        ("source_id", models.BigIntegerField()),
                        ("at", models.DateTimeField()),
                        (
                            "layer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="movements",
                                to="ledger.costlayer",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["source_type", "source_id"], name="costmovement_source"),
                            django.contrib.postgres.indexes.BrinIndex(
                                autosummarize=True, fields=["at"], name="costmovement_at"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalAccount",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(db_index=True, max_length=20)),
                        ("name", models.CharField(max_length=120)),
                        (
                            "account_type",
                            models.CharField(
                                choices=[
                                    ("ASSET", "Asset"),
                                    ("LIABILITY", "Liability"),
                                    ("EQUITY", "Equity"),
                                    ("INCOME", "Income"),
                                    ("EXPENSE", "Expense"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "role",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("CASH", "Cash at bank"),
                                    ("CASH_CLEARING", "Cash clearing (payments captured, not yet settled)"),
                                    ("RECEIVABLE", "Trade receivables"),
                                    ("INVENTORY", "Inventory"),
                                    ("GRNI", "Goods received, not invoiced"),
                                    ("PAYABLE", "Trade payables"),
                                    ("TAX_PAYABLE", "Sales tax payable"),
                                    ("EQUITY_OPENING", "Opening balance equity"),
                                    ("RETAINED_EARNINGS", "Retained earnings"),
                                    ("REVENUE", "Sales revenue"),
                                    ("SHIPPING_REVENUE", "Shipping revenue"),
                                    ("DISCOUNT", "Discounts granted"),
                                    ("OTHER_INCOME", "Other income"),
                                    ("SALES_RETURNS", "Sales returns and allowances"),
                                    ("COGS", "Cost of goods sold"),
                                    ("PPV", "Purchase price variance"),
                                    ("STOCK_ADJUSTMENT", "Stock adjustments (shrinkage and found stock)"),
                                    ("WRITE_OFF", "Returned goods written off"),
                                    ("CHANNEL_FEE", "Marketplace and channel fees"),
                                    ("BANK_CHARGE", "Bank charges"),
                                    ("BAD_DEBT", "Bad debt"),
                                    ("SAMPLES", "Samples and marketing"),
                                    ("FREIGHT_OUT", "Outbound freight"),
                                ],
                                db_index=True,
                                max_length=24,
                                null=True,
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
                        (
                            "parent",
                            mptt.fields.TreeForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="ledger.account",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical account",
                        "verbose_name_plural": "historical accounts",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="JournalEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(help_text="Gapless, e.g. JE-000042.", max_length=24)),
                        (
                            "kind",
                            models.CharField(
                                help_text="Address of the posting rule, e.g. fulfillment.shipment_confirmed.",
                                max_length=60,
                            ),
                        ),
                        ("source_type", models.CharField(max_length=60)),
                        ("source_id", models.BigIntegerField()),
                        (
                            "sequence",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="nth entry of this kind for this source."
                            ),
                        ),
                        ("posting_date", models.DateField()),
                        (
                            "entered_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        ("memo", models.CharField(blank=True, max_length=200)),
                        (
                            "stock_sequence",
                            models.BigIntegerField(
                                blank=True,
                                help_text="The StockEvent written in the same transaction, if one was.",
                                null=True,
                            ),
                        ),
                        (
                            "xact_id",
                            models.BigIntegerField(
                                db_default=django.db.models.expressions.RawSQL(
                                    "(pg_current_xact_id()::text::bigint)", ()
                                ),
                                editable=False,
                                help_text="Transaction that wrote the entry; its lines must come from the same one.",
                            ),
                        ),
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
                            "reversal_of",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reversals",
                                to="ledger.journalentry",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["posting_date", "id"], name="journalentry_date")],
                        "constraints": [
                            models.UniqueConstraint(fields=("number",), name="journalentry_number"),
                            models.UniqueConstraint(
                                fields=("source_type", "source_id", "kind", "sequence"), name="journal_once"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("reversal_of__isnull", False)),
                                fields=("reversal_of",),
                                name="journalentry_reversed_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="JournalLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("debit", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("credit", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("base_debit", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("base_credit", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("product_id", models.BigIntegerField(blank=True, null=True)),
                        ("node_id", models.BigIntegerField(blank=True, null=True)),
                        ("channel_id", models.BigIntegerField(blank=True, null=True)),
                        ("supplier_id", models.BigIntegerField(blank=True, null=True)),
                        (
                            "customer_segment",
                            models.CharField(blank=True, db_default="", default="", max_length=20),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                db_constraint=False,
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="ledger.account",
                            ),
                        ),
                        (
                            "entry",
                            models.ForeignKey(
                                db_constraint=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="ledger.journalentry",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["account", "entry"], name="journalline_account")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("base_credit", 0),
                                        ("base_debit__gte", 0),
                                        ("credit", 0),
                                        ("debit__gt", 0),
                                    ),
                                    models.Q(
                                        ("base_credit__gte", 0),
                                        ("base_debit", 0),
                                        ("credit__gt", 0),
                                        ("debit", 0),
                                    ),
                                    _connector="OR",
                                ),
                                name="journalline_one_side",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ManualEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("posting_date", models.DateField()),
                        ("memo", models.CharField(help_text="Why: the auditor reads this.", max_length=200)),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "rate",
                            models.DecimalField(
                                decimal_places=8,
                                default=1,
                                help_text="Base currency per unit.",
                                max_digits=18,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("DRAFT", "Draft"),
                                    ("PENDING_APPROVAL", "Waiting for approval"),
                                    ("POSTED", "Posted"),
                                    ("REJECTED", "Rejected"),
                                ],
                                default="DRAFT",
                                max_length=20,
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
                    ],
                    options={
                        "verbose_name_plural": "manual entries",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("rate__gt", 0)), name="manualentry_rate"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("memo", ""), _negated=True), name="manualentry_memo"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ManualEntryLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("debit", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("credit", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="ledger.account",
                            ),
                        ),
                        (
                            "entry",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="ledger.manualentry",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("credit", 0), ("debit__gt", 0)),
                                    models.Q(("credit__gt", 0), ("debit", 0)),
                                    _connector="OR",
                                ),
                                name="manualentryline_one_side",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Period",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(help_text="e.g. 2011-03", max_length=10, unique=True)),
                        ("start_date", models.DateField(unique=True)),
                        ("end_date", models.DateField(unique=True)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("OPEN", "Open"),
                                    ("CLOSING", "Closing"),
                                    ("CLOSED", "Closed"),
                                    ("REOPENED", "Reopened"),
                                ],
                                default="OPEN",
                                max_length=20,
                            ),
                        ),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "stock_sequence",
                            models.BigIntegerField(
                                blank=True, help_text="Last StockEvent in the close's snapshot.", null=True
                            ),
                        ),
                        (
                            "seal",
                            models.CharField(
                                blank=True, help_text="sha256(previous seal ‖ balances), hex.", max_length=64
                            ),
                        ),
                        (
                            "closed_by",
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
                            models.CheckConstraint(
                                condition=models.Q(("end_date__gte", models.F("start_date"))),
                                name="period_dates_in_order",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "CLOSED"), _negated=True),
                                    models.Q(
                                        ("closed_at__isnull", False), models.Q(("seal", ""), _negated=True)
                                    ),
                                    _connector="OR",
                                ),
                                name="period_closed_is_sealed",
                            ),
                        ],
                    },
                ),
            ],
        ),
        migrations.AddField(
            model_name="journalentry",
            name="period",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="entries",
                to="ledger.period",
            ),
        ),
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="PeriodBalance",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("debit", models.DecimalField(decimal_places=4, max_digits=21)),
                        ("credit", models.DecimalField(decimal_places=4, max_digits=21)),
                        ("base_debit", models.DecimalField(decimal_places=4, max_digits=21)),
                        ("base_credit", models.DecimalField(decimal_places=4, max_digits=21)),
                        (
                            "revision",
                            models.PositiveSmallIntegerField(
                                default=1, help_text="Counts the closes of a reopened period."
                            ),
                        ),
                        (
                            "account",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="ledger.account",
                            ),
                        ),
                        (
                            "period",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="balances",
                                to="ledger.period",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("period", "account", "currency", "revision"),
                                name="periodbalance_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TieOut",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=40)),
                        ("title", models.CharField(max_length=160)),
                        ("expected", models.DecimalField(decimal_places=4, max_digits=21)),
                        ("actual", models.DecimalField(decimal_places=4, max_digits=21)),
                        ("is_blocking", models.BooleanField(default=True)),
                        ("is_ok", models.BooleanField()),
                        ("evidence", models.JSONField(default=dict)),
                        ("checked_at", models.DateTimeField()),
                        (
                            "period",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tie_outs",
                                to="ledger.period",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [models.Index(fields=["period", "code", "-id"], name="tieout_latest")],
                    },
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="account",
            trigger=pgtrigger.compiler.Trigger(
                name="account_stays",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION 'an account is never deleted; deactivate it' USING ERRCODE = 'insufficient_privilege';",
                    hash="93ace3c33e54d7b226fce69dcb9e3a3c2fe3233a",
                    level="STATEMENT",
                    operation="DELETE OR TRUNCATE",
                    pgid="pgtrigger_account_stays_f1ae9",
                    table="ledger_account",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="costmovement",
            trigger=pgtrigger.compiler.Trigger(
                name="costmovement_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="c9d193cac02d4de926c5d26aaaf6eb776b67bf88",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_costmovement_append_only_831bc",
                    table="ledger_costmovement",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalline",
            trigger=pgtrigger.compiler.Trigger(
                name="journalline_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="6341b6e79e3fe5fc41b744819b01382f19761fe8",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_journalline_append_only_a3c0a",
                    table="ledger_journalline",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalline",
            trigger=pgtrigger.compiler.Trigger(
                name="journalline_balance",
                sql=erp.core.triggers.GuardSql(
                    func="\nDECLARE bad record;\nBEGIN\n    SELECT entry_id, string_agg(currency || ' ' || amount, ', ') FILTER (WHERE amount <> 0) AS wrong, sum(base) AS base\n      INTO bad\n      FROM (SELECT entry_id, currency, sum(debit) - sum(credit) AS amount, sum(base_debit) - sum(base_credit) AS base\n              FROM new_rows GROUP BY entry_id, currency) per_currency\n     GROUP BY entry_id HAVING sum(base) <> 0 OR bool_or(amount <> 0) LIMIT 1;\n    IF FOUND THEN\n        RAISE EXCEPTION 'journal entry % does not balance: difference % (base currency %)',\n            bad.entry_id, coalesce(bad.wrong, 'none'), bad.base USING ERRCODE = 'check_violation';\n    END IF;\n    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT account_id FROM new_rows) l\n               LEFT JOIN ledger_account a ON a.id = l.account_id WHERE a.id IS NULL) THEN\n        RAISE EXCEPTION 'a journal line names an account that does not exist' USING ERRCODE = 'foreign_key_violation';\n    END IF;\n    IF EXISTS (SELECT 1 FROM (SELECT DISTINCT entry_id FROM new_rows) l\n               WHERE (SELECT e.xact_id FROM ledger_journalentry e WHERE e.id = l.entry_id)\n                     IS DISTINCT FROM pg_current_xact_id()::text::bigint) THEN\n        RAISE EXCEPTION 'a journal line belongs to an entry of its own transaction: a posted one takes no more lines'\n            USING ERRCODE = 'insufficient_privilege';\n    END IF;\n    RETURN NULL;\nEND;\n",
                    hash="7d13c566a0f1ff99a809d623f059a36212e0764b",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_journalline_balance_b22c0",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="ledger_journalline",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="period",
            trigger=pgtrigger.compiler.Trigger(
                name="period_no_overlap",
                sql=erp.core.triggers.GuardSql(
                    func="\nIF EXISTS (SELECT 1 FROM ledger_period p WHERE p.id <> NEW.id\n           AND p.start_date <= NEW.end_date AND p.end_date >= NEW.start_date) THEN\n    RAISE EXCEPTION 'period % overlaps another', NEW.code USING ERRCODE = 'exclusion_violation';\nEND IF;\nRETURN NEW;\n",
                    hash="e9ea5a2e45e2d818db7eda2907d83dff073eb789",
                    operation='INSERT OR UPDATE OF "start_date", "end_date"',
                    pgid="pgtrigger_period_no_overlap_396d0",
                    table="ledger_period",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="period",
            trigger=pgtrigger.compiler.Trigger(
                name="period_closed_in_order",
                sql=erp.core.triggers.GuardSql(
                    func="\nIF TG_OP = 'UPDATE' AND OLD.state = 'CLOSED' AND NEW.state = 'CLOSED' AND OLD IS DISTINCT FROM NEW THEN\n    RAISE EXCEPTION 'period % is closed and does not change', OLD.code USING ERRCODE = 'check_violation';\nEND IF;\nIF NEW.state = 'CLOSED' AND EXISTS (SELECT 1 FROM ledger_period p WHERE p.start_date < NEW.start_date AND\n  p.state <> 'CLOSED') THEN\n    RAISE EXCEPTION 'period % can not be closed while an earlier one is not', NEW.code USING ERRCODE =\n      'check_violation';\nEND IF;\nIF NEW.state <> 'CLOSED' AND EXISTS (SELECT 1 FROM ledger_period p WHERE p.start_date > NEW.start_date AND\n  p.state = 'CLOSED') THEN\n    RAISE EXCEPTION 'period % can not be open before a closed one', NEW.code USING ERRCODE = 'check_violation';\nEND IF;\nRETURN NEW;\n",
                    hash="f1acd1d8aa0073b17700469605bd83c8026bc2ec",
                    operation="INSERT OR UPDATE",
                    pgid="pgtrigger_period_closed_in_order_d0a8e",
                    table="ledger_period",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalentry",
            trigger=pgtrigger.compiler.Trigger(
                name="journalentry_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="4c4f4e34eced5666c7093feeb3e77803e772db57",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_journalentry_append_only_5681d",
                    table="ledger_journalentry",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalentry",
            trigger=pgtrigger.compiler.Trigger(
                name="journalentry_has_lines",
                sql=erp.core.triggers.GuardSql(
                    constraint="CONSTRAINT",
                    func="\nBEGIN\n    IF (SELECT min(entry_id) FROM ledger_journalline WHERE entry_id >= NEW.id) IS DISTINCT FROM NEW.id THEN\n        RAISE EXCEPTION 'journal entry % has no lines', NEW.id USING ERRCODE = 'check_violation';\n    END IF;\n    RETURN NULL;\nEND;\n",
                    hash="f07a93a9d024e81b8501cf22e9d4d4a70a2d6824",
                    operation="INSERT",
                    pgid="pgtrigger_journalentry_has_lines_fb98c",
                    table="ledger_journalentry",
                    timing="DEFERRABLE INITIALLY DEFERRED",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="journalentry",
            trigger=pgtrigger.compiler.Trigger(
                name="journalentry_period_open",
                sql=erp.core.triggers.GuardSql(
                    func="\nDECLARE bad record;\nBEGIN\n    PERFORM 1 FROM ledger_period WHERE id IN (SELECT period_id FROM new_rows) ORDER BY id FOR SHARE;\n    SELECT e.posting_date, p.code, p.state INTO bad\n      FROM new_rows e JOIN ledger_period p ON p.id = e.period_id\n     WHERE p.state = 'CLOSED' OR e.posting_date NOT BETWEEN p.start_date AND p.end_date LIMIT 1;\n    IF FOUND THEN\n        RAISE EXCEPTION 'cannot post on % into period % (%)', bad.posting_date, bad.code, bad.state\n            USING ERRCODE = 'check_violation', CONSTRAINT = 'journalentry_period_open',\n                  DETAIL = concat_ws('|', bad.posting_date, bad.code, bad.state);\n    END IF;\n    RETURN NULL;\nEND;\n",
                    hash="a43e75c6481d9f2952871e09771807c07d3c1be1",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_journalentry_period_open_0d212",
                    referencing="REFERENCING NEW TABLE AS new_rows ",
                    table="ledger_journalentry",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="periodbalance",
            trigger=pgtrigger.compiler.Trigger(
                name="periodbalance_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="318138bc2fe925f11163f06a01f6b6912ccaaac5",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_periodbalance_append_only_0ab5e",
                    table="ledger_periodbalance",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="tieout",
            trigger=pgtrigger.compiler.Trigger(
                name="tieout_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="d7d87b92aea370a72df3e914398dcf1767f15707",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_tieout_append_only_45c97",
                    table="ledger_tieout",
                    when="BEFORE",
                ),
            ),
        ),
    ]
