"""Which tags and filters may wording hold? These, and no others: the whole language of `orders.mail.render`."""

from __future__ import annotations

from django.template import Library, defaultfilters, defaulttags

register = Library()
register.tag("if", defaulttags.do_if)
register.filter("default", defaultfilters.default)
register.filter("upper", defaultfilters.upper)
register.filter("lower", defaultfilters.lower)
register.filter("capfirst", defaultfilters.capfirst)
