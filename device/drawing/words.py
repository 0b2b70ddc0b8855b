"""The few words and numbers on a screen, in its language."""

from __future__ import annotations

_APOSTROPHE = "\u2019"
_NARROW = "\u202f"  # French sets a narrow space before a percent sign

_WORDS: dict[str, tuple[str, str]] = {
    "still": ("a picture", "une image"),
    "no_picture": ("No picture", "Pas d'image"),
    "no_picture_advice": ("Is the camera connected?", "La caméra est-elle branchée ?"),
    "nobody": ("Nobody there", "Personne"),
    "frames_per_s": ("frames/s", "images/s"),
    "last_minutes": ("last {} min", "{} dernières min"),
    "session": ("This session", "Cette session"),
    "somebody": ("Somebody there", "Quelqu'un est là"),
    "of": ("of", "sur"),
    "since": ("since", "depuis"),
    "faces": ("Faces", "Visages"),
    "negative": ("Negative share", "Part négative"),
    "changes": ("Changes an hour", "Changements / h"),
    "statistic": (
        "A statistic of expressions, not a diagnosis.",
        "Une statistique d'expressions, pas un diagnostic.",
    ),
    "nothing_yet": ("Nothing read yet", "Encore rien lu"),
    "dismiss": ("Space or a touch closes this", "Espace ou toucher pour fermer"),
}


def word(key: str, language: str) -> str:
    """Return what the screen says for ``key`` in ``language``, "en" or "fr"."""
    english, french = _WORDS[key]
    return french.replace("'", _APOSTROPHE) if language == "fr" else english


def capital(text: str) -> str:
    """Return ``text`` with a capital letter first."""
    return text[:1].upper() + text[1:]


def percent(share: float, language: str) -> str:
    """Return ``share`` 0-1 as ``97%``, in French ``97 %``."""
    return f"{share * 100:.0f}{_NARROW if language == 'fr' else ''}%"


def decimal(value: float, language: str, digits: int = 1) -> str:
    """Return a number with ``digits`` decimals; French has a comma."""
    text = f"{value:.{digits}f}"
    return text.replace(".", ",") if language == "fr" else text


def span(seconds: float) -> str:
    """Return how long something took: ``45 s``, ``12 min``, ``3 h 05``, ``36 h``."""
    if seconds < 60:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(int(seconds // 60), 60)
    if not hours:
        return f"{minutes} min"
    return f"{hours} h {minutes:02}" if hours < 10 else f"{hours} h"
