"""Who does it? The only writers of reporting."""

from reporting.services.rollup import rollup_rebuild, rollup_refresh

__all__ = ["rollup_rebuild", "rollup_refresh"]
