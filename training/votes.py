"""What FER+ votes say about a label.

A label of FER2013 is one uncertain opinion; FER+ asked ten people about the same
picture. How often each label goes with such votes is a better target than the
label alone: it is the same on average, and varies less.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from device.model import softmax
from training.fer2013 import Labels, Votes

_STEPS = 600
_MOMENTUM = 0.9
_PENALTY = 1e-4


def label_given_votes(votes: Votes, labels: Labels, classes: int) -> npt.NDArray[np.float32]:
    """Return float32 (n, classes): how probable each label is, given an image's votes.

    votes: float32 (n, 8), shares of taggers; rows of zeros where nobody voted.
    labels: int64 (n,), indices below ``classes``.

    The probabilities are those of a multinomial logistic regression on the votes
    and their products, fitted to these same rows. It has so few weights (44 a
    class) that it learns no single image by heart. An image without votes keeps
    its label.
    """
    given = np.eye(classes, dtype=np.float32)[labels]
    voted = votes.any(axis=1)
    if voted.any():
        features = _features(votes[voted])
        given[voted] = softmax(features @ _fit(features, given[voted]), 1.0)
    return given


def told_by_votes_too(
    taught: npt.NDArray[np.float32],
    votes: Votes,
    labels: Labels,
    weight: float,
) -> npt.NDArray[np.float32]:
    """Return what teachers answered, float32 (n, classes), having seen the votes as well.

    taught: float32 (n, classes), each row summing to 1.
    weight: the power to which ``label_given_votes`` is raised before it is multiplied
        with ``taught`` (a product of experts, Hinton 2002): a label must be probable by
        the picture and by the people who looked at it. Less than 1, as both saw the same.

    Rows without votes stay as they are.
    """
    classes = taught.shape[1]
    likely = np.where(
        votes.any(axis=1, keepdims=True), label_given_votes(votes, labels, classes), 1.0
    )
    both = taught * likely**weight
    return np.asarray(both / both.sum(axis=1, keepdims=True), dtype=np.float32)


def _features(votes: Votes) -> npt.NDArray[np.float64]:
    first, second = np.triu_indices(votes.shape[1])
    # Times 4: the product of two equal halves is then 1, as large as a full vote.
    products = 4 * votes[:, first] * votes[:, second]
    return np.hstack([votes, products]).astype(np.float64)


def _fit(
    features: npt.NDArray[np.float64], targets: npt.NDArray[np.float32]
) -> npt.NDArray[np.float64]:
    """Descend along the gradient, with Nesterov's momentum; the loss is convex."""
    # The loss bends at most half as much as the features do (Boehning 1992): a longer
    # step could climb.
    step = 2 / np.linalg.eigvalsh(features.T @ features / len(features))[-1]
    weights = np.zeros((features.shape[1], targets.shape[1]))
    velocity = np.zeros_like(weights)
    for _ in range(_STEPS):
        ahead = weights + _MOMENTUM * velocity
        wrong = softmax(features @ ahead, 1.0) - targets
        gradient = features.T @ wrong / len(features) + _PENALTY * ahead
        velocity = _MOMENTUM * velocity - step * gradient
        weights = weights + velocity
    return weights
