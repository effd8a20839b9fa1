"""Which pages show what the books add up to?"""

from __future__ import annotations

import csv
from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.generic import View

from ledger.selectors import Statement, TrialBalance, balance_sheet, profit_and_loss, trial_balance
from ledger.views.span import Span, recent_periods, span_of


class StatementPage(View):
    """The frame of a statement: its days, a period picker, CSV, and a template for the figures."""

    permission = "ledger.view"
    title = ""
    code = ""
    template_name = "ledger/statement.html"
    has_start = True

    def figures(self, span: Span) -> Any:
        """This function will return the statement of these days."""
        raise NotImplementedError

    def rows(self, figures: Any) -> list[list[Any]]:
        """This function will return the statement as rows for a spreadsheet, headings first."""
        raise NotImplementedError

    def get(self, request: HttpRequest) -> HttpResponse:
        """This function will show the statement, or send it as CSV when `format=csv`."""
        span = span_of(request)
        figures = self.figures(span)
        if request.GET.get("format") == "csv":
            return self._csv(figures, span)
        context = {
            "title": self.title,
            "page": self,
            "span": span,
            "figures": figures,
            "periods": recent_periods(),
            "before": self.compared(span),
        }
        return TemplateResponse(request, self.template_name, context)

    def compared(self, span: Span) -> dict[int | str, Decimal]:
        """This function will return the amounts by account of the days before, of equal number, to set beside them."""
        return {}

    def _csv(self, figures: Any, span: Span) -> HttpResponse:
        response = HttpResponse(content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = f'attachment; filename="{self.code}-{span.as_of}.csv"'
        csv.writer(response).writerows(self.rows(figures))
        return response


class TrialBalancePage(StatementPage):
    title, code, template_name = "Trial balance", "trial-balance", "ledger/trial_balance.html"

    def figures(self, span: Span) -> TrialBalance:
        return trial_balance(since=span.since, as_of=span.as_of)

    def rows(self, figures: TrialBalance) -> list[list[Any]]:
        body = [
            [
                row.account.code,
                row.account.name,
                row.opening,
                row.debit,
                row.credit,
                row.closing_debit,
                row.closing_credit,
            ]
            for row in figures.rows
        ]
        total = [
            "",
            "Total",
            "",
            figures.debit,
            figures.credit,
            figures.closing_debit,
            figures.closing_credit,
        ]
        return [
            ["Code", "Account", "Opening", "Debit", "Credit", "Closing debit", "Closing credit"],
            *body,
            total,
        ]


class ProfitAndLossPage(StatementPage):
    title, code = "Profit and loss", "profit-and-loss"

    def figures(self, span: Span) -> Statement:
        return profit_and_loss(since=span.since, as_of=span.as_of)

    def rows(self, figures: Statement) -> list[list[Any]]:
        return [["", "Amount"], *([line.label, line.amount] for line in figures.lines)]

    def compared(self, span: Span) -> dict[int | str, Decimal]:
        days = (span.as_of - span.since).days + 1
        last = span.since - timedelta(days=1)
        earlier = profit_and_loss(since=span.since - timedelta(days=days), as_of=last)
        return {line.key: line.amount for line in earlier.lines}


class BalanceSheetPage(StatementPage):
    title, code, has_start = "Balance sheet", "balance-sheet", False

    def figures(self, span: Span) -> Statement:
        return balance_sheet(as_of=span.as_of)

    def rows(self, figures: Statement) -> list[list[Any]]:
        return [["", "Amount"], *([line.label, line.amount] for line in figures.lines)]

    def compared(self, span: Span) -> dict[int | str, Decimal]:
        earlier = balance_sheet(as_of=span.as_of.replace(day=1) - timedelta(days=1))
        return {line.key: line.amount for line in earlier.lines}
