"""What of the ledger may an administrator see and edit? Accounts, by the service's rules; everything else is a window."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils import timezone

from erp.core.errors import KeelError
from erp.core.permissions import actor_of
from ledger.forms import AccountForm
from ledger.models import (
    Account,
    CostLayer,
    CostMovement,
    JournalEntry,
    JournalLine,
    ManualEntry,
    Period,
    PeriodBalance,
    TieOut,
)
from ledger.services import account_save
from ledger.services.chart import account_check


class _CheckedForm(AccountForm):
    def clean(self) -> dict[str, Any] | None:
        """This function will let the service's rules speak as form errors, before anything is saved."""
        cleaned = super().clean()
        if not self.errors:
            for name, value in (cleaned or {}).items():
                setattr(self.instance, name, value)
            try:
                account_check(account=self.instance)
            except KeelError as refusal:
                raise ValidationError({refusal.field: f"{refusal.message}. {refusal.remedy}"}) from refusal
        return cleaned


class AccountAdmin(admin.ModelAdmin):
    form = _CheckedForm
    list_display = ("code", "name", "account_type", "role", "is_active")
    list_filter = ("account_type", "is_active")
    search_fields = ("code", "name")
    ordering = ("code",)

    def save_model(self, request: HttpRequest, obj: Account, form: Any, change: bool) -> None:
        account_save(account=obj, actor=actor_of(request), at=timezone.now())

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class Window(admin.ModelAdmin):
    """Journals and documents are read here, never written."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class JournalEntryWindow(Window):
    list_display = ("number", "posting_date", "kind", "source_type", "source_id")
    search_fields = ("number",)
    ordering = ("-pk",)
    list_select_related = ("period",)
    show_full_result_count = False


class PeriodWindow(Window):
    list_display = ("code", "state", "closed_at", "seal")
    ordering = ("-start_date",)


admin.site.register(Account, AccountAdmin)
admin.site.register(JournalEntry, JournalEntryWindow)
admin.site.register(Period, PeriodWindow)
admin.site.register([JournalLine, CostLayer, CostMovement, PeriodBalance, TieOut, ManualEntry], Window)
