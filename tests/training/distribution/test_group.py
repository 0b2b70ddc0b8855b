"""training/distribution/group.py: who was lost, by what TensorFlow says, and who draws what."""

from __future__ import annotations

import os

import keras
import numpy as np
import pytest

from training.distribution.cluster import Cluster
from training.distribution.group import Mirrored, MultiWorker
from training.errors import WorkerError

pytestmark = pytest.mark.skipif(
    os.environ["KERAS_BACKEND"] != "tensorflow", reason="KERAS_BACKEND is not tensorflow"
)
PLACE = "{{function_node __wrapped__CollectiveReduceV2_device_/job:worker/replica:0/task:1/CPU:0}} "
KILLED = (
    "Collective ops is aborted by: Socket closed\nAdditional GRPC error information from remote "
    "target /job:worker/replica:0/task:0 while calling /tensorflow.WorkerService/RecvBuf:"
)
FROZEN = (
    "Collective ops is aborted by: Deadline Exceeded\n\nRPC: /tensorflow.CoordinationService/"
    "Heartbeat\nThe error could be from a previous operation."
)


@pytest.mark.parametrize(
    ("kind", "message", "lost"),
    [
        ("UnavailableError", KILLED, r"the chief \(127.0.0.1:1\)"),
        ("DeadlineExceededError", FROZEN, r"the chief \(127.0.0.1:1\)"),
        ("InternalError", "no\nkernel image", r"another worker \(no kernel image\)"),
    ],
)
def test_it_is_named_or_else_the_words_are_passed_on(
    addresses: list[str], kind: str, message: str, lost: str
) -> None:
    from tensorflow import errors

    cluster = Cluster(("127.0.0.1:1", addresses[0]), 1)
    group = MultiWorker(cluster, 1.0, shared_statistics=False)
    with pytest.raises(WorkerError, match=rf"^{lost} was lost: no epoch"), group.guard():
        raise getattr(errors, kind)(None, None, PLACE + message)


def test_each_replica_drops_other_places_and_the_first_those_that_it_would_alone(
    addresses: list[str],
) -> None:
    strategy = Mirrored(1, shared_statistics=False).make_strategy()
    picture = np.ones((1, 400), np.float32)

    def dropped(group: MultiWorker | None) -> np.ndarray:
        keras.utils.set_random_seed(3)
        image = keras.Input((400,))
        with strategy.scope():
            model = keras.Model(image, keras.layers.Dropout(0.5)(image))
        if group is not None:
            group.strategy = strategy
            group.spread(model)
        return np.asarray(model(picture, training=True))[0] == 0

    chief, other = (
        MultiWorker(Cluster(tuple(addresses), index), 1.0, shared_statistics=False)
        for index in (0, 1)
    )
    alone = dropped(None)
    assert 100 < alone.sum() < 300
    assert np.array_equal(dropped(chief), alone)
    assert 100 < (dropped(other) != alone).sum() < 300
