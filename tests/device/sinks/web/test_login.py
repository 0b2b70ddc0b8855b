"""Logging in, as browsers and scripts do it."""

import pytest

from device.sinks.web.site import PATHS
from tests.device.sinks.web.conftest import PASSWORD, PASSWORD_HASH
from tests.device.waiting import until

PRIVATE = [
    "/api/now", "/api/session", "/api/sessions", "/api/sessions/1", "/api/history", "/api/device",
    "/api/log", "/api/events", "/stream.mjpeg", "/picture.jpg", "/metrics", "/openapi.json",
    "/api/sessions/1/export.csv", "/api/sessions/1/timeline.svg", "/api/history.svg", "/api/none",
]  # fmt: skip


@pytest.fixture(scope="module")
def locked(model):
    from contextlib import ExitStack

    from tests.device.sinks.web.conftest import start_page

    with ExitStack() as parts:
        yield start_page(parts, model, password_hash=PASSWORD_HASH)


@pytest.fixture
def fresh(serve):
    return serve(password_hash=PASSWORD_HASH)


def log_in(client, password=PASSWORD, **fields):
    return client.post("/login", data={"password": password, **fields})


@pytest.mark.parametrize("path", PRIVATE)
def test_programs_get_nothing_without_the_password(locked, path):
    answer = locked.client().get(path)
    assert answer.status_code == 401
    assert answer.json() == {"error": "log in first"}
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


@pytest.mark.parametrize("path", PRIVATE)
@pytest.mark.parametrize(
    "headers",
    # In a network, without encryption, browsers do not send the first.
    [{"Sec-Fetch-Mode": "cors"}, {"User-Agent": "Mozilla/5.0 (X11; Linux aarch64) Firefox/140.0"}],
)
def test_a_script_in_a_browser_is_not_asked_by_a_window(locked, path, headers):
    answer = locked.client().get(path, headers=headers)
    assert answer.status_code == 401
    assert "WWW-Authenticate" not in answer.headers


@pytest.mark.parametrize("path", PATHS)
def test_people_are_led_to_the_login_and_back(locked, path):
    client = locked.client()
    answer = client.get(f"{path}?id=3")
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/login?next={path}%3Fid%3D3"
    page = client.get(answer.headers["Location"])
    assert f'name="next" value="{path}?id=3"' in page.text


@pytest.mark.parametrize("path", ["/healthz", "/login", "/assets/mien.css", "/words.json"])
def test_what_is_nobodys_own_needs_no_password(locked, path):
    assert locked.client().get(path).status_code in (200, 503)


def test_the_password_opens_the_page(locked):
    client = locked.client()
    answer = log_in(client, next="/device")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/device")
    attributes = answer.headers["Set-Cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"} <= set(attributes)
    assert client.get("/").status_code == 200
    assert client.get("/api/now").status_code == 200
    assert client.get("/login").headers["Location"] == "/"


def test_a_wrong_password_stays_out_and_says_so(fresh):
    client = fresh.client()
    answer = log_in(client, "guess")
    assert answer.status_code == 401
    assert "That is not the password" in answer.text
    assert "Set-Cookie" not in answer.headers
    assert client.get("/").status_code == 303


def test_a_wrong_password_is_said_in_the_browsers_language(fresh):
    answer = fresh.client(headers={"Accept-Language": "fr"}).post("/login", data={"password": "x"})
    words = fresh.client(headers={"Accept-Language": "fr"}).get("/words.json").json()
    assert answer.status_code == 401
    assert words["wrong_password"].replace("'", "&#x27;") in answer.text


@pytest.mark.parametrize("body", [b"", b"password", b"password=", b"passwort=x", b"\xff=%ff"])
def test_a_form_without_the_password_stays_out(fresh, body):
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    assert fresh.client().post("/login", content=body, headers=headers).status_code in (400, 401)


def test_a_form_of_many_fields_is_refused(fresh):
    assert fresh.client().post("/login", data={f"a{n}": "" for n in range(50)}).status_code == 400


@pytest.mark.parametrize(
    "target",
    [
        "//evil.example", "https://evil.example", "/\\evil.example", "evil", "/a\r\nX: y", "",
        "/.//evil.example", "/" + "a" * 400, "javascript:alert(1)", '/"><script>', "/%0d%0aX:y\n",
    ],
)  # fmt: skip
def test_a_login_leads_to_no_other_site(locked, target):
    client = locked.client()
    page = client.get("/login", params={"next": target})
    assert 'name="next" value="/"' in page.text
    assert "<script>" not in page.text
    assert log_in(client, next=target).headers["Location"] == "/"


def test_logging_out_ends_the_login_everywhere(locked):
    client = locked.client()
    cookie = log_in(client).cookies["mien"]
    answer = client.post("/logout")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/login")
    assert "Max-Age=0" in answer.headers["Set-Cookie"]
    again = locked.client(cookies={"mien": cookie})
    assert again.get("/api/now").status_code == 401


@pytest.mark.parametrize("path", ["/stream.mjpeg", "/api/events"])
def test_logging_out_ends_what_goes_on(locked, path):
    client = locked.client()
    log_in(client)
    with client.stream("GET", path) as answer:
        parts = answer.iter_raw()
        next(parts)
        client.post("/logout")
        assert sum(1 for _ in zip(parts, range(8), strict=False)) < 8  # its end comes soon


@pytest.mark.parametrize("cookie", ["mien=guess", "mien=", "x", "mien=\x7f", "; ;=;", "mien"])
def test_a_made_up_cookie_opens_nothing(locked, cookie):
    assert locked.client(headers={"Cookie": cookie}).get("/api/now").status_code == 401


@pytest.mark.parametrize("other", ['a={"b": [1, 2]}', "c d=1", "alone", 'e="open', "\u00e9=1"])
def test_cookies_of_other_programs_on_this_host_do_not_hide_ours(locked, other):
    token = log_in(locked.client()).cookies["mien"]
    header = f"{other}; mien={token}".encode("latin-1")
    answer = locked.client().get("/api/now", headers=[(b"Cookie", header)])
    assert answer.status_code == 200


def test_scripts_give_the_password_with_each_request(locked):
    assert locked.client(auth=("mien", PASSWORD)).get("/metrics").status_code == 200
    assert locked.client(auth=("mien", PASSWORD)).get("/api/now").status_code == 200


@pytest.mark.parametrize(
    "header",
    ["", "Basic", "Basic x", "Basic ====", "Bearer abc", "Basic bWllbg==", "Basic /w==", "basic é"],
)
def test_a_broken_authorization_opens_nothing(locked, header):
    encoded = header.encode("utf-8")
    answer = locked.client().get("/api/now", headers=[(b"Authorization", encoded)])
    assert answer.status_code == 401


@pytest.mark.parametrize(("user", "password"), [("root", PASSWORD), ("mien", "x"), ("", "")])
def test_a_wrong_user_or_password_opens_nothing(fresh, user, password):
    assert fresh.client(auth=(user, password)).get("/api/now").status_code == 401


def test_wrong_tries_have_to_wait_also_with_the_right_password(fresh):
    client = fresh.client()
    codes = [log_in(client, f"guess {n}").status_code for n in range(8)]
    assert codes[:5] == [401] * 5
    assert codes[-1] == 429
    answer = log_in(client)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 300
    assert "Too many wrong tries" in answer.text


def test_a_password_that_was_given_before_waits_as_well(fresh):
    assert log_in(fresh.client()).status_code == 303
    client = fresh.client()
    codes = [log_in(client, f"guess {n}").status_code for n in range(5)]
    assert codes == [401] * 5
    assert log_in(client).status_code == 429  # else the answer would tell that it was the one
    assert fresh.client(auth=("mien", PASSWORD)).get("/api/now").status_code == 429


def test_scripts_wait_as_well(fresh):
    codes = [fresh.client(auth=("mien", f"{n}")).get("/metrics").status_code for n in range(8)]
    assert codes[:5] == [401] * 5
    assert codes[-1] == 429


def test_after_the_pause_the_owner_comes_in(fresh):
    client = fresh.client()
    for n in range(5):
        log_in(client, f"guess {n}")
    assert log_in(client).status_code == 429
    until(lambda: log_in(client).status_code == 303, "the end of the pause")


def test_who_is_in_stays_in_while_others_guess(fresh):
    client = fresh.client()
    log_in(client)
    other = fresh.client()
    while log_in(other, "guess").status_code != 429:
        pass
    assert client.get("/api/now").status_code == 200


def test_guesses_at_the_same_time_count_each(fresh):
    from concurrent.futures import ThreadPoolExecutor

    clients = [fresh.client() for _ in range(12)]
    with ThreadPoolExecutor(12) as threads:
        codes = list(threads.map(lambda c: log_in(c, "guess").status_code, clients))
    assert codes.count(401) <= 5
    assert set(codes) <= {401, 429, 503}


def test_without_a_password_nobody_is_asked(page, client):
    answer = client.get("/login")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")
    assert client.post("/login", data={"password": "any"}).status_code == 303
    assert client.get("/api/device").json()["password"] is False


def test_the_device_page_knows_that_there_is_a_password(locked):
    client = locked.client(auth=("mien", PASSWORD))
    assert client.get("/api/device").json()["password"] is True
    assert "security" in client.get("/openapi.json").json()["paths"]["/api/now"]["get"]
