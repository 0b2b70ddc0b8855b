"""Errors that Mien raises on purpose.

Every one of them carries a message for people: what is wrong, the value that
was met, and what to do. Each leaf also inherits the builtin that fits, so that
callers who know nothing of Mien can still catch it.
"""


class MienError(Exception):
    """Root of all errors that Mien raises on purpose."""


class ConfigError(MienError, ValueError):
    """A setting is unknown, of the wrong type, or impossible."""


class SourceError(MienError, OSError):
    """A camera, video or folder of images cannot be read."""


class BusyError(SourceError):
    """A camera is in use by another program."""


class StuckError(MienError, TimeoutError):
    """Something hangs in this process, and only a new one is rid of it."""


class StuckCameraError(StuckError):
    """A camera's driver hangs."""


class ModelError(MienError, ValueError):
    """A model file cannot be used."""


class SinkError(MienError, OSError):
    """A reading cannot be written where it should go."""


def why(error: BaseException) -> str:
    """Return what the system says of ``error``, as it stands in the middle of a sentence."""
    return (getattr(error, "strerror", None) or str(error)).lower()
