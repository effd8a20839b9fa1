"""Answers: what does gunicorn call, and whose address does a request carry behind proxies?"""

import os
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "erp.settings")

django_application = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    """Pass the request on with the client's own address.

    Only the entries that our own `KEEL_PROXY_COUNT` proxies appended are trusted, so a forged header changes nothing.
    """
    count = settings.KEEL_PROXY_COUNT
    if count:
        hops = [hop.strip() for hop in environ.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if len(hops) >= count:
            environ["REMOTE_ADDR"] = hops[-count]
    return django_application(environ, start_response)
