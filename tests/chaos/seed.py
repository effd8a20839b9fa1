"""Answers: what does the company own and which key may send orders, before the chaos begins?

Run as a program inside a stack's environment; prints one JSON object.
"""

from __future__ import annotations

import json
from datetime import datetime

import django

django.setup()

from django.db import transaction  # noqa: E402
from django.utils import timezone  # noqa: E402

from erp.core.services.api_key import api_key_create  # noqa: E402
from erp.core.services.user import system_user  # noqa: E402
from tests.cast import company_create, moment, stock_in  # noqa: E402

UNITS = 1_000_000


def seed(at: datetime) -> dict[str, str]:
    """Create the cast's company with plenty of stock and a key; returns the key's secret."""
    with transaction.atomic():
        company = company_create()
        stock_in(company, company.mug, UNITS, at=moment(2026, 1, 5))
        stock_in(company, company.lamp, UNITS, at=moment(2026, 1, 5))
        _, secret = api_key_create(
            name="chaos", user=system_user("api"), rate_per_minute=1_000_000, actor=company.system, at=at
        )
    return {"secret": secret}


if __name__ == "__main__":
    print(json.dumps(seed(timezone.now())))
