"""Batch normalisation by the whole of a batch that several replicas share.

Keras's own ``synchronized=True`` takes the variance as the mean of squares less the square of
the mean, which loses digits, and adds up three sums; this adds up two, and the run is that of
one processor to as many digits as its gradients are.
"""

from __future__ import annotations

from typing import Any

from keras import layers, ops


class SharedBatchNormalization(layers.BatchNormalization):  # type: ignore[misc]
    """Keras's layer, for replicas that have equal parts of a batch."""

    def _moments(self, inputs: Any, mask: Any) -> tuple[Any, Any]:
        """Return mean and variance, (channels,), of ``inputs`` (n, ..., channels) of all replicas.

        The name is Keras's own, which has none for others to overrule.
        """
        axes = self._reduction_axes
        mean = mean_over_replicas(ops.mean(inputs, axis=axes))
        return mean, mean_over_replicas(ops.mean(ops.square(inputs - mean), axis=axes))


def mean_over_replicas(value: Any) -> Any:
    """Return the mean of ``value`` over the replicas; itself while a network is only built."""
    import tensorflow

    context = tensorflow.distribute.get_replica_context()
    if context is None:
        return value
    return context.all_reduce(tensorflow.distribute.ReduceOp.MEAN, value)
