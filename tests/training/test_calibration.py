import math

import numpy as np
import pytest

from device.model import softmax
from training.calibration import (
    calibration_error,
    fit_temperature,
    negative_log_likelihood,
    reliability,
)


def _logits(*confidences: float) -> np.ndarray:
    """Logits of two classes that give the first one these probabilities."""
    return np.array([[math.log(p), math.log(1 - p)] for p in confidences], np.float32)


@pytest.mark.parametrize("true_temperature", [0.4, 1.0, 2.5])
def test_finds_the_temperature_that_labels_were_drawn_with(true_temperature):
    generator = np.random.default_rng(1)
    logits = generator.normal(0, 3, (20_000, 7)).astype(np.float32)
    shares = softmax(logits, true_temperature).cumsum(axis=1)
    labels = (generator.random((20_000, 1)) > shares).sum(axis=1).clip(max=6)
    assert fit_temperature(logits, labels) == pytest.approx(true_temperature, rel=0.03)


def test_no_other_temperature_has_a_smaller_likelihood_loss():
    generator = np.random.default_rng(2)
    logits = generator.normal(0, 2, (500, 7)).astype(np.float32)
    labels = np.where(generator.random(500) < 0.6, logits.argmax(axis=1), 3)
    best = negative_log_likelihood(logits, labels, fit_temperature(logits, labels))
    for temperature in np.geomspace(0.05, 20, 200):
        assert best <= negative_log_likelihood(logits, labels, temperature) + 1e-9


def test_a_network_that_is_always_right_gets_the_coldest_temperature():
    logits = np.eye(7, dtype=np.float32)
    assert fit_temperature(logits, np.arange(7)) == pytest.approx(0.05, rel=1e-3)


def test_fitting_on_nothing_is_refused():
    with pytest.raises(ValueError, match="no images"):
        fit_temperature(np.zeros((0, 7), np.float32), np.zeros(0, np.int64))


def test_likelihood_by_hand():
    logits = _logits(0.8, 0.5)
    expected = -(math.log(0.8) + math.log(0.5)) / 2
    assert negative_log_likelihood(logits, np.array([0, 1]), 1.0) == pytest.approx(expected)


def test_likelihood_survives_probabilities_that_underflow():
    logits = np.array([[2000.0, 0.0]], np.float32)
    assert negative_log_likelihood(logits, np.array([1]), 1.0) == pytest.approx(2000.0)


def test_error_is_zero_where_confidence_is_the_share_of_right_answers():
    logits, labels = _logits(*[0.8] * 5), np.array([0, 0, 0, 0, 1])
    assert calibration_error(logits, labels, 1.0) == pytest.approx(0, abs=1e-6)


def test_error_by_hand_with_two_bins():
    # Ten answers at 0.9, half of them right, and ten at 0.6, six of them right.
    logits = _logits(*[0.9] * 10, *[0.6] * 10)
    labels = np.array([0] * 5 + [1] * 5 + [0] * 6 + [1] * 4)
    assert calibration_error(logits, labels, 1.0) == pytest.approx(0.5 * 0.4, abs=1e-6)


def test_errors_within_one_bin_cancel():
    # 0.94 and 0.99 share the bin from 14/15: mean 0.965, and one of two is right.
    assert calibration_error(_logits(0.94, 0.99), np.array([0, 1]), 1.0) == pytest.approx(0.465)


def test_there_are_fifteen_bins():
    # 0.61 and 0.69 lie on two sides of 10/15; ten bins would hold both in one.
    error = calibration_error(_logits(0.61, 0.69), np.array([1, 0]), 1.0)
    assert error == pytest.approx((0.61 + (1 - 0.69)) / 2)


def test_error_is_that_of_the_divided_logits():
    logits, labels = _logits(0.9, 0.9), np.array([0, 1])
    # At temperature 2 odds of 9 become odds of 3.
    assert calibration_error(logits, labels, 2.0) == pytest.approx(0.75 - 0.5)


def test_bins_hold_what_the_error_is_made_of():
    # 0.8 is the upper edge of its bin, which is closed there; 0.81 is in the next.
    probabilities = np.array([[0.8, 0.2], [0.8, 0.2], [0.19, 0.81], [0.5, 0.5]])
    bins = reliability(probabilities, np.array([0, 1, 1, 0]))
    assert bins.images.tolist() == [0] * 7 + [1, 0, 0, 0, 2, 1, 0, 0]
    assert bins.probability[[7, 11, 12]] == pytest.approx([0.5, 0.8, 0.81])
    assert bins.right[[7, 11, 12]].tolist() == [1, 0.5, 1]
    assert bins.probability[0] == bins.right[0] == 0
    assert bins.mean_probability == pytest.approx((0.8 + 0.8 + 0.81 + 0.5) / 4)
    assert bins.error == pytest.approx((2 * 0.3 + 0.19 + 0.5) / 4)
