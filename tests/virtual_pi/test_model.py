"""Another model is tried before it is used, and the one before is kept."""

from __future__ import annotations

from tests.virtual_pi.pi import DEMO, Pi
from tests.virtual_pi.say import say

# In the machine's own temporary folder.
HALF, CHANGED = "/tmp/half.tflite", "/tmp/changed.tflite"  # noqa: S108


def told(pi: Pi, command: str) -> str:
    done = pi.shell.run(command, 300)
    say(f"$ {command}\n{done.text}\nexit code {done.code}")
    return f"{done.code} {done.text}"


def model_in_use(pi: Pi) -> str:
    return str(pi.more_readings(1)[-1]["model"])


def test_a_model_is_tried_used_and_taken_back(pi):
    pi.configure(source=DEMO, screen="off")
    pi.restart()
    first = model_in_use(pi)
    shipped = "/opt/mien/current/device/models/mien-nano.tflite"
    pi.shell.must(f"head -c 200000 {shipped} > {HALF}")
    pi.shell.must(
        f"cp {shipped} {CHANGED}"
        f" && printf 'x' | dd of={CHANGED} bs=1 seek=150000 conv=notrunc status=none"
    )
    assert told(pi, f"mien model use {HALF}").startswith("1 ")
    assert told(pi, f"mien model use {CHANGED}").startswith("1 ")
    assert told(pi, "mien model use mien-nano").startswith("0 ")
    pi.restart()
    second = model_in_use(pi)
    assert told(pi, "mien model back").startswith("0 ")
    pi.restart()
    assert (first != second, model_in_use(pi)) == (True, first)
    say(f"{first}, then {second}, then {first} again")
