import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from device.emotions import Calm, Emotions
from device.records import UNCERTAIN

LABELS = ["happy", "sad", "neutral"]
CALM = Calm()


def probabilities(happy: float, sad: float = 0.0) -> np.ndarray:
    return np.array([happy, sad, 1 - happy - sad])


def emotions_of(answers, hz=10, calm=CALM):
    """The emotion after each answer, and the last average."""
    emotions = Emotions(LABELS, calm)
    made = [emotions.update(1, answer, i / hz) for i, answer in enumerate(answers)]
    return [emotion for emotion, _ in made], made[-1][1]


def test_the_first_answer_counts_at_once():
    assert emotions_of([probabilities(0.9)])[0] == ["happy"]


def test_one_answer_that_differs_changes_nothing():
    answers = [probabilities(0.9, 0.05)] * 20 + [probabilities(0.0, 1.0)] * 2
    answers += [probabilities(0.9, 0.05)] * 20
    assert set(emotions_of(answers)[0]) == {"happy"}


def test_a_change_that_lasts_is_followed_within_a_second():
    answers = [probabilities(0.8, 0.1)] * 50 + [probabilities(0.1, 0.8)] * 20
    seen, _ = emotions_of(answers)
    assert 2 <= seen[50:].index("sad") <= 9


def test_two_that_are_nearly_equal_do_not_take_turns():
    generator = np.random.default_rng(0)
    answers = [
        probabilities(0.48 + noise, 0.48 - noise) for noise in generator.normal(0, 0.08, 600)
    ]
    seen, _ = emotions_of(answers)
    changes = sum(one != other for one, other in itertools.pairwise(seen))
    assert changes <= 2


def test_where_nothing_is_probable_the_answer_is_uncertain():
    calm = Calm(uncertain_below=0.5)
    assert set(emotions_of([probabilities(0.34, 0.33)] * 5, calm=calm)[0]) == {UNCERTAIN}
    seen, _ = emotions_of([probabilities(0.9)] * 10 + [probabilities(0.34, 0.33)] * 40, calm=calm)
    assert (seen[9], seen[-1]) == ("happy", UNCERTAIN)


def test_at_the_threshold_it_does_not_become_certain_and_uncertain_by_turns():
    generator = np.random.default_rng(0)
    answers = [probabilities(0.35 + noise, 0.3) for noise in generator.normal(0, 0.05, 600)]
    seen, _ = emotions_of(answers)
    assert sum(one != other for one, other in itertools.pairwise(seen)) <= 2


@pytest.mark.parametrize("hz", [4, 10, 60])
def test_the_average_fades_by_time_and_not_by_the_number_of_answers(hz):
    calm = Calm(average_s=0.5)
    answers = [probabilities(1.0)] * 10 * hz + [probabilities(0.0)] * hz
    _, average = emotions_of(answers, hz, calm)
    # A second after the change, e**-2 of what was before is left.
    assert average[0] == pytest.approx(math.exp(-2), rel=0.02)


def test_a_clock_that_was_set_back_holds_no_answer_up():
    emotions, sad = Emotions(LABELS, CALM), probabilities(0.1, 0.8)
    for i in range(50):
        emotions.update(1, probabilities(0.8, 0.1), i / 10)
    seen = [emotions.update(1, sad, 2.0 + i / 10)[0] for i in range(15)]
    assert seen.index("sad") <= 10


def test_what_is_no_number_is_refused():
    emotions = Emotions(LABELS, CALM)
    with pytest.raises(ValueError, match="probabilities are numbers, got"):
        emotions.update(1, np.array([np.nan, 0.5, 0.5]), 0.0)
    assert emotions.update(1, probabilities(0.9), 0.1)[0] == "happy"


def test_an_emotion_that_became_improbable_ends_though_none_takes_its_place():
    calm = Calm(average_s=0.0, margin=0.2, uncertain_below=0.4)
    answers = [probabilities(0.1, 0.8), np.array([0.42, 0.28, 0.30])]
    assert emotions_of(answers, calm=calm)[0] == ["sad", UNCERTAIN]


def test_the_first_answers_are_averaged_evenly():
    _, average = emotions_of([probabilities(p) for p in (1.0, 0.0, 0.5)], hz=1000)
    assert average[0] == pytest.approx(0.5)


def test_without_averaging_each_answer_stands_for_itself():
    seen, average = emotions_of(
        [probabilities(0.9), probabilities(0.2, 0.8)], calm=Calm(average_s=0.0, margin=0.0)
    )
    assert seen == ["happy", "sad"]
    assert average.tolist() == pytest.approx([0.2, 0.8, 0.0])


def test_faces_are_read_apart_and_forgotten():
    emotions = Emotions(LABELS, Calm())
    for i in range(10):
        emotions.update(1, probabilities(0.9), i / 10)
        assert emotions.update(2, probabilities(0.0, 0.9), i / 10)[0] == "sad"
    emotions.keep([2])
    assert emotions.update(1, probabilities(0.0, 0.9), 1.0)[0] == "sad"
    assert emotions.update(2, probabilities(0.9), 1.0)[0] == "sad"


@given(
    st.lists(
        st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(-1e9, 1e9)), min_size=1, max_size=30
    ),
    st.floats(0, 10),
    st.floats(0, 0.9),
    st.floats(0, 0.9),
)
def test_whatever_the_times_it_stays_a_probability_and_a_name(answers, average_s, margin, below):
    emotions = Emotions(LABELS, Calm(average_s, margin, below))
    for happy, share, time_s in answers:
        raw = probabilities(happy, (1 - happy) * share)
        emotion, average = emotions.update(1, raw, time_s)
        assert emotion in {*LABELS, UNCERTAIN}
        if emotion != UNCERTAIN:
            assert average[LABELS.index(emotion)] >= below - margin / 2
        assert average.sum() == pytest.approx(1)
        assert average.min() >= -1e-12
