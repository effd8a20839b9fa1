"""Which pages does the kernel itself provide?"""

from django.urls import path

from erp.core.views import account, approvals, desk, home, job_drawer, mail, notes, work

urlpatterns = [
    path("", home.home, name="home"),
    path("login/", account.LoginView.as_view(), name="login"),
    path("logout/", account.LogoutView.as_view(), name="logout"),
    path("profile/", account.ProfilePage.as_view(), name="profile"),
    path("profile/theme/", account.theme_switch, name="theme_switch"),
    path("search/", home.search_page, name="search"),
    path("notes/", notes.note_create, name="note_create"),
    path("views/", notes.view_save, name="view_save"),
    path("views/<int:pk>/delete/", notes.view_delete, name="view_delete"),
    path("exceptions/", desk.ExceptionCaseList.as_view(), name="exception_case_list"),
    path("exceptions/<int:pk>/", desk.ExceptionCaseRecord.as_view(), name="exception_case_detail"),
    path("exceptions/<int:pk>/resolve/", desk.case_resolve, name="exception_case_resolve"),
    path("exceptions/<int:pk>/snooze/", desk.case_snooze, name="exception_case_snooze"),
    path("exceptions/<int:pk>/assign/", desk.case_assign, name="exception_case_assign"),
    path("approvals/", approvals.ApprovalRequestList.as_view(), name="approval_request_list"),
    path("approvals/<int:pk>/", approvals.ApprovalRequestRecord.as_view(), name="approval_request_detail"),
    path("approvals/<int:pk>/decide/", approvals.approval_request_decide, name="approval_request_decide"),
    path("work/jobs/", work.JobList.as_view(), name="job_list"),
    path("work/jobs/<int:pk>/", work.JobRecord.as_view(), name="job_detail"),
    path("work/jobs/<int:pk>/file/", job_drawer.job_file, name="job_file"),
    path("work/jobs/<int:pk>/stop/", job_drawer.job_stop, name="job_stop"),
    path("work/drawer/", job_drawer.job_drawer, name="job_drawer"),
    path("work/inbox/", work.InboxMessageList.as_view(), name="inbox_message_list"),
    path("work/inbox/<int:pk>/", work.InboxMessageRecord.as_view(), name="inbox_message_detail"),
    path("work/outbox/", work.OutboxMessageList.as_view(), name="outbox_message_list"),
    path("work/outbox/<int:pk>/", work.OutboxMessageRecord.as_view(), name="outbox_message_detail"),
    path("work/mail/", mail.CaughtMailList.as_view(), name="caught_mail_list"),
    path("work/mail/<int:pk>/", mail.CaughtMailRecord.as_view(), name="caught_mail_detail"),
    path("work/mail/<int:pk>/preview/", mail.caught_mail_preview, name="caught_mail_preview"),
    path("work/mail/<int:pk>/raw/", mail.caught_mail_raw, name="caught_mail_raw"),
    path("work/<str:table>/<int:pk>/retry/", work.retry, name="work_retry"),
    path("work/<str:table>/<int:pk>/cancel/", work.cancel, name="work_cancel"),
]
