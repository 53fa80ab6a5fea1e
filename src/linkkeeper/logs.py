"""Set-up of structured logs; called by the command line, never at import."""

import logging
import sys
from typing import Any

import structlog

SECRET_KEYS = frozenset({"password", "token", "authorization", "cookie", "secret", "proxy"})


def _hide_secrets(_: Any, __: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    for key in event:
        if key.lower() in SECRET_KEYS:
            event[key] = "(hidden)"
    return event


def configure(*, verbosity: int = 0) -> None:
    """
    Send logs to standard error: readable on a terminal, JSON lines elsewhere.

    Args:
        verbosity: 0 shows warnings, 1 one line per unit of work, 2 everything.
    """
    level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbosity, 2)]
    renderer: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer() if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _hide_secrets,
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        # Looked up for each line: who replaces standard error later means these lines too.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=max(level, logging.WARNING), stream=sys.stderr, format="%(name)s: %(message)s")
