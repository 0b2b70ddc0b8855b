"""The models at hand: those that ship with Mien, and the user's own in the state folder.

``models/`` in the state folder holds each model that ``mien model use`` took, as
``NAME-DIGEST.tflite``, and ``chosen``: a name a line, the one that is used first, behind it
those that were used before. An upgrade of Mien leaves all that alone.
"""

from __future__ import annotations

import re
from pathlib import Path

from device import program
from device.errors import ConfigError, ModelError, SinkError, why
from device.model_file import is_classifier, read_model
from device.whole_file import give_to_owner_of, sync_folder, write_whole

SHIPPED = Path(__file__).parent / "models"
# What is used where nobody chose.
DEFAULT = "mien"
# What the settings say where the choice is left to ``mien model use``.
AUTO = "auto"
_MOST_REMEMBERED = 20


class ModelStore:
    """The shipped models and, where there is a state folder, the user's.

    state: the folder of what is remembered; "" for none.
    """

    def __init__(self, state: str) -> None:
        self._state = Path(state) if state else None

    def path(self, model: str) -> Path:
        """Return where ``model`` lies: a path as it is, else a shipped model or a kept one."""
        if "/" in model or model.endswith(".tflite"):
            return Path(model)
        shipped = SHIPPED / f"{model}.tflite"
        if shipped.exists() or self._state is None:
            return shipped
        return self._kept(model)

    def names(self) -> list[str]:
        """Return the names of all models at hand that read faces, the shipped ones first."""
        folders = [SHIPPED] + ([self._folder()] if self._state else [])
        paths = [path for folder in folders for path in sorted(folder.glob("*.tflite"))]
        return [path.stem for path in paths if is_classifier(path)]

    def chosen(self) -> list[str]:
        """Return the model that is chosen and behind it those before, the newest first.

        Raises ModelError where that cannot be read.
        """
        if self._state is None:
            return [DEFAULT]
        path = self._folder() / "chosen"
        try:
            names = path.read_text(encoding="utf-8", errors="replace").split()
        except FileNotFoundError:
            return [DEFAULT]
        except OSError as error:
            raise ModelError(f"cannot read which model is chosen: {path}: {why(error)}") from error
        if not names or not all(re.fullmatch(r"[\w.-]+", name) for name in names):
            raise ModelError(f"{path} is damaged: choose a model anew: {program.NAME} model use")
        return names

    def keep(self, path: Path, model_id: str) -> str:
        """Copy the model at ``path`` to those that are kept; return its name there.

        model_id: of what was tried; another that has taken its place meanwhile is not kept.

        Raises ModelError where it is not whole, SinkError where it cannot be written.
        """
        card, content = read_model(path)
        if card.id != model_id:
            raise ModelError(f"{path}: changed while it was looked at: try again")
        self._write(self._kept(card.id), content)
        return card.id

    def choose(self, name: str) -> str:
        """Let ``name`` be the one that is used; return the one of before, which stands behind it.

        Raises SinkError where that cannot be written.
        """
        try:
            before = self.chosen()
        except ModelError:  # to choose anew is how a damaged choice is mended
            before = [DEFAULT]
        self._write_chosen([name, *(other for other in before if other != name)])
        return before[0]

    def before(self) -> str:
        """Return the model that was used before; raises ModelError where there is none."""
        names = self.chosen()
        if len(names) < 2:
            raise ModelError(f"no model was used before {names[0]}: {program.NAME} model lists all")
        return names[1]

    def go_back(self) -> None:
        """Let the model that was used before be the one; raises SinkError as ``choose``."""
        self._write_chosen(self.chosen()[1:])

    def _write_chosen(self, names: list[str]) -> None:
        text = "".join(f"{name}\n" for name in names[:_MOST_REMEMBERED])
        self._write(self._folder() / "chosen", text.encode())

    def _kept(self, name: str) -> Path:
        return self._folder() / f"{name}.tflite"

    def _folder(self) -> Path:
        if self._state is None:
            raise ConfigError(
                "models are kept in the state folder: give --state FOLDER, or state in the settings"
            )
        return self._state / "models"

    def _write(self, path: Path, content: bytes) -> None:
        folder = path.parent
        try:
            for made in (folder.parent, folder):
                if not made.exists():
                    made.mkdir(mode=0o750)
                    give_to_owner_of(made.parent, made)
                    sync_folder(made.parent)
            write_whole(path, content)
        except OSError as error:
            raise SinkError(
                f"cannot write {path}: {why(error)}: the model in use is as it was"
            ) from error
