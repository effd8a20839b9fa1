"""How is a mail shown on a page without the page being at its mercy?

It comes as a document of its own in a sandboxed frame: no script, no form, no address but its own styles and embedded
images, and no origin, whatever the mail holds.
"""

from __future__ import annotations

from csp.constants import NONE, SELF, UNSAFE_INLINE
from django.http import HttpResponse
from django.template.loader import render_to_string

POLICY = {
    "default-src": [NONE],
    "style-src": [UNSAFE_INLINE],
    "img-src": ["data:"],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": [True],
}


def mail_frame(
    *, subject: str, text: str, html: str, sender: str = "", problem: str = "", remedy: str = ""
) -> HttpResponse:
    """This function will answer with a mail (or with why there is none), to be shown in a frame of our own pages."""
    context = {
        "subject": subject, "text": text, "html": html, "sender": sender, "problem": problem, "remedy": remedy,
    }  # fmt: skip
    response = HttpResponse(render_to_string("core/mail_frame.html", context))
    response._csp_config = POLICY  # type: ignore[attr-defined]
    response["X-Frame-Options"] = "SAMEORIGIN"
    return response
