import numpy as np
import pytest

from convert.verify import Comparison, check, compare
from device.errors import ModelError


def _answers(*classes: int) -> np.ndarray:
    return np.eye(7, dtype=np.float32)[list(classes)]


def test_compares_both_models_with_the_labels_and_with_each_other():
    keras, int8 = _answers(0, 1, 2, 3), _answers(0, 1, 5, 6)
    compared = compare(keras, int8, np.array([0, 6, 2, 4]))
    assert compared == Comparison(4, keras_accuracy=0.5, int8_accuracy=0.25, agreement=0.5)
    assert compared.lost_points == 25


@pytest.mark.parametrize(
    ("keras", "int8", "agreement"),
    [
        (0.665, 0.66, 0.98),  # both limits, exactly
        (0.66, 0.67, 0.99),  # int8 may be the better
    ],
)
def test_accepts_a_model_within_the_limits(keras, int8, agreement):
    check(Comparison(1000, keras, int8, agreement))


def test_refuses_a_model_that_lost_more_than_half_a_point():
    with pytest.raises(ModelError, match=r"65\.90%.*66\.50%") as caught:
        check(Comparison(1000, 0.665, 0.659, 0.99))
    assert "agree" not in str(caught.value)


def test_refuses_a_model_that_answers_otherwise_though_it_is_as_often_right():
    with pytest.raises(ModelError, match=r"agree on 97\.90%"):
        check(Comparison(1000, 0.66, 0.66, 0.979))
