"""training/distribution/group.py: who was lost, by what TensorFlow 2.21 says of it."""

from __future__ import annotations

import os

import pytest

from training.distribution.cluster import Cluster
from training.distribution.group import MultiWorker
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
