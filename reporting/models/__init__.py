"""Which roll-ups does reporting keep?"""

from reporting.models.rollup import DailySales, DailyService

__all__ = ["DailySales", "DailyService"]
