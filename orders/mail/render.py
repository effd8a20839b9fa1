"""What may wording say, and how does it become text and HTML?

A small language: `{{ order_number }}`, `{% if reason %}…{% endif %}`, four filters. It has no loops, no includes and no
way to an attribute, so wording can neither reach an object nor run for long. Variables are escaped in HTML. A paragraph
is what stands between blank lines, `# ` begins a heading; the blocks (`{{ lines }}`, `{{ totals }}`…) are laid out by
`orders.mail.blocks`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from html.parser import HTMLParser
from typing import Any, NoReturn, cast

from django.template import Context, Engine, Template, TemplateSyntaxError
from django.template.base import FilterExpression, VariableNode, tag_re
from django.template.defaulttags import IfNode, TemplateLiteral
from django.utils.safestring import SafeString, mark_safe

from erp.core.errors import InvalidInput
from orders.notices import BLOCKS, KINDS

LONGEST = 20_000
DEEPEST = 8
TAGS = frozenset(
    "a b blockquote br center div em h1 h2 h3 hr i img li ol p small span strong table tbody td tfoot th thead tr u ul".split()
)
ATTRIBUTES = frozenset(
    "align alt bgcolor border cellpadding cellspacing class colspan height href role rowspan src style title valign width".split()
)
SAFE_ADDRESS = re.compile(r"\A(https?://|mailto:|\{\{ *tracking_url *\}\}\Z)", re.I)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


class _WordingEngine(Engine):
    default_builtins = [
        "orders.mail.language"
    ]  # Django's own tags (include, load, debug…) are not there at all


_ENGINE = _WordingEngine(autoescape=True)


@lru_cache(maxsize=256)
def _compiled(source: str) -> Template:
    return Template(source, engine=_ENGINE)


def wording_render(source: str, variables: Mapping[str, Any], *, is_html: bool) -> str:
    """This function will fill wording with plain values, escaped when it becomes HTML."""
    return str(_compiled(source).render(Context(dict(variables), autoescape=is_html)))


def escaped_source(source: str) -> str:
    """This function will return wording whose own text is escaped, to be rendered as HTML; its tags stay."""
    return "".join(part if index % 2 else escape(part) for index, part in enumerate(tag_re.split(source)))


def plain_text(rendered: str) -> str:
    """This function will return rendered wording as the text part: no heading marks, one blank line between paragraphs."""
    parts = [part.strip() for part in _PARAGRAPHS.split(rendered.strip())]
    return "\n\n".join(part.removeprefix("# ") for part in parts if part) + "\n"


def paragraphs_html(rendered: str) -> SafeString:
    """This function will return rendered (escaped) wording as HTML; a paragraph that is a block stays as it is."""
    found = []
    for part in _PARAGRAPHS.split(rendered.strip()):
        text = part.strip()
        if text.startswith(("<table", "<p", "<div")):  # only a block can begin so: words are escaped
            found.append(text)
        elif text.startswith("# "):
            found.append(f"<h1>{text[2:]}</h1>")
        elif text:
            found.append("<p>" + text.replace("\n", "<br>") + "</p>")
    return mark_safe("\n".join(found))


def wording_check(*, kind: str, field: str, source: str) -> None:
    """This function will raise InvalidInput naming `field` unless `source` is wording that a notice of `kind` can hold."""
    if len(source) > LONGEST:
        raise InvalidInput(f"that is longer than {LONGEST} characters", field=field, remedy="Say it shorter.")
    try:
        template = Template(source, engine=_ENGINE)
    except (TemplateSyntaxError, RecursionError) as error:
        raise InvalidInput(
            f"the wording can not be read: {error}", field=field,
            remedy="Only {{ words }} and {% if word %} … {% else %} … {% endif %} may be used.",
        ) from error  # fmt: skip
    known = KINDS[kind].variables
    for expression, depth in _expressions(template.nodelist, 0):
        if depth > DEEPEST:
            raise InvalidInput("too many ifs in one another", field=field, remedy="Flatten them.")
        for name in _names(expression):
            _check_name(name, known, field)
    if field == "html":
        _check_html(source)


def _names(expression: FilterExpression) -> Iterator[str]:
    """The words that an expression reads, those of its filters' arguments included; constants are none."""
    arguments = [value for _, given in expression.filters for is_variable, value in given if is_variable]
    for part in [expression.var, *arguments]:
        lookups = getattr(part, "lookups", None)
        if lookups is not None:
            yield ".".join(lookups)


def _check_name(name: str, known: tuple[str, ...], field: str) -> None:
    if name not in known:
        raise InvalidInput(
            f"“{name}” means nothing in this message", field=field, remedy=f"Use one of {', '.join(known)}."
        )
    if field == "subject" and name in BLOCKS:
        raise InvalidInput(
            f"“{name}” is a block, too much for a subject", field=field, remedy="Leave it out."
        )


def _expressions(nodes: Any, depth: int) -> Iterator[tuple[FilterExpression, int]]:
    """Every expression of a compiled template, those of conditions and of filter arguments included."""
    for node in nodes:
        if isinstance(node, VariableNode):
            yield node.filter_expression, depth
        elif isinstance(node, IfNode):
            for condition, inner in node.conditions_nodelists:
                yield from ((found, depth + 1) for found in _of_condition(condition))
                yield from _expressions(inner, depth + 1)


def _of_condition(condition: Any) -> Iterator[FilterExpression]:
    if isinstance(condition, TemplateLiteral):
        yield cast(FilterExpression, condition.value)
    elif condition is not None:
        yield from _of_condition(getattr(condition, "first", None))
        yield from _of_condition(getattr(condition, "second", None))


class _Checker(HTMLParser):
    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in TAGS:
            raise InvalidInput(f"<{tag}> has no place in a mail", field="html", remedy="Leave it out.")
        for name, value in attrs:
            if name not in ATTRIBUTES:
                raise InvalidInput(f"{name}=… has no place in a mail", field="html", remedy="Leave it out.")
            if name in ("href", "src") and not SAFE_ADDRESS.match((value or "").strip()):
                raise InvalidInput(
                    f"“{value}” is no address that can be mailed",
                    field="html",
                    remedy="Begin with https:// or mailto:.",
                )

    def handle_decl(self, decl: str) -> None:
        _refuse_head()

    def handle_pi(self, data: str) -> None:
        _refuse_head()

    def unknown_decl(self, data: str) -> None:
        _refuse_head()


def _refuse_head() -> NoReturn:
    raise InvalidInput("the mail has its own head", field="html", remedy="Give the body's HTML only.")


def _check_html(source: str) -> None:
    checker = _Checker(convert_charrefs=True)
    checker.feed(source)
    checker.close()
    if re.search(r"\{\{[^}]*\}\}\s*=|<\s*\{\{", source):
        raise InvalidInput("a word can not be a tag", field="html", remedy="Put words between tags.")


def escaped_lines(text: str) -> SafeString:
    """This function will return free text as HTML paragraphs."""
    parts = [escape(part.strip()).replace("\n", "<br>") for part in _PARAGRAPHS.split(text.strip())]
    return mark_safe("".join(f"<p>{part}</p>" for part in parts if part))
