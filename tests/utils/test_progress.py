"""What is reported while long work goes on; the clock is a list of times."""

import io

import pytest

from mmspd.utils.progress import format_duration, report_progress


class Terminal(io.StringIO):
    def isatty(self):
        return True


def report(stream, calls, times):
    clock = iter(times)
    now = [next(clock)]
    with report_progress('people', stream, clock=lambda: now[0]) as step:
        for done, total in calls:
            step(done, total)
            now[0] = next(clock, now[0])
    return stream.getvalue()


def test_lines_by_hand():
    calls = [(100, 400), (101, 400), (160, 400), (300, 400), (400, 400)]
    text = report(io.StringIO(), calls, [0, 1, 30, 50, 60])
    # 60 people in 30 s, not 160: a hundred were there. Nothing more until 30 s later, but for the end.
    assert text.splitlines() == [
        '100 of 400 people',
        '160 of 400 people, 2.0 a second, 2 min left',
        '400 of 400 people, 5.0 a second',
    ]


def test_a_terminal_shows_count_and_rate():
    text = report(Terminal(), [(0, 40), (10, 40), (40, 40)], [0, 5, 20])
    assert '40/40' in text
    assert '2.0/s' in text


@pytest.mark.parametrize('stream', [io.StringIO, Terminal])
def test_nothing_to_do_and_a_clock_that_stands_still(stream):
    assert '7' in report(stream(), [(7, 7), (7, 7)], [3, 3])


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [(0, '0 s'), (89.4, '89 s'), (90, '2 min'), (5399, '90 min'), (5460, '1 h 31 min'), (7500, '2 h 5 min')],
)
def test_durations_by_hand(seconds, text):
    assert format_duration(seconds) == text
