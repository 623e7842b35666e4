"""What the program tells of its work, one JSON object a line on stderr: off unless wanted, and without anybody's texts.

Library code calls `logging.getLogger(__name__)` with the name of an event; what belongs to it goes into `extra`. What a person
wrote or an article says goes into `extra["texts"]`, which is left out unless texts are wanted. A message's arguments are never
written, and of an exception only its type and place, since its words may quote what was read.
"""

from __future__ import annotations

import json
import logging
import traceback
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
_FRAMES = 3


def configure(level: str, texts: bool) -> None:
    """Has the program's own loggers write from a level on ("info", "debug"; "off": as Python does without being told).

    Other libraries' loggers are left as they are.
    """
    logger = logging.getLogger("rag")
    for handler in logger.handlers[:]:
        if isinstance(handler.formatter, _JsonLines):
            logger.removeHandler(handler)
    logger.propagate = level == "off"
    logger.setLevel(logging.NOTSET if level == "off" else level.upper())
    if level != "off":
        handler = logging.StreamHandler()
        handler.setFormatter(_JsonLines(texts))
        logger.addHandler(handler)


class _JsonLines(logging.Formatter):
    """`{"time", "level", "event", …}` with the fields of the event."""

    def __init__(self, texts: bool) -> None:
        super().__init__()
        self._texts = texts

    def format(self, record: logging.LogRecord) -> str:
        row: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.msg,
        }
        row |= {name: value for name, value in vars(record).items() if name not in _OWN and name != "texts"}
        error = record.exc_info[1] if record.exc_info else None
        if error:
            frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
            row["error"] = type(error).__name__
            row["at"] = [f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames]
        if self._texts:
            row |= getattr(record, "texts", {})
            if error:
                row["traceback"] = "".join(traceback.format_exception(error))
        return json.dumps(row, ensure_ascii=False, default=str)
