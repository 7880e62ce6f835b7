"""What the log keeps."""

from __future__ import annotations

import logging


class FailuresOnly(logging.Filter):
    """Keep warnings, and whatever carries an exception: the job queue tells a retry at INFO."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is kept."""
        return record.levelno >= logging.WARNING or bool(record.exc_info and record.exc_info[0])
