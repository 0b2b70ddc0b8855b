"""The words of FER2013 and FER+, and what else people call them."""

from __future__ import annotations

SIDE = 48
LABELS = ("angry", "disgust", "fear", "happy", "sad", "surprise", "neutral")
FERPLUS_LABELS = (
    "neutral", "happiness", "surprise", "sadness",
    "anger", "disgust", "fear", "contempt",
)  # fmt: skip
# The same eight in Mien's words.
FERPLUS_CLASSES = (
    "neutral", "happy", "surprise", "sad",
    "angry", "disgust", "fear", "contempt",
)  # fmt: skip

# FER2013's own split names, and those of folders that people make of it.
SPLIT_NAMES = {
    "training": "train", "train": "train",
    "publictest": "validation", "validation": "validation", "val": "validation",
    "valid": "validation", "val_set": "validation",
    "privatetest": "test", "test": "test", "test_set": "test",
    "train_set": "train",
}  # fmt: skip
