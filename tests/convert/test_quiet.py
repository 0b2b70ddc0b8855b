import os
import sys

import pytest

from convert.quiet import quiet


def _talk():
    print("from Python")
    print("also from Python", file=sys.stderr)
    os.write(1, b"from C to stdout\n")
    os.write(2, b"from C to stderr\n")


def test_swallows_what_python_and_c_write(capfd):
    with quiet():
        _talk()
    assert capfd.readouterr() == ("", "")


def test_lets_everything_through_where_chatter_is_wanted(capfd):
    with quiet(chatter=True):
        _talk()
    out, err = capfd.readouterr()
    assert "from C to stdout" in out
    assert "from C to stderr" in err


def test_errors_pass_and_speech_returns(capfd):
    with pytest.raises(ValueError, match="real"), quiet():
        raise ValueError("real")
    print("heard again")
    os.write(2, b"and here\n")
    assert capfd.readouterr() == ("heard again\n", "and here\n")
