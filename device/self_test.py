"""Whether a model works on this machine, tried on faces that are drawn.

``python -m device.self_test FILE RUNTIME THREADS`` does it for ``try_file`` in a process of
its own: a broken network may crash the runtime, and then only that process.
"""

from __future__ import annotations

import hashlib
import os
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt

from device.drawn_faces import draw_faces
from device.errors import MienError, ModelError
from device.model import Model
from device.model_file import SelfTest

# Measured on both shipped models: fast and exact kernels, of LiteRT and of tflite-runtime, on
# x86-64 and on emulated Cortex-A53, A72 and A76, put the logits of the drawn faces at most 3
# steps of the quantisation apart.
MOST_STEPS = 8
# A network that moves its answers by less than this between those faces looks at nothing.
_FEWEST_STEPS = 3
# A Pi takes some seconds; an emulated Arm on a busy machine is a hundred times slower.
_LIMIT_S = 300.0
# Of memory, for the model alone. Its libraries have reserved some before, on Arm 250 MB, of which
# they use a few. The service has 320 MB in all (mien.service).
_MOST_BYTES = 150 * 2**20


class Passed(msgspec.Struct, frozen=True):
    """A model that passed.

    id: the model's.
    faces: how many drawn faces it was asked about.
    face_s: what one took, the median.
    compared: whether its answers could be held beside those at its conversion.
    """

    id: str
    faces: int
    face_s: float
    compared: bool

    def __str__(self) -> str:
        known = "as at its conversion" if self.compared else "with nothing to compare them with"
        return f"answers {self.faces} drawn faces {known}, {1000 * self.face_s:.1f} ms each"


class _Refused(msgspec.Struct):
    error: str


def ask(model: Model) -> SelfTest:
    """Return what ``model`` says of the drawn faces, for its card."""
    faces = draw_faces(model.side_px)
    logits = [[round(float(logit), 4) for logit in model.logits(face)] for face in faces]
    return SelfTest(_digest(faces), logits)


def try_model(model: Model) -> Passed:
    """Ask ``model`` about the drawn faces.

    Raises ModelError, naming its file, where it does not work: its answers are no
    probabilities, are all the same, change when they are asked for again, or are not those
    that were given when it was converted.
    """
    faces = draw_faces(model.side_px)
    answers, times_s = [], []
    for face in faces:
        began_s = time.perf_counter()
        answers.append(model.logits(face))
        times_s.append(time.perf_counter() - began_s)
    logits = np.stack(answers)
    for fault in (
        _unlike_probabilities(model, faces[0]),
        _unmoved(logits, model.logit_step),
        _unsteady(model, faces[0], logits[0]),
        _unlike_before(model, faces, logits),
    ):
        if fault:
            raise ModelError(f"{model.path}: fails the self-test with {model.runtime}: {fault}")
    compared = _known(model, faces) is not None
    return Passed(model.card.id, len(faces), float(np.median(times_s)), compared)


def try_file(path: Path, *, runtime: str, threads: int, limit_s: float = _LIMIT_S) -> Passed:
    """Load the model at ``path`` and ask it, in a process of its own, for ``limit_s`` at most.

    Raises ModelError, naming the file, where it does not work, or takes that process with it.
    """
    root = str(Path(__file__).parents[1])
    command = [sys.executable, "-P", "-m", "device.self_test", str(path), runtime, str(threads)]
    python_path = os.pathsep.join([root, *filter(None, [os.environ.get("PYTHONPATH")])])
    more = {"PYTHONPATH": python_path, "OPENBLAS_NUM_THREADS": "1"}
    try:
        done = subprocess.run(
            command, env=os.environ | more,
            stdin=subprocess.DEVNULL, capture_output=True, timeout=limit_s, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise ModelError(f"{path}: the self-test was not through in {limit_s:g} s") from error
    if done.returncode < 0:
        name = signal.Signals(-done.returncode).name
        raise ModelError(f"{path}: crashes the TFLite runtime ({name}): give another model")
    try:
        told = msgspec.json.decode(done.stdout, type=dict[str, str | int | float | bool])
        if "error" in told:
            raise ModelError(str(told["error"]))
        return msgspec.convert(told, Passed)
    except msgspec.MsgspecError as error:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        raise ModelError(f"{path}: the self-test ended without a word: {last}") from error


def _unlike_probabilities(model: Model, face: npt.NDArray[np.uint8]) -> str:
    probabilities = model.probabilities(face)
    if np.isfinite(probabilities).all() and abs(probabilities.sum() - 1) < 1e-6:
        return ""
    return f"its answers are no probabilities: {probabilities.round(3).tolist()}"


def _unmoved(logits: npt.NDArray[np.float32], step: float) -> str:
    moved = np.ptp(logits, axis=0).max() / step
    if moved >= _FEWEST_STEPS:
        return ""
    return "it answers the same whatever face it sees"


def _unsteady(model: Model, face: npt.NDArray[np.uint8], before: npt.NDArray[np.float32]) -> str:
    if np.array_equal(model.logits(face), before):
        return ""
    return "it answers otherwise when it sees the same face again"


def _unlike_before(
    model: Model, faces: npt.NDArray[np.uint8], logits: npt.NDArray[np.float32]
) -> str:
    known = _known(model, faces)
    if known is None:
        return ""
    if [len(row) for row in known] != [len(row) for row in logits]:
        return "its card has answers for another number of faces or labels"
    steps = float(np.abs(np.array(known) - logits).max()) / model.logit_step
    if steps <= MOST_STEPS:
        return ""
    return (
        f"its answers are {steps:.0f} steps from those at its conversion ({MOST_STEPS} are "
        "allowed): this machine or this runtime computes it wrongly"
    )


def _known(model: Model, faces: npt.NDArray[np.uint8]) -> list[list[float]] | None:
    """Return the answers in the card; None where it has none, or those of other faces."""
    spec = model.card.self_test
    if spec is None or spec.faces_sha256 != _digest(faces):
        return None
    return spec.logits


def _digest(faces: npt.NDArray[np.uint8]) -> str:
    return hashlib.sha256(faces.tobytes()).hexdigest()


def _reserved_bytes() -> int:
    """Return what this process has reserved of memory, as RLIMIT_DATA counts it."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[5]
    return int(pages) * resource.getpagesize()


def _main(path: str, runtime: str, threads: str) -> None:
    told: Passed | _Refused
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # where it crashes, that is all
    most = _reserved_bytes() + _MOST_BYTES
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    try:
        told = try_model(Model(Path(path), runtime=runtime, threads=int(threads)))
    except MemoryError:
        told = _Refused(f"{path}: needs more than {_MOST_BYTES >> 20} MB: give a smaller model")
    except MienError as error:
        told = _Refused(str(error))
    print(msgspec.json.encode(told).decode())


if __name__ == "__main__":
    _main(*sys.argv[1:])
