import threading

import pytest

from mmspd.web.limits import InputError
from mmspd.web.worker import Worker


def test_results_and_errors_come_back():
    worker = Worker(10)
    assert worker(lambda: 5) == 5

    def fail():
        raise TimeoutError('its own')

    with pytest.raises(TimeoutError, match='its own'):
        worker(fail)
    worker.close()


def test_one_that_takes_too_long_holds_up_the_next_but_never_joins_it():
    worker, begun, go_on, ran = Worker(0.05), threading.Event(), threading.Event(), []

    def slow():
        begun.set()
        go_on.wait(10)
        ran.append('slow')

    with pytest.raises(InputError, match=r'longer than the 0\.05 s'):
        worker(slow)
    assert begun.is_set()
    with pytest.raises(InputError, match='longer'):
        worker(lambda: ran.append('second'))
    go_on.set()
    worker._seconds = 10
    worker(lambda: ran.append('third'))
    assert ran == ['slow', 'third']  # the second was given up before it began
    worker.close()
