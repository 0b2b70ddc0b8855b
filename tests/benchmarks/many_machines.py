"""What sharing a training step between two processes costs, on this machine.

One process with all of its processors, and two with half of them each, which exchange their
gradients over loopback, take the same number of images a step, made up. They take turns, so
that what else the machine does falls on both alike. What the two are slower by is what the
exchange costs, without a network. One process does not keep all processors busy at every moment:
two may gain more by that than the exchange costs, and its figure is then below 0.

    python -m tests.benchmarks.many_machines
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from contextlib import ExitStack

LABELS = 7
# The first steps trace the graph and fill caches.
WARM_UP = 3
# Of Ethernet's gigabit a second, what is left for the content.
BYTES_PER_GIGABIT_S = 118e6


def main() -> None:
    """Print a Markdown table of images a second, and from when on a network takes it all back."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arch", nargs="+", default=["mien-nano", "mien"])
    parser.add_argument("--batch-size", type=int, default=256, help="of all processes together")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        print(json.dumps(measure(json.loads(options.worker))))
        return
    print(
        "| network | statistics | bytes a step | one process, images/s | two, images/s | two / one "
        "| exchange, ms a step | on 1 Gbit/s, ms | where two are faster: below images/s |\n"
        "|---|---|---|---|---|---|---|---|---|"
    )
    for architecture in options.arch:
        for kind in ("each", "shared"):
            print(row(options, architecture, kind), flush=True)


def row(options: argparse.Namespace, architecture: str, kind: str) -> str:
    """Measure one network; return its line of the table."""
    cores = sorted(os.sched_getaffinity(0))
    halves = [cores[: len(cores) // 2], cores[len(cores) // 2 :]]
    step_s: dict[int, list[float]] = {1: [], 2: []}
    exchanged = 0
    for _ in range(options.rounds):
        for parts, pinned in ((1, [cores]), (2, halves)):
            said = together(options, architecture, kind, pinned)
            step_s[parts].append(max(one["step_s"] for one in said))
            exchanged = said[0]["gradient_bytes"]
    one, two = (statistics.median(step_s[parts]) for parts in (1, 2))
    # A ring of two sends each half twice: as many bytes as the gradient has.
    network_s = exchanged / BYTES_PER_GIGABIT_S
    return (
        f"| {architecture} | {kind} | {exchanged:,} | {options.batch_size / one:.0f} "
        f"| {options.batch_size / two:.0f} | {one / two:.2f} | {(two - one) * 1e3:.0f} "
        f"| {network_s * 1e3:.0f} | {options.batch_size / 2 / network_s:,.0f} |"
    )


def together(
    options: argparse.Namespace, architecture: str, kind: str, pinned: list[list[int]]
) -> list[dict[str, float]]:
    """Run one process for each set of cores; return what they say."""
    with ExitStack() as stack:
        free = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in pinned]
        addresses = [f"127.0.0.1:{one.getsockname()[1]}" for one in free]
    running = []
    for index, cores in enumerate(pinned):
        order = {
            "index": index, "addresses": addresses, "cores": cores, "architecture": architecture,
            "kind": kind, "batch_size": options.batch_size, "steps": options.steps,
        }  # fmt: skip
        command = [sys.executable, "-m", "tests.benchmarks.many_machines", "--worker"]
        running.append(
            subprocess.Popen(
                [*command, json.dumps(order)], stdout=subprocess.PIPE, text=True,
                env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"}, stderr=subprocess.DEVNULL,
            )
        )  # fmt: skip
    said = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        raise SystemExit(f"a worker failed: {[process.returncode for process in running]}")
    return [json.loads(text) for text in said]


def measure(order: dict[str, object]) -> dict[str, float]:
    """Train for some steps as one worker; return the median time of a step."""
    os.sched_setaffinity(0, order["cores"])
    import numpy as np

    from training.augment import Augmentation
    from training.batches import Batches
    from training.config import read_config
    from training.data import Split
    from training.distribution import loop
    from training.distribution.cluster import Cluster
    from training.distribution.group import MultiWorker
    from training.train import compiled

    addresses = order["addresses"]
    config = read_config(None, architecture=order["architecture"], batch_size=order["batch_size"])
    cluster = Cluster(tuple(addresses), order["index"])
    group = MultiWorker(cluster, 300.0, shared_statistics=order["kind"] == "shared")
    group.strategy = group.make_strategy()
    generator = np.random.default_rng(0)
    split = Split(
        generator.integers(0, 256, (config.batch_size, 48, 48), dtype=np.uint8),
        generator.integers(0, LABELS, config.batch_size),
    )
    batches = Batches(
        split, LABELS, config.batch_size, augmentation=Augmentation(),
        part=(group.part, group.parts),
    )  # fmt: skip
    with group.scope():
        model = compiled(
            config, LABELS, 0, 1000, shared_statistics=group.shared_statistics
        )  # fmt: skip
    loop._prepare(model, group, batches)
    learn = loop._on_replicas(group, model.train_step)
    share = group.shares(batches[0])
    took_s = []
    for _ in range(WARM_UP + order["steps"]):
        began_s = time.monotonic()
        learn(share)
        took_s.append(time.monotonic() - began_s)
    weights = sum(int(np.prod(v.shape)) for v in model.trainable_variables)
    return {"step_s": statistics.median(took_s[WARM_UP:]), "gradient_bytes": 4 * weights}


if __name__ == "__main__":
    main()
