"""Which pages show price lists and contract prices, and change them?"""

from __future__ import annotations

import csv
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.models import AbstractBaseUser
from django.db.models import Count, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from erp.core.errors import InvalidInput
from erp.core.pages import (
    Action,
    BulkAction,
    Fact,
    FormPage,
    ListPage,
    Panel,
    PrimaryAction,
    RecordPage,
    run_action,
)
from erp.core.pages.format import when_html
from erp.core.permissions import actor_of, page
from inventory.models import Product
from orders import filters, tables
from orders.forms import AssignmentForm, ContractPriceForm, EntryForm, PriceListForm
from orders.models import ContractPrice, Customer, PriceList, PriceListEntry
from orders.services import (
    EntryDraft,
    PriceListDraft,
    contract_price_delete,
    contract_price_save,
    price_entry_delete,
    price_entry_save,
    price_list_assign,
    price_list_save,
    price_list_unassign,
)
from orders.services.price_list import COLUMNS, price_list_rows

EDIT = "orders.price_edit"
SHOWN = 100


def _product(sku: str) -> Product:
    found = Product.objects.filter(sku__iexact=sku.strip()).first()
    if found is None:
        raise InvalidInput(f"there is no product “{sku}”", field="sku", remedy="Use our own SKU.")
    return found


def _entry(data: dict[str, Any]) -> EntryDraft:
    product = _product(data["sku"])
    return EntryDraft(
        product.pk, data["price"], data["minimum_quantity"], data["valid_from"], data["valid_to"]
    )


class PriceListList(ListPage):
    permission, title, list_code = "orders.view", "Price lists", "orders.price_lists"
    table_class, filterset_class = tables.PriceListTable, filters.PriceListFilter
    search_fields = ("code__istartswith", "name")
    default_order = ("code",)
    primary_action = PrimaryAction("New price list", "orders:price_list_create")
    secondary_actions = (PrimaryAction("Contract prices", "orders:contract_price_list", icon="file-text"),)
    empty_title, empty_text = (
        "No price lists",
        "Without one, orders are checked against the products' list prices.",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceList]:
        return PriceList.objects.annotate(
            prices=Count("entries", distinct=True), parties=Count("assignments", distinct=True)
        )


class PriceListRecord(RecordPage):
    permission, title = "orders.view", "Price list"
    list_page, list_url_name = PriceListList, "orders:price_list_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> PriceList:
        return get_object_or_404(PriceList, pk=kw["pk"])

    def get_tags(self, obj: PriceList) -> list[tuple[str, str, str]]:
        return [] if obj.is_active else [("not in force", "warning", "circle-off")]

    def get_facts(self, obj: PriceList) -> list[Fact]:
        return [
            Fact("Name", obj.name), Fact("Currency", obj.currency),
            Fact("From", when_html(obj.valid_from, "date") if obj.valid_from else "always"),
            Fact("Until", when_html(obj.valid_to, "date") if obj.valid_to else "further notice"),
            Fact("Prices", f"{obj.entries.count():,}", f"{reverse('orders:price_entry_list')}?price_list={obj.pk}"),
        ]  # fmt: skip

    def get_actions(self, obj: PriceList, user: AbstractBaseUser) -> list[Action]:
        def to(name: str) -> str:
            return reverse(f"orders:{name}", args=[obj.pk])

        wizard = reverse("import_run_create")
        return [
            Action("Add price", to("price_entry_create"), EDIT, primary=True, method="get"),
            Action("Assign", to("price_list_assign"), EDIT, method="get"),
            Action(
                "Import",
                f"{wizard}?{urlencode({'kind': 'prices', 'price_list': obj.code})}",
                EDIT,
                method="get",
            ),
            Action("Export", to("price_list_export"), "orders.view", method="get"),
            Action("Edit", to("price_list_edit"), EDIT, method="get"),
        ]

    def get_panels(self, obj: PriceList) -> list[Panel]:
        entries = obj.entries.select_related("product").order_by("product__sku", "minimum_quantity", "pk")
        assigned = obj.assignments.select_related("customer", "channel").order_by("pk")
        context = {"entries": entries[:SHOWN], "shown": SHOWN, "total": obj.entries.count()}
        return [
            Panel("Prices", "orders/partials/_price_entries.html", context, flush=True),
            Panel("For", "orders/partials/_price_parties.html", {"assignments": assigned}, column="side"),
        ]


class PriceListCreate(FormPage):
    permission, title, form_class, done = EDIT, "New price list", PriceListForm, "Price list saved."

    def get_title(self, request: HttpRequest, **kw: Any) -> str:
        return "Edit price list" if "pk" in kw else self.title

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        return [("Price lists", reverse("orders:price_list_list"))]

    def get_initial(self, request: HttpRequest, **kw: Any) -> dict[str, Any]:
        if "pk" not in kw:
            return super().get_initial(request, **kw)
        found = get_object_or_404(PriceList, pk=kw["pk"])
        return {name: getattr(found, name) for name in PriceListForm.base_fields}

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        saved = price_list_save(
            PriceListDraft(**form.cleaned_data), price_list_id=kw.get("pk"), actor=actor_of(request), at=timezone.now()
        )  # fmt: skip
        return _url(saved.pk)


def _url(pk: int) -> str:
    return reverse("orders:price_list_detail", args=[pk])


class PartOfList(FormPage):
    """The base of the forms that add something to one list."""

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        code = get_object_or_404(PriceList, pk=kw["pk"]).code
        return [("Price lists", reverse("orders:price_list_list")), (code, _url(kw["pk"]))]


class PriceEntryCreate(PartOfList):
    permission, title, form_class, done = EDIT, "Price of a product", EntryForm, "Price saved."
    help_text = "The same product, quantity and first day replaces the price that stands there."

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        draft = _entry(form.cleaned_data)
        price_entry_save(price_list_id=kw["pk"], draft=draft, actor=actor_of(request), at=timezone.now())
        return _url(kw["pk"])


class PriceListAssign(PartOfList):
    permission, title, form_class, done = EDIT, "Assign the list", AssignmentForm, "Assigned."
    help_text = (
        "To one customer, or a segment, or a channel. The nearest one wins: customer, segment, channel."
    )

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        data = form.cleaned_data
        customer = Customer.objects.filter(number=data["customer"]).first() if data["customer"] else None
        if data["customer"] and customer is None:
            raise InvalidInput(
                "there is no customer with that number", field="customer", remedy="Check the number."
            )
        price_list_assign(
            price_list_id=kw["pk"], customer_id=customer.pk if customer else None, segment=data["segment"],
            channel_id=data["channel"].pk if data["channel"] else None, actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip
        return _url(kw["pk"])


@page(EDIT)
@require_POST
def price_entry_delete_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will take a price off its list."""
    return run_action(
        request, lambda: price_entry_delete(entry_id=pk, actor=actor_of(request), at=timezone.now()), done="Price removed.",
        url=_url,
    )  # fmt: skip


@page(EDIT)
@require_POST
def price_list_unassign_view(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will end an assignment of a list."""
    return run_action(
        request, lambda: price_list_unassign(assignment_id=pk, actor=actor_of(request), at=timezone.now()),
        done="No longer assigned.", url=_url,
    )  # fmt: skip


@page("orders.view")
@require_GET
def price_list_export(request: HttpRequest, pk: int) -> HttpResponse:
    """This function will return a list's prices as the CSV file that an import reads."""
    price_list = get_object_or_404(PriceList, pk=pk)
    response = HttpResponse(content_type="text/csv; charset=utf-8")
    name = "".join(char for char in price_list.code if char.isascii() and (char.isalnum() or char in "-_"))
    response["Content-Disposition"] = f'attachment; filename="prices-{name or pk}.csv"'
    writer = csv.writer(response)
    writer.writerow(COLUMNS)
    entries = price_list.entries.select_related("product").order_by("product__sku", "minimum_quantity", "pk")
    writer.writerows(price_list_rows(list(entries)))
    return response


class PriceEntryList(ListPage):
    permission, title, list_code = "orders.view", "Prices on lists", "orders.price_entries"
    table_class, filterset_class = tables.PriceEntryTable, filters.PriceEntryFilter
    search_fields = ("product__sku__istartswith", "product__name")
    default_order = ("price_list__code", "product__sku", "minimum_quantity")
    empty_title, empty_text = "No prices", "Add prices to a list, or import them from a file."

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceListEntry]:
        return PriceListEntry.objects.select_related("price_list", "product")


def preview_end(queryset: QuerySet[ContractPrice], request: HttpRequest) -> list[str]:
    """This function will say what ending contract prices does."""
    return [
        f"{queryset.count()} contract prices end now; their history stays. Lists and list prices apply instead."
    ]


def run_end(ids: list[int], request: HttpRequest) -> list[tuple[str, bool, str]]:
    """This function will end contract prices one by one."""
    outcomes = []
    for price in (
        ContractPrice.objects.filter(pk__in=ids).select_related("customer", "product").order_by("pk")
    ):
        contract_price_delete(price_id=price.pk, actor=actor_of(request), at=timezone.now())
        outcomes.append((f"{price.customer.number} {price.product.sku}", True, "Ended."))
    return outcomes


class ContractPriceList(ListPage):
    permission, title, list_code = "orders.view", "Contract prices", "orders.contract_prices"
    table_class, filterset_class = tables.ContractPriceTable, filters.ContractPriceFilter
    search_fields = ("customer__number__istartswith", "customer__name", "product__sku__istartswith")
    default_order = ("customer__number", "product__sku", "minimum_quantity")
    primary_action = PrimaryAction("New contract price", "orders:contract_price_create")
    bulk_actions = [BulkAction("end", "End", EDIT, preview=preview_end, run=run_end, icon="ban")]
    empty_title, empty_text = "No contract prices", "What one customer pays for one product, before any list."

    def get_queryset(self, request: HttpRequest) -> QuerySet[ContractPrice]:
        return ContractPrice.objects.select_related("customer", "product")


class ContractPriceCreate(FormPage):
    permission, title, form_class, done = EDIT, "Contract price", ContractPriceForm, "Contract price saved."
    help_text = (
        "The same customer, product, currency, quantity and first day replaces the price that stands there."
    )

    def get_breadcrumbs(self, request: HttpRequest, **kw: Any) -> list[tuple[str, str]]:
        return [("Contract prices", reverse("orders:contract_price_list"))]

    def perform(self, request: HttpRequest, form: Any, **kw: Any) -> str:
        data = form.cleaned_data
        customer = Customer.objects.filter(number=data["customer"]).first()
        if customer is None:
            raise InvalidInput(
                "there is no customer with that number", field="customer", remedy="Check the number."
            )
        contract_price_save(
            customer_id=customer.pk, currency=data["currency"], draft=_entry(data), actor=actor_of(request), at=timezone.now()
        )  # fmt: skip
        return f"{reverse('orders:contract_price_list')}?customer={customer.pk}"
