"""Which Django app is the shared kernel?"""

from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "erp.core"
    label = "core"
    verbose_name = "Keel kernel"
