"""The description is true: schemathesis asks the running server all that it allows, and more."""

import os
import subprocess
import sys

import pytest

from device.sinks.web.routes import build_router
from tests.device.sinks.web.conftest import PASSWORD, PASSWORD_HASH

# These two never come to an end.
ENDLESS = ["/api/events", "/stream.mjpeg"]


def schemathesis(page, folder, *options):
    excluded = [part for path in ENDLESS for part in ("--exclude-path", path)]
    return subprocess.run(
        [
            sys.executable, "-m", "schemathesis.cli", "run", f"{page.web.url}openapi.json",
            "--checks", "all", "--phases", "coverage,fuzzing", "--max-examples", "8",
            "--seed", "1", "--no-color", *excluded, *options,
        ],
        cwd=folder, env=os.environ | {"PYTHONWARNINGS": "ignore"},
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def seen(serve, demo_frames):
    page = serve()
    with page.reading(demo_frames[:30], 5):
        yield page


def test_the_server_does_as_the_description_says(seen, tmp_path):
    done = schemathesis(seen, tmp_path)
    assert done.returncode == 0, done.stdout[-6000:]
    assert "18 passed" in done.stdout


def test_a_server_that_does_otherwise_would_be_found(seen, tmp_path, monkeypatch):
    monkeypatch.setattr(seen.sessions, "heads", lambda: [{"id": "one"}])
    done = schemathesis(seen, tmp_path, "--include-path", "/api/sessions", "--phases", "coverage")
    assert done.returncode == 1
    assert "Response violates schema" in done.stdout


def test_the_server_does_as_the_description_says_behind_a_password(serve, demo_frames, tmp_path):
    page = serve(password_hash=PASSWORD_HASH)
    with page.reading(demo_frames[:30], 5):
        header = page.client(auth=("mien", PASSWORD)).get("/openapi.json").request.headers
        done = schemathesis(
            page, tmp_path, "--header", f"Authorization: {header['authorization']}",
            "--exclude-checks", "ignored_auth", "--phases", "examples",
        )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]


def test_what_any_request_may_be_answered_is_described(client):
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        for operation in operations.values():
            codes = set(map(int, operation["responses"]))
            assert {400, 403, 421, 431, 503} <= codes
            assert path == "/healthz" or {401, 429} <= codes
            assert ("requestBody" in operation) == ({408, 413, 415} <= codes)


def test_every_path_of_the_api_is_described(page, client):
    described = client.get("/openapi.json").json()["paths"]
    from device.sinks.web import server, site
    from device.sinks.web.api import Api
    from device.sinks.web.work import Work

    work = Work()
    given = server.Given(
        page.web._settings, page.web._present, page.sessions, page.costs, page.web._about,
        page.web._limits, None,
    )  # fmt: skip
    parts = server.build_parts(given, work)
    router = build_router(parts, Api(parts), site.Site(parts, None))
    work.close()
    paths = {route.path for route in router.routes}
    programs = {path for path in paths if path.startswith("/api/")}
    assert programs | {"/healthz", "/metrics", "/stream.mjpeg", "/picture.jpg"} == set(described)


def test_the_readme_names_every_path(client):
    from pathlib import Path

    from device.sinks import web

    text = (Path(web.__file__).parent / "README.md").read_text(encoding="utf-8")
    for path in client.get("/openapi.json").json()["paths"]:
        assert f"`{path}`" in text or f" {path}`" in text, path
