"""Everything that decides how a training run goes."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from device.errors import ConfigError
from device.wrong_settings import explain_value
from training.architectures import named
from training.augment import Augmentation

Share = Annotated[float, Meta(ge=0, lt=1)]
AtLeastOne = Annotated[int, Meta(ge=1)]
NotNegative = Annotated[float, Meta(ge=0)]
Settings = TypeVar("Settings", bound=msgspec.Struct)

_NO_FILE = "training settings"


class TrainingConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of one run; a file needs to hold only what differs from these.

    An architecture can have a recipe of its own (``training/architectures/registry.py``),
    which stands before these, and which a file and options overrule in their turn.

    ``labels`` are FER2013's, or the majority of FER+ votes over its eight classes.
    ``classes`` are those of them that are learned; none stands for all.

    The learning rate rises from ``peak_rate / 20`` to ``peak_rate`` over the first
    ``warmup`` share of the steps, then falls to zero along half a cosine (one cycle,
    Smith 2018). ``optimizer`` is stochastic gradient descent with Nesterov's momentum, or
    Adam with ``momentum`` as its first moment's. ``weight_decay`` is decoupled from the
    gradient, as Keras does it: in each step a weight loses that share, times the rate, of
    itself (PyTorch's SGD, with momentum 0.9, decays ten times as much by the same number).

    Where FER+ votes are given, ``votes_weight`` is the weight of the loss on them.
    ``votes_share`` of the target for the labels comes from them for the first
    ``votes_until`` of the epochs: that steadies the learning, but what votes mean on
    average is not what FER2013's labels say, so these have the last word.
    ``teacher_share`` of the target comes from a teacher, where there is one; its logits
    are divided by ``teacher_temperature`` first, and its probabilities multiplied by those
    of the labels given the votes, to the power of ``teacher_votes``: a teacher that has
    been told the votes knows more than a student can, who sees the picture alone.

    ``patience`` is in epochs: training stops when the validation accuracy has not risen
    for so many; 0 never stops early. ``keep`` is the epoch that is kept: the best of the
    validation split, or the last. That split's pictures are clean: an epoch that has learned
    to read degraded ones is not chosen by it.

    Each image is mixed with another one, and so are their targets, in a share that is drawn
    from Beta(``mixup``, ``mixup``); 0 mixes nothing (Zhang et al. 2018). ``class_weights`` are
    the weights of classes in the loss, 1 for those that it does not name: a class that is
    answered too seldom gets more.

    With ``rounding`` the network computes in training as int8 will, and is kept with the
    kernels that int8 has: some epochs of that at a low rate, started from a trained model,
    make it answer alike once converted.

    For an architecture that begins with weights from elsewhere, ``weights`` is their
    file ("": ImageNet's, downloaded by Keras), which is frozen for the first
    ``frozen_epochs``; each of its stages learns at ``stage_rate`` times the rate of
    the one after it.
    """

    architecture: str = "mien"
    labels: Literal["fer2013", "ferplus"] = "fer2013"
    classes: tuple[str, ...] = ()
    epochs: AtLeastOne = 60
    batch_size: AtLeastOne = 128
    optimizer: Literal["sgd", "adam"] = "sgd"
    peak_rate: Annotated[float, Meta(gt=0)] = 0.1
    warmup: Share = 0.2
    momentum: Share = 0.9
    weight_decay: NotNegative = 5e-3
    label_smoothing: Share = 0.05
    dropout: Share = 0.3
    votes_weight: NotNegative = 0.5
    votes_share: Annotated[float, Meta(ge=0, le=1)] = 0.5
    votes_until: Annotated[float, Meta(ge=0, le=1)] = 0.8
    teacher_share: Annotated[float, Meta(ge=0, le=1)] = 0.7
    teacher_temperature: Annotated[float, Meta(gt=0)] = 1.0
    teacher_votes: NotNegative = 0.0
    ema_momentum: Share = 0.99
    patience: Annotated[int, Meta(ge=0)] = 15
    keep: Literal["best", "last"] = "best"
    weights: str = ""
    frozen_epochs: Annotated[int, Meta(ge=0)] = 0
    stage_rate: Annotated[float, Meta(gt=0, le=1)] = 1.0
    rounding: bool = False
    mixup: NotNegative = 0.0
    class_weights: dict[str, Annotated[float, Meta(gt=0)]] = {}
    seed: Annotated[int, Meta(ge=0, lt=2**32)] = 1
    precision: Literal["float32", "mixed_bfloat16"] = "mixed_bfloat16"
    augmentation: Augmentation = Augmentation()


def read_config(path: Path | None, **overrides: object) -> TrainingConfig:
    """Read the file at ``path``, TOML or the ``config.json`` of a run; ``overrides`` that are not
    None win.

    What neither says is as the recipe of the architecture has it.

    Raises ConfigError that names the file and the setting.
    """
    settings = _given(path, overrides)
    config = _converted(settings, TrainingConfig, path)
    _check(config, f"{path or _NO_FILE}")
    recipe = named(config.architecture).recipe
    return _converted({**recipe, **settings}, TrainingConfig, path)


def read_settings(path: Path | None, kind: type[Settings], **overrides: object) -> Settings:
    """Read the settings of another kind of run, as ``read_config``; it has no recipes."""
    return _converted(_given(path, overrides), kind, path)


def _given(path: Path | None, overrides: dict[str, object]) -> dict[str, object]:
    settings: dict[str, object] = {}
    if path is not None:
        # A run's folder holds its own settings as JSON.
        form = "JSON" if path.suffix == ".json" else "TOML"
        try:
            text = path.read_text(encoding="utf-8")
            if form == "JSON":
                settings = msgspec.json.decode(text, type=dict[str, object])
            else:
                settings = tomllib.loads(text)
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {error.strerror}") from error
        except (ValueError, msgspec.DecodeError) as error:
            raise ConfigError(f"{path}: not valid {form}: {error}") from error
    return settings | {name: value for name, value in overrides.items() if value is not None}


def _converted(settings: dict[str, object], kind: type[Settings], path: Path | None) -> Settings:
    try:
        return msgspec.convert(settings, kind)
    except msgspec.ValidationError as error:
        said = explain_value(str(error), settings, kind)
        raise ConfigError(f"{path or _NO_FILE}: {said}") from error


def _check(given: TrainingConfig, where: str) -> None:
    """Raise ConfigError where what is given does not fit the architecture."""
    architecture = named(given.architecture)
    for name in ("weights", "frozen_epochs", "stage_rate"):
        value = getattr(given, name)
        if not architecture.stages and value != getattr(TrainingConfig(), name):
            raise ConfigError(
                f"{where}: {name} is {value!r}, but {given.architecture} "
                "begins with no weights from elsewhere: leave it out"
            )
