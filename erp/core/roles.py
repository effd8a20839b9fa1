"""Which roles are there, and which permission does each hold?

A permission is `<app>.<action>` and guards URLs (see `erp.core.permissions`) and service calls. Django groups carry
the roles; `role_sync` (in `erp.core.services.role`) writes this table into them, so the table is the truth.
"""

from __future__ import annotations

from django.db import models


class Role(models.TextChoices):
    OPERATIONS = "OPERATIONS", "Operations"
    WAREHOUSE = "WAREHOUSE", "Warehouse"
    PROCUREMENT = "PROCUREMENT", "Procurement"
    FINANCE = "FINANCE", "Finance"
    CUSTOMER_SERVICE = "CUSTOMER_SERVICE", "Customer service"
    ADMIN = "ADMIN", "Administrator"
    READ_ONLY = "READ_ONLY", "Read-only"


R = Role
EVERYONE = frozenset(Role)

# permission → the roles that hold it. ADMIN holds every one of them without being listed.
PERMISSIONS: dict[str, frozenset[Role]] = {
    "core.view": EVERYONE,
    "core.work_view": frozenset({R.OPERATIONS, R.FINANCE, R.PROCUREMENT, R.CUSTOMER_SERVICE}),
    "core.work_retry": frozenset({R.OPERATIONS}),
    "core.mail_view": frozenset({R.OPERATIONS}),
    "core.exception_view": EVERYONE,
    "core.exception_resolve": frozenset(
        {R.OPERATIONS, R.WAREHOUSE, R.PROCUREMENT, R.FINANCE, R.CUSTOMER_SERVICE}
    ),
    "core.note_add": frozenset({R.OPERATIONS, R.WAREHOUSE, R.PROCUREMENT, R.FINANCE, R.CUSTOMER_SERVICE}),
    "core.approval_view": EVERYONE,
    "core.approval_decide": frozenset({R.OPERATIONS, R.FINANCE, R.PROCUREMENT}),
    "core.import_view": EVERYONE,
    "core.import": frozenset({R.OPERATIONS, R.WAREHOUSE, R.PROCUREMENT, R.FINANCE, R.CUSTOMER_SERVICE}),
    "core.admin": frozenset(),
    "core.event_view": EVERYONE,
    "core.webhook_view": frozenset({R.OPERATIONS}),
    "core.webhook_edit": frozenset(),
    "inventory.view": EVERYONE,
    "inventory.product_edit": frozenset({R.OPERATIONS, R.PROCUREMENT}),
    "inventory.product_merge": frozenset({R.OPERATIONS}),
    "inventory.adjust": frozenset({R.OPERATIONS, R.WAREHOUSE}),
    "inventory.transfer": frozenset({R.OPERATIONS, R.WAREHOUSE}),
    "orders.view": EVERYONE,
    "orders.create": frozenset({R.OPERATIONS, R.CUSTOMER_SERVICE}),
    "orders.edit": frozenset({R.OPERATIONS, R.CUSTOMER_SERVICE}),
    "orders.hold_release": frozenset({R.OPERATIONS, R.CUSTOMER_SERVICE, R.FINANCE}),
    "orders.price_edit": frozenset({R.OPERATIONS, R.FINANCE}),
    "orders.credit_edit": frozenset({R.FINANCE}),
    "orders.allocate": frozenset({R.OPERATIONS}),
    "orders.policy_edit": frozenset({R.OPERATIONS}),
    "orders.refund": frozenset({R.FINANCE}),
    "orders.substitution_edit": frozenset({R.OPERATIONS}),
    "orders.price_limit_edit": frozenset({R.FINANCE}),
    "orders.listing_edit": frozenset({R.OPERATIONS, R.PROCUREMENT}),
    "orders.message": frozenset({R.OPERATIONS, R.CUSTOMER_SERVICE}),
    "orders.message_edit": frozenset({R.OPERATIONS}),
    "orders.subscription_edit": frozenset({R.OPERATIONS, R.CUSTOMER_SERVICE}),
    "orders.channel_edit": frozenset(),
    "orders.channel_sync": frozenset({R.OPERATIONS}),
    "orders.import": frozenset({R.OPERATIONS, R.CUSTOMER_SERVICE}),
    "fulfillment.view": EVERYONE,
    "fulfillment.release": frozenset({R.OPERATIONS, R.WAREHOUSE}),
    "fulfillment.pick": frozenset({R.WAREHOUSE}),
    "fulfillment.ship": frozenset({R.WAREHOUSE, R.OPERATIONS}),
    "procurement.view": frozenset({R.OPERATIONS, R.WAREHOUSE, R.PROCUREMENT, R.FINANCE, R.READ_ONLY}),
    "procurement.edit": frozenset({R.PROCUREMENT}),
    "procurement.receive": frozenset({R.WAREHOUSE, R.PROCUREMENT}),
    "procurement.invoice": frozenset({R.FINANCE}),
    "returns.view": EVERYONE,
    "returns.authorize": frozenset({R.CUSTOMER_SERVICE, R.OPERATIONS}),
    "returns.receive": frozenset({R.WAREHOUSE}),
    "returns.inspect": frozenset({R.WAREHOUSE, R.OPERATIONS}),
    "returns.refund": frozenset({R.CUSTOMER_SERVICE, R.FINANCE}),
    "ledger.view": frozenset({R.FINANCE, R.READ_ONLY}),
    "ledger.post": frozenset({R.FINANCE}),
    "ledger.close": frozenset({R.FINANCE}),
    "reporting.view": EVERYONE,
    "reporting.margin": frozenset({R.OPERATIONS, R.FINANCE, R.PROCUREMENT, R.READ_ONLY}),
    "reporting.verify": frozenset({R.OPERATIONS, R.FINANCE, R.READ_ONLY}),
}


def roles_with(permission: str) -> frozenset[Role]:
    """This function will return every role that holds `permission`; KeyError for an unknown permission."""
    return PERMISSIONS[permission] | {Role.ADMIN}


def permissions_of(roles: frozenset[str]) -> frozenset[str]:
    """This function will return the permissions that any of `roles` holds."""
    if Role.ADMIN in roles:
        return frozenset(PERMISSIONS)
    return frozenset(code for code, holders in PERMISSIONS.items() if holders & roles)
