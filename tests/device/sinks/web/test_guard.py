"""Names, sites, headers and paths, asked of a page that is really served."""

import http.client
import json

import pytest

from device.sinks.web.guard import POLICY
from tests.device.waiting import until

PATHS = ["/", "/session", "/history", "/device", "/login", "/api/now", "/healthz", "/nothing",
         "/metrics", "/openapi.json", "/words.json", "/api/session", "/picture.jpg"]  # fmt: skip


def ask(page, path, method="GET", body=None, **headers):
    """Ask with exactly these headers and this path; return status, headers and body."""
    connection = http.client.HTTPConnection(*page.address, timeout=20)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        headers.setdefault("Host", f"127.0.0.1:{page.port}")
        if body is not None:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            connection.putheader(name.replace("_", "-"), value)
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read(4000)  # a stream has no end
    finally:
        connection.close()


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_headers_that_keep_others_out(page, path):
    _, headers, _ = ask(page, path)
    assert headers["Content-Security-Policy"] == POLICY
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    # A browser complains of it where the page comes without HTTPS from another machine.
    assert "Cross-Origin-Opener-Policy" not in headers
    assert headers["Cache-Control"] == "no-store"
    assert "Access-Control-Allow-Origin" not in headers
    assert "Server" not in headers


def test_the_policy_lets_nothing_in_that_is_not_ours():
    assert POLICY.startswith("default-src 'none'; ")
    assert "unsafe" not in POLICY
    assert "http" not in POLICY


@pytest.mark.parametrize("path", ["/", "/api/now", "/healthz", "/assets/mien.css", "/metrics"])
@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:8080", "", "10.9.8.7"])
def test_a_name_that_is_not_this_machines_is_refused(page, path, host):
    status, _, body = ask(page, path, Host=host)
    assert status == 421
    assert b"names under [page]" in body


def test_a_request_without_a_name_is_refused(page):
    connection = http.client.HTTPConnection(*page.address, timeout=20)
    connection.putrequest("GET", "/", skip_host=True)
    connection.endheaders()
    assert connection.getresponse().status == 400
    connection.close()


@pytest.mark.parametrize("host", ["localhost", "localhost:9999", "127.0.0.1", "[::1]:80"])
def test_the_names_of_this_machine_are_let_in(page, host):
    assert ask(page, "/", Host=host)[0] == 200


def test_a_name_in_the_settings_is_let_in(serve):
    page = serve(names=("mien.example",))
    assert ask(page, "/", Host="mien.example")[0] == 200
    assert ask(page, "/", Host="other.example")[0] == 421


CROSS = [
    {"Origin": "http://evil.example"},
    {"Origin": "null"},
    {"Sec_Fetch_Site": "cross-site"},
    {"Sec_Fetch_Site": "same-site"},
    {"Origin": "http://127.0.0.1:1"},
]
CHANGES = [
    ("POST", "/api/sessions"),
    ("PATCH", "/api/sessions/1"),
    ("DELETE", "/api/sessions/1"),
    ("POST", "/login"),
    ("POST", "/logout"),
]


@pytest.mark.parametrize("headers", CROSS)
@pytest.mark.parametrize(("method", "path"), CHANGES)
def test_another_sites_page_changes_nothing(page, method, path, headers):
    before = page.sessions.heads()
    status, _, body = ask(
        page, path, method, b'{"name": "x"}', Content_Type="application/json", **headers
    )
    assert status == 403
    assert b"only a page of this device itself" in body
    assert [head.id for head in page.sessions.heads()] == [head.id for head in before]
    assert page.sessions.current().name == before[0].name


@pytest.mark.parametrize("path", ["/stream.mjpeg", "/picture.jpg", "/api/now", "/api/session"])
def test_another_sites_page_shows_nothing(page, path):
    assert ask(page, path, Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="no-cors")[0] == 403


def test_a_link_on_another_sites_page_leads_here(page):
    assert ask(page, "/", Sec_Fetch_Site="cross-site", Sec_Fetch_Mode="navigate")[0] == 200


def test_the_page_itself_changes_things(serve):
    page = serve()
    status, _, _ = ask(
        page, "/api/sessions", "POST", b'{"name": "mine"}', Content_Type="application/json",
        Origin=f"http://127.0.0.1:{page.port}", Sec_Fetch_Site="same-origin",
    )  # fmt: skip
    assert status == 201
    assert page.sessions.current().name == "mine"


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "json"])
def test_a_form_cannot_pass_for_json(page, kind):
    assert ask(page, "/api/sessions", "POST", b'{"name": "x"}', Content_Type=kind)[0] == 415


TRICKS = [
    "/assets/../conftest.py", "/assets/%2e%2e/layout.html", "/assets/..%2flayout.html",
    "/assets/%2e%2e%2f%2e%2e%2fserver.py", "/assets/..%5clayout.html", "/assets/mien.css%00.js",
    "/assets/", "/assets", "/assets//mien.css", "/assets/%252e%252e/layout.html", "//evil.example",
    "/etc/passwd", "//etc/passwd", "/api/sessions/../now", "/api/sessions/1/../../now",
    "/api/sessions/%31%2f", "/api/sessions/-1", "/api/sessions/1x", "/api/sessions/%D9%A3", "/%ff",
    "/emoji/..%2f..%2fserver.png", "/emoji/happy%00.png", "/emoji/angel.png", "/layout.html",
    "/words.en.json", "/../", "/.", "/api/", "/api", "/API/now", "/healthz/", "/%00",
    "http://evil.example/", "/" + "a" * 9000,
]  # fmt: skip


@pytest.mark.parametrize("path", TRICKS, ids=lambda path: path[:40])
def test_path_tricks_lead_nowhere(page, path):
    status, _, body = ask(page, path)
    assert status in (400, 404)
    assert b"import" not in body
    assert len(body) < 1000


def test_an_endless_number_is_no_session(page):
    status, _, body = ask(page, "/api/sessions/" + "9" * 5000)
    assert status == 404
    assert len(body) < 200


def test_what_is_not_there_is_said_to_a_program_in_json_and_to_a_person_as_a_page(page):
    status, headers, body = ask(page, "/api/nothing", Accept="text/html")
    assert (status, headers["Content-Type"]) == (404, "application/json")
    assert json.loads(body) == {"error": "there is no such page"}
    status, headers, body = ask(page, "/nothing", Accept="text/html,*/*")
    assert (status, headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert b"there is no such page" in body


def test_a_method_that_is_not_known_is_answered_with_those_that_are(page):
    status, headers, body = ask(page, "/api/sessions/1", "PUT")
    assert status == 405
    assert set(headers["Allow"].split(", ")) == {"GET", "HEAD", "PATCH", "DELETE"}
    assert json.loads(body) == {"error": "that cannot be done here"}


@pytest.mark.parametrize("size", [17_000, 60_000])
def test_a_head_that_is_too_large_is_refused(page, size):
    assert ask(page, "/", X_Large="x" * size)[0] in (400, 431)


@pytest.mark.parametrize("path", ["/api/sessions", "/login"])
def test_a_body_that_is_too_large_is_refused(page, path):
    kind = "application/json" if path.startswith("/api") else "application/x-www-form-urlencoded"
    status, _, body = ask(page, path, "POST", b"x" * 20_000, Content_Type=kind)
    assert status == 413
    assert b"at most 16384 bytes" in body


def test_a_body_of_unknown_length_is_counted(page):
    connection = http.client.HTTPConnection(*page.address, timeout=20)
    parts = (b"x" * 1000 for _ in range(40))
    connection.request(
        "POST", "/api/sessions", parts, {"Content-Type": "application/json"}, encode_chunked=True
    )
    assert connection.getresponse().status == 413
    connection.close()


def test_an_error_of_ours_is_one_line_and_one_warning(serve, caplog, monkeypatch):
    page = serve()

    def fail():
        raise ZeroDivisionError("division\nby zero")  # no such bug is known

    monkeypatch.setattr(page.sessions, "heads", fail)
    client = page.client()
    for _ in range(3):
        answer = client.get("/api/sessions")
        assert answer.status_code == 500
        assert answer.json() == {"error": "unexpected ZeroDivisionError: see the device's log"}
    until(lambda: caplog.records)
    (record,) = caplog.records
    assert record.message == "web page: a request failed: ZeroDivisionError: division by zero"
    assert client.get("/api/now").status_code == 200
