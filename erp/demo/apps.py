"""Which app holds the demo company and the proofs?"""

from django.apps import AppConfig


class DemoConfig(AppConfig):
    name = "erp.demo"
    label = "demo"
