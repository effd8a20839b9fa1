"""Which pages keep the rules of substitution and the limits of price overrides?"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import django_filters
import django_tables2 as tables
from django.contrib.auth.models import AbstractBaseUser
from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone

from erp.core.filters import KeelFilterSet
from erp.core.pages import Action, Fact, FormPage, ListPage, PrimaryAction, RecordPage
from erp.core.pages.format import money_text
from erp.core.permissions import actor_of
from erp.core.tables import KeelTable, MoneyColumn, RecordColumn
from orders.forms import PriceLimitForm, SubstitutionForm
from orders.models import PriceLimit, Substitution
from orders.services import SubstitutionDraft, price_limit_save, substitution_save


class SubstitutionTable(KeelTable):
    product = RecordColumn(accessor="product__sku", verbose_name="Product")
    substitute = tables.Column(accessor="substitute__sku", verbose_name="Substitute")
    ratio = tables.Column(empty_values=(), orderable=False)
    is_both_ways = tables.BooleanColumn(verbose_name="Both ways", yesno="yes,no")
    needs_agreement = tables.BooleanColumn(verbose_name="Customer agrees", yesno="yes,no")
    price_rule = tables.Column()
    valid_from = tables.DateColumn()
    valid_to = tables.DateColumn()
    priority = tables.Column(attrs={"td": {"class": "k-num"}, "th": {"class": "k-num"}})
    is_active = tables.BooleanColumn(verbose_name="In force", yesno="yes,no")

    class Meta(KeelTable.Meta):
        model = Substitution
        fields = (
            "product", "substitute", "ratio", "is_both_ways", "needs_agreement", "price_rule", "valid_from", "valid_to",
            "priority", "is_active",
        )  # fmt: skip

    def render_ratio(self, record: Substitution) -> str:
        return f"{record.quantity_product} → {record.quantity_substitute}"


class SubstitutionFilter(KeelFilterSet):
    is_active = django_filters.BooleanFilter(label="In force")
    needs_agreement = django_filters.BooleanFilter(label="Customer agrees")
    price_rule = django_filters.MultipleChoiceFilter(choices=Substitution.PRICE_RULES, label="Price rule")

    class Meta:
        model = Substitution
        fields: list[str] = []


class SubstitutionList(ListPage):
    permission, title, list_code = "orders.view", "Substitutions", "orders.substitutions"
    table_class, filterset_class = SubstitutionTable, SubstitutionFilter
    search_fields = (
        "product__sku__istartswith",
        "substitute__sku__istartswith",
        "product__name",
        "substitute__name",
    )
    default_order = ("product__sku", "-priority", "pk")
    hidden_columns = ("valid_from", "valid_to")
    primary_action = PrimaryAction("New rule", "orders:substitution_create")
    secondary_actions = (
        PrimaryAction(
            "Import rules",
            "import_run_create",
            "orders.substitution_edit",
            icon="upload",
            query="kind=substitutions",
        ),
    )
    empty_title = "No substitutions"
    empty_text = "A rule says which product may be sent instead of which, and what the customer pays."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Substitution]:
        return Substitution.objects.select_related("product", "substitute")


class SubstitutionRecord(RecordPage):
    permission, title = "orders.view", "Substitution"
    list_page, list_url_name = SubstitutionList, "orders:substitution_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> Substitution:
        return get_object_or_404(Substitution.objects.select_related("product", "substitute"), pk=kw["pk"])

    def get_title(self, obj: Substitution) -> str:
        return f"{obj.product.sku} → {obj.substitute.sku}"

    def get_crumb(self, obj: Substitution) -> str:
        return self.get_title(obj)

    def get_facts(self, obj: Substitution) -> list[Fact]:
        begin, end = obj.valid_from or "always", obj.valid_to or "on"
        return [
            Fact("Ratio", f"{obj.quantity_product} → {obj.quantity_substitute}", hint="both ways" if obj.is_both_ways else ""),
            Fact("Price", obj.get_price_rule_display()), Fact("Customer agrees", "yes" if obj.needs_agreement else "no"),
            Fact("Valid", f"{begin} – {end}"), Fact("Priority", obj.priority), Fact("In force", "yes" if obj.is_active else "no"),
        ]  # fmt: skip

    def get_actions(self, obj: Substitution, user: AbstractBaseUser) -> list[Action]:
        url = reverse("orders:substitution_edit", args=[obj.pk])
        return [Action("Edit", url, "orders.substitution_edit", primary=True, method="get")]


class SubstitutionEdit(FormPage):
    """Create and edit share one form; with a pk it edits."""

    permission, form_class, done = "orders.substitution_edit", SubstitutionForm, "Rule saved."

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return "Edit substitution" if "pk" in kwargs else "New substitution"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Substitutions", reverse("orders:substitution_list"))]

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        if "pk" not in kwargs:
            return super().get_initial(request, **kwargs)
        rule = get_object_or_404(
            Substitution.objects.select_related("product", "substitute"), pk=kwargs["pk"]
        )
        values = {field.name: getattr(rule, field.name) for field in fields(SubstitutionDraft)}
        return values | {"product": rule.product.sku, "substitute": rule.substitute.sku}

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        draft = SubstitutionDraft(**form.cleaned_data)
        substitution_save(draft, substitution_id=kwargs.get("pk"), actor=actor_of(request), at=timezone.now())
        return reverse("orders:substitution_list")


class PriceLimitTable(KeelTable):
    role = RecordColumn()
    max_percent = tables.Column(
        verbose_name="Per line, %", attrs={"td": {"class": "k-num"}, "th": {"class": "k-num"}}
    )
    max_amount = MoneyColumn(verbose_name="Per order")

    class Meta(KeelTable.Meta):
        model = PriceLimit
        fields = ("role", "max_percent", "max_amount")

    def render_max_percent(self, value: Any) -> str:
        return f"{value:.2f}"


class PriceLimitFilter(KeelFilterSet):
    class Meta:
        model = PriceLimit
        fields: list[str] = []


class PriceLimitList(ListPage):
    permission, title, list_code = "orders.view", "Price limits", "orders.price_limits"
    table_class, filterset_class = PriceLimitTable, PriceLimitFilter
    search_fields = ("role",)
    default_order = ("role",)
    primary_action = PrimaryAction("New limit", "orders:price_limit_create")
    empty_title = "No limits"
    empty_text = "Without a limit every price below what was agreed waits for approval."

    def get_queryset(self, request: HttpRequest) -> QuerySet[PriceLimit]:
        return PriceLimit.objects.all()


class PriceLimitRecord(RecordPage):
    permission, title = "orders.view", "Price limit of"
    list_page, list_url_name = PriceLimitList, "orders:price_limit_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> PriceLimit:
        return get_object_or_404(PriceLimit, pk=kw["pk"])

    def get_title(self, obj: PriceLimit) -> str:
        return f"{self.title} {obj.get_role_display()}"

    def get_facts(self, obj: PriceLimit) -> list[Fact]:
        return [Fact("Per line", f"{obj.max_percent:.2f} %"), Fact("Per order", money_text(obj.max_amount))]

    def get_actions(self, obj: PriceLimit, user: AbstractBaseUser) -> list[Action]:
        url = reverse("orders:price_limit_edit", args=[obj.pk])
        return [Action("Edit", url, "orders.price_limit_edit", primary=True, method="get")]


class PriceLimitEdit(FormPage):
    permission, form_class, done = "orders.price_limit_edit", PriceLimitForm, "Limit saved."
    help_text = "How far below what was agreed the role may go by itself; beyond either figure somebody else approves."

    def get_title(self, request: HttpRequest, **kwargs: Any) -> str:
        return "Edit price limit" if "pk" in kwargs else "New price limit"

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Price limits", reverse("orders:price_limit_list"))]

    def get_initial(self, request: HttpRequest, **kwargs: Any) -> dict[str, Any]:
        if "pk" not in kwargs:
            return super().get_initial(request, **kwargs)
        limit = get_object_or_404(PriceLimit, pk=kwargs["pk"])
        return {
            "role": limit.role,
            "max_percent": f"{limit.max_percent:.2f}",
            "max_amount": f"{limit.max_amount:.2f}",
        }

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        price_limit_save(
            **form.cleaned_data, price_limit_id=kwargs.get("pk"), actor=actor_of(request), at=timezone.now()
        )
        return reverse("orders:price_limit_list")
