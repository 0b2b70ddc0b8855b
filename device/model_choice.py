"""Which model reads the faces, loaded and tried."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from device.config import Settings
from device.errors import ModelError
from device.model import Model
from device.model_file import Card
from device.model_store import AUTO, DEFAULT, SHIPPED, ModelStore
from device.self_test import Passed, try_file, try_model

_log = logging.getLogger(__name__)

# What one model may take at a service's start, and all that did not come with Mien: systemd
# waits for 180 s until a service is ready (mien.service), and begins anew then.
_AT_START_S, _ALL_AT_START_S = 50.0, 80.0


def open_model(settings: Settings) -> Model:
    """Load the model that ``settings`` name, once it passed the self-test.

    Raises ModelError where it does not work.
    """
    model = load_model(settings)
    try_model(model)
    return model


def load_model(settings: Settings) -> Model:
    """Load the model that ``settings`` name; raises ModelError where it cannot be."""
    return _load(chosen_path(settings), settings)


def open_working_model(settings: Settings) -> tuple[Model, str]:
    """Load the model that ``settings`` name, or one that works: a service goes on.

    Those before it are asked next, the shipped one last; warnings say why. What did not come
    with Mien is tried in a process of its own first: it must not crash this one. Also
    returned is what to call it: its id, and what it stands in for.

    Raises ModelError where none works.
    """
    store = ModelStore(settings.state)
    refused: ModelError | None = None
    names = _in_turn(settings, store)
    until_s = time.monotonic() + _ALL_AT_START_S
    for name in names:
        path = store.path(name)
        try:
            if path.parent != SHIPPED:
                _try_before(until_s, path, settings)
            model = _load(path, settings)
            passed = try_model(model)
        except ModelError as error:
            refused = refused or error
            _log.warning("%s", error)
            continue
        if slow := slowness(passed, settings):
            _log.warning("%s", slow)
        if refused is None:
            return model, model.id
        _log.warning("the model %s is used instead", model.id)
        return model, f"{model.id} (in place of {names[0]}, which does not work)"
    raise refused or ModelError("no model")


def chosen_path(settings: Settings) -> Path:
    """Return where the model that ``settings`` name lies.

    Raises ModelError where it cannot be told which was chosen.
    """
    store = ModelStore(settings.state)
    return store.path(store.chosen()[0] if settings.model == AUTO else settings.model)


def describe(path: Path, card: Card) -> str:
    """Return for people what the model at ``path`` is."""
    found = f"{card.name} in {path}"
    if card.figures:
        accuracy, split = card.figures.int8_accuracy, card.figures.split
        found += f", {accuracy:.1%} right on {split} ({card.figures.images} images)"
    return found


def slowness(passed: Passed, settings: Settings) -> str:
    """Return a warning where one face takes longer than there is from look to look, or ""."""
    look_hz = max(settings.look_hz, settings.rate_hz)
    if passed.face_s <= 1 / look_hz:
        return ""
    return (
        f"the model {passed.id} is slow here: {1000 * passed.face_s:.0f} ms a face, "
        f"{1000 / look_hz:.0f} ms from look to look (look_hz): frames will be left out"
    )


def _in_turn(settings: Settings, store: ModelStore) -> list[str]:
    """Return the models to ask, without any twice."""
    try:
        chosen = store.chosen()
    except ModelError as error:
        _log.warning("%s", error)
        chosen = []
    named = [] if settings.model == AUTO else [settings.model]
    return list(dict.fromkeys([*named, *chosen, DEFAULT]))


def _try_before(until_s: float, path: Path, settings: Settings) -> None:
    """Try the model in a process of its own; raises ModelError, also where it is too late."""
    limit_s = min(_AT_START_S, until_s - time.monotonic())
    if limit_s <= 0:
        raise ModelError(f"{path}: not tried: those before it took all the time of a start")
    try_file(path, runtime=settings.runtime, threads=settings.threads, limit_s=limit_s)


def _load(path: Path, settings: Settings) -> Model:
    return Model(path, runtime=settings.runtime, threads=settings.threads)
