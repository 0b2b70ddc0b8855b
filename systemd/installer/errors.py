"""What ends an installation, in words for people."""

FAILED = 1  # while doing it
WRONG_USE = 2  # a wrong option, setting or machine


class InstallError(Exception):
    """One clear sentence, and the exit code that goes with it."""

    def __init__(self, message: str, code: int = FAILED) -> None:
        super().__init__(message)
        self.code = code


class Stopped(BaseException):
    """A signal asked for the end. Like KeyboardInterrupt, no failure of a step."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.code = 128 + number  # as a shell has it


def last_line(text: str) -> str:
    """Return the last line that says something, or a stand-in."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "nothing was said"
