"""What is shown and sent gets out from behind all that the unit refuses: the page, MQTT."""

from __future__ import annotations

from tests.device.sinks.mqtt.mosquitto import Place
from tests.device.waiting import until
from tests.virtual_pi.pi import SETTINGS, Pi
from tests.virtual_pi.say import say
from tests.virtual_pi.test_service import read_demo

PASSWORD = "correct horse battery"  # noqa: S105 - of this machine
PICTURE = "/tmp/picture.jpg"  # noqa: S108 - in the machine
# Prints the code of the answer to a URL, and keeps its body: argv is URL, FILE, PASSWORD.
_GET = b"""
import base64, sys, urllib.error, urllib.request
url, path, password = sys.argv[1:]
request = urllib.request.Request(url)
if password:
    login = base64.b64encode(f"mien:{password}".encode()).decode()
    request.add_header("Authorization", f"Basic {login}")
try:
    with urllib.request.urlopen(request, timeout=60) as answer, open(path, "wb") as file:
        file.write(answer.read())
        print(answer.status)
except urllib.error.HTTPError as error:
    print(error.code)
"""


def get(pi: Pi, path: str, password: str = "") -> str:
    """Ask the page for ``path`` from inside the machine; return the code of its answer."""
    url = f"http://127.0.0.1:8080{path}"
    code = pi.shell.must(f"python3 - {url} {PICTURE} '{password}'", given=_GET)
    say(f"GET {path}{' with the password' if password else ''}: {code}")
    return code


def test_the_page_shows_the_picture_to_who_knows_the_password(pi, results):
    # The first host of the file is the page's.
    pi.configure(web=True, host="0.0.0.0")  # noqa: S104 - what is wanted
    pi.shell.must("mien password", given=f"{PASSWORD}\n".encode())
    read_demo(pi)
    pi.more_readings(2)
    assert get(pi, "/healthz") == "200"
    assert get(pi, "/picture.jpg") == "401"
    assert get(pi, "/picture.jpg", "guessed") == "401"
    assert get(pi, "/picture.jpg", PASSWORD) == "200"
    picture = pi.shell.get(PICTURE)
    assert picture.startswith(b"\xff\xd8")
    (results / "page.jpg").write_bytes(picture)
    say(f"the page's picture: {results / 'page.jpg'}")
    say(pi.shell.must("systemd-analyze security mien --no-pager").splitlines()[-1])
    assert PASSWORD not in pi.shell.must("journalctl -b --no-pager -q")


def test_readings_reach_a_broker_and_its_end_does_too(pi, tmp_path):
    with Place(tmp_path) as place:
        broker = place.broker()
        listener = place.listener(broker.port)
        place.enter_context(pi.shell.lend(broker.port))
        for name, value in {"enabled": "true", "host": '"127.0.0.1"', "port": broker.port}.items():
            pi.shell.must(f"sed -i '/^\\[mqtt\\]/,$s|^{name} = .*|{name} = {value}|' {SETTINGS}")
        read_demo(pi)
        pi.more_readings(3)
        until(lambda: len(listener.of("/reading")) >= 3, "three readings at the broker")
        said = sorted({topic for topic, _, _ in listener.heard})
        say("\n".join(topic for topic in said if not topic.startswith("$")))
        assert [topic for topic in said if topic.startswith("homeassistant/")]
        assert listener.of("/availability") == [b"online"]
        pi.shell.must("systemctl kill --signal KILL mien")
        until(lambda: listener.of("/availability")[-1] == b"offline", "the last will")
        pi.until_shown("ActiveState", {"active"}, 300)
        pi.more_readings(1)
        until(lambda: listener.of("/availability")[-1] == b"online", "it is there again")
        say(f"availability: {[payload.decode() for payload in listener.of('/availability')]}")
