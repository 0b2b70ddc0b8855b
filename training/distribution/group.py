"""The replicas that train a network together, and how they are set up and lose one another."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import keras
import msgspec

from device.errors import ConfigError, MienError
from training.config import TrainingConfig
from training.data import SPLITS, Dataset, Split
from training.distribution import rendezvous
from training.distribution.cluster import VARIABLE, Cluster
from training.errors import WorkerError
from training.quiet import quiet_stderr
from training.randomness import seeds
from training.run_folder import Data, RunFolder, revision


class Group(ABC):
    """Replicas, each on a processor of its own.

    replicas: how many there are on all machines.
    part, parts: which part of each batch this process takes, and how many processes there are.
    shared_statistics: whether batch normalisation sees the whole batch, and not a part of it.
    """

    def __init__(self, devices: int, part: int, parts: int, *, shared_statistics: bool) -> None:
        self.replicas = devices * parts
        self.part = part
        self.parts = parts
        self.shared_statistics = shared_statistics
        self._devices = devices
        self._first = part * devices
        self.strategy: Any = None
        self._run: RunFolder | None = None

    @property
    def chief(self) -> bool:
        """Whether this process writes the run folder."""
        return self.part == 0

    @contextmanager
    def folder(self, out: Path) -> Iterator[Path]:
        """Yield the run folder: ``out`` for the chief, one that goes at the end for others.

        These keep their epochs too: to read what all replicas have, all have to take part.
        """
        if self.chief:
            yield out
            return
        with tempfile.TemporaryDirectory(prefix="mien-worker-") as name:
            yield Path(name)

    def start(self, run: RunFolder, config: TrainingConfig, data: Data, images: Dataset) -> None:
        """Meet the others and set up the replicas, before TensorFlow computes anything.

        Raises WorkerError where others do not come, or are about to do something else.
        """
        self.meet(run, config, data, images)
        self._run = run
        with quiet_stderr():
            self.strategy = self.make_strategy()

    def scope(self) -> AbstractContextManager[Any]:
        """Return the context in which a network is made that all replicas have."""
        scope: AbstractContextManager[Any] = self.strategy.scope()
        return scope

    def spread(self, model: keras.Model) -> None:
        """Let each replica draw its own dropout from now on; until then all drew the same.

        The chief's first replica draws on as it did, so that a run that is taken up again
        from its checkpoint goes on as it would have.
        """
        for variable in seeds(model):
            values = self.strategy.experimental_local_results(variable.value)
            for replica, value in enumerate(values, start=self._first):
                value.assign_add([replica, 0])

    def shares(self, batch: Any) -> Any:
        """Return this process's part of a batch, as each of its replicas gets some of it."""
        import tensorflow

        def share(context: Any) -> Any:
            local = context.replica_id_in_sync_group - self._first

            def cut(array: Any) -> Any:
                low, high = (len(array) * n // self._devices for n in (local, local + 1))
                return tensorflow.constant(array[low:high])

            return keras.tree.map_structure(cut, batch)

        return self.strategy.experimental_distribute_values_from_function(share)

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Tell the other processes where this one fails before all have met; they would wait."""
        yield

    @abstractmethod
    def meet(self, run: RunFolder, config: TrainingConfig, data: Data, images: Dataset) -> None:
        """Wait for the other processes, and have the run's beginning from the chief."""

    @abstractmethod
    def make_strategy(self) -> Any:
        """Return TensorFlow's strategy."""

    @abstractmethod
    def describe(self) -> str:
        """Return who takes part, in words."""

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Raise WorkerError in place of TensorFlow's errors where another process was lost."""
        yield


class Mirrored(Group):
    """Processors of this machine.

    replicas: how many; None: all GPUs. Without GPUs the processor is divided, to try it.

    Raises ConfigError where there are not so many.
    """

    def __init__(self, replicas: int | None, *, shared_statistics: bool) -> None:
        gpus = len(_physical("GPU"))
        if replicas is None and gpus < 2:
            raise ConfigError(
                f"--distribute mirrored: {'one GPU' if gpus else 'no GPU'} here, nothing to share: "
                "leave it out, or try it on a divided processor with --replicas 2"
            )
        if replicas is not None and gpus and replicas > gpus:
            raise ConfigError(f"--replicas {replicas}: {gpus} GPUs are here: give {gpus} or fewer")
        super().__init__(replicas or gpus, 0, 1, shared_statistics=shared_statistics)
        self._kind = "GPU" if gpus else "CPU"

    def meet(self, run: RunFolder, config: TrainingConfig, data: Data, images: Dataset) -> None:
        """Do nothing: all are in this process."""

    def make_strategy(self) -> Any:
        """Return TensorFlow's strategy."""
        import tensorflow

        if self._kind == "CPU" and self.replicas > 1:
            part = tensorflow.config.LogicalDeviceConfiguration()
            tensorflow.config.set_logical_device_configuration(
                _physical("CPU")[0], [part] * self.replicas
            )
        # Of other machines, which have no part in this: TensorFlow would read it all the same.
        os.environ.pop(VARIABLE, None)
        names = [f"{self._kind}:{number}" for number in range(self.replicas)]
        return tensorflow.distribute.MirroredStrategy(names)

    def describe(self) -> str:
        """Return who takes part, in words."""
        of = {"GPU": "GPUs", "CPU": "parts of the processor"}[self._kind]
        return f"{self.replicas} replicas on {of} of this machine"


class MultiWorker(Group):
    """Processes on several machines, each with all its GPUs or else its processor.

    limit_s: how long to wait for the others.

    Raises WorkerError where this worker's port is taken.
    """

    def __init__(self, cluster: Cluster, limit_s: float, *, shared_statistics: bool) -> None:
        super().__init__(
            len(_physical("GPU")) or 1, cluster.index, len(cluster.workers),
            shared_statistics=shared_statistics,
        )  # fmt: skip
        self._cluster = cluster
        self._limit_s = limit_s
        rendezvous.check_port(cluster)

    def meet(self, run: RunFolder, config: TrainingConfig, data: Data, images: Dataset) -> None:
        """Wait for the other processes, and have the run's beginning from the chief."""
        about = self._about(config, data, images)
        if self.chief:
            rendezvous.gather(self._cluster, about, run.beginning(), self._limit_s)
        else:
            run.take(rendezvous.receive(self._cluster, about, self._limit_s))

    @contextmanager
    def preparing(self) -> Iterator[None]:
        """Tell the other processes where this one fails before all have met; they would wait."""
        try:
            yield
        except (MienError, OSError) as error:
            rendezvous.break_off(self._cluster, str(error), self._limit_s)
            raise

    def _about(self, config: TrainingConfig, data: Data, images: Dataset) -> Mapping[str, Any]:
        """Return what must be the same on all machines."""
        settings = {f"setting {name}": value for name, value in msgspec.to_builtins(config).items()}
        digests = {name: parts["sha256"][:8] for name, parts in data.items()}
        # The same file can be read in several ways.
        digests |= {f"{name} images": _digest(getattr(images, name)) for name in SPLITS[:2]}
        about = {
            "workers": list(self._cluster.workers), "replicas": self._devices,
            "shared_statistics": self.shared_statistics, "revision": revision(),
            "keras": keras.__version__, **settings, **digests,
        }  # fmt: skip
        # As it comes out of a message: tuples are lists there.
        return dict(msgspec.json.decode(msgspec.json.encode(about)))

    def make_strategy(self) -> Any:
        """Return TensorFlow's strategy."""
        import tensorflow

        distribute = tensorflow.distribute
        resolver = distribute.cluster_resolver.SimpleClusterResolver(
            tensorflow.train.ClusterSpec({"worker": list(self._cluster.workers)}),
            task_type="worker", task_id=self._cluster.index, rpc_layer="grpc",
        )  # fmt: skip
        with self.guard():
            return distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)

    def describe(self) -> str:
        """Return who takes part, in words."""
        cluster = self._cluster
        if self.chief:
            return f"{self.replicas} replicas on {self.parts} workers, {', '.join(cluster.workers)}"
        return f"worker {self.part} of {self.parts} ({cluster.own}); {cluster.name(0)} tells more"

    @contextmanager
    def guard(self) -> Iterator[None]:
        """Raise WorkerError in place of TensorFlow's errors where another process was lost."""
        from tensorflow import errors

        try:
            yield
        except (
            errors.UnavailableError, errors.AbortedError, errors.CancelledError,
            errors.DeadlineExceededError, errors.InternalError,
        ) as error:  # fmt: skip
            raise WorkerError(
                f"{self._lost(str(error))} was lost: {self._kept()}: give the same command on all "
                "machines again"
            ) from error

    def _kept(self) -> str:
        if self._run is not None and self._run.checkpoints.epoch():
            return "the epochs that are done are kept, and the run goes on after them"
        return "no epoch was finished, and the run begins anew"

    def _lost(self, message: str) -> str:
        """Return the names of the workers that TensorFlow's ``message`` is about."""
        numbers = {int(number) for number in re.findall(r"/job:worker/\S*?task:(\d+)", message)}
        if "CoordinationService" in message:  # which runs with the chief
            numbers.add(0)
        others = sorted(numbers - {self._cluster.index})
        # Without a name, TensorFlow's own words tell more, less the place in its graph.
        words = " ".join(message.rpartition("}} ")[2].split())[:200]
        return ", ".join(map(self._cluster.name, others)) or f"another worker ({words})"


def _digest(split: Split) -> str:
    """Return the first digits of a digest of images and labels."""
    content = hashlib.sha256(split.images.tobytes())
    content.update(split.labels.tobytes())
    return content.hexdigest()[:8]


def _physical(kind: str) -> list[Any]:
    """Return the GPUs or processors that TensorFlow sees; nothing is set up by that."""
    import tensorflow

    with quiet_stderr():
        return list(tensorflow.config.list_physical_devices(kind))
