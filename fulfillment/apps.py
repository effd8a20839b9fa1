"""Which Django app is fulfillment?"""

from django.apps import AppConfig


class FulfillmentConfig(AppConfig):
    name = "fulfillment"
