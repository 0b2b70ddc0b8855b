"""Which class and which split an image is of, by the names of the folders that it lies in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from training.class_words import NUMBERINGS, label_of, number_of, numbering_of
from training.errors import DataError
from training.labels import SPLIT_NAMES


@dataclass(frozen=True)
class ClassNames:
    """The names of the folders in a data set.

    folder: the data set.
    meanings: labels of folder names, in lower case, that mean something of their own here.
    numbering: what numbered folders mean, one of ``NUMBERINGS``; "" where there are none.
    """

    folder: Path
    meanings: Mapping[str, str]
    numbering: str = ""

    @classmethod
    def of(
        cls, folder: Path, paths: Iterable[Path], meanings: Mapping[str, str], numbering: str
    ) -> ClassNames:
        """Return the names of the folders in which the images ``paths`` lie.

        Raises DataError where they are numbers that can mean several things.
        """
        own = {name.casefold(): label for name, label in meanings.items()}
        names = cls(folder, own)
        folders = {path.parent: path for path in paths}.values()
        numbers = {n for path in folders if (n := names._number(path)) is not None}
        # Beside classes that have words, numbers are of something else: people, perhaps.
        words = any(names.label_of(path)[0] for path in folders)
        if not numbers or (words and not numbering):
            return names
        found = numbering or numbering_of(numbers, folder.absolute().name)
        if found is None:
            listed = ", ".join(map(str, sorted(numbers)[:12]))
            raise DataError(
                f"{folder}: folders named {listed} can mean several things: say with --map "
                f"which: {', '.join(NUMBERINGS)}, or name each, such as --map 0=neutral,1=happy"
            )
        return cls(folder, own, found)

    def label_of(self, path: Path) -> tuple[str | None, str]:
        """Return the label of the image at ``path`` and the name of the folder that tells it.

        The label may be one that FER2013 does not have, and is None where no folder tells.
        """
        for name in self._folders(path):
            label = self._meaning(name)
            if label is not None:
                return label, name
        for name in self._folders(path)[:-1]:
            number = number_of(name)
            if number is not None and self.numbering:
                return NUMBERINGS[self.numbering].get(number), name
        return None, path.absolute().parent.name

    def usage_of(self, path: Path) -> str:
        """Return what the split of the image at ``path`` is called; "" where no folder says it.

        The folder above that of the class says it, or one within it.
        """
        _, called = self.label_of(path)
        parts = path.absolute().parent.parts
        place = len(parts) - 1 - parts[::-1].index(called)
        for name in (parts[place - 1] if place else "", *parts[place + 1 :]):
            if name.lower() in SPLIT_NAMES:
                return name
        return ""

    def _folders(self, path: Path) -> Sequence[str]:
        """Return the names of the folders of ``path`` within the data set, itself among them."""
        inside = path.parent.relative_to(self.folder).parts
        return (*reversed(inside), self.folder.absolute().name)

    def _meaning(self, name: str) -> str | None:
        return self.meanings.get(name.casefold()) or label_of(name)

    def _number(self, path: Path) -> int | None:
        """Return the number of the image's folder, where no word tells its class."""
        names = self._folders(path)
        if any(self._meaning(name) for name in names):
            return None
        numbers = (number_of(name) for name in names[:-1])
        return next((number for number in numbers if number is not None), None)
