"""training/distribution/cluster.py: TF_CONFIG, right and wrong."""

from __future__ import annotations

import json

import pytest

from device.errors import ConfigError
from training.distribution.cluster import cluster_from, host_and_port

TWO = ["10.0.0.1:2222", "[fd00::2]:2222"]


def config(cluster: object, task: object) -> dict[str, str]:
    return {"TF_CONFIG": json.dumps({"cluster": cluster, "task": task})}


def test_the_first_worker_is_the_chief() -> None:
    chief = cluster_from(config({"worker": TWO}, {"type": "worker", "index": 0}))
    other = cluster_from(config({"worker": TWO}, {"type": "worker", "index": 1}))
    assert chief.chief
    assert not other.chief
    assert other.own == "[fd00::2]:2222"
    assert host_and_port(other.own) == ("fd00::2", 2222)
    assert other.name(0) == "the chief (10.0.0.1:2222)"
    assert chief.name(1) == "worker 1 ([fd00::2]:2222)"


def test_a_chief_of_its_own_comes_before_the_workers() -> None:
    cluster = {"chief": ["a:1"], "worker": ["b:1", "c:1"]}
    chief = cluster_from(config(cluster, {"type": "chief", "index": 0}))
    worker = cluster_from(config(cluster, {"type": "worker", "index": 1}))
    assert chief.workers == worker.workers == ("a:1", "b:1", "c:1")
    assert (chief.index, worker.index) == (0, 2)


@pytest.mark.parametrize(
    ("environment", "says"),
    [
        ({}, "TF_CONFIG is not set"),
        ({"TF_CONFIG": " "}, "TF_CONFIG is not set"),
        ({"TF_CONFIG": "{worker}"}, "TF_CONFIG is not JSON"),
        ({"TF_CONFIG": "[]"}, "it has no cluster"),
        (config([], {}), "it has no cluster"),
        (config({}, {"index": 0}), "cluster names no worker"),
        (config({"worker": "a:1"}, {"index": 0}), "worker is no list"),
        (config({"worker": ["a"]}, {"index": 0}), "'a' is no address: give HOST:PORT"),
        (config({"worker": ["a:99999"]}, {"index": 0}), "'a:99999' is no address"),
        (config({"worker": [7]}, {"index": 0}), "7 is no address"),
        (config({"worker": ["a:1", "a:1"]}, {"index": 0}), "a:1 stands there twice"),
        (config({"worker": ["a:1"], "ps": ["b:1"]}, {"index": 0}), "cluster has 'ps'"),
        (config({"chief": ["a:1", "b:1"]}, {"index": 0}), "names 2 chiefs"),
        (config({"worker": ["a:1"]}, None), "it has no task"),
        (config({"worker": ["a:1"]}, {}), "task's index is None"),
        (config({"worker": TWO}, {"type": "worker", "index": 2}), "index is 2: .* 0 to 1"),
        (config({"worker": TWO}, {"type": "worker", "index": -1}), "index is -1"),
        (config({"worker": TWO}, {"type": "worker", "index": "1"}), "index is '1'"),
        (config({"worker": TWO}, {"type": "chief", "index": 0}), "type is 'chief', which"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_with_what_to_write(environment: dict[str, str], says: str) -> None:
    with pytest.raises(ConfigError, match=says) as caught:
        cluster_from(environment)
    assert '{"cluster": {"worker": [' in str(caught.value)
    assert "\n" not in str(caught.value)
