"""The pages: templates, words and files, read once at the start."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path

import cv2
import msgspec

from device.drawing import NOBODY, emoji
from device.errors import SinkError, why
from device.language import LANGUAGES, emotion_word
from device.palette import css
from device.records import UNCERTAIN

FOLDER = Path(__file__).parent / "pages"
PAGES = ("live", "session", "history", "device", "login")
EMOJI_PX = 128
_KEY = re.compile(r"{{(\w+)}}")
_CONTENT = "{{{content}}}"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True)
class Asset:
    """A file that pages load; ``tag`` changes with its content."""

    content: bytes
    media_type: str
    tag: str


class Pages:
    """The pages in every language, ready to be sent.

    labels: the model's emotions.
    version: of Mien.

    Raises SinkError, naming the page and the word, where a page asks for a word that a
    language lacks, or a file is missing.
    """

    def __init__(self, labels: Sequence[str], version: str, folder: Path = FOLDER) -> None:
        self._labels = list(labels)
        self._words = {language: _words(folder, language) for language in LANGUAGES}
        self._html = {
            (language, page): self._render(folder, language, page, version)
            for language in LANGUAGES
            for page in PAGES
        }
        files = sorted(path for path in (folder / "assets").iterdir() if path.suffix in _TYPES)
        self.assets = {path.name: _asset(path) for path in files}

    def html(self, page: str, language: str) -> str:
        """Return the page, whole."""
        return self._html[language, page]

    def login(self, language: str, target: str, problem: str) -> str:
        """Return the login page; it leads to ``target``, and says ``problem``, a key of words."""
        html = self.html("login", language)
        html = html.replace('name="next" value="/"', f'name="next" value="{escape(target)}"')
        said = escape(self._words[language][problem]) if problem else ""
        return html.replace('role="alert"></p>\n<button', f'role="alert">{said}</p>\n<button')

    def words_json(self, language: str) -> bytes:
        """Return the words of ``language``, and the emotions' names and colours, as JSON."""
        names = [*self._labels, UNCERTAIN]
        return msgspec.json.encode(
            {
                **self._words[language],
                "labels": self._labels,
                "emotions": {name: emotion_word(name, language) for name in names},
                "colours": {name: css(name) for name in names},
            }
        )

    def emoji_png(self, name: str) -> bytes | None:
        """Return the emoji of an emotion of the model, of "uncertain" or "nobody"; else None."""
        return _png(name) if name in (*self._labels, UNCERTAIN, NOBODY) else None

    def _render(self, folder: Path, language: str, page: str, version: str) -> str:
        words = {**self._words[language], "page": page, "version": version}
        layout, content = (_read(folder / f"{name}.html") for name in ("layout", page))
        if layout.count(_CONTENT) != 1:
            raise SinkError(f"{folder / 'layout.html'}: has no place for the page: {_CONTENT}")
        return _fill(layout.replace(_CONTENT, content), words, f"{page}.html in {language}")


def chosen_language(accept: str) -> str:
    """Return the language of ``LANGUAGES`` that a header Accept-Language prefers."""
    wanted: list[tuple[float, str]] = []
    for part in accept.split(",")[:20]:
        tag, _, weight = part.partition(";")
        found = re.fullmatch(r"\s*q=([01](?:\.\d{0,3})?)\s*", weight) if weight else None
        share = float(found[1]) if found else 0.0 if weight else 1.0
        wanted.append((share, tag.strip().lower().split("-")[0]))
    for share, language in sorted(wanted, key=lambda pair: -pair[0]):
        if share > 0 and language in LANGUAGES:
            return language
    return LANGUAGES[0]


@lru_cache(32)
def _png(name: str) -> bytes:
    rgba = emoji(name, EMOJI_PX)
    done, png = cv2.imencode(".png", cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    if not done:
        raise SinkError(f"cannot encode the emoji of {name}")
    return png.tobytes()


def _fill(template: str, words: Mapping[str, str], where: str) -> str:
    def word(found: re.Match[str]) -> str:
        try:
            return escape(words[found[1]])
        except KeyError:
            raise SinkError(
                f"{where}: there is no word {found[1]!r}: add it to the words"
            ) from None

    return _KEY.sub(word, template)


def _words(folder: Path, language: str) -> dict[str, str]:
    path = folder / f"words.{language}.json"
    try:
        return msgspec.json.decode(_read(path), type=dict[str, str])
    except msgspec.DecodeError as error:
        raise SinkError(f"{path}: no words: {error}") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        reason = why(error)
        raise SinkError(f"cannot read {path}: {reason}: install Mien anew") from error


def _asset(path: Path) -> Asset:
    content = path.read_bytes()
    tag = hashlib.sha256(content).hexdigest()[:20]
    return Asset(content, _TYPES[path.suffix], f'"{tag}"')
