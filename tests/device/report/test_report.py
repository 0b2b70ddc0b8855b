import base64
import csv as tables
import logging
import os
import re
import stat
import tracemalloc
from collections.abc import Callable
from datetime import datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pytest

from device.config import Settings
from device.errors import ConfigError, SinkError, SourceError
from device.report.logfiles import LogFiles
from device.report.report import report
from device.report.stretches import stretches
from device.report.sums import Sums
from device.report.words import WORDS
from tests.device.report.conftest import BEGAN, LABELS, line, text

Make = Callable[..., tuple[list[str], str, list[dict[str, str]]]]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make a report; return the lines for people, the page, and the table."""

    def made(*logs: Path, language: str = "auto", **options: object):
        html, csv = tmp_path / "report.html", tmp_path / "report.csv"
        said = report(Settings(language=language), logs, html=html, csv=csv, **options)
        with csv.open(newline="", encoding="utf-8") as file:
            return said, html.read_text(encoding="utf-8"), list(tables.DictReader(file))

    return made


def days(count: int) -> list[dict[str, object]]:
    """A log of so many days, of two minutes each."""
    return [
        line(day * 86400 + n, LABELS[(n // 10 + day) % 7])
        for day in range(count)
        for n in range(120)
    ]


class Reader(HTMLParser):
    """What a browser would load, the tags that are open, and what people read."""

    VOID = ("meta", "img", "source", "br", "link")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.tags: list[str] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.loaded += [value or "" for name, value in attrs if name in ("src", "srcset", "href")]
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"style", "script"} & set(self.open):
            self.words.append(data)


def test_the_report_of_a_real_log_says_what_was_read(make, demo_log):
    said, page, table = make(demo_log, language="en")
    assert re.fullmatch(r".*report\.html: \d{4}-\d\d-\d\d, 16 s with somebody there", said[0])
    assert re.fullmatch(rf".*report\.csv: {len(table)} lines", said[1])
    words = " ".join(Reader(page).words)
    for expected in ("A statistic of expressions, not a diagnosis.", "Happy", str(demo_log)):
        assert expected in words
    (whole,) = [row for row in table if row["part"] == "period"]
    assert whole["faces"] == "2"
    assert whole["watched_s"] == ""
    for part in ("slot", "hour", "day"):
        total = sum(float(row["happy_s"]) for row in table if row["part"] == part)
        assert total == pytest.approx(float(whole["happy_s"]), abs=0.02)


def test_the_page_is_whole_and_loads_nothing(make, log):
    _, page, _ = make(log(days(3)))
    found = Reader(page)
    assert not found.open
    assert len(found.loaded) == 8
    assert all(each.startswith("data:image/svg+xml;base64,") for each in found.loaded)
    assert not {"script", "link", "iframe", "object", "base"} & set(found.tags)
    assert not [name for _, name, _ in found.attributes if name == "style" or name[:2] == "on"]
    policy = [value for tag, name, value in found.attributes if (tag, name) == ("meta", "content")]
    assert "default-src 'none'; style-src 'unsafe-inline'; img-src data:" in policy
    assert not re.search(r"url\(|@import|https?:", page)


def test_every_plot_has_words_for_it_and_a_table(make, log):
    _, page, _ = make(log(days(3)), language="en")
    found = Reader(page)
    spoken = [value for tag, name, value in found.attributes if (tag, name) == ("img", "alt")]
    assert len(spoken) == 4
    assert all("Happy" in text for text in spoken)
    assert found.tags.count("table") == 4
    assert found.tags.count("h1") == 1


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["A statistic of expressions, not a diagnosis.", "By day", "Sad", "20 Nov 2026"]),
        ("fr", ["Une statistique d'expressions, pas un diagnostic.", "Par jour", "Tristesse",
                "20 nov. 2026"]),
    ],
)  # fmt: skip
def test_the_page_is_in_one_language(make, log, language, words, monkeypatch):
    path = log(days(2))
    _, page, table = make(path, language=language)
    read = " ".join(Reader(page).words)
    assert f'<html lang="{language}">' in page
    assert all(word in read for word in words)
    assert table[0]["part"] == "period"
    monkeypatch.setenv("LC_ALL", f"{language}_CA.UTF-8")
    _, by_system, _ = make(path)
    assert f'<html lang="{language}">' in by_system


def test_both_languages_have_the_same_words():
    assert WORDS["en"].keys() == WORDS["fr"].keys()
    for key, words in WORDS["en"].items():
        kept = [sorted(re.findall(r"{\w+}", WORDS[each][key])) for each in WORDS]
        assert kept[0] == kept[1]
        assert words.strip()
        assert WORDS["fr"][key].strip()


def test_names_cannot_do_anything_to_the_page(make, log, tmp_path):
    evil = '<script>alert("1")</script>'
    lines = [line(n, evil, probabilities={evil: 1.0}) for n in range(5)]
    _, page, _ = make(log(lines, "<img src=x onerror=alert(1)>.jsonl"))
    found = Reader(page)
    assert "script" not in found.tags
    assert found.tags.count("img") == 3
    assert not found.open


def test_a_name_that_is_no_text_is_shown_as_far_as_it_goes(make, tmp_path):
    names = {"=1+1\x00\x1f": 0.5, "x" * 500: 0.5}
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\xff.jsonl"))
    path.write_text(text(line(n, list(names)[n % 2], probabilities=names) for n in range(9)))
    _, page, table = make(path, language="en")
    assert "=1+1??" in " ".join(Reader(page).words)
    assert "x" * 100 not in page
    for svg in re.findall(r"base64,([\w+/=]+)", page):
        ElementTree.fromstring(base64.b64decode(svg))  # noqa: S314
    assert "'=1+1\x00\x1f_s" in table[0]


def test_a_period_is_cut_out(make, log):
    since = BEGAN + timedelta(days=1)
    until = since + timedelta(seconds=60)
    said, _, table = make(log(days(3)), since=since, until=until)
    assert "2026-11-21, 1.0 min with somebody there" in said[0]
    assert table[0]["somebody_s"] == "60.0"
    here = datetime.now().astimezone()
    _, _, table = make(log(days(3)), since=(since.astimezone(here.tzinfo)).replace(tzinfo=None))
    assert table[0]["somebody_s"] == "240.0"


def test_several_days_are_counted(make, log):
    said, _, table = make(log(days(3)))
    assert "3 days, 6.0 min with somebody there" in said[0]
    assert [row["somebody_s"] for row in table if row["part"] == "day"] == ["120.0"] * 3
    assert len([row for row in table if row["part"] == "hour"]) == 24


def test_what_was_skipped_is_said_in_one_line(make, log, caplog):
    path = log([line(0), line(1)])
    unset = text([line(0, time="1970-01-01T00:00:09+00:00")])
    with caplog.at_level(logging.WARNING):
        make(path)
        assert caplog.messages == []
        for more, said in (
            ('{"time": "2026-11-\n', "1 line that is no reading"),
            ("hello\n" * 1200, "1,201 lines that are no readings"),
            (
                unset,
                "1,201 lines that are no readings and 1 reading from when the clock was not set",
            ),
        ):
            caplog.clear()
            with path.open("a") as file:
                file.write(more)
            make(path)
            assert caplog.messages == [f"left out: {said}"]


def test_old_logs_are_named_by_their_number(make, log):
    log([line(0)], "x.jsonl.1")
    _, page, _ = make(log([line(5)]), language="en")
    assert "x.jsonl and another file" in page
    log([line(-90)], "x.jsonl.2")
    _, page, _ = make(log([line(5)]), language="fr")
    assert "x.jsonl et 2 autres fichiers" in page


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no readings in .*: is it a log that --log wrote"),
        ("hello\n", "no readings in .*: is it a log that --log wrote"),
        ("\0" * 1000, "no readings in .*: is it a log that --log wrote"),
    ],
)
def test_a_log_without_readings_is_named(make, tmp_path, content, message):
    path = tmp_path / "x.jsonl"
    path.write_text(content)
    with pytest.raises(SourceError, match=message):
        make(path)
    assert not (tmp_path / "report.html").exists()


def test_a_log_of_pictures_of_faces_alone_has_no_readings_of_a_face(make, log):
    with pytest.raises(SourceError, match=r"no readings of a face in .*x\.jsonl$"):
        make(log([line(n, still=True) for n in range(5)]))


def test_a_period_without_readings_is_named(make, log):
    since = datetime(2027, 1, 1).astimezone()
    with pytest.raises(SourceError, match=r"no readings of a face in .* from 2027-01-01 00:00"):
        make(log(days(1)), since=since)


def test_from_after_to_is_a_mistake(make, log):
    with pytest.raises(ConfigError, match="from 2026-11-20 14:30 is not before to"):
        make(log(days(1)), since=BEGAN, until=BEGAN)


def test_a_log_is_never_written_over(log, tmp_path):
    path = log(days(1))
    before = path.read_bytes()
    link = tmp_path / "link.html"
    link.symlink_to(path)
    for html, csv in ((path, tmp_path / "a"), (tmp_path / "a", path), (link, tmp_path / "a")):
        with pytest.raises(ConfigError, match="is read, not written"):
            report(Settings(), [path], html=html, csv=csv)
    with pytest.raises(ConfigError, match="both be"):
        report(Settings(), [path], html=tmp_path / "a", csv=tmp_path / "a")
    log([line(0)], "x.jsonl.1")
    with pytest.raises(ConfigError, match="is read, not written"):
        report(Settings(), [path], html=tmp_path / "a", csv=tmp_path / "x.jsonl.1")
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["no/such/r.html", "folder", "x" * 300], ids=len)
def test_a_file_that_cannot_be_written_is_named_and_nothing_changes(log, tmp_path, name):
    (tmp_path / "folder").mkdir()
    csv = tmp_path / "r.csv"
    csv.write_text("before")
    names = set(os.listdir(tmp_path))
    path = log(days(1))
    with pytest.raises(SinkError, match=r"cannot write .*: .*: (say|give) "):
        report(Settings(), [path], html=tmp_path / name, csv=csv)
    with pytest.raises(SinkError, match=r"cannot write .*: .*: (say|give) "):
        report(Settings(), [path], html=csv, csv=tmp_path / name)
    assert csv.read_text() == "before"
    assert set(os.listdir(tmp_path)) == names | {path.name}


def test_a_report_takes_the_place_of_one_before_and_others_may_not_read_it(make, log, tmp_path):
    make(log(days(1)))
    _, page, _ = make(log(days(2)), language="en")
    assert "By day" in page
    assert stat.S_IMODE((tmp_path / "report.html").stat().st_mode) & 0o007 == 0
    assert {path.name for path in tmp_path.iterdir()} == {"x.jsonl", "report.html", "report.csv"}


def test_a_disk_that_is_full_leaves_the_report_before(log, tmp_path):
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full here")
    with pytest.raises(SinkError, match="cannot write"):
        report(Settings(), [log(days(1))], html=full, csv=tmp_path / "r.csv")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_browser_shows_it_on_a_phone_a_desk_and_paper(make, log, tmp_path, scheme, browser):
    make(log(days(3)))
    for width in (390, 1100):
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 800})
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("request", lambda request, asked=asked: asked.append(request.url))
        page.goto((tmp_path / "report.html").as_uri())
        images = page.evaluate(
            "Promise.all([...document.images].map(i => i.decode().then(() => "
            "[i.complete, i.naturalWidth, i.getBoundingClientRect().width])))"
        )
        assert len(images) == 4
        assert all(complete and natural > 0 for complete, natural, _ in images)
        # On a phone the drawings are those made for it, at nearly their own size.
        assert all(shown / natural > 0.75 for _, natural, shown in images)
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
        levels = [int(level) for level in re.findall(r"\d+", ground)[:3]]
        assert (sum(levels) < 3 * 128) == (scheme == "dark")
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
        assert page.pdf().startswith(b"%PDF")
        page.close()


def test_reading_a_large_log_takes_no_more_memory_than_a_small_one(log):
    peaks = []
    for count in (3_000, 12_000):
        path = log((line(n * 20, LABELS[n % 7], face=n) for n in range(count)), f"{count}.jsonl")
        tracemalloc.start()
        with LogFiles([path]) as logs:
            sums = Sums()
            for stretch in stretches(logs.lines()):
                sums.add(stretch)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]
