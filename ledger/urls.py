"""Which page shows it?"""

from __future__ import annotations

from django.urls import path

from ledger.views import account, cost, journal, manual_entry, period, statement

app_name = "ledger"
urlpatterns = [
    path("trial-balance/", statement.TrialBalancePage.as_view(), name="trial_balance"),
    path("profit-and-loss/", statement.ProfitAndLossPage.as_view(), name="profit_and_loss"),
    path("balance-sheet/", statement.BalanceSheetPage.as_view(), name="balance_sheet"),
    path("accounts/", account.account_list, name="account_list"),
    path("accounts/<int:pk>/", account.AccountRecord.as_view(), name="account_detail"),
    path("entries/", journal.JournalEntryList.as_view(), name="journal_entry_list"),
    path("entries/<int:pk>/", journal.JournalEntryRecord.as_view(), name="journal_entry_detail"),
    path("entries/<int:pk>/reverse/", journal.journal_entry_reverse_view, name="journal_entry_reverse"),
    path("entries/of/<str:source_type>/<int:source_id>/", journal.entries_panel, name="entries_panel"),
    path("lines/", journal.JournalLineList.as_view(), name="journal_line_list"),
    path("by-hand/", manual_entry.ManualEntryList.as_view(), name="manual_entry_list"),
    path("by-hand/new/", manual_entry.ManualEntryCreate.as_view(), name="manual_entry_create"),
    path("by-hand/<int:pk>/", manual_entry.ManualEntryRecord.as_view(), name="manual_entry_detail"),
    path("periods/", period.PeriodList.as_view(), name="period_list"),
    path("periods/<int:pk>/", period.PeriodRecord.as_view(), name="period_detail"),
    path("periods/<int:pk>/begin-close/", period.period_begin_close_view, name="period_begin_close"),
    path("periods/<int:pk>/check/", period.period_check_view, name="period_check"),
    path("periods/<int:pk>/close/", period.period_close_view, name="period_close"),
    path("periods/<int:pk>/cancel-close/", period.period_cancel_close_view, name="period_cancel_close"),
    path("periods/<int:pk>/reopen/", period.period_reopen_view, name="period_reopen"),
    path("tie-outs/<int:pk>/", period.TieOutRecord.as_view(), name="tie_out_detail"),
    path("layers/", cost.CostLayerList.as_view(), name="cost_layer_list"),
    path("layers/<int:pk>/", cost.CostLayerRecord.as_view(), name="cost_layer_detail"),
    path("layers/of-product/<int:product_id>/", cost.product_cost_panel, name="product_cost_panel"),
]
