"""Which Django app is reporting?"""

from django.apps import AppConfig


class ReportingConfig(AppConfig):
    name = "reporting"
