"""Which Django app is procurement?"""

from django.apps import AppConfig


class ProcurementConfig(AppConfig):
    name = "procurement"
