"""Which roll-ups does reporting keep?"""

from reporting.models.rollup import DailyBalance, DailyProduct, DailySales, DailyService, RollupMark

__all__ = ["DailyBalance", "DailyProduct", "DailySales", "DailyService", "RollupMark"]
