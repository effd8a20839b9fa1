"""Which pages show pick lists?"""

from __future__ import annotations

from typing import Any

from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from erp.core.pages import Action, Fact, ListPage, Panel, RecordPage
from erp.core.pages.format import when_html
from fulfillment.filters import PickListFilter
from fulfillment.models import FulfillmentOrder, PickList, PickScan, PickTask
from fulfillment.states import PICK_LIST, PickListState
from fulfillment.tables import PickListTable


def pick_lists() -> QuerySet[PickList]:
    """This function will return pick lists with their counts: orders, tasks and tasks done."""

    def counted(rows: QuerySet[Any], what: str = "pk") -> Coalesce:
        mine = rows.filter(pick_list=OuterRef("pk")).order_by().values("pick_list")
        return Coalesce(Subquery(mine.annotate(found=Count(what)).values("found")), 0)

    return PickList.objects.select_related("node", "picker").annotate(
        orders=counted(FulfillmentOrder.objects.all()),
        tasks_total=counted(PickTask.objects.all()),
        tasks_done=counted(PickTask.objects.all(), "closed_at"),
    )


class PickListList(ListPage):
    permission, title, list_code = "fulfillment.view", "Pick lists", "fulfillment.pick_lists"
    table_class, filterset_class = PickListTable, PickListFilter
    search_fields = ("number__istartswith", "picker__username")
    empty_title, empty_text = "No pick lists", "Releasing orders makes them."

    def get_queryset(self, request: HttpRequest) -> QuerySet[PickList]:
        return pick_lists()


class PickListRecord(RecordPage):
    permission, title, machine = "fulfillment.view", "Pick list", PICK_LIST
    list_page, list_url_name = PickListList, "fulfillment:pick_list_list"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> PickList:
        return get_object_or_404(pick_lists(), pk=kwargs["pk"])

    def get_facts(self, obj: Any) -> list[Fact]:
        return [
            Fact("Node", obj.node.code),
            Fact("Picker", obj.picker or "–"),
            Fact("Orders", obj.orders),
            Fact("Tasks", f"{obj.tasks_done} of {obj.tasks_total} done"),
            Fact("Finished", when_html(obj.finished_at) if obj.finished_at else "–"),
        ]

    def get_actions(self, obj: Any, user: Any) -> list[Action]:
        is_open = obj.state in (PickListState.OPEN, PickListState.PICKING)
        return [
            Action("Pick by scan", reverse("fulfillment:floor_pick", args=[obj.pk]), "fulfillment.pick", primary=True,
                   method="get", icon="scan-barcode", disabled_reason="" if is_open else "The list is finished."),
        ]  # fmt: skip

    def get_panels(self, obj: Any) -> list[Panel]:
        tasks = obj.tasks.select_related("product", "location", "lot", "line__fulfillment").order_by(
            "position"
        )
        scans = PickScan.objects.filter(pick_list=obj).select_related("actor").order_by("-pk")[:30]
        return [
            Panel("Tasks in walk order", "fulfillment/partials/_tasks.html",
                  {"tasks": tasks, "with_order": True}, flush=True),
            Panel("Scans", "fulfillment/partials/_scans.html", {"scans": scans}, column="side", flush=True),
        ]  # fmt: skip
