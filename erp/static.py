"""Answers: how are static files stored when Keel runs on one machine?"""

from typing import Any

from whitenoise.compress import Compressor
from whitenoise.storage import CompressedManifestStaticFilesStorage


class LocalStaticStorage(CompressedManifestStaticFilesStorage):
    """Hash and gzip, but leave Brotli to production.

    Browsers ask for Brotli over HTTPS only, and at its best quality it took most of the time of the first start.
    """

    def create_compressor(self, **options: Any) -> Compressor:
        """Return a compressor that only writes .gz files."""
        return Compressor(use_brotli=False, **options)
