"""Where heads may be, from where they were."""

from device.veil.heads import Moment, heads_at, without

SIZE = (640, 480)


def moment(time_s, *boxes):
    return Moment(time_s, SIZE, frozenset(boxes))


def test_of_a_face_in_many_moments_the_nearest_counts_and_of_each_face_one():
    # Two people, who move a little from look to look.
    moments = [
        moment(look / 10, (100 + look, 100, 200 + look, 200), (400, 100 + look, 480, 180 + look))
        for look in range(20)
    ]
    assert heads_at(moments, 1.9) == [(119, 100, 219, 200), (400, 119, 480, 199)]
    # Half a side a second is left on each side for where they have gone.
    assert heads_at(moments, 2.9) == [(69, 50, 269, 250), (360, 79, 520, 239)]
    assert heads_at(moments, -0.1) == [(95, 95, 205, 205), (396, 96, 484, 184)]


def test_all_that_was_found_now_counts_though_it_may_be_of_one_face():
    two = (100, 100, 200, 200), (110, 100, 210, 200)
    assert heads_at([moment(1.0, *two), moment(0.9, two[0])], 1.0) == list(two)


def test_who_has_gone_far_is_hidden_where_they_were_as_well():
    moments = [moment(0.0, (100, 100, 200, 200)), moment(1.0, (160, 100, 260, 200))]
    assert heads_at(moments, 1.0) == [(160, 100, 260, 200), (50, 50, 250, 250)]


def test_a_box_of_another_size_is_of_another_face():
    face, near, larger = (100, 100, 200, 200), (130, 100, 230, 200), (50, 50, 250, 250)
    assert without([near, larger], [face]) == [larger]
    assert without([near], []) == [near]
    assert heads_at([], 0.0) == without([], [face]) == []
