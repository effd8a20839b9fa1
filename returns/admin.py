"""What may administrators see of returns? A window: rows change through services."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from returns.models import Refund, Rma


class Window(admin.ModelAdmin):
    """Read only: rows change through services, which post what goes with them."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Rma)
class RmaAdmin(Window):
    list_display = ("number", "order", "state", "reason", "created_at")
    list_select_related = ("order",)
    search_fields = ("number",)


@admin.register(Refund)
class RefundAdmin(Window):
    list_display = ("number", "order", "state", "amount", "amount_paid")
    list_select_related = ("order",)
    search_fields = ("number",)
