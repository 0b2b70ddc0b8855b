"""What a network says of a face."""

from __future__ import annotations

from dataclasses import dataclass

from device.model import softmax
from training.classifier import Classifier
from training.fer2013 import Images


@dataclass(frozen=True)
class Answer:
    """The probability, 0-1, of each emotion, in the network's order; they sum to 1."""

    probabilities: dict[str, float]

    @property
    def emotion(self) -> str:
        """The likeliest; of equal ones the first."""
        return max(self.probabilities, key=self.probabilities.__getitem__)

    @property
    def probability(self) -> float:
        """The probability of ``emotion``, 0-1."""
        return self.probabilities[self.emotion]

    def __str__(self) -> str:
        return f"{self.emotion.capitalize()} {self.probability:.1%}"


def ask(classifier: Classifier, faces: Images) -> list[Answer]:
    """Return what ``classifier`` says of each of ``faces``, uint8 (n, 48, 48), n above 0."""
    shares = softmax(classifier.logits(faces), classifier.temperature)
    return [
        Answer({name: float(p) for name, p in zip(classifier.classes, row, strict=True)})
        for row in shares
    ]
