"""Answers: what runs by itself, how often, and in which queue?

A beat entry only wakes a worker; the task claims a unique (job, period) row, so two beats give one effect
(DESIGN §9).
"""

import gc
import os
from typing import Any

from celery import Celery
from celery.signals import worker_process_init

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp.settings")

app = Celery("keel")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@worker_process_init.connect
def keep_loaded_code_out_of_collections(**_: Any) -> None:
    """A batch makes tens of thousands of rows that live for a second; looking through all modules for each thousand of them
    takes a tenth of its time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)


def periodic(job: str, seconds: int, queue: str = "default") -> dict[str, Any]:
    """Return the beat entry that runs the service `job` (an address) once every `seconds`, in `queue`.

    Beat knocks at least every five minutes, or a daily job would wait a day after each restart; the claim of the period
    lets it in once.
    """
    every = min(seconds, 300)
    return {
        "task": "core.run_periodic",
        "schedule": float(every),
        "args": [job, seconds, queue],
        "options": {"expires": every},
    }


# name → what runs by itself. Wake-ups expire: after an outage one is as good as a hundred.
BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "sweep": {"task": "core.sweep", "schedule": 5.0, "options": {"expires": 5}},
    "event-relay": {"task": "core.relay_events", "schedule": 2.0, "options": {"expires": 2}},
    "canaries": {"task": "core.send_canaries", "schedule": 30.0, "options": {"expires": 30}},
    "allocation": periodic("orders.order_allocate_many", 30, "allocation"),
    "reservation-expiry": periodic("orders.reservation_expire", 30, "allocation"),
    "replenishment": periodic("procurement.replenishment_run_daily", 86_400, "replenishment"),
    "channel-order-chase": periodic("orders.channel_order_chase", 900),
    "late-orders": periodic("orders.order_flag_late", 900),
    "promises": periodic("orders.promise_settle", 300),
    "promises-at-risk": periodic("orders.promise_flag_at_risk", 900),
    "orders-at-risk": periodic("orders.order_flag_at_risk", 900),
    "unfulfilled-promises": periodic("orders.promise_flag_unfulfilled", 3_600),
    "count-variances": periodic("inventory.count_variance_flag", 3_600),
    "product-duplicates": periodic("inventory.product_duplicate_flag", 86_400),
    "subscriptions": periodic("orders.subscription_raise_due", 600),
    "hold-release": periodic("orders.hold_release_met", 300),
    "hold-escalation": periodic("orders.hold_escalate", 900),
    "edi-answers": periodic("orders.edi_answer_due", 120),
    "edi-unacknowledged": periodic("orders.edi_flag_unacknowledged", 900),
    "exception-wake": periodic("core.exception_wake", 300),
    "exception-escalation": periodic("core.exception_escalate", 300),
    "channel-stock": periodic("orders.channel_stock_run", 15),
    "channel-stock-full": periodic("orders.channel_stock_recompute", 86_400),
    "channel-reconcile": periodic("orders.channel_reconcile_due", 900),
    "channel-polls": periodic("orders.channel_poll_due", 60),
    "channel-cases": periodic("orders.channel_cases_flag", 300),
    "refused-purge": periodic("orders.refused_delivery_purge", 86_400),
    "rollups": periodic("reporting.rollup_refresh", 60),
    "proof": periodic("core.verify_periodic", 3_600),
    "mail-purge": periodic("core.caught_mail_purge", 86_400),
    "webhook-purge": periodic("core.webhook_purge", 86_400),
    "work-purge": periodic("core.work_purge", 86_400),
}

app.conf.beat_schedule = BEAT_SCHEDULE
