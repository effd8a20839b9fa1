from decimal import Decimal

import django.core.validators
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
import django.db.models.functions.text
import pgtrigger.compiler
import pgtrigger.migrations
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import erp.core.create_tables
import erp.core.triggers
from erp.core.storage import fillfactor


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("core", "0001_initial"),
        ("core", "__first__"),
        ("inventory", "0001_initial"),
    ]

    operations = [
        erp.core.create_tables.CreateTables(
            tables=[
                migrations.CreateModel(
                    name="CancelReason",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=24, unique=True)),
                        ("label", models.CharField(max_length=80)),
                        ("is_active", models.BooleanField(default=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="Customer",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(max_length=40, unique=True)),
                        ("name", models.CharField(max_length=120)),
                        ("email", models.EmailField(blank=True, max_length=254)),
                        (
                            "segment",
                            models.CharField(
                                choices=[("CONSUMER", "Consumer"), ("BUSINESS", "Business")],
                                default="CONSUMER",
                                max_length=10,
                            ),
                        ),
                        (
                            "tier",
                            models.CharField(
                                choices=[("STANDARD", "Standard"), ("PLUS", "Plus"), ("KEY", "Key account")],
                                default="STANDARD",
                                help_text="Service tier.",
                                max_length=10,
                            ),
                        ),
                        (
                            "credit_limit",
                            models.DecimalField(
                                blank=True,
                                decimal_places=4,
                                help_text="Base currency; blank = none set.",
                                max_digits=19,
                                null=True,
                            ),
                        ),
                        (
                            "payment_days",
                            models.PositiveSmallIntegerField(
                                db_default=30,
                                default=30,
                                help_text="An invoice is overdue so many days after the goods left.",
                            ),
                        ),
                        (
                            "verified_age",
                            models.PositiveSmallIntegerField(
                                blank=True, help_text="At least this old, as somebody has checked.", null=True
                            ),
                        ),
                        ("line1", models.CharField(blank=True, max_length=160)),
                        ("city", models.CharField(blank=True, max_length=80)),
                        ("postcode", models.CharField(blank=True, max_length=20)),
                        ("country", models.CharField(blank=True, max_length=2)),
                        (
                            "language",
                            models.CharField(
                                blank=True,
                                choices=[("en", "English"), ("de", "German")],
                                help_text="Of the e-mails to them; blank = the channel's.",
                                max_length=5,
                            ),
                        ),
                        (
                            "ships_complete",
                            models.CharField(
                                choices=[
                                    ("AS_ORDERED", "As each order says"),
                                    ("COMPLETE", "Always complete"),
                                    ("PARTIAL", "Partial shipments allowed"),
                                ],
                                default="AS_ORDERED",
                                help_text="Set on each new order; it can be edited there.",
                                max_length=10,
                            ),
                        ),
                        (
                            "max_shipments",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="Parcels per order at most; blank = as many as it takes.",
                                null=True,
                            ),
                        ),
                        ("is_blocked", models.BooleanField(default=False)),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="RefusedDelivery",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("channel_code", models.CharField(db_index=True, max_length=40)),
                        ("reason", models.CharField(max_length=40)),
                        ("message", models.CharField(max_length=300)),
                        ("status", models.PositiveSmallIntegerField()),
                        ("remote", models.GenericIPAddressField(null=True)),
                        ("headers", models.JSONField(default=dict)),
                        ("body", models.TextField(blank=True, help_text="The first 4,000 characters.")),
                        ("body_hash", models.CharField(max_length=64)),
                        ("at", models.DateTimeField(db_index=True)),
                    ],
                ),
                migrations.CreateModel(
                    name="AllocationPolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=40)),
                        ("version", models.PositiveIntegerField(default=1)),
                        ("name", models.CharField(max_length=80)),
                        (
                            "sequence",
                            models.CharField(
                                choices=[
                                    ("SHIP_BY", "Earliest ship-by first"),
                                    ("ORDERED", "Oldest order first"),
                                    ("VALUE", "Dearest order first"),
                                    ("MARGIN", "Highest margin first"),
                                ],
                                default="SHIP_BY",
                                help_text="Who is served first when stock is scarce, after the order's priority. The default policy's counts.",
                                max_length=10,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("DRAFT", "Draft"),
                                    ("PENDING_APPROVAL", "Pending approval"),
                                    ("ACTIVE", "In force"),
                                    ("RETIRED", "Retired"),
                                ],
                                default="DRAFT",
                                max_length=20,
                            ),
                        ),
                        ("note", models.CharField(blank=True, help_text="Why this version.", max_length=300)),
                        (
                            "created_at",
                            models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                        ),
                        ("activated_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "allocation policies",
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("code", "version"), name="allocationpolicy_version"
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("state", "ACTIVE")),
                                fields=("code",),
                                name="allocationpolicy_one_active",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AllocationRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField(default=1)),
                        ("name", models.CharField(max_length=80)),
                        (
                            "conditions",
                            models.JSONField(
                                blank=True,
                                default=dict,
                                help_text="channels, countries, segments, tiers: lists; min_total, max_total: amounts; min_priority. Empty = all.",
                            ),
                        ),
                        (
                            "strategy",
                            models.CharField(
                                choices=[
                                    ("PRIORITY", "Node rank"),
                                    ("NEAREST", "Nearest node first"),
                                    ("FASTEST", "Shortest way first"),
                                    ("FEWEST_SPLITS", "Fewest parcels"),
                                    ("CHEAPEST", "Cheapest: freight and handling"),
                                    ("WEIGHTED", "Freight, parcels, distance and days, weighted"),
                                    ("BALANCE", "Fullest node first"),
                                ],
                                max_length=16,
                            ),
                        ),
                        (
                            "allow_split",
                            models.BooleanField(
                                default=True, help_text="An order may ship from several nodes."
                            ),
                        ),
                        (
                            "allow_backorder",
                            models.BooleanField(
                                default=True,
                                help_text="What is short waits; otherwise the order waits whole.",
                            ),
                        ),
                        (
                            "allow_transfer",
                            models.BooleanField(
                                default=False,
                                help_text="A sister node that may not ship it sends it to one that may.",
                            ),
                        ),
                        (
                            "allow_substitution",
                            models.BooleanField(
                                default=False, help_text="What is short is replaced by rule."
                            ),
                        ),
                        (
                            "allow_dropship",
                            models.BooleanField(
                                default=False, help_text="What is short is ordered to the customer's door."
                            ),
                        ),
                        (
                            "max_shipments",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="Parcels per order; 0 = no limit."
                            ),
                        ),
                        (
                            "split_worth",
                            models.PositiveSmallIntegerField(
                                default=0,
                                help_text="A further parcel must carry goods worth this percentage of its freight; 0 = any.",
                            ),
                        ),
                        (
                            "weight_parcel",
                            models.DecimalField(
                                decimal_places=2,
                                default=0,
                                help_text="Per parcel, base currency.",
                                max_digits=9,
                            ),
                        ),
                        (
                            "weight_distance",
                            models.DecimalField(
                                decimal_places=2, default=0, help_text="Per 100 km.", max_digits=9
                            ),
                        ),
                        (
                            "weight_day",
                            models.DecimalField(
                                decimal_places=2, default=0, help_text="Per day on the way.", max_digits=9
                            ),
                        ),
                        (
                            "nodes",
                            models.ManyToManyField(
                                blank=True,
                                help_text="None chosen = every node.",
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                        (
                            "policy",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="rules",
                                to="orders.allocationpolicy",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("policy", "position"), name="allocationrule_position"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Channel",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("WEB", "Web shop"),
                                    ("MARKETPLACE", "Marketplace"),
                                    ("B2B", "Wholesale"),
                                    ("POS", "Store"),
                                    ("MANUAL", "Manual"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "is_prepaid",
                            models.BooleanField(
                                default=True, help_text="Orders arrive paid; otherwise they are invoiced."
                            ),
                        ),
                        (
                            "ship_within_hours",
                            models.PositiveSmallIntegerField(
                                default=48, help_text="Service promise: ship-by = ordered + this."
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                        (
                            "policy",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="channels",
                                to="orders.allocationpolicy",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ChannelBreaker",
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
                                    ("CLOSED", "Answering"),
                                    ("OPEN", "Not answering"),
                                    ("HALF_OPEN", "Being tried"),
                                ],
                                default="CLOSED",
                                max_length=10,
                            ),
                        ),
                        (
                            "failures",
                            models.PositiveIntegerField(default=0, help_text="In a row, whatever was asked."),
                        ),
                        (
                            "openings",
                            models.PositiveSmallIntegerField(
                                default=0, help_text="In a row, without a success between them."
                            ),
                        ),
                        (
                            "opened_at",
                            models.DateTimeField(help_text="When it stopped answering.", null=True),
                        ),
                        ("retry_at", models.DateTimeField(null=True)),
                        ("trial_until", models.DateTimeField(null=True)),
                        ("reason", models.CharField(blank=True, default="", max_length=300)),
                        (
                            "channel",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="breaker",
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state", "CLOSED"),
                                    models.Q(("opened_at__isnull", False), ("retry_at__isnull", False)),
                                    _connector="OR",
                                ),
                                name="channelbreaker_open_has_time",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChannelMail",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "from_name",
                            models.CharField(
                                blank=True, help_text="Blank = the channel's name.", max_length=80
                            ),
                        ),
                        (
                            "reply_to",
                            models.EmailField(
                                blank=True, help_text="Where a customer's answer goes.", max_length=254
                            ),
                        ),
                        (
                            "logo_text",
                            models.CharField(
                                blank=True, help_text="Blank = the channel's name.", max_length=40
                            ),
                        ),
                        (
                            "colour",
                            models.CharField(
                                default="#1d4ed8",
                                help_text="Behind the logo and the buttons; white must be readable on it.",
                                max_length=7,
                                validators=[django.core.validators.RegexValidator("\\A#[0-9a-f]{6}\\Z")],
                            ),
                        ),
                        (
                            "language",
                            models.CharField(
                                choices=[("en", "English"), ("de", "German")], default="en", max_length=5
                            ),
                        ),
                        (
                            "kinds",
                            models.JSONField(
                                blank=True, default=list, help_text="Codes of the notices that are sent."
                            ),
                        ),
                        (
                            "notices_from",
                            models.DateTimeField(
                                blank=True,
                                help_text="Nothing is told of what happened before; blank = of nothing at all.",
                                null=True,
                            ),
                        ),
                        (
                            "channel",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="mail",
                                to="orders.channel",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="ChannelOrder",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("external_id", models.CharField(max_length=80)),
                        (
                            "applied",
                            models.JSONField(help_text="The snapshot that our order follows.", null=True),
                        ),
                        ("applied_version", models.CharField(blank=True, default="", max_length=40)),
                        (
                            "line_map",
                            models.JSONField(
                                default=dict,
                                help_text="Channel line ref → position of our line; of a kit, its first component's.",
                            ),
                        ),
                        (
                            "pending",
                            models.JSONField(
                                default=list,
                                help_text="What could not be done yet, in words; empty when our order follows.",
                            ),
                        ),
                        ("pending_since", models.DateTimeField(null=True)),
                        (
                            "dearest",
                            models.DecimalField(
                                db_default=0,
                                decimal_places=4,
                                default=0,
                                help_text="The most that it ever cost there; nobody pays more.",
                                max_digits=19,
                            ),
                        ),
                        (
                            "never_was_at",
                            models.DateTimeField(
                                help_text="Called off before it ever arrived, and given up since; a snapshot opens it again.",
                                null=True,
                            ),
                        ),
                        (
                            "is_due",
                            models.BooleanField(
                                default=False, help_text="Something is known that was not looked at yet."
                            ),
                        ),
                        ("first_seen_at", models.DateTimeField()),
                        ("last_seen_at", models.DateTimeField()),
                        (
                            "channel",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("is_due", True)), fields=["id"], name="channelorder_due"
                            ),
                            models.Index(
                                condition=models.Q(("pending_since__isnull", False)),
                                fields=["pending_since"],
                                name="channelorder_pending",
                            ),
                            models.Index(fields=["-last_seen_at", "id"], name="channelorder_last_seen"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("channel", "external_id"), name="channelorder_once"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChannelFact",
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
                                choices=[
                                    ("ORDER", "Order"),
                                    ("CANCELLED", "Cancelled"),
                                    ("PAYMENT", "Payment"),
                                    ("REFUND", "Refund"),
                                    ("FULFILMENT", "Fulfilment"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("ref", models.CharField(blank=True, default="", max_length=120)),
                        ("version", models.CharField(max_length=40)),
                        ("content", models.JSONField()),
                        ("content_hash", models.CharField(max_length=64)),
                        ("at", models.DateTimeField()),
                        (
                            "message",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="core.inboxmessage",
                            ),
                        ),
                        (
                            "channel_order",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="facts",
                                to="orders.channelorder",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("channel_order", "kind", "ref", "version", "content_hash"),
                                name="channelfact_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChannelPublication",
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
                                choices=[("SHIPMENT", "Shipment"), ("REFUND", "Refund")], max_length=8
                            ),
                        ),
                        ("key", models.CharField(help_text="The outbox message's.", max_length=160)),
                        (
                            "external_id",
                            models.CharField(help_text="The order's, at the channel.", max_length=80),
                        ),
                        ("ref", models.CharField(help_text="The channel's id of it.", max_length=200)),
                        ("tracking_number", models.CharField(blank=True, max_length=80)),
                        (
                            "lines",
                            models.JSONField(
                                default=list, help_text="[[channel line ref, units]] that were told."
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "channel",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["channel", "external_id"], name="channelpublication_order")
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("channel", "kind", "key", "external_id"),
                                name="channelpublication_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChannelSync",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "publishes_stock",
                            models.BooleanField(
                                default=False,
                                help_text="The channel is told what it may sell; otherwise nobody tells it.",
                            ),
                        ),
                        (
                            "risk_units",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="Units that may be oversold at worst per SKU; more is kept back. Blank = nothing is kept back.",
                                null=True,
                            ),
                        ),
                        (
                            "reconcile_hours",
                            models.PositiveSmallIntegerField(
                                default=6,
                                help_text="How often what it shows is compared with what was confirmed.",
                            ),
                        ),
                        (
                            "polls_orders",
                            models.BooleanField(
                                default=False,
                                help_text="Changed orders are asked for, in case a message got lost.",
                            ),
                        ),
                        ("sequence", models.BigIntegerField(default=0)),
                        ("pending_sequence", models.BigIntegerField(null=True)),
                        ("pending_holders", models.JSONField(default=list)),
                        (
                            "rules_seen",
                            models.JSONField(
                                default=dict,
                                help_text="The last change of buffers, pools, nodes, kits and listings that was looked at.",
                            ),
                        ),
                        ("computed_at", models.DateTimeField(null=True)),
                        (
                            "full_at",
                            models.DateTimeField(
                                help_text="When every listing was last computed.", null=True
                            ),
                        ),
                        (
                            "sending_until",
                            models.DateTimeField(
                                help_text="Somebody is sending until then, or has died.", null=True
                            ),
                        ),
                        (
                            "send_token",
                            models.BigIntegerField(
                                default=0, help_text="Which sender; an older one's answers are void."
                            ),
                        ),
                        (
                            "lag_seconds",
                            models.PositiveIntegerField(
                                default=0,
                                help_text="From a change to its confirmation: the longest lately, fading.",
                            ),
                        ),
                        (
                            "lag_used",
                            models.PositiveIntegerField(
                                default=0, help_text="What the leases were last reckoned with."
                            ),
                        ),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        ("reconciled_at", models.DateTimeField(null=True)),
                        ("reconciled_rows", models.PositiveIntegerField(default=0)),
                        ("polled_at", models.DateTimeField(null=True)),
                        (
                            "missed_orders",
                            models.PositiveIntegerField(
                                default=0, help_text="Versions of orders that no message had told us of."
                            ),
                        ),
                        (
                            "channel",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="sync",
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("reconcile_hours__gte", 1)), name="channelsync_reconcile"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ChannelTally",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("hour", models.DateTimeField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("STOCK", "Quantities told"),
                                    ("SHIPMENT", "Shipments told"),
                                    ("REFUND", "Refunds asked for"),
                                    ("POLL", "Orders asked for"),
                                    ("LOOK", "Quantities looked at"),
                                    ("TEST", "Tests of the connection"),
                                ],
                                max_length=8,
                            ),
                        ),
                        ("calls", models.PositiveIntegerField(default=0)),
                        ("failures", models.PositiveIntegerField(default=0)),
                        ("last_success_at", models.DateTimeField(null=True)),
                        ("last_failure_at", models.DateTimeField(null=True)),
                        ("last_error", models.CharField(blank=True, default="", max_length=300)),
                        (
                            "channel",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("channel", "hour", "kind"), name="channeltally_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("failures__lte", models.F("calls"))),
                                name="channeltally_failures",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CheckPolicy",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "agreed_tolerance",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0.02"),
                                help_text="Share below a contract or price-list price that still passes.",
                                max_digits=5,
                            ),
                        ),
                        (
                            "list_tolerance",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0.90"),
                                help_text="The same below the product's list price, where nothing was agreed.",
                                max_digits=5,
                            ),
                        ),
                        (
                            "override_share",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0.25"),
                                help_text="Share below an agreed price beyond which finance must release the order.",
                                max_digits=5,
                            ),
                        ),
                        (
                            "discount_share",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0.30"),
                                help_text="Discounts as a share of the goods that still pass.",
                                max_digits=5,
                            ),
                        ),
                        (
                            "largest_line",
                            models.PositiveIntegerField(
                                default=3000, help_text="Units of a line from which it is held."
                            ),
                        ),
                        (
                            "duplicate_hours",
                            models.PositiveSmallIntegerField(
                                default=24,
                                help_text="Same buyer, address and lines within so many hours is held; 0 = off.",
                            ),
                        ),
                        (
                            "risk_hold_at",
                            models.PositiveSmallIntegerField(
                                default=50, help_text="Risk points from which it is held."
                            ),
                        ),
                        (
                            "risk_reject_at",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="Risk points from which it is refused; blank = never.",
                                null=True,
                            ),
                        ),
                        (
                            "channel",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="check_policy",
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name_plural": "check policies",
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("agreed_tolerance__range", (0, 1)),
                                    ("discount_share__range", (0, 1)),
                                    ("largest_line__gte", 1),
                                    ("list_tolerance__range", (0, 1)),
                                    ("override_share__range", (0, 1)),
                                    ("risk_hold_at__gte", 1),
                                ),
                                name="checkpolicy_shares",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("risk_reject_at__isnull", True),
                                    ("risk_reject_at__gte", models.F("risk_hold_at")),
                                    _connector="OR",
                                ),
                                name="checkpolicy_risk",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Connection",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "adapter",
                            models.CharField(
                                help_text="Slug of a package of orders.channels.", max_length=20
                            ),
                        ),
                        ("account", models.CharField(max_length=200)),
                        ("base_url", models.CharField(blank=True, max_length=300)),
                        ("settings", models.JSONField(blank=True, default=dict)),
                        ("is_enabled", models.BooleanField(default=True)),
                        (
                            "polled_until",
                            models.DateTimeField(
                                blank=True, help_text="All changes before it were fetched.", null=True
                            ),
                        ),
                        (
                            "channel",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="connection",
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("adapter", "account"), name="connection_account")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ConnectionSecret",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("purpose", models.CharField(max_length=20)),
                        ("sealed", models.TextField()),
                        (
                            "hint",
                            models.CharField(
                                help_text="Its last characters, so that people know which it is.",
                                max_length=8,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("valid_until", models.DateTimeField(blank=True, null=True)),
                        (
                            "connection",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="secrets",
                                to="orders.connection",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("valid_until", None)),
                                fields=("connection", "purpose"),
                                name="connectionsecret_newest",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="CreditLimitChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("limit_before", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                        ("limit_after", models.DecimalField(decimal_places=4, max_digits=19, null=True)),
                        ("days_before", models.PositiveSmallIntegerField()),
                        ("days_after", models.PositiveSmallIntegerField()),
                        ("reason", models.CharField(max_length=300)),
                        ("requested_at", models.DateTimeField()),
                        ("applied_at", models.DateTimeField(blank=True, null=True)),
                        ("refused_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "requested_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="credit_changes",
                                to="orders.customer",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("applied_at__isnull", True),
                                    ("refused_at__isnull", True),
                                    _connector="OR",
                                ),
                                name="creditlimitchange_one_end",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("applied_at__isnull", True), ("refused_at__isnull", True)
                                ),
                                fields=("customer",),
                                name="creditlimitchange_one_waiting",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ContractPrice",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("price", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("minimum_quantity", models.PositiveIntegerField(default=1)),
                        ("valid_from", models.DateField(blank=True, null=True)),
                        ("valid_to", models.DateField(blank=True, null=True)),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="contract_prices",
                                to="orders.customer",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("customer", "product", "currency", "minimum_quantity", "valid_from"),
                                name="contractprice_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("minimum_quantity__gte", 1), ("price__gte", 0)),
                                name="contractprice_amounts",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to__isnull", True),
                                    ("valid_from__isnull", True),
                                    ("valid_to__gte", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="contractprice_period",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EdiCounter",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("name", models.CharField(max_length=12)),
                        ("last_number", models.BigIntegerField(default=0)),
                        (
                            "connection",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.connection",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("connection", "name"), name="edicounter_once")
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EdiInterchange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("direction", models.CharField(choices=[("IN", "In"), ("OUT", "Out")], max_length=3)),
                        ("standard", models.CharField(max_length=7)),
                        ("control_number", models.CharField(blank=True, max_length=35)),
                        ("group_number", models.CharField(blank=True, default="", max_length=14)),
                        ("sender", models.CharField(blank=True, max_length=60)),
                        ("receiver", models.CharField(blank=True, max_length=60)),
                        (
                            "documents",
                            models.CharField(
                                blank=True, help_text="What is in it: 850, 855, …", max_length=120
                            ),
                        ),
                        ("is_test", models.BooleanField(default=False)),
                        (
                            "answer",
                            models.CharField(
                                choices=[
                                    ("WAITING", "Unacknowledged"),
                                    ("NOT_WANTED", "No acknowledgement"),
                                    ("ACCEPTED", "Accepted"),
                                    ("PARTLY", "Partly accepted"),
                                    ("REJECTED", "Rejected"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("faults", models.JSONField(blank=True, default=list)),
                        ("answer_words", models.CharField(blank=True, default="", max_length=300)),
                        ("text", models.TextField(help_text="The interchange as it stands on the wire.")),
                        (
                            "key",
                            models.CharField(
                                help_text="What makes it one: its bytes, or what it tells of.", max_length=160
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "due_at",
                            models.DateTimeField(
                                blank=True, help_text="The partner acknowledges until then.", null=True
                            ),
                        ),
                        ("answered_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "acknowledges",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="acknowledgements",
                                to="orders.ediinterchange",
                            ),
                        ),
                        (
                            "connection",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="interchanges",
                                to="orders.connection",
                            ),
                        ),
                        (
                            "inbox_message",
                            models.ForeignKey(
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="core.inboxmessage",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["connection", "-at"], name="ediinterchange_recent"),
                            models.Index(
                                fields=["connection", "control_number"], name="ediinterchange_control"
                            ),
                            models.Index(
                                condition=models.Q(("answer", "WAITING")),
                                fields=["due_at"],
                                name="ediinterchange_waiting",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("direction", "OUT")),
                                fields=("connection", "key"),
                                name="ediinterchange_told_once",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(
                                    ("direction", "IN"), models.Q(("answer", "REJECTED"), _negated=True)
                                ),
                                fields=("connection", "key"),
                                name="ediinterchange_received_once",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="EdiMessage",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("kind", models.CharField(max_length=10)),
                        ("purpose", models.CharField(blank=True, default="", max_length=10)),
                        ("version", models.CharField(blank=True, max_length=40)),
                        ("reference", models.CharField(blank=True, max_length=35)),
                        ("number", models.CharField(blank=True, db_index=True, default="", max_length=80)),
                        ("order_version", models.CharField(blank=True, default="", max_length=40)),
                        ("is_accepted", models.BooleanField()),
                        ("faults", models.JSONField(blank=True, default=list)),
                        ("text", models.TextField(blank=True, default="")),
                        (
                            "interchange",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="messages",
                                to="orders.ediinterchange",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("interchange", "position"), name="edimessage_position"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="FreightRate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "country",
                            models.CharField(
                                blank=True, help_text="ISO 3166-1 alpha-2; blank = any other.", max_length=2
                            ),
                        ),
                        (
                            "base",
                            models.DecimalField(
                                decimal_places=2, help_text="Per parcel, base currency.", max_digits=9
                            ),
                        ),
                        ("per_kg", models.DecimalField(decimal_places=2, default=0, max_digits=9)),
                        ("days", models.PositiveSmallIntegerField(default=2, help_text="On the way.")),
                        (
                            "node",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="freight_rates",
                                to="inventory.node",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("node", "country"), name="freightrate_once"),
                            models.CheckConstraint(
                                condition=models.Q(("base__gte", 0), ("per_kg__gte", 0)),
                                name="freightrate_amounts",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalCancelReason",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(db_index=True, max_length=24)),
                        ("label", models.CharField(max_length=80)),
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
                        "verbose_name": "historical cancel reason",
                        "verbose_name_plural": "historical cancel reasons",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalChannel",
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
                            "kind",
                            models.CharField(
                                choices=[
                                    ("WEB", "Web shop"),
                                    ("MARKETPLACE", "Marketplace"),
                                    ("B2B", "Wholesale"),
                                    ("POS", "Store"),
                                    ("MANUAL", "Manual"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "is_prepaid",
                            models.BooleanField(
                                default=True, help_text="Orders arrive paid; otherwise they are invoiced."
                            ),
                        ),
                        (
                            "ship_within_hours",
                            models.PositiveSmallIntegerField(
                                default=48, help_text="Service promise: ship-by = ordered + this."
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
                            "policy",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.allocationpolicy",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical channel",
                        "verbose_name_plural": "historical channels",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalChannelMail",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "from_name",
                            models.CharField(
                                blank=True, help_text="Blank = the channel's name.", max_length=80
                            ),
                        ),
                        (
                            "reply_to",
                            models.EmailField(
                                blank=True, help_text="Where a customer's answer goes.", max_length=254
                            ),
                        ),
                        (
                            "logo_text",
                            models.CharField(
                                blank=True, help_text="Blank = the channel's name.", max_length=40
                            ),
                        ),
                        (
                            "colour",
                            models.CharField(
                                default="#1d4ed8",
                                help_text="Behind the logo and the buttons; white must be readable on it.",
                                max_length=7,
                                validators=[django.core.validators.RegexValidator("\\A#[0-9a-f]{6}\\Z")],
                            ),
                        ),
                        (
                            "language",
                            models.CharField(
                                choices=[("en", "English"), ("de", "German")], default="en", max_length=5
                            ),
                        ),
                        (
                            "kinds",
                            models.JSONField(
                                blank=True, default=list, help_text="Codes of the notices that are sent."
                            ),
                        ),
                        (
                            "notices_from",
                            models.DateTimeField(
                                blank=True,
                                help_text="Nothing is told of what happened before; blank = of nothing at all.",
                                null=True,
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
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.channel",
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
                        "verbose_name": "historical channel mail",
                        "verbose_name_plural": "historical channel mails",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalChannelSync",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "publishes_stock",
                            models.BooleanField(
                                default=False,
                                help_text="The channel is told what it may sell; otherwise nobody tells it.",
                            ),
                        ),
                        (
                            "risk_units",
                            models.PositiveIntegerField(
                                blank=True,
                                help_text="Units that may be oversold at worst per SKU; more is kept back. Blank = nothing is kept back.",
                                null=True,
                            ),
                        ),
                        (
                            "reconcile_hours",
                            models.PositiveSmallIntegerField(
                                default=6,
                                help_text="How often what it shows is compared with what was confirmed.",
                            ),
                        ),
                        (
                            "polls_orders",
                            models.BooleanField(
                                default=False,
                                help_text="Changed orders are asked for, in case a message got lost.",
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
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.channel",
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
                        "verbose_name": "historical channel sync",
                        "verbose_name_plural": "historical channel syncs",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalCheckPolicy",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "agreed_tolerance",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0.02"),
                                help_text="Share below a contract or price-list price that still passes.",
                                max_digits=5,
                            ),
                        ),
                        (
                            "list_tolerance",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0.90"),
                                help_text="The same below the product's list price, where nothing was agreed.",
                                max_digits=5,
                            ),
                        ),
                        (
                            "override_share",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0.25"),
                                help_text="Share below an agreed price beyond which finance must release the order.",
                                max_digits=5,
                            ),
                        ),
                        (
                            "discount_share",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0.30"),
                                help_text="Discounts as a share of the goods that still pass.",
                                max_digits=5,
                            ),
                        ),
                        (
                            "largest_line",
                            models.PositiveIntegerField(
                                default=3000, help_text="Units of a line from which it is held."
                            ),
                        ),
                        (
                            "duplicate_hours",
                            models.PositiveSmallIntegerField(
                                default=24,
                                help_text="Same buyer, address and lines within so many hours is held; 0 = off.",
                            ),
                        ),
                        (
                            "risk_hold_at",
                            models.PositiveSmallIntegerField(
                                default=50, help_text="Risk points from which it is held."
                            ),
                        ),
                        (
                            "risk_reject_at",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="Risk points from which it is refused; blank = never.",
                                null=True,
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
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.channel",
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
                        "verbose_name": "historical check policy",
                        "verbose_name_plural": "historical check policies",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalConnection",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "adapter",
                            models.CharField(
                                help_text="Slug of a package of orders.channels.", max_length=20
                            ),
                        ),
                        ("account", models.CharField(max_length=200)),
                        ("base_url", models.CharField(blank=True, max_length=300)),
                        ("settings", models.JSONField(blank=True, default=dict)),
                        ("is_enabled", models.BooleanField(default=True)),
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
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.channel",
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
                        "verbose_name": "historical connection",
                        "verbose_name_plural": "historical connections",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalContractPrice",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("price", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("minimum_quantity", models.PositiveIntegerField(default=1)),
                        ("valid_from", models.DateField(blank=True, null=True)),
                        ("valid_to", models.DateField(blank=True, null=True)),
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
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.customer",
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
                        "verbose_name": "historical contract price",
                        "verbose_name_plural": "historical contract prices",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalCustomer",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("number", models.CharField(db_index=True, max_length=40)),
                        ("name", models.CharField(max_length=120)),
                        ("email", models.EmailField(blank=True, max_length=254)),
                        (
                            "segment",
                            models.CharField(
                                choices=[("CONSUMER", "Consumer"), ("BUSINESS", "Business")],
                                default="CONSUMER",
                                max_length=10,
                            ),
                        ),
                        (
                            "tier",
                            models.CharField(
                                choices=[("STANDARD", "Standard"), ("PLUS", "Plus"), ("KEY", "Key account")],
                                default="STANDARD",
                                help_text="Service tier.",
                                max_length=10,
                            ),
                        ),
                        (
                            "credit_limit",
                            models.DecimalField(
                                blank=True,
                                decimal_places=4,
                                help_text="Base currency; blank = none set.",
                                max_digits=19,
                                null=True,
                            ),
                        ),
                        (
                            "payment_days",
                            models.PositiveSmallIntegerField(
                                db_default=30,
                                default=30,
                                help_text="An invoice is overdue so many days after the goods left.",
                            ),
                        ),
                        (
                            "verified_age",
                            models.PositiveSmallIntegerField(
                                blank=True, help_text="At least this old, as somebody has checked.", null=True
                            ),
                        ),
                        ("line1", models.CharField(blank=True, max_length=160)),
                        ("city", models.CharField(blank=True, max_length=80)),
                        ("postcode", models.CharField(blank=True, max_length=20)),
                        ("country", models.CharField(blank=True, max_length=2)),
                        (
                            "language",
                            models.CharField(
                                blank=True,
                                choices=[("en", "English"), ("de", "German")],
                                help_text="Of the e-mails to them; blank = the channel's.",
                                max_length=5,
                            ),
                        ),
                        (
                            "ships_complete",
                            models.CharField(
                                choices=[
                                    ("AS_ORDERED", "As each order says"),
                                    ("COMPLETE", "Always complete"),
                                    ("PARTIAL", "Partial shipments allowed"),
                                ],
                                default="AS_ORDERED",
                                help_text="Set on each new order; it can be edited there.",
                                max_length=10,
                            ),
                        ),
                        (
                            "max_shipments",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="Parcels per order at most; blank = as many as it takes.",
                                null=True,
                            ),
                        ),
                        ("is_blocked", models.BooleanField(default=False)),
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
                        "verbose_name": "historical customer",
                        "verbose_name_plural": "historical customers",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalFreightRate",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "country",
                            models.CharField(
                                blank=True, help_text="ISO 3166-1 alpha-2; blank = any other.", max_length=2
                            ),
                        ),
                        (
                            "base",
                            models.DecimalField(
                                decimal_places=2, help_text="Per parcel, base currency.", max_digits=9
                            ),
                        ),
                        ("per_kg", models.DecimalField(decimal_places=2, default=0, max_digits=9)),
                        ("days", models.PositiveSmallIntegerField(default=2, help_text="On the way.")),
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
                    ],
                    options={
                        "verbose_name": "historical freight rate",
                        "verbose_name_plural": "historical freight rates",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalHoldRule",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("PAYMENT", "Payment"),
                                    ("FRAUD", "Fraud"),
                                    ("ADDRESS", "Address"),
                                    ("CREDIT", "Credit"),
                                    ("PRICE", "Price"),
                                    ("TAX", "Tax"),
                                    ("COMPLIANCE", "Compliance"),
                                    ("DUPLICATE", "Duplicate"),
                                    ("MANUAL", "Manual"),
                                ],
                                db_index=True,
                                max_length=12,
                            ),
                        ),
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
                        ("clock_hours", models.PositiveSmallIntegerField(help_text="Time to settle it.")),
                        (
                            "playbook",
                            models.TextField(blank=True, help_text="One step per line, the usual one first."),
                        ),
                        (
                            "release_by",
                            models.CharField(
                                choices=[
                                    ("PERSON", "By a person"),
                                    ("PAID", "When the order is paid"),
                                    ("CREDIT", "When the customer is within credit again"),
                                    ("ADDRESS", "When the address is deliverable"),
                                ],
                                default="PERSON",
                                max_length=8,
                            ),
                        ),
                        (
                            "escalate_role",
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
                            "escalate_after_hours",
                            models.PositiveSmallIntegerField(help_text="How long past its clock."),
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
                    ],
                    options={
                        "verbose_name": "historical hold rule",
                        "verbose_name_plural": "historical hold rules",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalListing",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("channel_sku", models.CharField(max_length=80)),
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
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.channel",
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
                        "verbose_name": "historical listing",
                        "verbose_name_plural": "historical listings",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalPriceLimit",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
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
                                db_index=True,
                                max_length=20,
                            ),
                        ),
                        ("max_percent", models.DecimalField(decimal_places=4, max_digits=9)),
                        ("max_amount", models.DecimalField(decimal_places=4, max_digits=19)),
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
                        "verbose_name": "historical price limit",
                        "verbose_name_plural": "historical price limits",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalPriceList",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(db_index=True, max_length=40)),
                        ("name", models.CharField(max_length=120)),
                        ("currency", models.CharField(max_length=3)),
                        ("valid_from", models.DateField(blank=True, null=True)),
                        ("valid_to", models.DateField(blank=True, null=True)),
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
                        "verbose_name": "historical price list",
                        "verbose_name_plural": "historical price lists",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalRiskListEntry",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "verdict",
                            models.CharField(choices=[("DENY", "Deny"), ("ALLOW", "Allow")], max_length=5),
                        ),
                        (
                            "subject",
                            models.CharField(
                                choices=[
                                    ("EMAIL", "E-mail"),
                                    ("CUSTOMER", "Customer"),
                                    ("ADDRESS", "Ship-to address"),
                                    ("CARD", "Card reference"),
                                    ("DOMAIN", "E-mail domain"),
                                    ("POSTCODE", "Country and postcode"),
                                    ("COUNTRY", "Country"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "value",
                            models.CharField(
                                help_text="E-mail, customer number, card reference, domain, country, or as evidence shows it.",
                                max_length=254,
                            ),
                        ),
                        ("reason", models.CharField(max_length=300)),
                        ("valid_to", models.DateField(blank=True, null=True)),
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
                        "verbose_name": "historical risk list entry",
                        "verbose_name_plural": "historical risk list entries",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalRiskRule",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(db_index=True, max_length=40)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("VELOCITY", "Many orders of one subject"),
                                    ("FIRST_ORDER", "First order above an amount"),
                                    ("COUNTRY_MISMATCH", "Ships to another country than it is billed to"),
                                    ("LISTED", "On the deny list"),
                                    ("FREE_MAIL", "Free mail address above an amount"),
                                    ("PROVIDER", "The payment provider's score"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "subject",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("EMAIL", "E-mail"),
                                    ("CUSTOMER", "Customer"),
                                    ("ADDRESS", "Ship-to address"),
                                    ("CARD", "Card reference"),
                                ],
                                help_text="Whose orders velocity counts.",
                                max_length=10,
                            ),
                        ),
                        (
                            "window_hours",
                            models.PositiveSmallIntegerField(
                                default=24, help_text="Velocity looks back so far."
                            ),
                        ),
                        (
                            "normal_orders",
                            models.PositiveSmallIntegerField(
                                default=3, help_text="Orders in the window that are still normal."
                            ),
                        ),
                        (
                            "amount",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0"),
                                help_text="From this order total; a provider: from this score.",
                                max_digits=19,
                            ),
                        ),
                        (
                            "points",
                            models.PositiveSmallIntegerField(
                                help_text="A provider's score is taken in this share of 100."
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
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="Blank = every channel.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.channel",
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
                        "verbose_name": "historical risk rule",
                        "verbose_name_plural": "historical risk rules",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalSubscription",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("interval_count", models.PositiveSmallIntegerField(default=1)),
                        (
                            "interval_unit",
                            models.CharField(
                                choices=[("DAY", "days"), ("WEEK", "weeks"), ("MONTH", "months")],
                                default="MONTH",
                                max_length=5,
                            ),
                        ),
                        (
                            "start_date",
                            models.DateField(
                                help_text="The first date; months keep its day, or end on their last."
                            ),
                        ),
                        (
                            "end_date",
                            models.DateField(blank=True, help_text="No order after this date.", null=True),
                        ),
                        (
                            "due_hour",
                            models.PositiveSmallIntegerField(
                                default=6, help_text="Hour of the company's day, 0 to 23."
                            ),
                        ),
                        (
                            "price_rule",
                            models.CharField(
                                choices=[("LIST", "List price of the day"), ("FIXED", "Fixed prices")],
                                default="LIST",
                                max_length=5,
                            ),
                        ),
                        (
                            "payment_kind",
                            models.CharField(
                                choices=[("INVOICE", "On invoice"), ("STORED", "Stored payment reference")],
                                default="INVOICE",
                                max_length=7,
                            ),
                        ),
                        (
                            "payment_reference",
                            models.CharField(
                                blank=True,
                                help_text="The provider's reference of the stored payment method.",
                                max_length=120,
                            ),
                        ),
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
                        (
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.channel",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.customer",
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
                        "verbose_name": "historical subscription",
                        "verbose_name_plural": "historical subscriptions",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalSubstitution",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("quantity_product", models.PositiveIntegerField(default=1)),
                        ("quantity_substitute", models.PositiveIntegerField(default=1)),
                        ("is_both_ways", models.BooleanField(default=False)),
                        (
                            "needs_agreement",
                            models.BooleanField(
                                default=True,
                                help_text="The customer is asked first, and what was said is recorded.",
                            ),
                        ),
                        (
                            "price_rule",
                            models.CharField(
                                choices=[
                                    ("KEEP", "Keep the original price"),
                                    ("LOWER", "The lower of both prices"),
                                ],
                                default="LOWER",
                                max_length=8,
                            ),
                        ),
                        ("valid_from", models.DateField(blank=True, null=True)),
                        ("valid_to", models.DateField(blank=True, help_text="The last day.", null=True)),
                        (
                            "priority",
                            models.SmallIntegerField(default=0, help_text="Higher is offered first."),
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
                            "substitute",
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
                        "verbose_name": "historical substitution",
                        "verbose_name_plural": "historical substitutions",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalTaxExpectation",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("country", models.CharField(max_length=2)),
                        (
                            "rate",
                            models.DecimalField(decimal_places=4, help_text="0.2000 is 20 %.", max_digits=5),
                        ),
                        (
                            "tolerance",
                            models.DecimalField(decimal_places=4, default=Decimal("0.005"), max_digits=5),
                        ),
                        (
                            "allows_less",
                            models.BooleanField(
                                default=False,
                                help_text="Reduced and zero rates exist there: anything up to the rate is plausible.",
                            ),
                        ),
                        ("valid_from", models.DateField()),
                        ("valid_to", models.DateField(blank=True, null=True)),
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
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.channel",
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
                        "verbose_name": "historical tax expectation",
                        "verbose_name_plural": "historical tax expectations",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HoldRule",
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
                                choices=[
                                    ("PAYMENT", "Payment"),
                                    ("FRAUD", "Fraud"),
                                    ("ADDRESS", "Address"),
                                    ("CREDIT", "Credit"),
                                    ("PRICE", "Price"),
                                    ("TAX", "Tax"),
                                    ("COMPLIANCE", "Compliance"),
                                    ("DUPLICATE", "Duplicate"),
                                    ("MANUAL", "Manual"),
                                ],
                                max_length=12,
                                unique=True,
                            ),
                        ),
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
                        ("clock_hours", models.PositiveSmallIntegerField(help_text="Time to settle it.")),
                        (
                            "playbook",
                            models.TextField(blank=True, help_text="One step per line, the usual one first."),
                        ),
                        (
                            "release_by",
                            models.CharField(
                                choices=[
                                    ("PERSON", "By a person"),
                                    ("PAID", "When the order is paid"),
                                    ("CREDIT", "When the customer is within credit again"),
                                    ("ADDRESS", "When the address is deliverable"),
                                ],
                                default="PERSON",
                                max_length=8,
                            ),
                        ),
                        (
                            "escalate_role",
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
                            "escalate_after_hours",
                            models.PositiveSmallIntegerField(help_text="How long past its clock."),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("clock_hours__gte", 1)), name="holdrule_clock"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Listing",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("channel_sku", models.CharField(max_length=80)),
                        ("is_active", models.BooleanField(default=True)),
                        (
                            "channel",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="listings",
                                to="orders.channel",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="listings",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("channel"),
                                django.db.models.functions.text.Lower("channel_sku"),
                                name="listing_channel_sku",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ListingStock",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "quantity_atp",
                            models.BigIntegerField(default=0, help_text="Available to promise there."),
                        ),
                        (
                            "quantity_leased",
                            models.BigIntegerField(
                                default=0, help_text="Kept back against overselling while it lags."
                            ),
                        ),
                        ("quantity_wanted", models.BigIntegerField(default=0)),
                        (
                            "sequence",
                            models.BigIntegerField(
                                default=0, help_text="The stock journal's when it was computed."
                            ),
                        ),
                        ("computed_at", models.DateTimeField()),
                        (
                            "reasons",
                            models.JSONField(
                                default=dict, help_text="Velocity, lag and what follows, as computed."
                            ),
                        ),
                        ("quantity_sent", models.BigIntegerField(null=True)),
                        ("sent_at", models.DateTimeField(null=True)),
                        ("sent_token", models.BigIntegerField(null=True)),
                        ("is_uncertain", models.BooleanField(default=False)),
                        ("quantity_confirmed", models.BigIntegerField(null=True)),
                        ("confirmed_at", models.DateTimeField(null=True)),
                        (
                            "due_since",
                            models.DateTimeField(
                                help_text="Since when it shows, or may show, something else.", null=True
                            ),
                        ),
                        ("attempts", models.PositiveSmallIntegerField(default=0)),
                        ("next_at", models.DateTimeField(null=True)),
                        ("error", models.CharField(blank=True, default="", max_length=300)),
                        (
                            "quantity_shown",
                            models.BigIntegerField(
                                help_text="Seen there last; blank = not known there, or never looked.",
                                null=True,
                            ),
                        ),
                        ("shown_at", models.DateTimeField(null=True)),
                        (
                            "doubted_at",
                            models.DateTimeField(
                                help_text="A message said something else: to be asked.", null=True
                            ),
                        ),
                        (
                            "drift_at",
                            models.DateTimeField(
                                help_text="Since when it shows what nobody confirmed.", null=True
                            ),
                        ),
                        (
                            "external",
                            models.JSONField(blank=True, default=dict, help_text="The channel's ids of it."),
                        ),
                        (
                            "is_due",
                            models.GeneratedField(
                                db_persist=True,
                                expression=models.Case(
                                    models.When(
                                        is_uncertain=False,
                                        quantity_confirmed=models.F("quantity_wanted"),
                                        then=models.Value(False),
                                    ),
                                    default=models.Value(True),
                                ),
                                output_field=models.BooleanField(),
                            ),
                        ),
                        (
                            "channel",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="listing_stock",
                                to="orders.channel",
                            ),
                        ),
                        (
                            "listing",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="stock",
                                to="orders.listing",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("is_due", True)),
                                fields=["channel", "due_since"],
                                name="listingstock_due",
                            ),
                            models.Index(
                                condition=models.Q(("drift_at__isnull", False)),
                                fields=["channel"],
                                name="listingstock_drift",
                            ),
                            models.Index(
                                condition=models.Q(("doubted_at__isnull", False)),
                                fields=["channel"],
                                name="listingstock_doubted",
                            ),
                            models.Index(fields=["channel", "id"], name="listingstock_channel"),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity_atp__gte", models.F("quantity_wanted")),
                                    ("quantity_leased__gte", 0),
                                    ("quantity_wanted__gte", 0),
                                ),
                                name="listingstock_quantities",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("is_uncertain", False),
                                        ("quantity_confirmed", models.F("quantity_wanted")),
                                    ),
                                    ("due_since__isnull", False),
                                    _connector="OR",
                                ),
                                name="listingstock_due_has_time",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="MessageTemplate",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("kind", models.CharField(max_length=24)),
                        (
                            "language",
                            models.CharField(choices=[("en", "English"), ("de", "German")], max_length=5),
                        ),
                        ("version", models.PositiveIntegerField()),
                        ("subject", models.CharField(max_length=200)),
                        ("text", models.TextField(help_text="The words; the HTML is made of them.")),
                        (
                            "html",
                            models.TextField(
                                blank=True, help_text="HTML of one's own instead of that made of the text."
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                        ("created_at", models.DateTimeField()),
                        ("reason", models.CharField(blank=True, max_length=300)),
                        (
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="message_templates",
                                to="orders.channel",
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
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("kind", "language", "channel", "version"),
                                name="messagetemplate_version",
                                nulls_distinct=False,
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("is_active", True)),
                                fields=("kind", "language", "channel"),
                                name="messagetemplate_one_active",
                                nulls_distinct=False,
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Order",
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
                            models.CharField(help_text="The channel's own order id.", max_length=80),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("RECEIVED", "Received"),
                                    ("ON_HOLD", "On hold"),
                                    ("CONFIRMED", "Confirmed"),
                                    ("ALLOCATED", "Allocated"),
                                    ("RELEASED", "Released"),
                                    ("SHIPPED", "Shipped"),
                                    ("COMPLETED", "Completed"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="RECEIVED",
                                max_length=20,
                            ),
                        ),
                        ("currency", models.CharField(max_length=3)),
                        ("ordered_at", models.DateTimeField()),
                        ("ship_by", models.DateTimeField()),
                        (
                            "priority",
                            models.SmallIntegerField(default=0, help_text="Higher is served first."),
                        ),
                        (
                            "ships_complete",
                            models.BooleanField(
                                default=False, help_text="Nothing leaves until everything can."
                            ),
                        ),
                        (
                            "max_shipments",
                            models.PositiveSmallIntegerField(
                                blank=True,
                                help_text="At most so many parcels on different days; blank = as many as it takes.",
                                null=True,
                            ),
                        ),
                        (
                            "warehouse_note",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                help_text="What the floor must know.",
                                max_length=500,
                            ),
                        ),
                        (
                            "fulfilled_by_channel",
                            models.BooleanField(
                                db_default=False,
                                default=False,
                                help_text="The channel sends it from a warehouse of its own.",
                            ),
                        ),
                        (
                            "needs_allocation",
                            models.BooleanField(
                                default=False, help_text="Has units that want stock; kept by the allocator."
                            ),
                        ),
                        ("goods_total", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("charges_total", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("tax_total", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("total", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        (
                            "amount_invoiced",
                            models.DecimalField(
                                decimal_places=4,
                                default=0,
                                help_text="Posted to receivables by shipments.",
                                max_digits=19,
                            ),
                        ),
                        (
                            "amount_credited",
                            models.DecimalField(
                                decimal_places=4, default=0, help_text="Credit notes.", max_digits=19
                            ),
                        ),
                        (
                            "amount_paid",
                            models.DecimalField(
                                decimal_places=4, default=0, help_text="Captured payments.", max_digits=19
                            ),
                        ),
                        (
                            "amount_refunded",
                            models.DecimalField(
                                decimal_places=4, default=0, help_text="Paid back.", max_digits=19
                            ),
                        ),
                        (
                            "charges_invoiced",
                            models.BooleanField(
                                default=False, help_text="Charges are invoiced with the first shipment."
                            ),
                        ),
                        ("ship_to_name", models.CharField(blank=True, max_length=120)),
                        ("ship_to_line1", models.CharField(blank=True, max_length=160)),
                        ("ship_to_city", models.CharField(blank=True, max_length=80)),
                        ("ship_to_postcode", models.CharField(blank=True, max_length=20)),
                        ("ship_to_country", models.CharField(blank=True, max_length=2)),
                        ("email", models.EmailField(blank=True, max_length=254)),
                        (
                            "checks",
                            models.JSONField(
                                blank=True, default=list, help_text="[{check, verdict, reason}] as validated."
                            ),
                        ),
                        (
                            "reservation_key",
                            models.CharField(
                                blank=True,
                                db_default="",
                                default="",
                                help_text="The cart whose reserved stock it wants.",
                                max_length=80,
                            ),
                        ),
                        ("inbox_message_id", models.BigIntegerField(blank=True, null=True)),
                        ("received_at", models.DateTimeField()),
                        (
                            "shipped_at",
                            models.DateTimeField(blank=True, help_text="When the last unit left.", null=True),
                        ),
                        (
                            "channel",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="orders",
                                to="orders.channel",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="orders",
                                to="orders.customer",
                            ),
                        ),
                        (
                            "fulfilment_node",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                help_text="The node that stands for the channel's warehouse: it is promised stock there and nowhere else.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.node",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["state", "ship_by"], name="order_state_ship_by"),
                            models.Index(fields=["-ordered_at", "id"], name="order_ordered_at"),
                            models.Index(
                                django.db.models.functions.text.Lower("email"),
                                models.F("ordered_at"),
                                condition=models.Q(("email", ""), _negated=True),
                                name="order_email_ordered_at",
                            ),
                            models.Index(
                                condition=models.Q(("shipped_at__isnull", False)),
                                fields=["shipped_at"],
                                name="order_shipped_at",
                            ),
                            models.Index(
                                condition=models.Q(("needs_allocation", True)),
                                fields=["-priority", "ship_by", "id"],
                                name="order_needs_allocation",
                            ),
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("channel", "external_id"), name="order_channel_external_id"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "total",
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("goods_total"), "+", models.F("charges_total")
                                            ),
                                            "+",
                                            models.F("tax_total"),
                                        ),
                                    )
                                ),
                                name="order_total_adds_up",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("fulfilment_node__isnull", True),
                                    ("fulfilled_by_channel", True),
                                    _connector="OR",
                                ),
                                name="order_node_is_the_channels",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("amount_credited__gte", 0),
                                    ("amount_paid__gte", 0),
                                    ("amount_refunded__gte", 0),
                                    ("amount_refunded__lte", models.F("amount_paid")),
                                    models.Q(
                                        ("amount_credited", 0),
                                        ("amount_credited__lte", models.F("amount_invoiced")),
                                        _connector="OR",
                                    ),
                                ),
                                name="order_amounts_within_bounds",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Hold",
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
                                choices=[
                                    ("PAYMENT", "Payment"),
                                    ("FRAUD", "Fraud"),
                                    ("ADDRESS", "Address"),
                                    ("CREDIT", "Credit"),
                                    ("PRICE", "Price"),
                                    ("TAX", "Tax"),
                                    ("COMPLIANCE", "Compliance"),
                                    ("DUPLICATE", "Duplicate"),
                                    ("MANUAL", "Manual"),
                                ],
                                max_length=12,
                            ),
                        ),
                        ("reason", models.CharField(max_length=300)),
                        ("evidence", models.JSONField(blank=True, default=dict)),
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
                            "state",
                            models.CharField(
                                choices=[
                                    ("OPEN", "Open"),
                                    ("RELEASED", "Released"),
                                    ("REJECTED", "Rejected"),
                                ],
                                default="OPEN",
                                max_length=20,
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        ("due_at", models.DateTimeField()),
                        (
                            "escalated_at",
                            models.DateTimeField(
                                blank=True, help_text="When it went to the escalation role.", null=True
                            ),
                        ),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("close_reason", models.CharField(blank=True, max_length=300)),
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
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="holds",
                                to="orders.order",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "OPEN")),
                                fields=["owner_role", "kind", "due_at"],
                                name="hold_open_queue",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("state", "OPEN")),
                                fields=("order", "kind"),
                                name="hold_one_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("state", "OPEN"),
                                    models.Q(
                                        ("closed_at__isnull", False),
                                        ("closed_by__isnull", False),
                                        models.Q(("close_reason", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="hold_closed_by_someone",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="AllocationDecision",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "stock_sequence",
                            models.BigIntegerField(
                                help_text="StockEvent that wrote it; null when nothing could be assigned.",
                                null=True,
                            ),
                        ),
                        ("at", models.DateTimeField()),
                        (
                            "explanation",
                            models.JSONField(
                                help_text="{policy, rule, strategy, wanted, nodes: [[node, units it covers, km, rank]] best first, lines: [[line, wanted, short, why?]], cost? (pence), refused?, split_refused?: [node], transfers?: [[line, from, to, units]], drop_ships?: [[line, units]], reason?}; the assignments are the stock moves of `stock_sequence`."
                            ),
                        ),
                        (
                            "policy",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.allocationpolicy",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="decisions",
                                to="orders.order",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="OrderChange",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("number", models.PositiveIntegerField()),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("EDIT", "Edited"),
                                    ("ADDRESS", "Address changed"),
                                    ("CANCEL", "Units cancelled"),
                                    ("CHARGES", "Charges changed"),
                                    ("SUBSTITUTE", "Product substituted"),
                                    ("MERGE", "Merged"),
                                ],
                                max_length=12,
                            ),
                        ),
                        (
                            "changes",
                            models.JSONField(help_text="[{what, old, new}], in words and plain figures."),
                        ),
                        ("total_before", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("total_after", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("reason", models.CharField(max_length=300)),
                        (
                            "reason_code",
                            models.CharField(
                                blank=True, help_text="Of a cancellation; see CancelReason.", max_length=24
                            ),
                        ),
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
                            "approval",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="core.approvalrequest",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="changes",
                                to="orders.order",
                            ),
                        ),
                        (
                            "other_order",
                            models.ForeignKey(
                                db_index=False,
                                help_text="The other side of a merge.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.order",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("reason_code", ""), _negated=True),
                                fields=["reason_code"],
                                name="orderchange_reason_code",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("order", "number"), name="orderchange_number"),
                            models.CheckConstraint(
                                condition=models.Q(("number__gte", 1)), name="orderchange_number_positive"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrderCharge",
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
                                choices=[
                                    ("SHIPPING_REVENUE", "Shipping"),
                                    ("DISCOUNT", "Discount"),
                                    ("OTHER_INCOME", "Other"),
                                    ("CHANNEL_FEE", "Channel fee"),
                                    ("BANK_CHARGE", "Bank charge"),
                                    ("SAMPLES", "Samples"),
                                ],
                                help_text="The account role it posts to.",
                                max_length=24,
                            ),
                        ),
                        ("description", models.CharField(blank=True, max_length=200)),
                        ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="charges",
                                to="orders.order",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="OrderKit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "position",
                            models.PositiveIntegerField(help_text="That of its first component line."),
                        ),
                        ("channel_sku", models.CharField(max_length=80)),
                        ("description", models.CharField(blank=True, max_length=200)),
                        ("quantity", models.BigIntegerField(help_text="Kits ordered.")),
                        (
                            "unit_price",
                            models.DecimalField(decimal_places=4, help_text="Per kit.", max_digits=19),
                        ),
                        (
                            "line_total",
                            models.DecimalField(
                                decimal_places=4,
                                help_text="quantity × price, to the minor unit.",
                                max_digits=19,
                            ),
                        ),
                        ("tax_amount", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        (
                            "bill_of_materials",
                            models.JSONField(
                                help_text="[[product id, SKU, units per kit]] as it was at intake."
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="kits",
                                to="orders.order",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="order_kits",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(fields=("order", "position"), name="orderkit_position"),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)), name="orderkit_quantity"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("line_total__gte", 0), ("unit_price__gte", 0)),
                                name="orderkit_price",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrderLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveIntegerField()),
                        ("quantity_per_kit", models.PositiveIntegerField(blank=True, null=True)),
                        ("channel_sku", models.CharField(max_length=80)),
                        ("description", models.CharField(blank=True, max_length=200)),
                        ("quantity_ordered", models.BigIntegerField()),
                        ("quantity_allocated", models.BigIntegerField(default=0)),
                        ("quantity_picked", models.BigIntegerField(default=0)),
                        ("quantity_shipped", models.BigIntegerField(default=0)),
                        ("quantity_cancelled", models.BigIntegerField(default=0)),
                        ("quantity_returned", models.BigIntegerField(default=0)),
                        ("unit_price", models.DecimalField(decimal_places=4, max_digits=19)),
                        (
                            "line_total",
                            models.DecimalField(
                                decimal_places=4,
                                help_text="quantity × price, to the minor unit.",
                                max_digits=19,
                            ),
                        ),
                        ("tax_amount", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        ("amount_invoiced", models.DecimalField(decimal_places=4, default=0, max_digits=19)),
                        (
                            "unit_price_agreed",
                            models.DecimalField(
                                blank=True,
                                decimal_places=4,
                                help_text="The price before anybody overrode it; blank = nobody did.",
                                max_digits=19,
                                null=True,
                            ),
                        ),
                        (
                            "kit",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                help_text="The kit that it is a component of.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="orders.orderkit",
                            ),
                        ),
                        (
                            "merged_from",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.orderline",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="orders.order",
                            ),
                        ),
                        (
                            "product",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="order_lines",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "substitute_of",
                            models.ForeignKey(
                                blank=True,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.orderline",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("kit__isnull", False)),
                                fields=["kit"],
                                name="orderline_kit",
                            )
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("order", "position"), name="orderline_position"),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity_allocated__gte", 0),
                                    ("quantity_cancelled__gte", 0),
                                    ("quantity_ordered__gt", 0),
                                    (
                                        "quantity_ordered__gte",
                                        django.db.models.expressions.CombinedExpression(
                                            django.db.models.expressions.CombinedExpression(
                                                models.F("quantity_allocated"),
                                                "+",
                                                models.F("quantity_shipped"),
                                            ),
                                            "+",
                                            models.F("quantity_cancelled"),
                                        ),
                                    ),
                                    ("quantity_picked__gte", 0),
                                    ("quantity_picked__lte", models.F("quantity_allocated")),
                                    ("quantity_returned__gte", 0),
                                    ("quantity_returned__lte", models.F("quantity_shipped")),
                                    ("quantity_shipped__gte", 0),
                                ),
                                name="orderline_quantities",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("line_total__gte", 0), ("unit_price__gte", 0)),
                                name="orderline_price",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kit__isnull", True), ("quantity_per_kit__isnull", True)),
                                    models.Q(("kit__isnull", False), ("quantity_per_kit__gt", 0)),
                                    _connector="OR",
                                ),
                                name="orderline_whole_kits",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="DropShip",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("quantity", models.PositiveBigIntegerField()),
                        ("quantity_shipped", models.PositiveBigIntegerField(default=0)),
                        (
                            "quantity_cancelled",
                            models.PositiveBigIntegerField(default=0, help_text="Called off, or refused."),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("REQUESTED", "Requested"),
                                    ("ORDERED", "Ordered"),
                                    ("SHIPPED", "Shipped"),
                                    ("REFUSED", "Refused"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="REQUESTED",
                                max_length=20,
                            ),
                        ),
                        (
                            "reason",
                            models.CharField(
                                blank=True,
                                default="",
                                help_text="Why it was refused or cancelled.",
                                max_length=300,
                            ),
                        ),
                        ("purchase_type", models.CharField(blank=True, default="", max_length=60)),
                        ("purchase_id", models.BigIntegerField(blank=True, null=True)),
                        ("purchase_line_id", models.BigIntegerField(blank=True, null=True)),
                        ("purchase_number", models.CharField(blank=True, default="", max_length=20)),
                        ("requested_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "order_line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="drop_ships",
                                to="orders.orderline",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(fields=["purchase_type", "purchase_id"], name="dropship_purchase"),
                            models.Index(
                                condition=models.Q(("state__in", ("REQUESTED", "ORDERED"))),
                                fields=["order_line"],
                                name="dropship_open",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity__gt", 0),
                                    (
                                        "quantity__gte",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("quantity_shipped"), "+", models.F("quantity_cancelled")
                                        ),
                                    ),
                                ),
                                name="dropship_quantity",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("closed_at__isnull", True), ("state__in", ("REQUESTED", "ORDERED"))
                                    ),
                                    models.Q(
                                        models.Q(("state__in", ("REQUESTED", "ORDERED")), _negated=True),
                                        ("closed_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="dropship_closed_when_not_open",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state__in", ["ORDERED", "SHIPPED"]), _negated=True),
                                    models.Q(
                                        ("purchase_id__isnull", False), ("purchase_line_id__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="dropship_ordered_somewhere",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("purchase_line_id__isnull", False)),
                                fields=("purchase_type", "purchase_line_id"),
                                name="dropship_purchase_line",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Allocation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("quantity", models.BigIntegerField()),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("ACTIVE", "Active"),
                                    ("CONSUMED", "Consumed"),
                                    ("RELEASED", "Released"),
                                ],
                                default="ACTIVE",
                                max_length=20,
                            ),
                        ),
                        (
                            "is_planned",
                            models.BooleanField(
                                default=False, help_text="A fulfilment order has taken it up."
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
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
                        (
                            "decision",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="orders.allocationdecision",
                            ),
                        ),
                        (
                            "order_line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="allocations",
                                to="orders.orderline",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "ACTIVE")),
                                fields=["product", "node"],
                                name="allocation_active",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)), name="allocation_quantity"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("closed_at__isnull", True), ("state", "ACTIVE")),
                                    models.Q(
                                        models.Q(("state", "ACTIVE"), _negated=True),
                                        ("closed_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="allocation_closed_when_not_active",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="OrderRisk",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "card_ref",
                            models.CharField(
                                blank=True,
                                help_text="The provider's token of the card, never a number.",
                                max_length=120,
                            ),
                        ),
                        (
                            "provider_score",
                            models.DecimalField(blank=True, decimal_places=2, max_digits=6, null=True),
                        ),
                        ("verified_age", models.PositiveSmallIntegerField(blank=True, null=True)),
                        ("bill_to", models.JSONField(blank=True, default=dict)),
                        ("score", models.PositiveIntegerField(default=0)),
                        (
                            "fired",
                            models.JSONField(blank=True, default=list, help_text="[{rule, points, why}]"),
                        ),
                        (
                            "order",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="risk",
                                to="orders.order",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("card_ref", ""), _negated=True),
                                fields=["card_ref"],
                                name="orderrisk_card_ref",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Payment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("provider", models.CharField(max_length=40)),
                        ("provider_ref", models.CharField(max_length=120)),
                        ("amount", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("currency", models.CharField(max_length=3)),
                        ("is_refund", models.BooleanField(default=False)),
                        ("captured_at", models.DateTimeField()),
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="payments",
                                to="orders.order",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("provider", "provider_ref"), name="payment_provider_ref"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("amount__gt", 0)), name="payment_amount"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PendingEdit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("draft", models.JSONField(help_text="The edit as it was asked for.")),
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
                            "approval",
                            models.OneToOneField(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="core.approvalrequest",
                            ),
                        ),
                        (
                            "hold",
                            models.ForeignKey(
                                db_index=False,
                                help_text="Opened for it; null when a price hold was open already.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="orders.hold",
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="pending_edits",
                                to="orders.order",
                            ),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="PriceLimit",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
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
                                unique=True,
                            ),
                        ),
                        ("max_percent", models.DecimalField(decimal_places=4, max_digits=9)),
                        ("max_amount", models.DecimalField(decimal_places=4, max_digits=19)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("max_amount__gte", 0), ("max_percent__gte", 0), ("max_percent__lte", 100)
                                ),
                                name="pricelimit_bounds",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PriceList",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=40, unique=True)),
                        ("name", models.CharField(max_length=120)),
                        ("currency", models.CharField(max_length=3)),
                        ("valid_from", models.DateField(blank=True, null=True)),
                        ("valid_to", models.DateField(blank=True, null=True)),
                        ("is_active", models.BooleanField(default=True)),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to__isnull", True),
                                    ("valid_from__isnull", True),
                                    ("valid_to__gte", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="pricelist_period",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalPriceListEntry",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        ("price", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("minimum_quantity", models.PositiveIntegerField(default=1)),
                        ("valid_from", models.DateField(blank=True, null=True)),
                        ("valid_to", models.DateField(blank=True, null=True)),
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
                            "price_list",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.pricelist",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical price list entry",
                        "verbose_name_plural": "historical price list entrys",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalPriceListAssignment",
                    fields=[
                        (
                            "id",
                            models.BigIntegerField(
                                auto_created=True, blank=True, db_index=True, verbose_name="ID"
                            ),
                        ),
                        (
                            "segment",
                            models.CharField(
                                blank=True,
                                choices=[("CONSUMER", "Consumer"), ("BUSINESS", "Business")],
                                max_length=10,
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
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.channel",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.customer",
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
                            "price_list",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="orders.pricelist",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical price list assignment",
                        "verbose_name_plural": "historical price list assignments",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="PriceListAssignment",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "segment",
                            models.CharField(
                                blank=True,
                                choices=[("CONSUMER", "Consumer"), ("BUSINESS", "Business")],
                                max_length=10,
                            ),
                        ),
                        (
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="price_lists",
                                to="orders.channel",
                            ),
                        ),
                        (
                            "customer",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="price_lists",
                                to="orders.customer",
                            ),
                        ),
                        (
                            "price_list",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="assignments",
                                to="orders.pricelist",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("channel__isnull", True),
                                        ("customer__isnull", False),
                                        ("segment", ""),
                                    ),
                                    models.Q(
                                        ("channel__isnull", True),
                                        ("customer__isnull", True),
                                        models.Q(("segment", ""), _negated=True),
                                    ),
                                    models.Q(
                                        ("channel__isnull", False),
                                        ("customer__isnull", True),
                                        ("segment", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="pricelistassignment_one_party",
                            ),
                            models.UniqueConstraint(
                                fields=("price_list", "customer", "segment", "channel"),
                                name="pricelistassignment_once",
                                nulls_distinct=False,
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="PriceListEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("price", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("minimum_quantity", models.PositiveIntegerField(default=1)),
                        ("valid_from", models.DateField(blank=True, null=True)),
                        ("valid_to", models.DateField(blank=True, null=True)),
                        (
                            "price_list",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="entries",
                                to="orders.pricelist",
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
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("price_list", "product", "minimum_quantity", "valid_from"),
                                name="pricelistentry_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("minimum_quantity__gte", 1), ("price__gte", 0)),
                                name="pricelistentry_amounts",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to__isnull", True),
                                    ("valid_from__isnull", True),
                                    ("valid_to__gte", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="pricelistentry_period",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Promise",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("quantity", models.PositiveBigIntegerField()),
                        (
                            "promised_date",
                            models.DateField(help_text="The units leave on this day at the latest."),
                        ),
                        ("is_covered", models.BooleanField(default=False)),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("OPEN", "Open"),
                                    ("KEPT", "Kept"),
                                    ("LATE", "Late"),
                                    ("REPLACED", "Replaced"),
                                    ("CANCELLED", "Cancelled"),
                                ],
                                default="OPEN",
                                max_length=20,
                            ),
                        ),
                        ("made_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "told_at",
                            models.DateTimeField(
                                blank=True, help_text="When the customer was told this day.", null=True
                            ),
                        ),
                        (
                            "order_line",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="promises",
                                to="orders.orderline",
                            ),
                        ),
                        (
                            "replaces",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="replaced_by",
                                to="orders.promise",
                            ),
                        ),
                        (
                            "supply",
                            models.ForeignKey(
                                blank=True,
                                help_text="Purchase order line or transfer line; null = a person named the day.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.expectedsupply",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("is_covered", False), ("state", "OPEN")),
                                fields=["supply"],
                                name="promise_pegged",
                            ),
                            models.Index(
                                condition=models.Q(("state", "OPEN")),
                                fields=["promised_date"],
                                name="promise_due",
                            ),
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)), name="promise_quantity"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("closed_at__isnull", True), ("state", "OPEN")),
                                    models.Q(
                                        models.Q(("state", "OPEN"), _negated=True),
                                        ("closed_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="promise_closed_when_not_open",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RefusalCount",
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
                                blank=True, help_text="Blank: no connected channel's.", max_length=40
                            ),
                        ),
                        ("reason", models.CharField(max_length=40)),
                        ("hour", models.DateTimeField()),
                        ("count", models.PositiveIntegerField()),
                    ],
                    options={
                        "indexes": [models.Index(fields=["hour"], name="refusalcount_by_hour")],
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("channel_code", "reason", "hour"), name="refusalcount_hour"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Rehearsal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("days", models.PositiveSmallIntegerField()),
                        ("starts_at", models.DateTimeField()),
                        ("ends_at", models.DateTimeField()),
                        (
                            "state",
                            models.CharField(
                                choices=[("PENDING", "Waiting"), ("DONE", "Done"), ("FAILED", "Failed")],
                                default="PENDING",
                                max_length=20,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("job_id", models.BigIntegerField(blank=True, null=True)),
                        ("orders", models.PositiveIntegerField(default=0)),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "policies",
                            models.ManyToManyField(related_name="rehearsals", to="orders.allocationpolicy"),
                        ),
                    ],
                ),
                migrations.CreateModel(
                    name="RehearsalOrder",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("parcels_before", models.PositiveSmallIntegerField()),
                        ("parcels", models.PositiveSmallIntegerField()),
                        ("freight_before", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("freight", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("late_before", models.BooleanField()),
                        ("late", models.BooleanField()),
                        ("short_before", models.PositiveIntegerField()),
                        ("short", models.PositiveIntegerField()),
                        ("margin_change", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("nodes_before", models.CharField(max_length=200)),
                        ("nodes", models.CharField(max_length=200)),
                        (
                            "order",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="orders.order",
                            ),
                        ),
                        (
                            "policy",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="orders.allocationpolicy",
                            ),
                        ),
                        (
                            "rehearsal",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="changed",
                                to="orders.rehearsal",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                fields=["rehearsal", "policy", "margin_change"], name="rehearsalorder_margin"
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RehearsalTotal",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("orders", models.PositiveIntegerField()),
                        ("units", models.PositiveBigIntegerField()),
                        ("parcels", models.PositiveIntegerField()),
                        ("split_orders", models.PositiveIntegerField()),
                        ("freight", models.DecimalField(decimal_places=4, max_digits=19)),
                        ("late_orders", models.PositiveIntegerField()),
                        (
                            "short_orders",
                            models.PositiveIntegerField(help_text="Not served in full when they came."),
                        ),
                        (
                            "unserved_orders",
                            models.PositiveIntegerField(help_text="Not served in full within the span."),
                        ),
                        (
                            "margin",
                            models.DecimalField(
                                decimal_places=4, help_text="Goods less cost less freight.", max_digits=19
                            ),
                        ),
                        (
                            "policy",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="+",
                                to="orders.allocationpolicy",
                            ),
                        ),
                        (
                            "rehearsal",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="totals",
                                to="orders.rehearsal",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("rehearsal", "policy"),
                                name="rehearsaltotal_once",
                                nulls_distinct=False,
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Reservation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "key",
                            models.CharField(
                                help_text="The channel's own id of the cart; unique in the channel.",
                                max_length=80,
                            ),
                        ),
                        (
                            "state",
                            models.CharField(
                                choices=[
                                    ("ACTIVE", "Active"),
                                    ("CONSUMED", "Ordered"),
                                    ("EXPIRED", "Expired"),
                                    ("RELEASED", "Released"),
                                ],
                                default="ACTIVE",
                                max_length=20,
                            ),
                        ),
                        (
                            "wanted",
                            models.JSONField(
                                help_text="[[SKU, units]] as asked for; a kit's units are kits."
                            ),
                        ),
                        (
                            "country",
                            models.CharField(
                                blank=True, help_text="Where it would go, as far as is known.", max_length=2
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        ("expires_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "channel",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reservations",
                                to="orders.channel",
                            ),
                        ),
                        (
                            "created_by",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "order",
                            models.ForeignKey(
                                blank=True,
                                help_text="The order that its units were handed to.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="reservations",
                                to="orders.order",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "ACTIVE")),
                                fields=["expires_at"],
                                name="reservation_due",
                            ),
                            models.Index(fields=["-created_at", "id"], name="reservation_created"),
                        ],
                        "constraints": [
                            models.UniqueConstraint(fields=("channel", "key"), name="reservation_key"),
                            models.CheckConstraint(
                                condition=models.Q(("key", ""), _negated=True),
                                name="reservation_key_not_blank",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("closed_at__isnull", True), ("state", "ACTIVE")),
                                    models.Q(
                                        models.Q(("state", "ACTIVE"), _negated=True),
                                        ("closed_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="reservation_closed_when_not_active",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "CONSUMED"), _negated=True),
                                    ("order__isnull", False),
                                    _connector="OR",
                                ),
                                name="reservation_order_when_consumed",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="ReservationLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
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
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                        (
                            "reservation",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="orders.reservation",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("reservation", "product", "node"), name="reservationline_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)), name="reservationline_quantity"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RiskListEntry",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "verdict",
                            models.CharField(choices=[("DENY", "Deny"), ("ALLOW", "Allow")], max_length=5),
                        ),
                        (
                            "subject",
                            models.CharField(
                                choices=[
                                    ("EMAIL", "E-mail"),
                                    ("CUSTOMER", "Customer"),
                                    ("ADDRESS", "Ship-to address"),
                                    ("CARD", "Card reference"),
                                    ("DOMAIN", "E-mail domain"),
                                    ("POSTCODE", "Country and postcode"),
                                    ("COUNTRY", "Country"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "value",
                            models.CharField(
                                help_text="E-mail, customer number, card reference, domain, country, or as evidence shows it.",
                                max_length=254,
                            ),
                        ),
                        ("reason", models.CharField(max_length=300)),
                        ("valid_to", models.DateField(blank=True, null=True)),
                    ],
                    options={
                        "verbose_name_plural": "risk list entries",
                        "constraints": [
                            models.UniqueConstraint(
                                models.F("subject"),
                                django.db.models.functions.text.Lower("value"),
                                name="risklistentry_once",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="RiskRule",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("code", models.CharField(max_length=40, unique=True)),
                        (
                            "kind",
                            models.CharField(
                                choices=[
                                    ("VELOCITY", "Many orders of one subject"),
                                    ("FIRST_ORDER", "First order above an amount"),
                                    ("COUNTRY_MISMATCH", "Ships to another country than it is billed to"),
                                    ("LISTED", "On the deny list"),
                                    ("FREE_MAIL", "Free mail address above an amount"),
                                    ("PROVIDER", "The payment provider's score"),
                                ],
                                max_length=20,
                            ),
                        ),
                        (
                            "subject",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("EMAIL", "E-mail"),
                                    ("CUSTOMER", "Customer"),
                                    ("ADDRESS", "Ship-to address"),
                                    ("CARD", "Card reference"),
                                ],
                                help_text="Whose orders velocity counts.",
                                max_length=10,
                            ),
                        ),
                        (
                            "window_hours",
                            models.PositiveSmallIntegerField(
                                default=24, help_text="Velocity looks back so far."
                            ),
                        ),
                        (
                            "normal_orders",
                            models.PositiveSmallIntegerField(
                                default=3, help_text="Orders in the window that are still normal."
                            ),
                        ),
                        (
                            "amount",
                            models.DecimalField(
                                decimal_places=4,
                                default=Decimal("0"),
                                help_text="From this order total; a provider: from this score.",
                                max_digits=19,
                            ),
                        ),
                        (
                            "points",
                            models.PositiveSmallIntegerField(
                                help_text="A provider's score is taken in this share of 100."
                            ),
                        ),
                        ("is_active", models.BooleanField(default=True)),
                        (
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                help_text="Blank = every channel.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="risk_rules",
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("kind", "VELOCITY"), _negated=True),
                                    models.Q(("subject", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="riskrule_velocity_subject",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("amount__gte", 0),
                                    ("points__lte", 1000),
                                    ("window_hours__range", (1, 720)),
                                ),
                                name="riskrule_bounds",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Subscription",
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
                                    ("ACTIVE", "Active"),
                                    ("PAUSED", "Paused"),
                                    ("CANCELLED", "Cancelled"),
                                    ("ENDED", "Ended"),
                                ],
                                default="ACTIVE",
                                max_length=20,
                            ),
                        ),
                        ("interval_count", models.PositiveSmallIntegerField(default=1)),
                        (
                            "interval_unit",
                            models.CharField(
                                choices=[("DAY", "days"), ("WEEK", "weeks"), ("MONTH", "months")],
                                default="MONTH",
                                max_length=5,
                            ),
                        ),
                        (
                            "start_date",
                            models.DateField(
                                help_text="The first date; months keep its day, or end on their last."
                            ),
                        ),
                        (
                            "end_date",
                            models.DateField(blank=True, help_text="No order after this date.", null=True),
                        ),
                        (
                            "next_date",
                            models.DateField(
                                blank=True, help_text="Blank when there is none any more.", null=True
                            ),
                        ),
                        (
                            "due_hour",
                            models.PositiveSmallIntegerField(
                                default=6, help_text="Hour of the company's day, 0 to 23."
                            ),
                        ),
                        (
                            "price_rule",
                            models.CharField(
                                choices=[("LIST", "List price of the day"), ("FIXED", "Fixed prices")],
                                default="LIST",
                                max_length=5,
                            ),
                        ),
                        (
                            "payment_kind",
                            models.CharField(
                                choices=[("INVOICE", "On invoice"), ("STORED", "Stored payment reference")],
                                default="INVOICE",
                                max_length=7,
                            ),
                        ),
                        (
                            "payment_reference",
                            models.CharField(
                                blank=True,
                                help_text="The provider's reference of the stored payment method.",
                                max_length=120,
                            ),
                        ),
                        ("created_at", models.DateTimeField()),
                        (
                            "channel",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="subscriptions",
                                to="orders.channel",
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
                            "customer",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="subscriptions",
                                to="orders.customer",
                            ),
                        ),
                    ],
                    options={
                        "indexes": [
                            models.Index(
                                condition=models.Q(("state", "ACTIVE")),
                                fields=["next_date", "id"],
                                name="subscription_due",
                            )
                        ],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(("due_hour__lte", 23), ("interval_count__gte", 1)),
                                name="subscription_interval",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("state", "ACTIVE"), _negated=True),
                                    ("next_date__isnull", False),
                                    _connector="OR",
                                ),
                                name="subscription_active_has_next",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("payment_kind", "STORED"), _negated=True),
                                    models.Q(("payment_reference", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="subscription_stored_has_reference",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SubscriptionLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("position", models.PositiveSmallIntegerField()),
                        ("quantity", models.PositiveIntegerField()),
                        (
                            "unit_price",
                            models.DecimalField(blank=True, decimal_places=4, max_digits=19, null=True),
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
                            "subscription",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.CASCADE,
                                related_name="lines",
                                to="orders.subscription",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("subscription", "position"), name="subscriptionline_position"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("quantity__gt", 0)), name="subscriptionline_quantity"
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="SubscriptionRun",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("due_date", models.DateField()),
                        (
                            "outcome",
                            models.CharField(
                                choices=[
                                    ("RAISED", "Order raised"),
                                    ("FAILED", "Failed"),
                                    ("SKIPPED", "Skipped"),
                                    ("MISSED", "Missed, not made up for"),
                                ],
                                max_length=7,
                            ),
                        ),
                        ("detail", models.CharField(blank=True, max_length=300)),
                        ("at", models.DateTimeField()),
                        (
                            "order",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="subscription_runs",
                                to="orders.order",
                            ),
                        ),
                        (
                            "subscription",
                            models.ForeignKey(
                                db_index=False,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="runs",
                                to="orders.subscription",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("subscription", "due_date"), name="subscriptionrun_once"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("outcome", "RAISED"), _negated=True),
                                    ("order__isnull", False),
                                    _connector="OR",
                                ),
                                name="subscriptionrun_raised_has_order",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Substitution",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("quantity_product", models.PositiveIntegerField(default=1)),
                        ("quantity_substitute", models.PositiveIntegerField(default=1)),
                        ("is_both_ways", models.BooleanField(default=False)),
                        (
                            "needs_agreement",
                            models.BooleanField(
                                default=True,
                                help_text="The customer is asked first, and what was said is recorded.",
                            ),
                        ),
                        (
                            "price_rule",
                            models.CharField(
                                choices=[
                                    ("KEEP", "Keep the original price"),
                                    ("LOWER", "The lower of both prices"),
                                ],
                                default="LOWER",
                                max_length=8,
                            ),
                        ),
                        ("valid_from", models.DateField(blank=True, null=True)),
                        ("valid_to", models.DateField(blank=True, help_text="The last day.", null=True)),
                        (
                            "priority",
                            models.SmallIntegerField(default=0, help_text="Higher is offered first."),
                        ),
                        ("is_active", models.BooleanField(default=True)),
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
                            "substitute",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="+",
                                to="inventory.product",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("product", "substitute"), name="substitution_pair"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("product", models.F("substitute")), _negated=True),
                                name="substitution_two_products",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("quantity_product__gte", 1), ("quantity_substitute__gte", 1)
                                ),
                                name="substitution_ratio",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_from__isnull", True),
                                    ("valid_to__isnull", True),
                                    ("valid_from__lte", models.F("valid_to")),
                                    _connector="OR",
                                ),
                                name="substitution_dates",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="TaxExpectation",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("country", models.CharField(max_length=2)),
                        (
                            "rate",
                            models.DecimalField(decimal_places=4, help_text="0.2000 is 20 %.", max_digits=5),
                        ),
                        (
                            "tolerance",
                            models.DecimalField(decimal_places=4, default=Decimal("0.005"), max_digits=5),
                        ),
                        (
                            "allows_less",
                            models.BooleanField(
                                default=False,
                                help_text="Reduced and zero rates exist there: anything up to the rate is plausible.",
                            ),
                        ),
                        ("valid_from", models.DateField()),
                        ("valid_to", models.DateField(blank=True, null=True)),
                        (
                            "channel",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="tax_expectations",
                                to="orders.channel",
                            ),
                        ),
                    ],
                    options={
                        "constraints": [
                            models.UniqueConstraint(
                                fields=("country", "channel", "valid_from"),
                                name="taxexpectation_once",
                                nulls_distinct=False,
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("rate__range", (0, 1)), ("tolerance__range", (0, 1))),
                                name="taxexpectation_rate",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("valid_to__isnull", True),
                                    ("valid_to__gte", models.F("valid_from")),
                                    _connector="OR",
                                ),
                                name="taxexpectation_period",
                            ),
                        ],
                    },
                ),
            ],
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="channelfact",
            trigger=pgtrigger.compiler.Trigger(
                name="channelfact_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="b0c3c0554a7831c43e4f669217bb696d0ec54ed2",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_channelfact_append_only_cd11c",
                    table="orders_channelfact",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="allocationdecision",
            trigger=pgtrigger.compiler.Trigger(
                name="allocationdecision_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="e4c214c832a349d44e47c9568620ae150803d713",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_allocationdecision_append_only_e19fe",
                    table="orders_allocationdecision",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="orderchange",
            trigger=pgtrigger.compiler.Trigger(
                name="orderchange_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="1cd849668106ab578c6986570466800c1aebc5c9",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_orderchange_append_only_76341",
                    table="orders_orderchange",
                    when="BEFORE",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="payment",
            trigger=pgtrigger.compiler.Trigger(
                name="payment_refunded",
                sql=erp.core.triggers.GuardSql(
                    condition="WHEN (NEW.is_refund)",
                    func="INSERT INTO core_event (kind, document_type, document_id, data, at) VALUES ('order.refunded', 'orders.Order', NEW.order_id, jsonb_build_object('amount', trim_scale(NEW.amount)::text, 'currency', NEW.currency, 'provider_ref', NEW.provider_ref), NEW.captured_at); RETURN NULL;",
                    hash="12b84ab0b9778b756ad86c23a696da0748776a42",
                    operation="INSERT",
                    pgid="pgtrigger_payment_refunded_a1250",
                    table="orders_payment",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="pendingedit",
            trigger=pgtrigger.compiler.Trigger(
                name="pendingedit_append_only",
                sql=erp.core.triggers.GuardSql(
                    func="RAISE EXCEPTION '% is append-only: % refused; post a reversal instead', TG_TABLE_NAME, TG_OP USING ERRCODE = 'insufficient_privilege';",
                    hash="1ac7f5bf572a887e4ff3f51df24f10c0a842050d",
                    level="STATEMENT",
                    operation="UPDATE OR DELETE OR TRUNCATE",
                    pgid="pgtrigger_pendingedit_append_only_9144e",
                    table="orders_pendingedit",
                    when="BEFORE",
                ),
            ),
        ),
        fillfactor("orders_orderline", 50),
    ]
