"""How does every list work: filter, search, sort, columns, saved views, bulk actions, export, next and previous?

The query string is the whole state. So a list can be bookmarked, shared and saved as a view, and a record page
can find its neighbours in the list it was opened from.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any, ClassVar

import django_filters
from django.core.exceptions import PermissionDenied
from django.core.paginator import EmptyPage, Page, PageNotAnInteger, Paginator
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.views.generic import View

from erp.core.filters import chips_of
from erp.core.models import SavedView
from erp.core.pages import bulk, exports
from erp.core.pages.parts import BulkAction, PrimaryAction
from erp.core.permissions import actor_of, may_open
from erp.core.tables import KeelTable

LOOKUPS = ("exact", "iexact", "contains", "icontains", "startswith", "istartswith")
CONTROLS = ("page", "format", "view")


class ListPage(View):
    """Subclass it per noun; see docs/pages.md. `permission` guards it, `list_code` names its saved views."""

    permission: ClassVar[str] = ""
    title: ClassVar[str] = ""
    list_code: ClassVar[str] = ""
    table_class: ClassVar[type[KeelTable]]
    filterset_class: ClassVar[type[django_filters.FilterSet] | None] = None
    search_fields: ClassVar[tuple[str, ...]] = ()
    default_order: ClassVar[tuple[str, ...]] = ("-pk",)
    per_page: ClassVar[int] = 50
    hidden_columns: ClassVar[tuple[str, ...]] = ()
    bulk_actions: ClassVar[list[BulkAction]] = []
    primary_action: ClassVar[PrimaryAction | None] = None
    secondary_actions: ClassVar[tuple[PrimaryAction, ...]] = ()
    empty_title: ClassVar[str] = "Nothing here yet"
    empty_text: ClassVar[str] = ""
    help_text: ClassVar[str] = ""
    summary_template: ClassVar[str] = ""
    template_name: ClassVar[str] = "generic/list.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """This function will return the rows before any filter, with `select_related` for what the columns read."""
        raise NotImplementedError

    def get_summary(self, request: HttpRequest, rows: QuerySet[Any]) -> dict[str, Any]:
        """This function will return the context of `summary_template`, shown above the table for the filtered rows."""
        return {}

    # --- the rows that a query string stands for ---
    def matching(
        self, request: HttpRequest, params: QueryDict
    ) -> tuple[QuerySet[Any], django_filters.FilterSet | None]:
        """This function will return the rows that filter and search leave, unsorted, and the bound filter set."""
        rows = self.get_queryset(request)
        filterset = None
        if self.filterset_class is not None:
            filterset = self.filterset_class(params, queryset=rows, request=request)
            rows = filterset.qs if filterset.form.is_valid() else rows.none()
        return self.search(rows, params.get("q", "").strip()), filterset

    def search(self, rows: QuerySet[Any], text: str) -> QuerySet[Any]:
        """This function will keep the rows in which every word of `text` occurs in one of `search_fields`."""
        if not text or not self.search_fields:
            return rows
        for word in text.replace("\x00", "").split()[:8]:
            rows = rows.filter(reduce(or_, (Q(**{_lookup(name): word}) for name in self.search_fields)))
        return rows

    def table_for(self, request: HttpRequest, params: QueryDict, rows: QuerySet[Any]) -> KeelTable:
        """This function will return the table of `rows`, sorted and with the columns that `params` ask for."""
        hidden = [name for name in self.all_columns() if name not in self.shown_columns(params)]
        table = self.table_class(rows.order_by(*self.default_order), exclude=hidden, request=request)
        wanted = [name for name in params.getlist("sort") if self._is_sortable(table, name)]
        if wanted:
            table.order_by = wanted
        ordered = table.data.data
        if not {"pk", "-pk", "id", "-id"} & set(map(str, ordered.query.order_by)):
            table.data.data = ordered.order_by(*ordered.query.order_by, "-pk")
        return table

    def ordered_rows(self, request: HttpRequest, params: QueryDict) -> QuerySet[Any]:
        """This function will return the filtered rows in the order of the list: what previous and next walk along."""
        rows, _ = self.matching(request, params)
        found: QuerySet[Any] = self.table_for(request, params, rows).data.data
        return found

    def all_columns(self) -> dict[str, str]:
        """This function will return every column's name and heading."""
        return {
            name: str(column.verbose_name or name.replace("_", " ").capitalize())
            for name, column in self.table_class.base_columns.items()
        }

    def shown_columns(self, params: QueryDict) -> list[str]:
        asked = [
            name
            for value in params.getlist("cols")
            for name in value.split(",")
            if name in self.all_columns()
        ]
        return asked or [name for name in self.all_columns() if name not in self.hidden_columns]

    @staticmethod
    def _is_sortable(table: KeelTable, name: str) -> bool:
        column = name.lstrip("-")
        return column in table.columns.columns and bool(table.columns.columns[column].orderable)

    # --- the requests ---
    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        """This function will show the list, only its results to htmx, or the export that `format` names."""
        if not request.GET and (default := self._default_view(request)):
            return redirect(f"{request.path}?{default.query or 'view=all'}")
        rows, filterset = self.matching(request, request.GET)
        table = self.table_for(request, request.GET, rows)
        if request.GET.get("format") in exports.FORMATS:
            return exports.export_response(table, self.list_code or "list", request.GET["format"])
        context = self.get_context(request, table, filterset, rows)
        swaps_results = request.headers.get("HX-Target") == "list-results"
        return TemplateResponse(
            request, "generic/_list_results.html" if swaps_results else self.template_name, context
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """This function will preview a bulk action, or run one that was previewed."""
        action = next((item for item in self.bulk_actions if item.code == request.POST.get("action")), None)
        if action is None or not actor_of(request).may(action.permission):
            raise PermissionDenied
        if request.POST.get("stage") == "run":
            return bulk.run(self, action, request)
        rows, _ = self.matching(request, request.GET)
        return bulk.preview(self, action, rows, request)

    def get_context(
        self,
        request: HttpRequest,
        table: KeelTable,
        filterset: django_filters.FilterSet | None,
        rows: QuerySet[Any],
    ) -> dict[str, Any]:
        """This function will return what the list template shows."""
        page = _page_of(Paginator(table.rows, self.per_page), request.GET.get("page", "1"))
        state = request.GET.copy()
        for name in CONTROLS:
            state.pop(name, None)
        table.list_query, table.with_context = state.urlencode(), True
        table.positions = {
            row.record.pk: page.start_index() - 1 + index for index, row in enumerate(page.object_list)
        }
        table.page = page
        chips = chips_of(filterset, request.GET)
        shown = self.shown_columns(request.GET)
        return {
            "list_page": self,
            "title": self.title,
            "table": table,
            "page_obj": page,
            "page_range": page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1),
            "filterset": filterset,
            "chips": chips,
            "is_filtered": bool(chips),
            "bulk_actions": [item for item in self.bulk_actions if actor_of(request).may(item.permission)],
            "primary": self._link(request, self.primary_action),
            "secondary": [link for item in self.secondary_actions if (link := self._link(request, item))],
            "columns": [(name, label, name in shown) for name, label in self.all_columns().items()],
            "views": self._views(request),
            "current_view": request.GET.get("view", ""),
            "state_query": state.urlencode(),
            "sort_query": _minus(state, "sort"),
            "columns_query": [
                (key, value) for key, values in state.lists() if key != "cols" for value in values
            ],
            "kept": [(key, value) for key in ("cols", "sort") for value in request.GET.getlist(key)],
            "summary": self.get_summary(request, rows) if self.summary_template else {},
        }

    def _link(self, request: HttpRequest, action: PrimaryAction | None) -> dict[str, str] | None:
        if action is None or (action.permission and not actor_of(request).may(action.permission)):
            return None
        url = may_open(request.user, action.url_name, *action.args)
        query = f"?{action.query}" if action.query else ""
        return {"label": action.label, "url": f"{url}{query}", "icon": action.icon} if url else None

    def _default_view(self, request: HttpRequest) -> SavedView | None:
        return SavedView.objects.filter(
            user=actor_of(request), list_code=self.list_code, is_default=True
        ).first()

    def _views(self, request: HttpRequest) -> list[SavedView]:
        mine_or_shared = Q(user=actor_of(request)) | Q(is_shared=True)
        return list(
            SavedView.objects.filter(mine_or_shared, list_code=self.list_code)
            .select_related("user")
            .order_by("name")
        )


def _lookup(name: str) -> str:
    return name if name.rpartition("__")[2] in LOOKUPS else f"{name}__icontains"


def _minus(state: QueryDict, name: str) -> str:
    rest = state.copy()
    rest.pop(name, None)
    return rest.urlencode()


def _page_of(paginator: Paginator[Any], number: str) -> Page[Any]:
    try:
        return paginator.page(number)
    except PageNotAnInteger:
        return paginator.page(1)
    except EmptyPage:
        return paginator.page(paginator.num_pages)
