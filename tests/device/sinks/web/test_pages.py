"""The pages as they are sent."""

import json
import re
import shutil
from html.parser import HTMLParser

import pytest

from device.errors import SinkError
from device.sinks.web.pages import FOLDER, PAGES, Pages, chosen_language

LABELS = ["angry", "disgust", "fear", "happy", "sad", "surprise", "neutral"]
LANGUAGES = ("en", "fr")


@pytest.fixture(scope="module")
def pages():
    return Pages(LABELS, "1.2.3")


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(FOLDER, tmp_path / "pages")


class Found(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.tags = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_every_page_is_whole(pages, page, language):
    html = pages.html(page, language)
    assert html.startswith("<!doctype html>")
    assert f'<html lang="{language}">' in html
    assert "{{" not in html
    assert "1.2.3" in html


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", PAGES)
def test_pages_ask_for_nothing_that_the_policy_forbids_or_that_is_not_there(pages, page, language):
    for tag, attributes in Found(pages.html(page, language)).tags:
        assert "style" not in attributes
        assert not [name for name in attributes if name.startswith("on")]
        assert tag != "style"
        assert tag != "script" or attributes.get("src", "").startswith("/assets/")
        for name in ("src", "href"):
            target = attributes.get(name) or ""
            assert "//" not in target
            if target.startswith("/assets/"):
                assert target.removeprefix("/assets/") in pages.assets


def test_an_unknown_word_is_an_error_at_the_start(folder):
    (folder / "live.html").write_text("{{heading_that_is_not_there}}")
    with pytest.raises(SinkError, match=r"live\.html in en: there is no word 'heading_that"):
        Pages(LABELS, "1", folder)


def test_a_word_that_one_language_lacks_is_an_error_at_the_start(folder):
    words = json.loads((folder / "words.fr.json").read_text())
    del words["password"]
    (folder / "words.fr.json").write_text(json.dumps(words))
    with pytest.raises(SinkError, match=r"login\.html in fr: there is no word 'password'"):
        Pages(LABELS, "1", folder)


@pytest.mark.parametrize("name", ["layout.html", "device.html", "words.en.json"])
def test_a_file_that_is_missing_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(SinkError, match=re.escape(name)):
        Pages(LABELS, "1", folder)


def test_words_that_are_none_are_named(folder):
    (folder / "words.en.json").write_text("[]")
    with pytest.raises(SinkError, match=r"words\.en\.json: no words"):
        Pages(LABELS, "1", folder)


def test_words_are_text_and_no_html(folder):
    words = json.loads((folder / "words.en.json").read_text())
    (folder / "words.en.json").write_text(json.dumps(words | {"live": "<script>&"}))
    html = Pages(LABELS, "1", folder).html("live", "en")
    assert "&lt;script&gt;&amp;" in html
    assert "<script>&" not in html


@pytest.mark.parametrize(
    ("accept", "language"),
    [
        ("", "en"), ("fr", "fr"), ("fr-CA,fr;q=0.9,en;q=0.8", "fr"), ("en,fr;q=0.9", "en"),
        ("de,fr;q=0.2,en;q=0.1", "fr"), ("en;q=0.1,fr;q=0.5", "fr"), ("de", "en"), ("*", "en"),
        ("fr;q=0", "en"), ("fr;q=x", "en"), ("FR", "fr"), (",;,;q=1," * 500, "en"),
        ("x" * 10_000, "en"),
    ],
)  # fmt: skip
def test_the_language_is_the_browsers(accept, language):
    assert chosen_language(accept) == language


def test_pages_come_in_the_browsers_language(page):
    answers = [
        page.client(headers={"Accept-Language": tag}).get("/") for tag in ("en", "fr-FR,fr;q=0.9")
    ]
    assert ['<html lang="en">' in answers[0].text, '<html lang="fr">' in answers[1].text] == [
        True, True,
    ]  # fmt: skip
    assert {answer.headers["Vary"] for answer in answers} == {"Accept-Language"}


def test_the_words_tell_the_emotions_names_and_colours(page):
    words = page.client(headers={"Accept-Language": "fr"}).get("/words.json").json()
    assert words["labels"] == LABELS
    assert words["emotions"]["angry"] == "colère"
    assert set(words["emotions"]) == set(words["colours"]) == {*LABELS, "uncertain"}
    assert all(re.fullmatch(r"#[0-9a-f]{6}", colour) for colour in words["colours"].values())


@pytest.mark.parametrize("name", [*LABELS, "uncertain", "nobody"])
def test_every_emotion_has_an_emoji(client, name):
    answer = client.get(f"/emoji/{name}.png")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.content.startswith(b"\x89PNG")
    assert int.from_bytes(answer.content[16:20], "big") == 128


@pytest.mark.parametrize(("name", "kind"), [("mien.css", "text/css"), ("favicon.svg", "image/svg"),
                                            ("live.js", "text/javascript")])  # fmt: skip
def test_files_are_what_they_are_and_fetched_once(client, name, kind):
    answer = client.get(f"/assets/{name}")
    assert answer.headers["Content-Type"].startswith(kind)
    assert answer.content == (FOLDER / "assets" / name).read_bytes()
    again = client.get(f"/assets/{name}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_the_login_says_what_was_wrong_and_where_it_leads(pages):
    html = pages.login("en", "/session?id=3&x=1", "wrong_password")
    fields = [attributes for tag, attributes in Found(html).tags if tag == "input"]
    assert fields[0]["value"] == "/session?id=3&x=1"
    assert "That is not the password" in html
    assert "That is not the password" not in pages.login("en", "/", "")
