import pytest

from device.language import chosen_language, emotion_word, known_language, system_language


@pytest.mark.parametrize(
    ("tag", "language"),
    [("fr", "fr"), ("fr_FR.UTF-8", "fr"), ("fr-CA", "fr"), ("FR", "fr"), ("de_DE", "en"),
     ("", "en"), ("C.UTF-8", "en"), ("fro", "en")],
)  # fmt: skip
def test_a_tag_is_the_language_that_is_known_or_english(tag, language):
    assert known_language(tag) == language


def test_lc_all_goes_before_lang(monkeypatch):
    monkeypatch.setenv("LANG", "fr_FR.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    monkeypatch.delenv("LC_MESSAGES", raising=False)
    assert system_language() == "fr"
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    assert system_language() == "en"


def test_the_language_is_the_settings_or_the_systems(monkeypatch):
    monkeypatch.setenv("LC_ALL", "fr_CA.UTF-8")
    assert (chosen_language("auto"), chosen_language("en")) == ("fr", "en")
    monkeypatch.setenv("LC_ALL", "C")
    assert chosen_language("auto") == "en"
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    assert chosen_language("auto") == "en"


def test_emotions_have_french_words_and_others_stay():
    assert emotion_word("disgust", "fr") == "dégoût"
    assert emotion_word("disgust", "en") == "disgust"
    assert emotion_word("contempt", "fr") == "contempt"
