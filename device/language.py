"""What people read, in their language. Names in code and logs stay English."""

from __future__ import annotations

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


def chosen_language(setting: str) -> str:
    """Return the language that ``Settings.language`` chooses: for "auto" the system's."""
    return system_language() if setting == "auto" else known_language(setting)


def system_language() -> str:
    """Return the language of ``LANGUAGES`` that the environment asks for; English else."""
    named = (os.environ.get(name) for name in ("LC_ALL", "LC_MESSAGES", "LANG"))
    return known_language(next(filter(None, named), ""))


def known_language(tag: str) -> str:
    """Return the language of ``LANGUAGES`` that ``tag`` ("fr_FR.UTF-8", "fr-CA") is of."""
    language = tag.lower().replace("_", "-").split("-")[0].split(".")[0]
    return language if language in LANGUAGES else "en"
