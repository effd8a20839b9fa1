"""Which Django app is returns?"""

from django.apps import AppConfig


class ReturnsConfig(AppConfig):
    name = "returns"
