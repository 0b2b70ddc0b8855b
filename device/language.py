"""What people read, in their language. Names in code and logs stay English."""

from __future__ import annotations

import locale
import os

LANGUAGES = ("en", "fr")

_FRENCH = {
    "angry": "colère",
    "disgust": "dégoût",
    "fear": "peur",
    "happy": "joie",
    "sad": "tristesse",
    "surprise": "surprise",
    "neutral": "neutre",
    "uncertain": "incertain",
}


def emotion_word(emotion: str, language: str) -> str:
    """Return what people call ``emotion``; a name that is not known stays as it is."""
    return _FRENCH.get(emotion, emotion) if language == "fr" else emotion


def system_language() -> str:
    """Return the language of ``LANGUAGES`` that the environment asks for; English else."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := os.environ.get(name):
            return known_language(value)
    return known_language(locale.getlocale()[0] or "")


def known_language(tag: str) -> str:
    """Return the language of ``LANGUAGES`` that ``tag`` ("fr_FR.UTF-8", "fr-CA") is of."""
    language = tag.lower().replace("_", "-").split("-")[0].split(".")[0]
    return language if language in LANGUAGES else "en"
