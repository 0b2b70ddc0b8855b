"""Who trains together, as ``TF_CONFIG`` says it.

TensorFlow's own form: the same list of addresses on each machine, and which of them it is::

    {"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]},
     "task": {"type": "worker", "index": 0}}

The first worker, or the one under ``chief`` where there is that, is the chief: it writes the
run folder.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

from device.errors import ConfigError

VARIABLE = "TF_CONFIG"
_EXAMPLE = (
    '{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, '
    '"task": {"type": "worker", "index": 0}}'
)
_ADDRESS = re.compile(r"(\[[0-9A-Fa-f:.%]+\]|[^\s:\[\]]+):(\d{1,5})")


@dataclass(frozen=True)
class Cluster:
    """The workers, and which of them this process is.

    workers: HOST:PORT of each; the first is the chief.
    index: of this one, from 0.
    """

    workers: tuple[str, ...]
    index: int

    @property
    def chief(self) -> bool:
        """Whether this process is the chief."""
        return self.index == 0

    @property
    def own(self) -> str:
        """This worker's address."""
        return self.workers[self.index]

    def name(self, index: int) -> str:
        """Return what to call a worker."""
        return f"{'the chief' if index == 0 else f'worker {index}'} ({self.workers[index]})"


def host_and_port(address: str) -> tuple[str, int]:
    """Return the two parts of HOST:PORT; an IPv6 address stands in brackets."""
    host, _, port = address.rpartition(":")
    return host.strip("[]"), int(port)


def cluster_from(environment: Mapping[str, str]) -> Cluster:
    """Return the cluster that ``TF_CONFIG`` in ``environment`` describes.

    Raises ConfigError, naming what is wrong in it.
    """
    text = environment.get(VARIABLE, "")
    if not text.strip():
        raise ConfigError(f"{VARIABLE} is not set: on each machine give it as {_EXAMPLE}")
    try:
        content = json.loads(text)
    except ValueError as error:
        raise ConfigError(f"{VARIABLE} is not JSON ({error}): write it as {_EXAMPLE}") from error
    chiefs, workers = _addresses(content, "chief"), _addresses(content, "worker")
    everybody = chiefs + workers
    if not everybody:
        _refuse("cluster names no worker")
    if len(chiefs) > 1:
        _refuse(f"cluster names {len(chiefs)} chiefs: one is enough")
    twice = sorted({address for address in everybody if everybody.count(address) > 1})
    if twice:
        _refuse(f"{twice[0]} stands there twice: each worker has an address of its own")
    return Cluster(tuple(everybody), _index(content, len(chiefs), len(workers)))


def _addresses(content: Any, kind: str) -> list[str]:
    cluster = content.get("cluster") if isinstance(content, dict) else None
    if not isinstance(cluster, dict):
        _refuse("it has no cluster")
    other = sorted(set(cluster) - {"chief", "worker"})
    if other:
        _refuse(f"cluster has {other[0]!r}: only chief and worker take part here")
    addresses = cluster.get(kind, [])
    if not isinstance(addresses, list):
        _refuse(f"cluster's {kind} is no list")
    for address in addresses:
        found = _ADDRESS.fullmatch(address) if isinstance(address, str) else None
        if found is None or not 0 < int(found[2]) < 65536:
            _refuse(f"{address!r} is no address: give HOST:PORT")
    return addresses


def _index(content: Any, chiefs: int, workers: int) -> int:
    task = content.get("task")
    if not isinstance(task, dict):
        _refuse("it has no task, which says which of the workers this one is")
    kind, index = task.get("type", "worker"), task.get("index")
    there = {"chief": chiefs, "worker": workers}.get(kind)
    if not there:
        _refuse(f"task's type is {kind!r}, which cluster does not have")
    if not isinstance(index, int) or isinstance(index, bool) or not 0 <= index < there:
        _refuse(f"task's index is {index!r}: cluster has {kind} 0 to {there - 1}")
    return index if kind == "chief" else chiefs + index


def _refuse(what: str) -> NoReturn:
    raise ConfigError(f"{VARIABLE}: {what}: write it as {_EXAMPLE}")
