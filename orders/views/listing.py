"""What is each product called at each channel, who said so, and which names does nobody know?"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from erp.core.errors import InvalidInput, KeelError
from erp.core.pages import (
    Action,
    ActionField,
    BulkAction,
    Fact,
    FormPage,
    ListPage,
    PrimaryAction,
    RecordPage,
    run_action,
)
from erp.core.pages.actions import refusal_text
from erp.core.pages.parts import RowOutcome
from erp.core.permissions import actor_of, page
from inventory.models import Product
from orders import filters
from orders.models import Channel, Listing
from orders.selectors.unmapped import unmapped_skus
from orders.services.listing import (
    Mapping,
    listing_activate,
    listing_map_many,
    listing_save,
    map_rows,
    sku_map_and_replay,
    waiting_messages,
)
from orders.tables import ListingTable

EDIT = "orders.listing_edit"
PER_PAGE = 25


def _activate_preview(rows: QuerySet[Any], request: HttpRequest) -> list[str]:
    return [
        f"{rows.count()} listings change; what a channel calls by them is looked up accordingly from now on."
    ]


def _activate_run(is_active: bool) -> Any:
    def run(ids: list[int], request: HttpRequest) -> list[RowOutcome]:
        outcomes: list[RowOutcome] = []
        for row in Listing.objects.filter(pk__in=ids).order_by("pk"):
            try:
                listing_activate(
                    listing_id=row.pk, is_active=is_active, actor=actor_of(request), at=timezone.now()
                )
            except KeelError as refusal:
                outcomes.append((row.channel_sku, False, refusal_text(refusal)))
            else:
                outcomes.append((row.channel_sku, True, "in use" if is_active else "out of use"))
        return outcomes

    return run


class ListingList(ListPage):
    permission, title, list_code = "orders.view", "Listings", "orders.listings"
    table_class, filterset_class = ListingTable, filters.ListingFilter
    search_fields = ("channel_sku__istartswith", "product__sku__istartswith", "product__name")
    default_order = ("channel", "channel_sku")
    primary_action = PrimaryAction("New listing", "orders:listing_create", EDIT)
    secondary_actions = (
        PrimaryAction("Map many", "orders:listing_map", EDIT, icon="list-plus"),
        PrimaryAction("Unknown SKUs", "orders:unmapped_sku_list", icon="circle-question-mark"),
    )
    bulk_actions = [
        BulkAction("off", "Take out of use", EDIT, _activate_preview, _activate_run(False), icon="ban"),
        BulkAction("on", "Take back into use", EDIT, _activate_preview, _activate_run(True), icon="check"),
    ]
    empty_title, empty_text = "No listings", "Without one, a channel's SKU is looked up among our own."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Listing]:
        return Listing.objects.select_related("channel", "product")


class ListingRecord(RecordPage):
    """Who mapped what to what and when stands in its timeline."""

    permission, title = "orders.view", "Listing"
    list_page, list_url_name = ListingList, "orders:listing_list"

    def get_object(self, request: HttpRequest, **kw: Any) -> Listing:
        return get_object_or_404(Listing.objects.select_related("channel", "product"), pk=kw["pk"])

    def get_title(self, obj: Listing) -> str:
        return f"{obj.channel_sku} at {obj.channel}"

    def get_crumb(self, obj: Listing) -> str:
        return str(obj.channel_sku)

    def get_tags(self, obj: Listing) -> list[tuple[str, str, str]]:
        return [] if obj.is_active else [("Out of use", "muted", "ban")]

    def get_facts(self, obj: Listing) -> list[Fact]:
        url = reverse("inventory:product_detail", args=[obj.product_id])
        channel = reverse("orders:channel_detail", args=[obj.channel_id])
        return [
            Fact("Means", str(obj.product), url=url, hint=obj.product.name),
            Fact("Channel", obj.channel.name, url=channel),
        ]

    def get_actions(self, obj: Listing, user: Any) -> list[Action]:
        query = urlencode({"channel": obj.channel_id, "channel_sku": obj.channel_sku, "sku": obj.product.sku})
        label, value = ("Take out of use", "") if obj.is_active else ("Take back into use", "1")
        return [
            Action("Map it anew", f"{reverse('orders:listing_create')}?{query}", EDIT, method="get", primary=True,
                   icon="pencil-line"),
            Action(label, reverse("orders:listing_activate", args=[obj.pk]), EDIT, icon="ban" if obj.is_active else "check",
                   fields=[ActionField("is_active", "", kind="hidden", value=value), ActionField("reason", "Why")]),
        ]  # fmt: skip


class ListingForm(forms.Form):
    channel = forms.ModelChoiceField(queryset=Channel.objects.none())
    channel_sku = forms.CharField(label="SKU at the channel", max_length=80)
    sku = forms.CharField(label="Our SKU", max_length=40)
    reason = forms.CharField(max_length=100, required=False, label="Why")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.order_by("code")  # type: ignore[attr-defined]


def product_of(sku: str) -> Product:
    """This function will return the product that a typed SKU means; InvalidInput when none does."""
    found = Product.objects.filter(sku__iexact=sku.strip()).select_related("merged_into").first()
    if found is None:
        raise InvalidInput(f"there is no product “{sku[:40]}”", field="sku", remedy="Use one of our SKUs.")
    return found.merged_into or found


class ListingCreate(FormPage):
    """What waited for the mapping is handled again with it."""

    permission, title, form_class, submit_label = EDIT, "Map a channel's SKU", ListingForm, "Map it"
    done = "Mapped. What waited for it was handled again."
    help_text = (
        "A SKU that is mapped already means the new product from now on; orders that came before keep theirs."
    )

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Listings", reverse("orders:listing_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data, actor, at = form.cleaned_data, actor_of(request), timezone.now()
        product = product_of(data["sku"])
        asked: dict[str, Any] = {
            "channel_id": data["channel"].pk, "channel_sku": data["channel_sku"], "product_id": product.pk,
            "reason": data["reason"], "actor": actor, "at": at,
        }  # fmt: skip
        if waiting_messages(channel=data["channel"].code, channel_sku=data["channel_sku"].strip()):
            return _where(sku_map_and_replay(**asked))
        return reverse("orders:listing_detail", args=[listing_save(**asked).pk])


class MapForm(forms.Form):
    channel = forms.ModelChoiceField(
        queryset=Channel.objects.none(), required=False, help_text="For rows that name none."
    )
    rows = forms.CharField(
        widget=forms.Textarea(attrs={"rows": 12, "class": "k-code"}), required=False,
        help_text="One row each: SKU at the channel, our SKU. Or: channel, SKU at the channel, our SKU.",
    )  # fmt: skip
    file = forms.FileField(required=False, help_text="Or a CSV file of the same rows, UTF-8.")
    reason = forms.CharField(max_length=100, required=False, label="Why")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["channel"].queryset = Channel.objects.order_by("code")  # type: ignore[attr-defined]


class ListingMap(FormPage):
    permission, title, form_class, submit_label = EDIT, "Map many SKUs", MapForm, "Map them"
    done = "Mapped."
    help_text = "All of them, or none when a row is wrong. Rows that say what is so already change nothing."

    def get_breadcrumbs(self, request: HttpRequest, **kwargs: Any) -> list[tuple[str, str]]:
        return [("Listings", reverse("orders:listing_list"))]

    def perform(self, request: HttpRequest, form: Any, **kwargs: Any) -> str:
        data = form.cleaned_data
        text = data["rows"]
        if data["file"] is not None:
            try:
                text = data["file"].read(4 * 2**20).decode("utf-8-sig")
            except UnicodeDecodeError as error:
                raise InvalidInput(
                    "the file is not UTF-8", field="file", remedy="Save it as CSV UTF-8."
                ) from error
        rows = map_rows(text, channel=data["channel"].code if data["channel"] else "")
        listing_map_many(rows=rows, reason=data["reason"], actor=actor_of(request), at=timezone.now())
        return reverse("orders:listing_list")


@page(EDIT)
@require_POST
def listing_activate_view(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a listing out of use, or back."""
    return run_action(
        request,
        lambda: listing_activate(
            listing_id=pk, is_active=bool(request.POST.get("is_active")), reason=request.POST.get("reason", ""),
            actor=actor_of(request), at=timezone.now(),
        ),
        done="Saved.",
        url=reverse("orders:listing_detail", args=[pk]),
    )  # fmt: skip


class _Found(Paginator[Any]):
    """Pages of what the database has cut already."""

    def __init__(self, total: int) -> None:
        super().__init__([], PER_PAGE)
        self.total = total

    @property
    def count(self) -> int:
        return self.total


@page("orders.view")
@require_GET
def unmapped_sku_list(request: HttpRequest) -> HttpResponse:
    """The channel SKUs that nobody has mapped, with what waits for each and what it could mean."""
    channel, text = (
        request.GET.get("channel", "")[:40],
        request.GET.get("q", "").replace("\x00", "").strip()[:80],
    )
    asked = request.GET.get("page", "1")
    number = int(asked) if asked.isascii() and asked.isdigit() and 0 < int(asked[:6]) < 10_000 else 1
    rows, total = unmapped_skus(channel=channel, text=text, limit=PER_PAGE, offset=(number - 1) * PER_PAGE)
    paginator = _Found(total)
    context = {
        "title": "Unknown SKUs", "rows": rows, "total": total, "q": text, "channel": channel,
        "channels": list(Channel.objects.order_by("code").values_list("code", flat=True)),
        "page_obj": Page([], number, paginator) if total else None, "is_filtered": bool(channel or text),
    }  # fmt: skip
    return TemplateResponse(request, "orders/unmapped_sku_list.html", context)


@page(EDIT)
@require_POST
def unmapped_sku_map(request: HttpRequest) -> HttpResponse:
    """Map one unknown SKU and handle again what waited for it."""

    def act() -> Mapping:
        channel = request.POST.get("channel", "")
        found = (
            Channel.objects.filter(pk=int(channel)).first()
            if channel.isascii() and channel.isdigit()
            else None
        )
        if found is None:
            raise InvalidInput("there is no such channel", field="channel", remedy="Reload the page.")
        return sku_map_and_replay(
            channel_id=found.pk, channel_sku=request.POST.get("channel_sku", ""),
            product_id=product_of(request.POST.get("sku", "")).pk, reason=request.POST.get("reason", ""),
            actor=actor_of(request), at=timezone.now(),
        )  # fmt: skip

    return run_action(request, act, done=_said, url=_where)


def _said(mapping: Mapping) -> str:
    words = f"“{mapping.listing.channel_sku}” means {mapping.listing.product} now."
    follow = f" {mapping.followed} channel orders follow." if mapping.followed else ""
    return f"{words} What waited for it was handled again.{follow}" if mapping.replay else f"{words}{follow}"


def _where(mapping: Mapping) -> str:
    if mapping.replay is not None:
        return reverse("replay_detail", args=[mapping.replay.pk])
    return reverse("orders:listing_detail", args=[mapping.listing.pk])
