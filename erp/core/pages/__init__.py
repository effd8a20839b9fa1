"""Which building blocks does every page use? A list, a record, a form, an action: see docs/pages.md."""

from erp.core.pages.actions import run_action
from erp.core.pages.forms import FormPage
from erp.core.pages.lists import ListPage
from erp.core.pages.parts import Action, ActionField, BulkAction, Fact, Panel, PrimaryAction
from erp.core.pages.queues import Queue, register_queue
from erp.core.pages.records import RecordPage
from erp.core.pages.timeline import TimelineEntry, register_timeline

__all__ = [
    "Action",
    "ActionField",
    "BulkAction",
    "Fact",
    "FormPage",
    "ListPage",
    "Panel",
    "PrimaryAction",
    "Queue",
    "RecordPage",
    "TimelineEntry",
    "register_queue",
    "register_timeline",
    "run_action",
]
