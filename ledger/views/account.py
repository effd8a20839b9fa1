"""Which pages show the chart of accounts, and one account's lines?"""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone

from erp.core.pages import Action, Fact, Panel, RecordPage
from erp.core.pages.format import money_text
from erp.core.permissions import page
from ledger.models import Account, AccountRole
from ledger.selectors import (
    account_balance_of,
    account_line_count,
    account_lines,
    account_opening,
    chart_tree,
)
from ledger.views.span import Span, recent_periods, span_of

PER_PAGE = 200


@page("ledger.view")
def account_list(request: HttpRequest) -> HttpResponse:
    """This function will show the chart as a tree with today's balances, branches added up."""
    today = timezone.localdate()
    rows = chart_tree(as_of=today)
    return TemplateResponse(
        request,
        "ledger/account_list.html",
        {"title": "Chart of accounts", "rows": rows, "as_of": today, "roles": dict(AccountRole.choices)},
    )


class AccountRecord(RecordPage):
    """An account's page is its ledger: the lines of some days with the balance after each."""

    permission, title, list_url_name = "ledger.view", "", "ledger:account_list"
    template_name = "ledger/record.html"

    def get_object(self, request: HttpRequest, **kwargs: Any) -> Account:
        account = Account.objects.select_related("parent").filter(pk=kwargs["pk"]).first()
        if account is None:
            raise Http404
        account.span = span_of(request)
        account.page_number = request.GET.get("page", "1")
        return account

    def get_breadcrumbs(self, obj: Account) -> list[tuple[str, str]]:
        return [
            (above.name, reverse("ledger:account_detail", args=[above.pk])) for above in obj.get_ancestors()
        ]

    def get_facts(self, obj: Account) -> list[Fact]:
        span: Span = obj.span
        return [
            Fact("Type", obj.get_account_type_display()),
            Fact("Role in posting rules", obj.get_role_display() or "None: entries by hand only"),
            Fact("Balance", money_text(account_balance_of(obj, span.as_of)), hint=f"on {span.as_of}"),
        ]

    def get_tags(self, obj: Account) -> list[tuple[str, str, str]]:
        return [] if obj.is_active else [("Not in use", "muted", "ban")]

    def get_actions(self, obj: Account, user: Any) -> list[Action]:
        return [
            Action(
                "Lines with filters", f"{reverse('ledger:journal_line_list')}?account={obj.pk}", "ledger.view",
                method="get", icon="list-filter",
            )
        ]  # fmt: skip

    def get_panels(self, obj: Account) -> list[Panel]:
        if not obj.is_leaf_node():
            children = [row for row in chart_tree(as_of=obj.span.as_of) if row.account.parent_id == obj.pk]
            return [Panel("Sub-accounts", "ledger/partials/_children.html", {"rows": children}, flush=True)]
        span: Span = obj.span
        days: dict[str, Any] = {"account_id": obj.pk, "since": span.since, "as_of": span.as_of}
        pages = Paginator(range(account_line_count(**days)), PER_PAGE)
        shown = pages.get_page(obj.page_number)
        lines = account_lines(**days, limit=PER_PAGE, offset=(shown.number - 1) * PER_PAGE)
        context = {
            "lines": lines,
            "opening": account_opening(account_id=obj.pk, since=span.since),
            "closing": account_balance_of(obj, span.as_of),
            "span": span,
            "periods": recent_periods(),
            "page_obj": shown,
        }
        return [Panel("Lines", "ledger/partials/_account_lines.html", context, flush=True)]
