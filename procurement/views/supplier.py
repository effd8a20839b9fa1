"""Which pages show suppliers, their terms and how well they deliver?"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from erp.core.errors import InvalidInput
from erp.core.pages import Action, Fact, FormPage, ListPage, Panel, PrimaryAction, RecordPage
from erp.core.pages.format import money_text
from erp.core.permissions import actor_of
from inventory.selectors import product_by_code
from procurement.filters import SupplierFilter
from procurement.forms import SupplierForm, SupplierProductForm
from procurement.models import Supplier
from procurement.selectors import purchase_orders, supplier_delivery
from procurement.services import supplier_product_save, supplier_save
from procurement.states import INBOUND
from procurement.tables import SupplierTable


class SupplierList(ListPage):
    permission, title, list_code = "procurement.view", "Suppliers", "procurement.suppliers"
    table_class, filterset_class = SupplierTable, SupplierFilter
    search_fields = ("code__istartswith", "name", "email")
    default_order = ("code",)
    primary_action = PrimaryAction("New supplier", "procurement:supplier_create")
    empty_title, empty_text = "No suppliers yet", "Add the companies you buy from."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return Supplier.objects.annotate(
            product_count=Count("products", distinct=True),
            open_orders=Count("purchase_orders", filter=Q(purchase_orders__state__in=INBOUND), distinct=True),
        )


class SupplierRecord(RecordPage):
    permission, title = "procurement.view", "Supplier"
    list_page, list_url_name = SupplierList, "procurement:supplier_list"
    template_name = "procurement/record.html"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Any:
        return get_object_or_404(Supplier, pk=kwargs["pk"])

    def get_subtitle(self, obj: Any) -> str:
        return str(obj.name)

    def get_facts(self, obj: Any) -> list[Fact]:
        delivery = supplier_delivery(obj.pk)
        orders = reverse("procurement:purchase_order_list") + f"?supplier={obj.pk}"
        return [
            Fact("Orders", delivery.orders, url=orders),
            Fact("On time", f"{delivery.on_time_percent} %" if delivery.delivered else "–", hint="of delivered orders"),
            Fact("Lead time", f"{obj.lead_time_days} days",
                 hint=f"really {delivery.average_days:.1f}" if delivery.delivered else ""),
            Fact("Pays in", f"{obj.payment_days} days"),
            Fact("Not billed yet", money_text(delivery.unbilled)),
        ]  # fmt: skip

    def get_tags(self, obj: Any) -> list[tuple[str, str, str]]:
        return [] if obj.is_active else [("Inactive", "muted", "circle-slash")]

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        new = reverse("procurement:purchase_order_create") + f"?supplier={obj.pk}"
        return [
            Action("New order", new, "procurement.edit", primary=True, method="get", icon="plus",
                   disabled_reason="" if obj.is_active else "The supplier is inactive."),
            Action("Edit", reverse("procurement:supplier_edit", args=[obj.pk]), "procurement.edit", method="get", icon="pencil"),
            Action("Add or change terms", reverse("procurement:supplier_product_save", args=[obj.pk]), "procurement.edit",
                   method="get"),
        ]  # fmt: skip

    def get_panels(self, obj: Any) -> list[Panel]:
        terms = obj.products.select_related("product").order_by("product__sku")
        recent = purchase_orders().filter(supplier=obj).order_by("-created_at")[:10]
        return [
            Panel("Recent orders", "procurement/partials/_orders.html", {"orders": recent}, flush=True),
            Panel("Terms", "procurement/partials/_terms.html",
                  {"terms": terms[:100], "count": terms.count(), "supplier": obj}, flush=True),
            Panel("Contact", "procurement/partials/_supplier.html", column="side"),
        ]  # fmt: skip


class SupplierCreate(FormPage):
    permission, title, form_class = "procurement.edit", "New supplier", SupplierForm
    submit_label, done = "Create supplier", "Supplier created."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Suppliers", reverse("procurement:supplier_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        supplier = supplier_save(
            supplier_id=kwargs.get("pk"), **form.cleaned_data, actor=actor_of(request), at=timezone.now()
        )
        return reverse("procurement:supplier_detail", args=[supplier.pk])


class SupplierEdit(SupplierCreate):
    title, submit_label, done = "Edit supplier", "Save", "Supplier saved."

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        supplier = get_object_or_404(Supplier, pk=kwargs["pk"])
        found = {name: getattr(supplier, name) for name in self.form_class.base_fields}
        return {**found, "rate": supplier.rate.normalize() if supplier.rate != 1 else None}

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        supplier = get_object_or_404(Supplier, pk=kwargs["pk"])
        here = reverse("procurement:supplier_detail", args=[supplier.pk])
        return [("Suppliers", reverse("procurement:supplier_list")), (supplier.code, here)]


class SupplierProductSave(FormPage):
    permission, title, form_class = "procurement.edit", "Terms", SupplierProductForm
    done = "Terms saved."
    help_text = "A product that has terms here already gets these instead."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        supplier = get_object_or_404(Supplier, pk=kwargs["pk"])
        here = reverse("procurement:supplier_detail", args=[supplier.pk])
        return [("Suppliers", reverse("procurement:supplier_list")), (supplier.code, here)]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = dict(form.cleaned_data)
        match = product_by_code(data.pop("sku"))
        if match is None:
            raise InvalidInput(
                "there is no such product", field="sku", remedy="Scan it again, or search for it."
            )
        supplier_product_save(
            supplier_id=kwargs["pk"],
            product_id=match.product_id,
            **data,
            actor=actor_of(request),
            at=timezone.now(),
        )
        return reverse("procurement:supplier_detail", args=[kwargs["pk"]])
