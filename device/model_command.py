"""What ``mien model`` says and does."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from device import program
from device.config import Settings
from device.errors import ConfigError, ModelError
from device.model_choice import chosen_path, describe, slowness
from device.model_file import unpack
from device.model_store import AUTO, ModelStore
from device.self_test import Passed, try_file

_RESTART = "a service that runs takes it at its next start: sudo systemctl restart mien"


def show_models(settings: Settings) -> Iterator[str]:
    """Yield a line for each model at hand: whether it is used, its name, what it is.

    Raises ModelError where it cannot be told which was chosen.
    """
    store = ModelStore(settings.state)
    used = chosen_path(settings)
    before = [store.path(name) for name in store.chosen()] if settings.model == AUTO else []
    paths = [used, *before, *(store.path(name) for name in store.names())]
    for path in dict.fromkeys(paths):
        word = "used" if path == used else "before" if path in before else ""
        yield f"{word:<7} {path.stem:<22} {_described(path)}"
    if settings.model != AUTO:
        yield f'the settings say model = "{settings.model}", and that holds'


def use_model(settings: Settings, model: str) -> Iterator[str]:
    """Try ``model``, a file or a name, keep it, and let it be used from the next start.

    Raises ConfigError where the settings name a model themselves, ModelError where it does
    not work, SinkError where it cannot be kept. The one in use is as it was then.
    """
    _must_be_free(settings)
    store = ModelStore(settings.state)
    path = store.path(model)
    passed = _try(path, settings)
    name = model if path.stem == model else store.keep(path, passed.id)
    before = store.choose(name)
    yield f"{name}: {passed}"
    yield from filter(None, [slowness(passed, settings)])
    yield _RESTART
    if before != name:
        yield f"{before} is kept: {program.NAME} model back"


def go_back(settings: Settings) -> Iterator[str]:
    """Let the model that was used before be used again from the next start.

    Raises as ``use_model``, and ModelError where there is none.
    """
    _must_be_free(settings)
    store = ModelStore(settings.state)
    name = store.before()
    passed = _try(store.path(name), settings)
    store.go_back()
    yield f"{name}: {passed}"
    yield _RESTART


def _must_be_free(settings: Settings) -> None:
    if settings.model != AUTO:
        raise ConfigError(
            f'the settings say model = "{settings.model}", and that holds: '
            'set model = "auto" there first'
        )


def _try(path: Path, settings: Settings) -> Passed:
    return try_file(path, runtime=settings.runtime, threads=settings.threads)


def _described(path: Path) -> str:
    try:
        return describe(path, unpack(path)[0])
    except ModelError as error:
        return str(error)
