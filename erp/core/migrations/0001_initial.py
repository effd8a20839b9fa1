import django.contrib.auth.models
import django.contrib.auth.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.utils.timezone
import pgtrigger.compiler
import pgtrigger.migrations
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import erp.core.create_tables
import erp.core.models.access
import erp.core.triggers
from erp.core.functions import FUNCTIONS, FUNCTIONS_REVERSE
from erp.core.storage import fillfactor


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.RunSQL(FUNCTIONS, FUNCTIONS_REVERSE),
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="ApiKey",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80, unique=True)),
                        ("prefix", models.CharField(max_length=12, unique=True)),
                        (
                            "key_hash",
                            models.CharField(
                                help_text="sha256 of the whole key, hex.", max_length=64, unique=True
                            ),
                        ),
                        (
                            "channel_code",
                            models.CharField(
                                blank=True,
                                help_text="Orders may only enter this channel; blank = any.",
                                max_length=40,
                            ),
                        ),
                        (
                            "scopes",
                            models.JSONField(
                                default=erp.core.models.access.all_scopes,
                                help_text="What it may be used for, of what its user may do; “*” = all of it.",
                            ),
                        ),
                        (
                            "previous_hash",
                            models.CharField(
                                blank=True,
                                db_index=True,
                                default="",
                                help_text="The secret before a rotation.",
                                max_length=64,
                            ),
                        ),
                        (
                            "previous_until",
                            models.DateTimeField(
                                blank=True, help_text="So long the old secret is good.", null=True
                            ),
                        ),
                        (
                            "rate_per_minute",
                            models.PositiveIntegerField(
                                blank=True, help_text="Requests; blank = the house's limit.", null=True
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField(blank=True, null=True)),
                        ("last_used_at", models.DateTimeField(blank=True, null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Canary",
                    fields=[
                        ("queue", models.CharField(max_length=20, primary_key=True, serialize=False)),
                        ("sent_at", models.DateTimeField(null=True)),
                        (
                            "sent_since",
                            models.DateTimeField(
                                help_text="Since when canaries have been sent without a pause: silence before that says nothing.",
                                null=True,
                            ),
                        ),
                        ("answered_at", models.DateTimeField(null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="CaughtMail",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("sent_at", models.DateTimeField(db_index=True)),
                        ("sender", models.CharField(max_length=320)),
                        ("recipients", models.TextField(help_text="One address per line.")),
                        ("subject", models.CharField(blank=True, max_length=300)),
                        ("message_id", models.CharField(blank=True, max_length=200)),
                        ("raw", models.TextField(help_text="The message, RFC 5322.")),
                    ],
                ),
                migrations.CreateModel(
                    name="ExceptionCase",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(help_text="From erp.core.exception_kinds.", max_length=60)),
                        ("subject_type", models.CharField(max_length=60)),
                        ("subject_id", models.CharField(max_length=120)),
                        ("title", models.CharField(max_length=300)),
                        ("detail", models.JSONField(blank=True, default=dict)),
                        (
                            "owner_role",
                            models.CharField(
                                choices=[
                                    ("OPERATIONS", "Operations"),
                                    ("WAREHOUSE", "Warehouse"),
                                    ("PROCUREMENT", "Procurement"),
                                    ("FINANCE", "Finance"),
                                    ("CUSTOMER_SERVICE", "Customer service"),
                                    ("ADMIN", "Administrator"),
                                    ("READ_ONLY", "Read-only"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "money_at_risk",
                            models.DecimalField(
                                decimal_places=4, default=0, help_text="Base currency.", max_digits=19
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("OPEN", "Open"), ("SNOOZED", "Snoozed"), ("RESOLVED", "Resolved")],
                                default="OPEN",
                                max_length=20,
                            ),
                        ),
                        ("occurrences", models.PositiveIntegerField(default=1)),
                        ("opened_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        ("snoozed_until", models.DateTimeField(blank=True, null=True)),
                        ("resolved_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "resolution",
                            models.CharField(
                                blank=True, help_text="Address of the action that settled it.", max_length=60
                            ),
                        ),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        (
                            "cause",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                help_text="Key of erp.core.causes: what groups it.",
                                max_length=120,
                            ),
                        ),
                        (
                            "escalate_at",
                            models.DateTimeField(
                                blank=True, help_text="When it changes hands; blank = no more.", null=True
                            ),
                        ),
                        ("escalated_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "escalated_from",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("OPERATIONS", "Operations"),
                                    ("WAREHOUSE", "Warehouse"),
                                    ("PROCUREMENT", "Procurement"),
                                    ("FINANCE", "Finance"),
                                    ("CUSTOMER_SERVICE", "Customer service"),
                                    ("ADMIN", "Administrator"),
                                    ("READ_ONLY", "Read-only"),
                                ],
                                db_default="",
                                default="",
                                help_text="Who owned it before.",
                                max_length=20,
                            ),
                        ),
                        (
                            "rank",
                            models.GeneratedField(
                                db_persist=True,
                                expression=django.db.models.expressions.RawSQL(
                                    "(extract(epoch from timezone('UTC', due_at)) - 86400 * log(2.0, 1 + greatest(money_at_risk, 0) / 100.0))",
                                    (),
                                ),
                                help_text="The smallest is worked first (erp.core.ranking).",
                                output_field=models.DecimalField(decimal_places=4, max_digits=20),
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["state", "due_at"], name="exception_state_due"),
                            models.Index(fields=["subject_type", "subject_id"], name="exception_subject"),
                            models.Index(
                                condition=models.Q(("escalate_at__isnull", False), ("state", "OPEN")),
                                fields=["escalate_at"],
                                name="exception_escalate",
                            ),
                            models.Index(
                                condition=models.Q(("resolved_at__isnull", False)),
                                fields=["resolved_at"],
                                name="exception_resolved",
                            ),
                            models.Index(fields=["opened_at"], name="exception_opened"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "RESOLVED"), _negated=True),
                                fields=("kind", "subject_type", "subject_id"),
                                name="exception_one_open_per_subject",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalApiKey",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(db_index=True, max_length=80)),
                        ("prefix", models.CharField(db_index=True, max_length=12)),
                        (
                            "channel_code",
                            models.CharField(
                                blank=True,
                                help_text="Orders may only enter this channel; blank = any.",
                                max_length=40,
                            ),
                        ),
                        (
                            "scopes",
                            models.JSONField(
                                default=erp.core.models.access.all_scopes,
                                help_text="What it may be used for, of what its user may do; “*” = all of it.",
                            ),
                        ),
                        (
                            "previous_until",
                            models.DateTimeField(
                                blank=True, help_text="So long the old secret is good.", null=True
                            ),
                        ),
                        (
                            "rate_per_minute",
                            models.PositiveIntegerField(
                                blank=True, help_text="Requests; blank = the house's limit.", null=True
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField(blank=True, null=True)),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical api key",
                        "verbose_name_plural": "historical api keys",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalWebhookEndpoint",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(db_index=True, max_length=80)),
                        ("url", models.CharField(max_length=500)),
                        (
                            "kinds",
                            models.JSONField(
                                blank=True, default=list, help_text="What it is told; none = everything."
                            ),
                        ),
                        ("secret_before_until", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField()),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField(db_index=True)),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical webhook endpoint",
                        "verbose_name_plural": "historical webhook endpoints",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="IdempotencyKey",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("client", models.CharField(max_length=80)),
                        ("key", models.CharField(max_length=255)),
                        ("request_hash", models.CharField(max_length=64)),
                        (
                            "state",
                            models.CharField(
                                choices=[("IN_PROGRESS", "In progress"), ("DONE", "Done")], max_length=12
                            ),
                        ),
                        ("lease_until", models.DateTimeField()),
                        ("response_status", models.PositiveSmallIntegerField(null=True)),
                        ("response_body", models.TextField(blank=True)),
                        ("created_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("client", "key"), name="idempotency_client_key"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "DONE"), _negated=True),
                                    ("response_status__isnull", False),
                                    _connector="OR",
                                ),
                                name="idempotency_done_has_response",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ImportRow",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("is_trial", models.BooleanField(help_text="Of the dry run.")),
                        (
                            "number",
                            models.PositiveIntegerField(
                                help_text="Row of the file, as a spreadsheet counts."
                            ),
                        ),
                        (
                            "action",
                            models.CharField(
                                choices=[
                                    ("NEW", "New"),
                                    ("CHANGED", "Changed"),
                                    ("UNCHANGED", "Unchanged"),
                                    ("REFUSED", "Refused"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("key", models.CharField(help_text="The natural key.", max_length=200)),
                        ("subject_id", models.BigIntegerField(null=True)),
                        ("before", models.JSONField(default=dict)),
                        ("after", models.JSONField(default=dict)),
                        (
                            "problems",
                            models.JSONField(
                                default=list,
                                help_text="Row, column, value, message and remedy of all that is wrong.",
                            ),
                        ),
                        (
                            "undo",
                            models.CharField(
                                blank=True,
                                choices=[("UNDONE", "Taken back"), ("KEPT", "Could not be taken back")],
                                default="",
                                max_length=10,
                            ),
                        ),
                        ("undo_note", models.CharField(blank=True, default="", max_length=300)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("is_trial", False), ("subject_id__isnull", False)),
                                fields=["subject_id"],
                                name="importrow_subject",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("action", "REFUSED"), _negated=True),
                                    models.Q(("problems", []), _negated=True),
                                    _connector="OR",
                                ),
                                name="importrow_refused_says_why",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ImportRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(help_text="A target of erp.core.imports.", max_length=40)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("UPLOADED", "Uploaded"),
                                    ("CHECKING", "Dry run"),
                                    ("CHECKED", "Checked"),
                                    ("IMPORTING", "Importing"),
                                    ("IMPORTED", "Imported"),
                                    ("UNDOING", "Being taken back"),
                                    ("UNDONE", "Taken back"),
                                    ("DISCARDED", "Discarded"),
                                ],
                                default="UPLOADED",
                                max_length=20,
                            ),
                        ),
                        ("file_name", models.CharField(max_length=120)),
                        (
                            "file_hash",
                            models.CharField(
                                help_text="sha256; the file lies under it in MEDIA_ROOT/imports.",
                                max_length=64,
                            ),
                        ),
                        ("file_size", models.BigIntegerField()),
                        (
                            "options",
                            models.JSONField(
                                default=dict, help_text="What was chosen beside the file: option → value."
                            ),
                        ),
                        (
                            "scope_hash",
                            models.CharField(
                                help_text="sha256 of the options: two lists may share a file.", max_length=64
                            ),
                        ),
                        (
                            "dialect",
                            models.JSONField(
                                help_text="How the file is written: encoding, delimiter, sheet, decimal sign."
                            ),
                        ),
                        ("header", models.JSONField(help_text="The headers of the file.")),
                        (
                            "header_hash",
                            models.CharField(
                                help_text="Files with the same headers take over a mapping.", max_length=64
                            ),
                        ),
                        (
                            "mapping",
                            models.JSONField(default=dict, help_text="Our column → header of the file."),
                        ),
                        (
                            "is_mapped",
                            models.BooleanField(
                                default=False, help_text="A person or program has confirmed the mapping."
                            ),
                        ),
                        ("row_count", models.PositiveIntegerField(default=0)),
                        ("item_count", models.PositiveIntegerField(default=0)),
                        (
                            "items_done",
                            models.PositiveIntegerField(
                                default=0, help_text="Where an interrupted step goes on."
                            ),
                        ),
                        ("count_new", models.PositiveIntegerField(default=0)),
                        ("count_changed", models.PositiveIntegerField(default=0)),
                        ("count_unchanged", models.PositiveIntegerField(default=0)),
                        ("count_refused", models.PositiveIntegerField(default=0)),
                        ("count_undone", models.PositiveIntegerField(default=0)),
                        (
                            "count_kept",
                            models.PositiveIntegerField(
                                default=0, help_text="Written rows that could not be taken back."
                            ),
                        ),
                        (
                            "error",
                            models.TextField(
                                blank=True, default="", help_text="Why the file as a whole could not be read."
                            ),
                        ),
                        (
                            "steps",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Jobs started so far: part of their key."
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["kind", "header_hash", "-id"], name="importrun_header"),
                            models.Index(fields=["-created_at"], name="importrun_recent"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state__in", ("UNDONE", "DISCARDED")), _negated=True),
                                fields=("kind", "file_hash", "scope_hash"),
                                name="importrun_file_once",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("items_done__lte", models.F("item_count"))),
                                name="importrun_done",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="InboxMessage",
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
                                    ("PENDING", "Pending"),
                                    ("RUNNING", "Running"),
                                    ("DONE", "Done"),
                                    ("FAILED", "Failed, will retry"),
                                    ("DEAD", "Dead"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="PENDING",
                                max_length=20,
                            ),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("max_attempts", models.PositiveSmallIntegerField(default=5)),
                        (
                            "next_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        ("lease_until", models.DateTimeField(blank=True, null=True)),
                        ("error", models.TextField(blank=True, db_default="", default="")),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        ("source", models.CharField(help_text="Channel or provider code.", max_length=60)),
                        (
                            "kind",
                            models.CharField(
                                help_text="Address of the handler, e.g. orders.order_receive.", max_length=60
                            ),
                        ),
                        ("external_id", models.CharField(max_length=200)),
                        ("version", models.CharField(blank=True, default="", max_length=80)),
                        ("headers", models.JSONField(blank=True, default=dict)),
                        (
                            "body",
                            models.TextField(
                                blank=True, help_text="Exactly as received (undecodable bytes as \\xNN)."
                            ),
                        ),
                        ("body_hash", models.CharField(max_length=64)),
                        (
                            "result",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                help_text='What it became, e.g. "orders.Order:17".',
                                max_length=200,
                            ),
                        ),
                        ("received_at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["PENDING", "FAILED", "RUNNING"])),
                                fields=["next_at"],
                                name="inbox_due",
                            ),
                            models.Index(fields=["-received_at", "-id"], name="inbox_received"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("source", "kind", "external_id", "version"), name="inbox_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "DONE"), _negated=True),
                                    models.Q(("result", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="inbox_done_has_result",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Job",
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
                                    ("PENDING", "Pending"),
                                    ("RUNNING", "Running"),
                                    ("DONE", "Done"),
                                    ("FAILED", "Failed, will retry"),
                                    ("DEAD", "Dead"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="PENDING",
                                max_length=20,
                            ),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("max_attempts", models.PositiveSmallIntegerField(default=5)),
                        (
                            "next_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        ("lease_until", models.DateTimeField(blank=True, null=True)),
                        ("error", models.TextField(blank=True, db_default="", default="")),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        ("kind", models.CharField(max_length=80)),
                        (
                            "key",
                            models.CharField(help_text="Unique effect key within the kind.", max_length=160),
                        ),
                        ("queue", models.CharField(default="default", max_length=20)),
                        ("arguments", models.JSONField(blank=True, default=dict)),
                        ("percent", models.PositiveSmallIntegerField(default=0)),
                        ("units_done", models.PositiveBigIntegerField(default=0)),
                        (
                            "units_total",
                            models.PositiveBigIntegerField(
                                blank=True, help_text="Blank while unknown.", null=True
                            ),
                        ),
                        ("message", models.CharField(blank=True, default="", max_length=300)),
                        (
                            "checkpoint",
                            models.JSONField(
                                blank=True,
                                help_text="Where a job that commits chunk by chunk resumes.",
                                null=True,
                            ),
                        ),
                        ("result", models.JSONField(blank=True, null=True)),
                        ("cancel_requested", models.BooleanField(default=False)),
                        ("started_at", models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["PENDING", "FAILED", "RUNNING"])),
                                fields=["next_at"],
                                name="job_due",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("kind", "key"), name="job_kind_key"),
                            models.CheckConstraint(
                                condition=models.Q(("attempts__lte", models.F("max_attempts"))),
                                name="job_attempts",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Mention",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        ("read_at", models.DateTimeField(blank=True, null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Note",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("document_type", models.CharField(max_length=60)),
                        ("document_id", models.BigIntegerField()),
                        ("body", models.TextField()),
                        ("at", models.DateTimeField()),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["document_type", "document_id", "id"], name="note_document")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="NumberSeries",
                    fields=[
                        ("code", models.CharField(max_length=40, primary_key=True, serialize=False)),
                        ("prefix", models.CharField(blank=True, max_length=12)),
                        ("next_number", models.BigIntegerField(default=1)),
                        ("padding", models.PositiveSmallIntegerField(default=6)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("next_number__gte", 1)), name="numberseries_positive"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OutboxMessage",
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
                                    ("PENDING", "Pending"),
                                    ("RUNNING", "Running"),
                                    ("DONE", "Done"),
                                    ("FAILED", "Failed, will retry"),
                                    ("DEAD", "Dead"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="PENDING",
                                max_length=20,
                            ),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("max_attempts", models.PositiveSmallIntegerField(default=5)),
                        (
                            "next_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        ("lease_until", models.DateTimeField(blank=True, null=True)),
                        ("error", models.TextField(blank=True, db_default="", default="")),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "stream",
                            models.CharField(help_text='Ordered key, e.g. "channel:uk-web".', max_length=80),
                        ),
                        (
                            "kind",
                            models.CharField(
                                help_text="Address of the sender, e.g. core.send_email.", max_length=60
                            ),
                        ),
                        (
                            "key",
                            models.CharField(
                                help_text="Unique effect key: the receiver may see it twice, never two of it.",
                                max_length=160,
                            ),
                        ),
                        ("subject_type", models.CharField(blank=True, max_length=60)),
                        ("subject_id", models.BigIntegerField(blank=True, null=True)),
                        ("payload", models.JSONField()),
                        (
                            "provider_ref",
                            models.CharField(blank=True, db_default="", default="", max_length=200),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state__in", ["PENDING", "FAILED", "RUNNING"])),
                                fields=["stream", "id"],
                                name="outbox_due",
                            ),
                            models.Index(fields=["subject_type", "subject_id"], name="outbox_subject"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("kind", "key"), name="outbox_once"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "DONE"), _negated=True),
                                    models.Q(("provider_ref", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="outbox_done_has_reference",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PeriodicClaim",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("job", models.CharField(max_length=80)),
                        ("period", models.CharField(max_length=40)),
                        ("claimed_at", models.DateTimeField()),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("job", "period"), name="periodicclaim_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Replay",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "selection",
                            models.CharField(help_text="What was chosen, in words.", max_length=300),
                        ),
                        ("created_at", models.DateTimeField()),
                        (
                            "reason",
                            models.CharField(blank=True, help_text="Why it was carried out.", max_length=300),
                        ),
                        ("committed_at", models.DateTimeField(blank=True, null=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="ReplayItem",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("rehearsed_at", models.DateTimeField(blank=True, null=True)),
                        ("would_become", models.CharField(blank=True, default="", max_length=200)),
                        ("would_fail", models.TextField(blank=True, default="")),
                        (
                            "effects",
                            models.JSONField(
                                default=list, help_text="What it would change; see erp.core.effects."
                            ),
                        ),
                        ("replayed_at", models.DateTimeField(blank=True, null=True)),
                        ("became", models.CharField(blank=True, default="", max_length=200)),
                        ("error", models.TextField(blank=True, default="")),
                    ],
                ),
                migrations.CreateModel(
                    name="SavedView",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("list_code", models.CharField(max_length=60)),
                        ("name", models.CharField(max_length=60)),
                        ("query", models.TextField(blank=True)),
                        ("is_shared", models.BooleanField(default=False)),
                        ("is_default", models.BooleanField(default=False)),
                    ],
                ),
                migrations.CreateModel(
                    name="StateChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "document_type",
                            models.CharField(help_text='Model label, e.g. "orders.Order".', max_length=60),
                        ),
                        ("document_id", models.BigIntegerField()),
                        (
                            "action",
                            models.CharField(
                                help_text="Address of the service, e.g. orders.order_confirm.", max_length=80
                            ),
                        ),
                        (
                            "from_state",
                            models.CharField(blank=True, help_text="Blank at creation.", max_length=20),
                        ),
                        ("to_state", models.CharField(max_length=20)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        (
                            "at",
                            models.DateTimeField(
                                help_text="When it happened in the business (simulated time in a replay)."
                            ),
                        ),
                        (
                            "recorded_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["document_type", "document_id", "id"], name="statechange_document"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="VerifyRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "stock_sequence",
                            models.BigIntegerField(help_text="Last StockEvent the snapshot saw."),
                        ),
                        (
                            "journal_entry_id",
                            models.BigIntegerField(help_text="Last JournalEntry the snapshot saw."),
                        ),
                        ("violations", models.PositiveIntegerField()),
                        ("seconds", models.DecimalField(decimal_places=3, max_digits=9)),
                        ("results", models.JSONField()),
                    ],
                ),
                migrations.CreateModel(
                    name="WebhookAttempt",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=40)),
                        (
                            "number",
                            models.PositiveSmallIntegerField(help_text="Which try of this message it was."),
                        ),
                        ("at", models.DateTimeField()),
                        ("is_ok", models.BooleanField()),
                        (
                            "status",
                            models.PositiveSmallIntegerField(
                                blank=True, help_text="Blank: there was no answer.", null=True
                            ),
                        ),
                        ("milliseconds", models.PositiveIntegerField()),
                        (
                            "answer",
                            models.CharField(
                                blank=True,
                                help_text="The first bytes of the answer, or the error.",
                                max_length=500,
                            ),
                        ),
                        ("message_id", models.BigIntegerField(help_text="The outbox message.")),
                    ],
                    options={
                        "indexes": [models.Index(fields=["at"], name="webhookattempt_at")],
                    },
                ),
                migrations.CreateModel(
                    name="WebhookEndpoint",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=80, unique=True)),
                        ("url", models.CharField(max_length=500)),
                        (
                            "kinds",
                            models.JSONField(
                                blank=True, default=list, help_text="What it is told; none = everything."
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[("ACTIVE", "Active"), ("DISABLED", "Disabled")],
                                default="ACTIVE",
                                max_length=20,
                            ),
                        ),
                        ("secret", models.TextField(help_text="Sealed (erp.core.vault).")),
                        (
                            "secret_before",
                            models.TextField(
                                blank=True, default="", help_text="Sealed; signs too until it ends."
                            ),
                        ),
                        ("secret_before_until", models.DateTimeField(blank=True, null=True)),
                        ("position", models.BigIntegerField(default=0)),
                        (
                            "generation",
                            models.PositiveIntegerField(
                                default=1,
                                help_text="One more for each time it was set back, so that a repeat is a message of its own.",
                            ),
                        ),
                        (
                            "failing_since",
                            models.DateTimeField(
                                blank=True, help_text="Blank = the last attempt went well.", null=True
                            ),
                        ),
                        ("delivered_at", models.DateTimeField(blank=True, null=True)),
                        ("created_at", models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name="User",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("password", models.CharField(max_length=128, verbose_name="password")),
                        (
                            "last_login",
                            models.DateTimeField(blank=True, null=True, verbose_name="last login"),
                        ),
                        (
                            "is_superuser",
                            models.BooleanField(
                                default=False,
                                help_text="Designates that this user has all permissions without explicitly assigning them.",
                                verbose_name="superuser status",
                            ),
                        ),
                        (
                            "username",
                            models.CharField(
                                error_messages={"unique": "A user with that username already exists."},
                                help_text="Required. 150 characters or fewer. Letters, digits and @/./+/-/_ only.",
                                max_length=150,
                                unique=True,
                                validators=[django.contrib.auth.validators.UnicodeUsernameValidator()],
                                verbose_name="username",
                            ),
                        ),
                        (
                            "first_name",
                            models.CharField(blank=True, max_length=150, verbose_name="first name"),
                        ),
                        ("last_name", models.CharField(blank=True, max_length=150, verbose_name="last name")),
                        (
                            "email",
                            models.EmailField(blank=True, max_length=254, verbose_name="email address"),
                        ),
                        (
                            "is_staff",
                            models.BooleanField(
                                default=False,
                                help_text="Designates whether the user can log into this admin site.",
                                verbose_name="staff status",
                            ),
                        ),
                        (
                            "is_active",
                            models.BooleanField(
                                default=True,
                                help_text="Designates whether this user should be treated as active. Unselect this instead of deleting accounts.",
                                verbose_name="active",
                            ),
                        ),
                        (
                            "date_joined",
                            models.DateTimeField(
                                default=django.utils.timezone.now, verbose_name="date joined"
                            ),
                        ),
                        ("is_system", models.BooleanField(default=False)),
                        (
                            "theme",
                            models.CharField(
                                choices=[("auto", "As the system"), ("light", "Light"), ("dark", "Dark")],
                                default="auto",
                                max_length=5,
                            ),
                        ),
                        ("time_zone", models.CharField(default="Europe/London", max_length=64)),
                        (
                            "approval_limit",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Largest amount this person may approve, base currency.",
                                max_digits=19,
                            ),
                        ),
                        (
                            "groups",
                            models.ManyToManyField(
                                blank=True,
                                help_text="The groups this user belongs to. A user will get all permissions granted to each of their groups.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.group",
                                verbose_name="groups",
                            ),
                        ),
                        (
                            "user_permissions",
                            models.ManyToManyField(
                                blank=True,
                                help_text="Specific permissions for this user.",
                                related_name="user_set",
                                related_query_name="user",
                                to="auth.permission",
                                verbose_name="user permissions",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "user",
                        "verbose_name_plural": "users",
                        "abstract": False,
                    },
                    managers=[
                        ("objects", django.contrib.auth.models.UserManager()),
                    ],
                ),
                migrations.CreateModel(
                    name="ApiKeyUse",
                    fields=[
                        (
                            "api_key",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.CASCADE,
                                primary_key=True,
                                related_name="use",
                                serialize=False,
                                to="core.apikey",
                            ),
                        ),
                        ("minute", models.BigIntegerField(help_text="Minutes since 1970.")),
                        ("requests", models.PositiveIntegerField()),
                    ],
                ),
            ],
        ),
        migrations.AddField(
            model_name="apikey",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="api_keys",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="ApprovalPolicy",
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
                                help_text="Address of the guarded service.", max_length=60, unique=True
                            ),
                        ),
                        ("threshold", models.DecimalField(decimal_places=4, max_digits=19)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("OPERATIONS", "Operations"),
                                    ("WAREHOUSE", "Warehouse"),
                                    ("PROCUREMENT", "Procurement"),
                                    ("FINANCE", "Finance"),
                                    ("CUSTOMER_SERVICE", "Customer service"),
                                    ("ADMIN", "Administrator"),
                                    ("READ_ONLY", "Read-only"),
                                ],
                                max_length=20,
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("threshold__gte", 0)), name="approvalpolicy_threshold"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ApprovalRequest",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=60)),
                        ("document_type", models.CharField(max_length=60)),
                        ("document_id", models.BigIntegerField()),
                        ("title", models.CharField(max_length=200)),
                        ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                        (
                            "role",
                            models.CharField(
                                choices=[
                                    ("OPERATIONS", "Operations"),
                                    ("WAREHOUSE", "Warehouse"),
                                    ("PROCUREMENT", "Procurement"),
                                    ("FINANCE", "Finance"),
                                    ("CUSTOMER_SERVICE", "Customer service"),
                                    ("ADMIN", "Administrator"),
                                    ("READ_ONLY", "Read-only"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("PENDING", "Pending"),
                                    ("APPROVED", "Approved"),
                                    ("REJECTED", "Rejected"),
                                    ("WITHDRAWN", "Withdrawn"),
                                ],
                                default="PENDING",
                                max_length=20,
                            ),
                        ),
                        ("requested_at", models.DateTimeField()),
                        ("decided_at", models.DateTimeField(null=True)),
                        ("decider_limit", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        (
                            "decided_by",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "requested_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["document_type", "document_id"], name="approval_document")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "PENDING")),
                                fields=("kind", "document_type", "document_id"),
                                name="approval_one_pending",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("decided_by__isnull", True),
                                    models.Q(("decided_by", models.F("requested_by")), _negated=True),
                                    _connector="OR",
                                ),
                                name="approval_maker_is_not_checker",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["APPROVED", "REJECTED"]), _negated=True),
                                    models.Q(("decided_at__isnull", False), ("decided_by__isnull", False)),
                                    _connector="OR",
                                ),
                                name="approval_decided_by_someone",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "APPROVED"), _negated=True),
                                    models.Q(
                                        ("amount__lte", models.F("decider_limit")),
                                        ("decider_limit__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="approval_within_limit",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Event",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.BigIntegerField(blank=True, null=True, unique=True)),
                        ("kind", models.CharField(help_text="From erp.core.event_kinds.", max_length=40)),
                        ("document_type", models.CharField(max_length=60)),
                        ("document_id", models.BigIntegerField()),
                        ("data", models.JSONField(default=dict)),
                        ("at", models.DateTimeField()),
                        (
                            "recorded_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("position__isnull", True)),
                                fields=["id"],
                                name="event_unnumbered",
                            ),
                            models.Index(fields=["kind", "position"], name="event_kind"),
                        ],
                    },
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="event_numbered_once",
                sql=erp.core.triggers.GuardSql(
                    func="IF OLD.position IS NOT NULL OR NEW.position IS NULL OR (OLD.kind, OLD.document_type, OLD.document_id, OLD.at) IS DISTINCT FROM (NEW.kind, NEW.document_type, NEW.document_id, NEW.at) THEN RAISE EXCEPTION 'an event is numbered once and never changed' USING ERRCODE = 'insufficient_privilege'; END IF; RETURN NEW;",
                    hash="1ff0192c46939dfece4af7cf4953e0e5c28b2acc",
                    operation="UPDATE",
                    pgid="pgtrigger_event_numbered_once_be8e4",
                    table="core_event",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="event",
            trigger=pgtrigger.compiler.Trigger(
                name="event_kept_for_ever",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="2d938378d8e5a40bdc7d76ef51c39856251b6823",
                    level="STATEMENT",
                    operation="DELETE OR TRUNCATE",
                    pgid="pgtrigger_event_kept_for_ever_e962e",
                    table="core_event",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="assignee",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="exceptioncase",
            name="resolved_by",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalapikey",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalapikey",
            name="user",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalwebhookendpoint",
            name="created_by",
            field=models.ForeignKey(
                blank=True,
                db_constraint=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="historicalwebhookendpoint",
            name="history_user",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="importrun",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="importrow",
            name="run",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="rows",
                to="core.importrun",
            ),
        ),
        migrations.AddField(
            model_name="job",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="importrun",
            name="job",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="core.job",
            ),
        ),
        migrations.AddField(
            model_name="mention",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="note",
            name="author",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="mention",
            name="note",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="mentions", to="core.note"
            ),
        ),
        migrations.AddField(
            model_name="periodicclaim",
            name="work",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="core.job"
            ),
        ),
        migrations.AddField(
            model_name="replay",
            name="committed_by",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="replay",
            name="created_by",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="replayitem",
            name="message",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="replays", to="core.inboxmessage"
            ),
        ),
        migrations.AddField(
            model_name="replayitem",
            name="replay",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="items",
                to="core.replay",
            ),
        ),
        migrations.AddField(
            model_name="savedview",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="saved_views",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="statechange",
            name="actor",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="webhookattempt",
            name="event",
            field=models.ForeignKey(
                blank=True,
                help_text="Blank: a test.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
                to="core.event",
            ),
        ),
        migrations.AddField(
            model_name="webhookendpoint",
            name="created_by",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="webhookattempt",
            name="endpoint",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="attempts",
                to="core.webhookendpoint",
            ),
        ),
        migrations.AddIndex(
            model_name="exceptioncase",
            index=models.Index(
                condition=models.Q(("state", "RESOLVED"), _negated=True),
                fields=["state", "rank", "opened_at", "id"],
                include=(
                    "kind",
                    "owner_role",
                    "assignee",
                    "money_at_risk",
                    "due_at",
                    "cause",
                    "escalated_from",
                ),
                name="exception_desk",
            ),
        ),
        migrations.AddConstraint(
            model_name="exceptioncase",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("state", "RESOLVED"), _negated=True),
                    models.Q(
                        ("resolved_at__isnull", False),
                        ("resolved_by__isnull", False),
                        models.Q(("resolution", ""), _negated=True),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="exception_resolved_by_someone",
            ),
        ),
        migrations.AddIndex(
            model_name="importrow",
            index=models.Index(fields=["run", "is_trial", "action", "number"], name="importrow_action"),
        ),
        migrations.AddConstraint(
            model_name="importrow",
            constraint=models.UniqueConstraint(fields=("run", "is_trial", "number"), name="importrow_once"),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="note",
            trigger=pgtrigger.compiler.Trigger(
                name="note_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="3ff1f8f82b6f3d0b97f091a660968866e99133e0",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_note_append_only_321ce",
                    table="core_note",
                    when="BEFORE",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="mention",
            index=models.Index(fields=["user", "-id"], name="mention_user"),
        ),
        migrations.AddIndex(
            model_name="mention",
            index=models.Index(
                condition=models.Q(("read_at__isnull", True)), fields=["user"], name="mention_unread"
            ),
        ),
        migrations.AddConstraint(
            model_name="mention",
            constraint=models.UniqueConstraint(fields=("note", "user"), name="mention_once"),
        ),
        migrations.AddConstraint(
            model_name="replay",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("committed_at__isnull", True), ("committed_by__isnull", True)),
                    models.Q(
                        ("committed_at__isnull", False),
                        ("committed_by__isnull", False),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="replay_committed_by_someone",
            ),
        ),
        migrations.AddConstraint(
            model_name="replayitem",
            constraint=models.UniqueConstraint(fields=("replay", "message"), name="replayitem_once"),
        ),
        migrations.AddConstraint(
            model_name="replayitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("became", ""), ("error", ""), ("replayed_at__isnull", True)),
                    models.Q(
                        ("replayed_at__isnull", False),
                        models.Q(("became", ""), ("error", ""), _connector="XOR"),
                    ),
                    _connector="OR",
                ),
                name="replayitem_has_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                fields=("user", "list_code", "name"), name="savedview_user_list_name"
            ),
        ),
        migrations.AddConstraint(
            model_name="savedview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_default", True)),
                fields=("user", "list_code"),
                name="savedview_one_default",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="statechange",
            trigger=pgtrigger.compiler.Trigger(
                name="statechange_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="0ac4cd8a2217c87c6328081e8e75f8d9d1e80a67",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_statechange_append_only_8313b",
                    table="core_statechange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="statechange",
            trigger=pgtrigger.compiler.Trigger(
                name="statechange_events",
                sql=erp.core.triggers.GuardSql(
                    func="INSERT INTO core_event (kind, document_type, document_id, data, at) SELECT rule.kind, added.document_type, added.document_id, jsonb_build_object('from', added.from_state, 'to', added.to_state), added.at FROM added JOIN (VALUES ('order.received', 'orders.Order', '', 'RECEIVED'), ('order.held', 'orders.Order', '*', 'ON_HOLD'), ('order.confirmed', 'orders.Order', 'RECEIVED', 'CONFIRMED'), ('order.confirmed', 'orders.Order', 'ON_HOLD', 'CONFIRMED'), ('order.allocated', 'orders.Order', 'CONFIRMED', 'ALLOCATED'), ('order.shipped', 'orders.Order', '*', 'SHIPPED'), ('order.cancelled', 'orders.Order', '*', 'CANCELLED'), ('shipment.sent', 'fulfillment.FulfillmentOrder', '*', 'SHIPPED'), ('shipment.delivered', 'fulfillment.FulfillmentOrder', '*', 'DELIVERED'), ('return.authorized', 'returns.Rma', '', 'AUTHORIZED'), ('return.received', 'returns.Rma', '*', 'RECEIVED'), ('return.closed', 'returns.Rma', '*', 'CLOSED'), ('return.cancelled', 'returns.Rma', '*', 'CANCELLED'), ('reservation.expired', 'orders.Reservation', '*', 'EXPIRED'), ('exception.opened', 'core.ExceptionCase', '', 'OPEN'), ('exception.resolved', 'core.ExceptionCase', '*', 'RESOLVED')) AS rule(kind, document, source, target) ON rule.document = added.document_type AND rule.target = added.to_state AND rule.source IN ('*', added.from_state) ORDER BY added.id; RETURN NULL;",
                    hash="c5d23d2a6eb1bd2fc3d5dade6c370620fc6ef27d",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_statechange_events_72471",
                    referencing="REFERENCING NEW TABLE AS added ",
                    table="core_statechange",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="webhookattempt",
            index=models.Index(fields=["endpoint", "-id"], name="webhookattempt_endpoint"),
        ),
        fillfactor("core_apikeyuse", 50),
    ]
