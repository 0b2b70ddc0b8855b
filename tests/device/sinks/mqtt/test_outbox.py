import threading

from device.sinks.mqtt.outbox import Board, Message, Outbox


def payloads(*numbers):
    return [str(number).encode() for number in numbers]


def test_readings_leave_in_order():
    outbox = Outbox(10)
    outbox.put(payloads(1, 2))
    outbox.put(payloads(3))
    assert [outbox.take() for _ in range(4)] == [*payloads(1, 2, 3), None]


def test_what_was_sent_counts_until_it_is_confirmed():
    outbox = Outbox(10)
    outbox.put(payloads(1, 2, 3))
    outbox.take()
    outbox.take()
    assert len(outbox) == 3
    outbox.confirm()
    assert len(outbox) == 2


def test_what_comes_back_goes_first_and_in_order():
    outbox = Outbox(10)
    outbox.put(payloads(1, 2, 3, 4))
    outbox.put_back([outbox.take(), outbox.take()])
    assert len(outbox) == 4
    assert [outbox.take() for _ in range(4)] == payloads(1, 2, 3, 4)


def test_the_oldest_that_was_not_sent_goes_first_when_there_is_no_room():
    outbox = Outbox(3)
    outbox.put(payloads(1, 2, 3))
    outbox.take()
    outbox.put(payloads(4, 5))
    assert (len(outbox), outbox.dropped) == (3, 2)
    assert [outbox.take() for _ in range(3)] == [*payloads(4, 5), None]


def test_two_threads_lose_and_double_nothing():
    outbox = Outbox(1_000_000)
    thread = threading.Thread(
        target=lambda: [outbox.put(payloads(number)) for number in range(20_000)]
    )
    thread.start()
    taken = []
    while len(taken) < 20_000:
        payload = outbox.take()
        if payload is None:
            continue
        if len(taken) % 7 == 3:
            outbox.put_back([payload])
            payload = outbox.take()
        taken.append(payload)
        outbox.confirm()
    thread.join(20)
    assert taken == payloads(*range(20_000))
    assert len(outbox) == 0


def test_the_board_gives_the_newest_of_each_topic_once():
    board = Board()
    board.put("a", b"1")
    board.put("b", b"1")
    board.put("a", b"2")
    assert len(board) == 2
    assert [board.take() for _ in range(3)] == [
        Message("a", b"2", True), Message("b", b"1", True), None,
    ]  # fmt: skip


def test_the_board_gives_all_again_when_it_is_renewed():
    board = Board()
    for topic in ("a", "b"):
        board.put(topic, b"1")
    board.take()
    board.renew()
    assert [board.take().topic for _ in range(2)] == ["a", "b"]
