"""Answers: what must exist as soon as the project is imported? Only the Celery app, so `shared_task` finds it."""

from erp.celery import app as celery_app

__all__ = ("celery_app",)
