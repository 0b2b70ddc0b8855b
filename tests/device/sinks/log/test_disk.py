"""A disk that is full, and one that may be written no more: real ones, small."""

import json
import re
from itertools import pairwise

import pytest

from tests.device.sinks.log.disk import run_on_disk

FULL = """
with Log(path, max_bytes=20_000, total_bytes=90_000) as log:
    log.write([reading(number) for number in range(1, 401)])
    wait_until(lambda: all(file.suffix == ".gz" for file in put_aside(path)))
    found = {"put_aside": len(put_aside(path))}
    fill()
    for number in range(401, 441):
        log.write([reading(number)])
    found["first"], found["last"] = faces(path)[0], faces(path)[-1]
    for number in range(441, 801):
        log.write([reading(number)])
    (folder / "filler").unlink()
    os.sync()
    log.write([reading(number) for number in range(801, 811)])
found["faces"] = faces(path)
print(json.dumps(found))
"""

FULL_OF_FILES = """
with Log(path, max_bytes=20_000, total_bytes=90_000) as log:
    log.write([reading(number) for number in range(1, 201)])
    wait_until(lambda: all(file.suffix == ".gz" for file in put_aside(path)))
    try:
        while True:
            (folder / f"filler{len(os.listdir(folder))}").touch(exist_ok=False)
    except OSError:
        pass
    for number in range(201, 401):
        log.write([reading(number)])
print(json.dumps(faces(path)))
"""

READ_ONLY = """
device = os.path.basename(os.path.realpath(f"/sys/dev/block/{os.major(folder.stat().st_dev)}:"
                                           f"{os.minor(folder.stat().st_dev)}"))
with Log(path) as log:
    log.write([reading(1)])
    (Path("/sys/fs/ext4") / device / "trigger_fs_error").write_text("a test")
    for number in range(2, 10):
        log.write([reading(number)])
    print(json.dumps(faces(path)))
with Log(path) as log:
    log.write([reading(10)])
print("went on")
"""


@pytest.mark.parametrize("kind", ["tmpfs", "ext4"])
def test_on_a_full_disk_the_oldest_goes_first_and_readings_go_on(kind, tmp_path):
    *said, last = run_on_disk(kind, FULL, tmp_path)
    found = json.loads(last)
    assert found["put_aside"] > 2
    # The first of what was put aside have gone, and what came then has their place.
    assert found["first"] > 1
    assert found["last"] > 400
    assert found["faces"][-10:] == list(range(801, 811))
    assert found["faces"] == sorted(set(found["faces"]))
    lacking = sum(later - before - 1 for before, later in pairwise(found["faces"]))
    warnings = [line for line in said if line.startswith("cannot write the log")]
    assert len(warnings) <= 1  # an hour
    if lacking:
        assert "no space left on device: free some space: readings go on" in warnings[0]
        (again,) = [line for line in said if line.startswith("can write the log")]
        assert again.endswith(f"again: it lacks {lacking} lines")


def test_on_a_disk_that_is_full_of_files_the_oldest_goes_first_and_readings_go_on(tmp_path):
    """There the next log cannot be begun, however much room there is."""
    *_, last = run_on_disk("tmpfs", FULL_OF_FILES, tmp_path)
    found = json.loads(last)
    assert found[0] > 1
    assert found == list(range(found[0], 401))


def test_a_disk_that_turns_read_only_stops_no_reading(tmp_path):
    """As the kernel does with a card on which it finds errors; also at the start."""
    *said, end = run_on_disk("ext4", READ_ONLY, tmp_path)
    assert end == "went on"
    assert "[1]" in said
    told = re.findall(r"(cannot write|could not write) the log \S+: ([^:\n]*)", "\n".join(said))
    assert told == [
        ("cannot write", "read-only file system"),
        ("could not write", "it lacks 8 lines"),
        ("cannot write", "read-only file system"),
        ("could not write", "it lacks 1 line"),
    ]
