"""What people call the classes of their folders, and which of Mien's labels each means."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping
from functools import lru_cache

from training.labels import FERPLUS_CLASSES, LABELS

# English, French, German, Spanish, Italian, Portuguese; accents and case do not count. A word
# stands here only where it means one label and no other in any of these languages.
_WORDS = {
    "angry": "angry anger angriness mad rage furious fury colere fache furieux furieuse wut "
    "wutend arger argerlich zorn zornig enojo enojado enfado enfadado ira rabia rabbia "
    "arrabbiato raiva zangado",
    "disgust": "disgust disgusted disgusting disgusts disgused degout degoute ekel angeekelt asco "
    "disgusto disgustato nojo",
    "fear": "fear fearful fearfull afraid scared frightened fright terrified peur effraye angst "
    "angstlich furcht miedo temor asustado paura spaventato medo assustado",
    "happy": "happy happiness happines joy joyful joie heureux heureuse freude "
    " frohlich glucklich feliz felicidad alegria alegre felice felicita gioia felicidade",
    "sad": "sad sadness sadnes unhappy sorrow sorrowful triste tristesse trauer traurig "
    "traurigkeit tristeza tristezza",
    "surprise": "surprise surprised suprise suprised surprising astonished astonishment surpris "
    "uberraschung uberrascht sorpresa sorprendido sorpreso surpresa surpreso",
    "neutral": "neutral neutrality neutre neutrale neutro",
    # A label of FER+ and AffectNet, not of FER2013: known, so that it can be said.
    "contempt": "contempt contemptuous mepris verachtung desprecio disprezzo desprezo",
}
LABEL_OF_WORD = {word: label for label, words in _WORDS.items() for word in words.split()}
# Words beside that say nothing of which class it is.
_FILLERS = {"face", "faces", "facial", "emotion", "emotions", "expression", "expressions", "class",
            "label", "images"}  # fmt: skip
_NUMBER = re.compile(r"(?:class|label|emotion)?[ _-]*0*(\d+)", re.IGNORECASE)

# What the numbers of folders mean in data sets that are commonly unpacked so.
_ORDERS = {
    "affectnet": "neutral happy sad surprise fear disgust angry contempt",
    "raf-db": "surprise fear disgust happy sad angry neutral",
    "ck+": "neutral angry contempt disgust fear happy sad surprise",
}
NUMBERINGS: dict[str, Mapping[int, str]] = {
    "fer2013": dict(enumerate(LABELS)),
    "ferplus": dict(enumerate(FERPLUS_CLASSES)),
    **{
        name: dict(enumerate(order.split(), start=int(name == "raf-db")))
        for name, order in _ORDERS.items()
    },
}
# The last ones are no expression: "none", "uncertain" and "no face"; "unknown" and "no face".
_BEYOND = {"affectnet": range(8, 11), "ferplus": range(8, 10)}
_NAMED = {
    "affectnet": re.compile(r"affect ?net"),
    "raf-db": re.compile(r"\braf(\b| ?db)"),
    "fer2013": re.compile(r"\bfer ?2013(?! ?(\+|plus))"),
    "ferplus": re.compile(r"\bfer ?(2013 ?)?(\+|plus)"),
    "ck+": re.compile(r"\bck(\b|plus)|\bcohn ?kanade"),
}


@lru_cache(maxsize=4096)
def label_of(name: str) -> str | None:
    """Return the label, or "contempt", that a folder called ``name`` means; None: not known.

    "Happiness", "3_happy" and "HEUREUX" are happy. Every word must be known and all must mean
    the same: "not happy" and "happily surprised" are nothing.
    """
    words = [word for word in _plain(name).split() if word not in _FILLERS]
    meant = {LABEL_OF_WORD.get(word) for word in words}
    return meant.pop() if len(meant) == 1 else None


@lru_cache(maxsize=4096)
def number_of(name: str) -> int | None:
    """Return the number that a folder is called by: of "3", "03" and "class003" it is 3."""
    found = _NUMBER.fullmatch(name.strip())
    return int(found[1]) if found else None


def numbering_of(numbers: Collection[int], where: str) -> str | None:
    """Return which of ``NUMBERINGS`` folders with these ``numbers`` have; None: it is not clear.

    where: the name of the data set. It alone tells, where it names one whose numbers these can
    be: from 0 to 7 go those of AffectNet, FER+ and CK+, from 1 to 7 RAF-DB's and CK+'s less
    neutral.
    """
    called = re.sub(r"[-_ ]+", " ", where.casefold())
    meant = [name for name, pattern in _NAMED.items() if pattern.search(called)]
    if len(meant) != 1:
        return None
    known = {*NUMBERINGS[meant[0]], *_BEYOND.get(meant[0], ())}
    return meant[0] if set(numbers) <= known else None


def _plain(name: str) -> str:
    """Return the words of ``name`` in lower case, without accents, digits and punctuation."""
    bare = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    return re.sub(r"[\W\d_]+", " ", bare.casefold()).strip()
