"""Rules that hold for the whole project: who imports whom, and that the README is true."""

from __future__ import annotations

import ast
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

# In the order of the pipe. A module of device/ imports from its own room, from
# rooms that serve all, and nothing else; ``pipeline`` and what comes behind it
# put the rooms together.
SERVE_ALL = {
    "errors", "records", "config", "closing", "costs", "program", "permission", "whole_file",
}  # fmt: skip
# What says in words, colours and numbers what was read.
SHOWN = {"summary", "palette", "language", "lines"}
ALLOWED = {
    "errors": set(),
    "closing": set(),
    "program": set(),
    "whole_file": set(),
    "records": set(),
    "permission": {"program"},
    "wrong_settings": set(),
    "config": {"errors", "permission", "wrong_settings"},
    "stamp": set(),
    # Which files belong to a log: for those who write it and those who read it.
    "aside": set(),
    "follow": SERVE_ALL | {"aside"},
    "preprocess": SERVE_ALL,
    "faces": SERVE_ALL | {"preprocess"},
    "model_file": SERVE_ALL,
    "model_store": SERVE_ALL | {"model_file"},
    "paths": SERVE_ALL | {"model_store"},
    "drawn_faces": SERVE_ALL,
    "model": SERVE_ALL | {"preprocess", "model_file"},
    "landmarks": SERVE_ALL | {"preprocess", "model_file", "model"},
    "mask": SERVE_ALL | {"preprocess", "model_file", "model"},
    # What people see of a picture, before any sink does.
    "veil": SERVE_ALL | {"faces", "mask", "model_store"},
    "self_test": SERVE_ALL | {"model_file", "drawn_faces", "model"},
    "model_choice": SERVE_ALL | {"model_file", "model_store", "model", "self_test"},
    "emotions": SERVE_ALL,
    "sources": SERVE_ALL,
    "summary": SERVE_ALL,
    "palette": SERVE_ALL,
    "language": set(),
    "lines": set(),
    "tally": SERVE_ALL | {"summary"},
    "session": SERVE_ALL | {"summary", "tally"},
    "history": SERVE_ALL | {"summary", "tally"},
    "sessions": SERVE_ALL | {"summary", "tally", "session", "history"},
    "drawing": SERVE_ALL | SHOWN,
    "report": SERVE_ALL | SHOWN | {"history", "tally", "aside"},
    "sinks": SERVE_ALL | SHOWN | {"sessions", "drawing", "report", "machine", "aside", "clock"},
    "machine": set(),
    "clock": set(),
    "unit": set(),
    "running": SERVE_ALL | {"unit"},
    "tail": SERVE_ALL | SHOWN | {"follow"},
    "stop": set(),
    "journal": set(),
    "notify": {"errors", "closing"},
    "stuck": {"errors", "whole_file"},
    "pace": SERVE_ALL,
    "costs": set(),
    # The loop knows what a source and a sink are, and none of them.
    "pipeline": SERVE_ALL
    | {"preprocess", "faces", "model", "emotions", "sources", "sinks", "pace"},
    "heartbeat": SERVE_ALL | {"notify", "pipeline", "sources", "sinks"},
}
# What the workshop's two halves share.
CONVERT_MAY = {
    "training.data",
    "training.keras_file",
    "training.calibration",
    "training.ctrl_c",
    "training.duplicates",
    "training.reading_options",
    "training.fitting",
    "training.keypoints",
    "training.kinds",
    "training.landmarks",
    "training.mask",
    "training.run_folder",
}
TRAINING_MAY = {
    "errors", "records", "preprocess", "faces", "model", "model_file", "landmarks", "mask",
    "wrong_settings",
}  # fmt: skip
LIGHT = {
    "cv2", "numpy", "msgspec", "picamera2", "libcamera", "ai_edge_litert", "tflite_runtime",
    "freetype", "pygame",
}  # fmt: skip
# The web page's, which no other room imports.
SERVERS = {"starlette", "uvicorn", "prometheus_client", "anyio"}


def imports(path: Path) -> set[str]:
    """The dotted names of all modules that the file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def rooms(path: Path) -> set[str]:
    """The rooms of device/ that the file imports from."""
    parts = [name.split(".") for name in imports(path)]
    there = {p.stem for p in (ROOT / "device").iterdir() if p.suffix == ".py" or p.is_dir()}
    return {p[1] for p in parts if p[0] == "device" and len(p) > 1 and p[1] in there}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


@pytest.mark.parametrize("path", sources("device"), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_device_keeps_to_its_rooms(path):
    outside = {name.split(".")[0] for name in imports(path)} - {"device", "__future__"}
    servers = SERVERS if "web" in path.parts else set()
    # One module knows how messages travel.
    paho = {"paho"} if path.match("sinks/mqtt/link.py") else set()
    assert outside - LIGHT - servers - paho <= set(sys.stdlib_module_names)
    room = path.relative_to(ROOT / "device").parts[0].removesuffix(".py")
    if room in ALLOWED:
        assert rooms(path) <= ALLOWED[room] | {room}
    if room == "pipeline":
        parts = {name for name in imports(path) if re.match(r"device\.(sources|sinks)\.", name)}
        assert {name.split(".")[2] for name in parts} == {"base"}


@pytest.mark.parametrize("path", sources("device"), ids=lambda p: str(p.relative_to(ROOT)))
def test_only_the_model_knows_the_runtime_and_drivers_wait(path):
    text = path.read_text(encoding="utf-8")
    runtimes = re.findall(r"ai_edge_litert|tflite_runtime", text)
    assert not runtimes or path.name == "model.py"
    tree = ast.parse(text)
    at_start = {
        alias.name if isinstance(node, ast.Import) else node.module
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }
    assert not {name.split(".")[0] for name in at_start} & {"picamera2", "libcamera", "pygame"}


@pytest.mark.parametrize("folder", ["training", "convert"])
def test_the_workshop_keeps_to_its_rooms(folder):
    for path in sources(folder):
        may = TRAINING_MAY if folder == "training" else TRAINING_MAY | {"self_test", "drawn_faces"}
        assert rooms(path) <= may, path
        ours = {name for name in imports(path) if name.split(".")[0] in ("training", "convert")}
        if folder == "training":
            assert not any(name.startswith("convert") for name in ours), path
        else:
            others = {".".join(name.split(".")[:2]) for name in ours if "training." in name}
            assert others <= CONVERT_MAY, path


@pytest.mark.parametrize("folder", ["training"])
def test_models_losses_and_loops_know_no_backend(folder):
    """The same code trains on TensorFlow, JAX and PyTorch.

    Keras has no gradients by the input, so one module asks each backend for them. Sharing
    steps among processors is TensorFlow's alone.
    """
    for path in sources(folder):
        if path.name == "gradients.py" or "distribution" in path.parts:
            continue
        assert not {n for n in imports(path) if n.split(".")[0] in ("tensorflow", "jax")}, path


def test_only_the_search_knows_optuna():
    """Nor does anybody import the search but its own command."""
    for path in [*sources("training"), *sources("convert")]:
        known = {name.split(".")[0] for name in imports(path)} & {"optuna", "sqlalchemy"}
        uses = {name for name in imports(path) if name.startswith("training.search")}
        if path.parent.name != "search" and path != ROOT / "training/commands/search.py":
            assert not known | uses, path


@pytest.mark.parametrize("path", sources("systemd/flash"), ids=lambda p: p.name)
def test_an_image_is_prepared_with_the_standard_library_alone(path):
    """And with what the installer knows of a release, which needs no more than that."""
    outside = {name.split(".")[0] for name in imports(path)} - {"flash", "installer", "__future__"}
    assert outside <= set(sys.stdlib_module_names)


def readme_commands() -> list[list[str]]:
    """Each ``python -m …`` that the README shows, and each ``mien …``, as a shell splits it."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(?:sh|console)\n(.*?)```", text, flags=re.DOTALL)
    lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
    found = [re.search(r"python -m (device|training|convert)\b(.*)", line) for line in lines]
    installed = re.findall(r"`(?:sudo )?mien ([a-z][^`]*)`", text)
    installed += re.findall(r"^\$ mien ([a-z].*)", text, flags=re.MULTILINE)
    return [
        *([m[1], *shlex.split(m[2], comments=True)] for m in found if m),
        *(["device", *shlex.split(line)] for line in installed),
    ]


@pytest.mark.parametrize("command", readme_commands(), ids=" ".join)
def test_the_readme_shows_commands_that_exist(command):
    """Each sub-command and option stands in that command's own help."""
    module, *arguments = command
    with_sub = [module, *arguments[:1]] if module != "convert" else [module]
    done = subprocess.run(
        [sys.executable, "-m", *with_sub, "--help"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    options = [argument.split("=")[0] for argument in arguments if argument.startswith("--")]
    assert not [option for option in options if option not in done.stdout]


def test_the_readme_shows_commands():
    assert len(readme_commands()) >= 5
    assert ["device", "status"] in readme_commands()


@pytest.mark.parametrize("script", ["install.sh", "uninstall.sh"])
def test_the_scripts_take_the_options_that_the_readmes_show(script):
    known = subprocess.run(
        [ROOT / "systemd" / script, "--help"], capture_output=True, text=True, check=True
    ).stdout
    readmes = [ROOT / "README.md", ROOT / "systemd/README.md"]
    texts = [readme.read_text(encoding="utf-8") for readme in readmes]
    shown = re.findall(rf"systemd/{script}((?: \[?--[a-z]+\]?)+)", "\n".join(texts))
    options = {option for group in shown for option in re.findall(r"--[a-z]+", group)}
    assert options
    assert not [option for option in options if option not in known]


def test_every_make_target_of_the_readme_exists():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in set(re.findall(r"(?:^|`)make ([a-z][a-z0-9-]+)", text, flags=re.MULTILINE)):
        assert re.search(rf"^{target}:", makefile, flags=re.MULTILINE), target


def test_every_link_and_picture_of_the_readmes_is_there():
    for readme in [ROOT / "README.md", *ROOT.glob("[a-z]*/**/*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", readme.read_text(encoding="utf-8")):
            assert (readme.parent / target).exists(), f"{readme}: {target}"


def test_no_picture_of_the_readme_is_heavy():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
    assert len(pictures) >= 5
    assert not [name for name in pictures if (ROOT / name).stat().st_size > 300_000]
