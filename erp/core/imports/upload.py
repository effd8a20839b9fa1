"""What keeps an upload that is too large from being written anywhere?"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler, SkipFile

TOO_LARGE = "keel.upload_too_large"  # request.META: how many bytes the request claimed


class LimitUpload(FileUploadHandler):
    """The first of the handlers: it drops a file that is, or claims to be, larger than KEEL_UPLOAD_MAX_BYTES."""

    def handle_raw_input(
        self, input_data: Any, META: dict[str, Any], content_length: int, boundary: Any, encoding: str | None = None
    ) -> None:  # fmt: skip
        self.claimed = content_length
        self.seen = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self._check(self.claimed)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        self.seen += len(raw_data)
        self._check(self.seen)
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None

    def _check(self, size: int) -> None:
        if size > settings.KEEL_UPLOAD_MAX_BYTES + 2**16:  # the form around it
            if self.request is not None:
                self.request.META[TOO_LARGE] = size
            raise SkipFile
