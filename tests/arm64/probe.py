"""Say on what the tests are about to run, and what starting costs there.

Prints one heading line and one line of timings. The model is optional: without it, no inference.
"""

import os
import platform
import sys
import time
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

RUNTIMES = (
    ("ai-edge-litert", "ai_edge_litert.interpreter"),
    ("tflite-runtime", "tflite_runtime.interpreter"),
)


def installed_runtimes() -> list[tuple[str, str, str]]:
    """Name, version and module of each TFLite runtime that is installed."""
    found = []
    for name, module in RUNTIMES:
        try:
            found.append((name, version(name), module))
        except PackageNotFoundError:
            continue
    return found


def debian() -> str:
    release = platform.freedesktop_os_release()
    return f"Debian {release['VERSION_ID']} ({release['VERSION_CODENAME']})"


def seconds_of(action) -> float:
    started = time.monotonic()
    action()
    return time.monotonic() - started


def import_vision() -> None:
    import cv2  # noqa: F401
    import numpy  # noqa: F401


def cascade_loads() -> bool:
    import cv2

    cascade = Path(cv2.data.haarcascades) / "haarcascade_frontalface_default.xml"
    return not cv2.CascadeClassifier(str(cascade)).empty()


def inference_s(module: str, model: Path) -> tuple[float, float]:
    """Seconds to import the runtime and load the model, and of the quickest of ten inferences."""
    from importlib import import_module

    import numpy as np

    started = time.monotonic()
    interpreter = import_module(module).Interpreter(model_path=str(model), num_threads=1)
    interpreter.allocate_tensors()
    loaded_s = time.monotonic() - started
    spec = interpreter.get_input_details()[0]
    interpreter.set_tensor(spec["index"], np.zeros(spec["shape"], spec["dtype"]))
    interpreter.invoke()  # the first one also packs weights
    return loaded_s, min(seconds_of(interpreter.invoke) for _ in range(10))


def main() -> int:
    expected, model = sys.argv[1], Path(sys.argv[2])
    runtimes = installed_runtimes()
    names = ", ".join(f"{name} {number}" for name, number, _ in runtimes) or "no TFLite runtime"
    cpu = os.environ.get("QEMU_CPU")
    machine = platform.machine() + (f" ({cpu} under QEMU)" if cpu else "")
    print(f"=== {debian()}, Python {platform.python_version()}, {machine}, {names}", flush=True)
    if [name for name, _, _ in runtimes] != [expected]:
        print(f"probe.py: expected {expected} and no other runtime, found {names}", file=sys.stderr)
        return 1
    imports_s = seconds_of(import_vision)
    said = [
        f"numpy {version('numpy')}",
        f"opencv {version('opencv-python-headless')}",
        f"import both {imports_s:.1f} s",
    ]
    if not cascade_loads():
        print("probe.py: OpenCV's frontal face cascade does not load", file=sys.stderr)
        return 1
    if model.is_file():
        loaded_s, one_s = inference_s(runtimes[0][2], model)
        said.append(f"import runtime and load {model.name} {loaded_s:.1f} s")
        said.append(f"one inference {one_s * 1000:.0f} ms")
    else:
        said.append(f"no {model} to time")
    print("    " + ", ".join(said), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
