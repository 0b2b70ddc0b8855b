import logging
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from device.drawing import Look, draw, text
from device.drawing.text import FONTS, Letters, letters
from device.drawing.words import _WORDS, percent, word
from device.language import LANGUAGES, emotion_word
from tests.device.drawing.scenes import LABELS, scene

WHITE = (255, 255, 255)


def written(what: str, size_px: int = 24, **options: object) -> np.ndarray:
    paper = np.zeros((60, 600, 3), np.uint8)
    letters().write(paper, what, (20, 30), size_px, WHITE, **options)
    return paper[..., 0]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_font_has_every_letter_that_is_written(language):
    texts = [word(key, language) for key in _WORDS]
    texts += [emotion_word(name, language) for name in [*LABELS, "uncertain"]]
    texts += [percent(0.5, language), "0123456789 .,:;!?/-…«»°%_()[]@#&+=", "ÀÂÇÉÈÊËÎÏÔŒÙÛÜŸ"]
    texts += ["àâçéèêëîïôœùûüÿæ", *map(chr, range(32, 127)), "\u2013\u2014\u2019"]
    missing = written("\u4e2d")  # no Chinese: an empty box
    for bold in (False, True):
        face = letters()._faces[bold]
        absent = {c for t in texts for c in t if not face.get_char_index(c)}
        assert not absent
    assert missing.any()


def test_accents_on_capitals_and_descenders_are_whole():
    plain, accented = written("E", 24), written("É", 24)
    rows = np.flatnonzero(accented.any(axis=1))
    assert rows[0] < np.flatnonzero(plain.any(axis=1))[0] - 3
    for mark in ("Ÿ", "Ç", "g"):
        line = letters()._line(mark, 24, True)
        assert not line[0].any()
        assert not line[-1].any()


def test_capitals_stand_in_the_middle_of_the_line():
    rows = np.flatnonzero(written("H", 40).max(axis=1) > 128)
    assert abs((rows[0] + rows[-1]) / 2 - 30) <= 1


def test_left_middle_and_right_ends_are_where_they_should_be():
    width = letters().width("mmm", 24)
    for align, left in (("left", 300), ("middle", 300 - width // 2), ("right", 300 - width)):
        paper = np.zeros((60, 600, 3), np.uint8)
        assert letters().write(paper, "mmm", (300, 30), 24, WHITE, align=align) == width
        columns = np.flatnonzero(paper[..., 0].any(axis=0))
        assert left <= columns[0] <= left + 4
        assert columns[-1] < left + width


@pytest.mark.parametrize("space", ["\u00a0", "\u2009", "\u202f"])
def test_spaces_that_do_not_break_have_a_width_too(space):
    for bold in (False, True):
        plain, spaced = (letters().width(t, 40, bold=bold) for t in ("98%", f"98{space}%"))
        assert spaced - plain >= 6


def test_in_french_a_space_stands_before_the_percent_sign():
    drawn = {c: letters().width(percent(0.98, c), 40) for c in LANGUAGES}
    assert drawn["fr"] > drawn["en"]


def test_what_is_too_wide_is_cut_and_says_so():
    cut = letters().cut("Changements de l\u2019heure", 100, 20)
    assert cut.endswith("…")
    assert letters().width(cut, 20) <= 100 < letters().width(cut[:-1] + "mm", 20)
    assert letters().cut("peur", 100, 20) == "peur"
    assert letters().cut("peur", 3, 20) == ""


def test_a_number_that_counts_does_not_tremble():
    assert len({letters().width(f"{number:03}%", 20) for number in range(0, 1000, 37)}) == 1


def test_outside_of_the_picture_nothing_is_written_and_nothing_breaks():
    for at in ((-30, 5), (590, 30), (5, -3), (5, 62), (-900, 30), (5, 900)):
        paper = np.zeros((60, 600, 3), np.uint8)
        letters().write(paper, "Tristesse", at, 30, WHITE)
    letters().write(np.zeros((60, 600, 3), np.uint8), "a\nb\x00\u202eé", (0, 30), 20, WHITE)


def test_the_fonts_are_small_and_their_licence_lies_beside_them():
    fonts = list(FONTS.glob("*.otf"))
    assert len(fonts) == 2
    assert all(path.stat().st_size < 60_000 for path in fonts)
    assert "SIL OPEN FONT LICENSE Version 1.1" in (FONTS / "OFL.txt").read_text("utf-8")


def test_memory_does_not_grow_with_what_is_written():
    own = Letters()
    for number in range(1500):
        own.width(f"{number} of many", 10 + number % 40)
    assert own._line.cache_info().currsize <= 256
    assert own._glyph.cache_info().currsize <= 1024


def test_several_threads_write_at_once():
    own, wrong = Letters(), []
    texts = [f"Surprise {number}" for number in range(40)]
    expected = {what: Letters()._line(what, 17, True) for what in texts}

    def write() -> None:
        for what in texts:
            if not np.array_equal(own._line(what, 17, True), expected[what]):
                wrong.append(what)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not wrong


def missing(folder: Path) -> Path:
    return folder / "none"


def broken(folder: Path) -> Path:
    for name in ("Inter-Regular.otf", "Inter-SemiBold.otf"):
        (folder / name).write_bytes(b"no font at all")
    return folder


def cut_short(folder: Path) -> Path:
    for name in ("Inter-Regular.otf", "Inter-SemiBold.otf"):
        (folder / name).write_bytes((FONTS / name).read_bytes()[:300])
    return folder


@pytest.mark.parametrize("harm", [missing, broken, cut_short])
def test_without_a_font_everything_but_the_words_is_drawn(harm, tmp_path, caplog, monkeypatch):
    with_words = draw(scene(), (480, 320), Look())
    without = Letters(harm(tmp_path))
    monkeypatch.setattr(text, "letters", lambda: without)
    for module in ("faces", "parts", "screen", "statistics"):
        monkeypatch.setattr(f"device.drawing.{module}.letters", lambda: without)
    for view in ("picture", "bars", "statistics"):
        drawn = draw(scene(notice=["http://pi:8080/"]), (480, 320), Look(view))
        assert drawn.std() > 5
    drawn = draw(scene(), (480, 320), Look())
    assert 0.6 < (drawn == with_words).all(axis=2).mean() < 1
    assert [r.levelno for r in caplog.records] == [logging.WARNING]
    assert str(tmp_path) in caplog.text


def test_without_freetype_the_warning_says_what_to_install(caplog, monkeypatch):
    monkeypatch.setitem(sys.modules, "freetype", None)
    assert Letters().width("Joie", 20) == 0
    assert "pip install -r requirements-pi.txt" in caplog.text


def test_where_freetype_does_not_load_there_is_a_warning_and_no_words(
    tmp_path, caplog, monkeypatch
):
    (tmp_path / "freetype.py").write_text("raise RuntimeError('Freetype library not found')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "freetype", raising=False)
    assert Letters().width("Joie", 20) == 0
    assert "pictures have no letters" in caplog.text
    assert "Freetype library not found" in caplog.text
