"""Which options say something of what is converted, and which do not."""

from __future__ import annotations

import argparse
from collections.abc import Mapping

from device.errors import ConfigError
from device.model_file import CLASSIFIER, LANDMARKS, MASK
from training.reading_options import OPTIONS as READING

SAVED_MODEL = "saved-model"
_LABELLED = ("votes", "labels", *READING)
_OUTLINED = ("outlines", "test_outlines")
_DRAWN = ("seed", "calibration_images")
# For each: what to call it, and the options that say nothing of it.
_MEANINGLESS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    SAVED_MODEL: ("a SavedModel", ("test", *_OUTLINED, *_DRAWN)),
    CLASSIFIER: ("a .tflite file that reads faces", ("test", *_OUTLINED, "temperature")),
    LANDMARKS: ("a .tflite file that finds points", (*_LABELLED, *_OUTLINED, "temperature")),
    MASK: ("a .tflite file that marks faces", (*_LABELLED, "temperature")),
}


def check(options: argparse.Namespace, what: str) -> None:
    """Raise ConfigError, in which they are named, where ``options`` say nothing of ``what``.

    what: ``SAVED_MODEL``, or a kind of network out of ``device.model_file``.
    """
    called, meaningless = _MEANINGLESS.get(what, ("", ()))
    given = [name for name in meaningless if _is_given(getattr(options, name))]
    if given:
        named = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise ConfigError(f"{named}: without a meaning for {called}: leave it out")
    if options.test_outlines is not None and options.test is None:
        raise ConfigError(
            f"--test-outlines {options.test_outlines}: is without --test, whose rows it is of"
        )
    for name in ("votes", "labels"):
        if getattr(options, name) is not None and options.data is None:
            raise ConfigError(
                f"--{name} {getattr(options, name)}: is without --data, whose rows it is of"
            )


def _is_given(value: object) -> bool:
    # Not by its truth: --seed 0 is given.
    return value is not None and value is not False and value != ""
