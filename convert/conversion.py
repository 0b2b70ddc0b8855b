"""The whole way from a ``.keras`` file to a verified model file."""

from __future__ import annotations

import pkgutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, cast

from convert import network, summary
from convert.places import made
from convert.request import Request as Request
from device.errors import ModelError, SinkError, why
from device.model_file import CLASSIFIER, LANDMARKS, MASK
from training.ctrl_c import raise_if_asked

if TYPE_CHECKING:
    from training.keras_file import Network

    Make = Callable[[Request, Network, Path], None]

# Where the function is that makes a model file of each kind of network, and what that is called
# by itself. By name: they import Keras, which comes quietly only where a network is loaded.
_MAKERS = {
    CLASSIFIER: ("convert.classifier:make", "mien"),
    LANDMARKS: ("convert.landmarks:make", "landmarks"),
    MASK: ("convert.mask:make", "mask"),
}


def convert(request: Request) -> None:
    """Convert, verify and write a model, and print what was found on the way.

    Where anything fails a file that stood at ``request.out`` is left as it was.

    Raises ConfigError and DataError for what was given and cannot be used,
    ModelError where the result is not good enough.
    """
    request.check()
    with _workplace(request.out) as folder:
        trained = network.load_any(request.model, chatter=request.chatter)
        if trained.kind not in _MAKERS:
            raise ModelError(f"model {request.model}: of an unknown kind, {trained.kind!r}")
        place, name = _MAKERS[trained.kind]
        make = cast("Make", pkgutil.resolve_name(place))
        summary.tell_source(request.model, trained.model)
        made = folder / request.out.name
        make(replace(request, name=request.name or name), trained, made)
        raise_if_asked()
        made.replace(request.out)
    summary.tell_written(request.out)


@contextmanager
def _workplace(out: Path) -> Iterator[Path]:
    """Yield a folder beside ``out`` for files that are not verified yet; it goes at the end.

    Beside it, because a file can be moved in one step only within a file system.

    Folders that are missing are made, and go again where nothing came into them.

    Raises SinkError where there can be no such place, or is no right to write there.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(made(out.parent))
            name = stack.enter_context(
                tempfile.TemporaryDirectory(dir=out.parent, prefix=f".{out.stem}-")
            )
        except OSError as error:
            raise SinkError(f"--out {out}: cannot write in {out.parent}: {why(error)}") from error
        yield Path(name)
