"""How is a notice to a customer put into words? Plain data in, subject, text and HTML out; no database here."""

from orders.mail.message import Mail, MailLine, MailLook, MailOrder, Words, mail_render
from orders.mail.render import wording_check
from orders.mail.sample import sample_mail

__all__ = [
    "Mail",
    "MailLine",
    "MailLook",
    "MailOrder",
    "Words",
    "mail_render",
    "sample_mail",
    "wording_check",
]
