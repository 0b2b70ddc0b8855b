"""Errors of training, beside those of the device."""

from __future__ import annotations

from device.errors import MienError


class DataError(MienError, ValueError):
    """A data set cannot be read, or a row of it is broken."""


class RunError(MienError, ValueError):
    """A run folder cannot be used, or holds another run."""


class StudyError(MienError, OSError):
    """The storage of a search cannot be used."""


class DivergedError(MienError, ArithmeticError):
    """The loss is no longer a number."""


class HackError(MienError, RuntimeError):
    """No change of a face within the bound makes the networks read it otherwise."""


class WorkerError(MienError, ConnectionError):
    """Machines that train together do not find, or have lost, one another."""
