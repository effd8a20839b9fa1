"""Which accounts are there, and which role does each play in the posting rules?"""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from mptt.models import MPTTModel, TreeForeignKey
from simple_history.models import HistoricalRecords

from erp.core.triggers import Guard


class AccountType(models.TextChoices):
    ASSET = "ASSET", "Asset"
    LIABILITY = "LIABILITY", "Liability"
    EQUITY = "EQUITY", "Equity"
    INCOME = "INCOME", "Income"
    EXPENSE = "EXPENSE", "Expense"


class AccountRole(models.TextChoices):
    """What a posting rule may name. A rule never names an account number."""

    CASH = "CASH", "Cash at bank"
    CASH_CLEARING = "CASH_CLEARING", "Cash clearing (payments captured, not yet settled)"
    RECEIVABLE = "RECEIVABLE", "Trade receivables"
    INVENTORY = "INVENTORY", "Inventory"
    GRNI = "GRNI", "Goods received, not invoiced"
    PAYABLE = "PAYABLE", "Trade payables"
    TAX_PAYABLE = "TAX_PAYABLE", "Sales tax payable"
    EQUITY_OPENING = "EQUITY_OPENING", "Opening balance equity"
    RETAINED_EARNINGS = "RETAINED_EARNINGS", "Retained earnings"
    REVENUE = "REVENUE", "Sales revenue"
    SHIPPING_REVENUE = "SHIPPING_REVENUE", "Shipping revenue"
    DISCOUNT = "DISCOUNT", "Discounts granted"
    OTHER_INCOME = "OTHER_INCOME", "Other income"
    SALES_RETURNS = "SALES_RETURNS", "Sales returns and allowances"
    COGS = "COGS", "Cost of goods sold"
    PPV = "PPV", "Purchase price variance"
    STOCK_ADJUSTMENT = "STOCK_ADJUSTMENT", "Stock adjustments (shrinkage and found stock)"
    WRITE_OFF = "WRITE_OFF", "Returned goods written off"
    CHANNEL_FEE = "CHANNEL_FEE", "Marketplace and channel fees"
    BANK_CHARGE = "BANK_CHARGE", "Bank charges"
    BAD_DEBT = "BAD_DEBT", "Bad debt"
    SAMPLES = "SAMPLES", "Samples and marketing"
    FREIGHT_OUT = "FREIGHT_OUT", "Outbound freight"


class Account(MPTTModel):
    """A node of the chart of accounts. Only leaves are posted to; at most one account plays each role."""

    code = models.CharField(max_length=20, unique=True)
    name = models.CharField(max_length=120)
    account_type = models.CharField(max_length=10, choices=AccountType)
    role = models.CharField(max_length=24, choices=AccountRole, null=True, blank=True, unique=True)
    parent = TreeForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="children")
    is_active = models.BooleanField(default=True)
    # mptt's own columns are derived from parent; they would make every history row differ for nothing
    history = HistoricalRecords(excluded_fields=["lft", "rght", "tree_id", "level"])

    class Meta:
        constraints = [models.CheckConstraint(name="account_code_not_blank", condition=~Q(code=""))]
        triggers = [
            Guard(
                name="account_stays",
                level=pgtrigger.Statement,
                when=pgtrigger.Before,
                operation=pgtrigger.Delete | pgtrigger.Truncate,
                func="RAISE EXCEPTION 'an account is never deleted; deactivate it' "
                "USING ERRCODE = 'insufficient_privilege';",
            )
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.name}"
