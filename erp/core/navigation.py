"""What does each person see in the sidebar, the command palette and the shortcuts?

One literal table. An entry is shown when its page exists and the user may open it, so an app that is not there yet
leaves no dead link behind.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from erp.core.permissions import may_open
from erp.core.roles import Role


@dataclass(frozen=True)
class Item:
    """A page: its words, its URL name, the keys after `g` that lead to it."""

    label: str
    url_name: str
    keys: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Section:
    label: str
    icon: str
    items: tuple[Item, ...]


SECTIONS: tuple[Section, ...] = (
    Section("Home", "house", (Item("Home", "home", "h"),)),
    Section(
        "Orders",
        "shopping-cart",
        (
            Item("Control tower", "reporting:tower", "x"),
            Item("Orders", "orders:order_list", "o"),
            Item("Holds", "orders:hold_list"),
            Item("Backorders", "orders:backorder_list"),
            Item("Drop-ships", "orders:drop_ship_list"),
            Item("Promises", "orders:promise_list"),
            Item("Promises at risk", "orders:promises_at_risk"),
            Item("Reservations", "orders:reservation_list"),
            Item("Customers", "orders:customer_list", "c"),
            Item("Subscriptions", "orders:subscription_list"),
            Item("Import orders", "orders:order_import"),
        ),
    ),
    Section(
        "Channels",
        "cable",
        (
            Item("Channel health", "orders:channel_health", "n"),
            Item("Channels", "orders:channel_list"),
            Item("Channel orders", "orders:channel_order_list"),
            Item("Stock shown", "orders:listing_stock_list"),
            Item("Listings", "orders:listing_list"),
            Item("Unknown SKUs", "orders:unmapped_sku_list"),
            Item("EDI interchanges", "orders:edi_interchange_list"),
            Item("Refused deliveries", "orders:refused_delivery_list"),
        ),
    ),
    Section(
        "Order rules",
        "settings-2",
        (
            Item("Allocation policies", "orders:allocation_policy_list"),
            Item("Rehearsals", "orders:rehearsal_list"),
            Item("Freight rates", "orders:freight_rate_list"),
            Item("Substitutions", "orders:substitution_list"),
            Item("Price lists", "orders:price_list_list"),
            Item("Price limits", "orders:price_limit_list"),
            Item("Messages to customers", "orders:message_template_list"),
        ),
    ),
    Section(
        "Fulfilment",
        "package",
        (
            Item("Release board", "fulfillment:release_board", "b"),
            Item("Fulfilment orders", "fulfillment:fulfillment_order_list", "f"),
            Item("Pick lists", "fulfillment:pick_list_list"),
            Item("Pick by scan", "fulfillment:floor_home", "s"),
            Item("Packing", "fulfillment:pack_list"),
            Item("Shipments", "fulfillment:shipment_list"),
        ),
    ),
    Section(
        "Inventory",
        "warehouse",
        (
            Item("Products", "inventory:product_list", "i"),
            Item("Kits", "inventory:kit_component_list"),
            Item("Duplicates", "inventory:product_duplicate_list"),
            Item("Merged products", "inventory:product_merge_list"),
            Item("Stock levels", "inventory:stock_level_list", "l"),
            Item("Bins", "inventory:bin_stock_list"),
            Item("Stock journal", "inventory:stock_event_list", "j"),
            Item("Transfers", "inventory:transfer_list"),
            Item("Adjustments", "inventory:adjustment_list"),
            Item("Categories", "inventory:category_list"),
            Item("Nodes and locations", "inventory:node_list"),
            Item("Lots", "inventory:lot_list"),
            Item("Buffers", "inventory:buffer_list"),
            Item("Stock pools", "inventory:pool_list"),
        ),
    ),
    Section(
        "Procurement",
        "clipboard-list",
        (
            Item("Purchase orders", "procurement:purchase_order_list", "p"),
            Item("Replenishment", "procurement:replenishment_list"),
            Item("Goods receipts", "procurement:goods_receipt_list"),
            Item("Supplier invoices", "procurement:supplier_invoice_list"),
            Item("Received, not invoiced", "procurement:grni_ageing"),
            Item("Suppliers", "procurement:supplier_list"),
        ),
    ),
    Section(
        "Returns",
        "undo-2",
        (
            Item("Returns", "returns:rma_list", "r"),
            Item("To inspect", "returns:inspection_list"),
            Item("Refunds", "returns:refund_list"),
        ),
    ),
    Section(
        "Finance",
        "landmark",
        (
            Item("Trial balance", "ledger:trial_balance", "t"),
            Item("Journal", "ledger:journal_entry_list"),
            Item("Chart of accounts", "ledger:account_list"),
            Item("Cost layers", "ledger:cost_layer_list"),
            Item("Period close", "ledger:period_list"),
        ),
    ),
    Section(
        "Reports",
        "chart-line",
        (
            Item("Dashboard", "reporting:dashboard", "d"),
            Item("Sales", "reporting:daily_sales_list"),
            Item("Service", "reporting:daily_service_list"),
            Item("Margin by product", "reporting:product_sales_list"),
            Item("Stock value", "reporting:stock_value_list"),
            Item("Metrics", "reporting:metric_list"),
            Item("Proof", "reporting:verify_run_list", "v"),
        ),
    ),
    Section("Exceptions", "triangle-alert", (Item("Exceptions", "exception_case_list", "e"),)),
    Section("Approvals", "stamp", (Item("Approvals", "approval_request_list", "a"),)),
    Section(
        "Work",
        "cog",
        (
            Item("Jobs", "job_list", "w"),
            Item("Imports", "import_run_list"),
            Item("Inbox messages", "inbox_message_list"),
            Item("Replays", "replay_list"),
            Item("Outbox messages", "outbox_message_list"),
            Item("Sent mail", "caught_mail_list"),
            Item("Webhooks", "webhook_endpoint_list"),
            Item("Webhook deliveries", "webhook_attempt_list"),
            Item("Events", "event_list"),
        ),
    ),
    Section("Admin", "shield", (Item("Admin", "admin:index"), Item("API keys", "api_key_list"))),
)

# What the palette offers to do, beside what it finds.
ACTIONS: tuple[Item, ...] = (
    Item("New order", "orders:order_create", icon="shopping-cart"),
    Item("Import a file", "import_run_create", icon="upload"),
    Item("New purchase order", "procurement:purchase_order_create", icon="clipboard-list"),
    Item("New return", "returns:rma_create", icon="undo-2"),
    Item("Adjust stock", "inventory:adjustment_create", icon="scale"),
    Item("Transfer stock", "inventory:transfer_create", icon="truck"),
    Item("Pick by scan", "fulfillment:floor_home", icon="scan-barcode"),
    Item("Profile and theme", "profile", icon="user"),
)

# Where a person lands after logging in, when the page exists.
LANDING: dict[Role, str] = {Role.READ_ONLY: "reporting:dashboard"}


@dataclass(frozen=True)
class ShownItem:
    label: str
    url: str
    keys: str
    icon: str
    is_current: bool


@dataclass(frozen=True)
class Shown:
    """A section as one user sees it on one page."""

    label: str
    icon: str
    items: list[ShownItem] = field(default_factory=list)

    @property
    def is_current(self) -> bool:
        return any(item.is_current for item in self.items)

    @property
    def url(self) -> str:
        return self.items[0].url


def sections_for(user: Any, path: str) -> list[Shown]:
    """This function will return what `user` may open, the entry marked that is the longest match of `path`."""
    if not user.is_authenticated:
        return []
    found: list[tuple[Section, list[tuple[Item, str]]]] = []
    for section in SECTIONS:
        items = [(item, url) for item in section.items if (url := may_open(user, item.url_name))]
        if items:
            found.append((section, items))
    urls = [url for _, items in found for _, url in items]
    current = max(
        (url for url in urls if path == url or (url != "/" and path.startswith(url))), key=len, default=""
    )
    return [
        Shown(section.label, section.icon, [_shown(item, url, current, section.icon) for item, url in items])
        for section, items in found
    ]


def _shown(item: Item, url: str, current: str, icon: str) -> ShownItem:
    return ShownItem(item.label, url, item.keys, item.icon or icon, bool(current) and url == current)


def actions_for(user: Any) -> list[ShownItem]:
    """This function will return the palette's actions that `user` may start."""
    return [
        _shown(item, url, "", "arrow-right") for item in ACTIONS if (url := may_open(user, item.url_name))
    ]


def landing_url(user: Any) -> str | None:
    """This function will return where `user` should arrive; None for the home page."""
    for role in sorted(user.roles):
        name = LANDING.get(Role(role)) if role in Role.values else None
        if name and len(user.roles) == 1:
            return may_open(user, name)
    return None
