"""The words of the pages: the same in both languages, and all that the pages and scripts use."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

PAGES = Path(__file__).parents[5] / "device" / "sinks" / "web" / "pages"
WORDS = {
    language: json.loads((PAGES / f"words.{language}.json").read_text(encoding="utf-8"))
    for language in ("en", "fr")
}
# What the server fills in beside the words.
SERVERS = {"page", "version"}


def places(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)\}", text))


def scripts() -> str:
    return "\n".join(path.read_text(encoding="utf-8") for path in PAGES.glob("assets/*.js"))


def test_both_languages_have_the_same_words():
    assert list(WORDS["en"]) == list(WORDS["fr"])
    for key, text in WORDS["en"].items():
        assert text.strip(), key
        assert WORDS["fr"][key].strip(), key
        assert places(text) == places(WORDS["fr"][key]), key


def test_each_language_names_itself():
    assert {language: words["language"] for language, words in WORDS.items()} == {
        "en": "en", "fr": "fr",
    }  # fmt: skip


@pytest.mark.parametrize("path", sorted(PAGES.glob("*.html")), ids=lambda p: p.stem)
def test_a_page_uses_words_that_exist(path):
    used = set(re.findall(r"(?<!\{)\{\{(\w+)\}\}(?!\})", path.read_text(encoding="utf-8")))
    assert used <= {*WORDS["en"], *SERVERS}


def test_scripts_use_words_that_exist():
    for key in re.findall(r'word\(\s*"(\w+)"', scripts()):
        assert key in WORDS["en"], key
    for start in re.findall(r"word\(\s*`(\w+)\$", scripts()):
        assert any(key.startswith(start) for key in WORDS["en"]), start


def test_no_word_is_left_over():
    pages = "\n".join(path.read_text(encoding="utf-8") for path in PAGES.glob("*.html"))
    text = pages + scripts()
    whole = set(re.findall(r"\{\{(\w+)\}\}", pages)) | set(re.findall(r'"(\w+)"', scripts()))
    starts = tuple(re.findall(r"word\(\s*`(\w+)\$", text))
    assert [k for k in WORDS["en"] if k not in whole and not k.startswith(starts)] == []


def test_data_never_becomes_markup_and_nothing_comes_from_elsewhere():
    for path in [*PAGES.glob("*.html"), *PAGES.glob("assets/*")]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?://|innerHTML|insertAdjacentHTML|document\.write", text), path
        assert not re.search(r"\sstyle=|\son\w+=|<style", text), path
