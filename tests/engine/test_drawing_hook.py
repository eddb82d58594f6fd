"""Which samples the hook draws."""

from types import SimpleNamespace

import numpy as np
import pytest

from mmspd.engine import DrawPredictionsHook, drawing_hook


@pytest.fixture
def drawn_by(monkeypatch):
    """The names of the samples that one of several processes draws."""
    monkeypatch.setattr(drawing_hook, 'read_image', lambda path: np.zeros((2, 2, 3), np.uint8))

    def draw(rank, world_size, people, interval, when='test'):
        monkeypatch.setattr(drawing_hook, 'get_dist_info', lambda: (rank, world_size))
        names = []
        loader = SimpleNamespace(dataset=range(people))
        visualizer = SimpleNamespace(add_datasample=lambda name, *_, **__: names.append(name))
        runner = SimpleNamespace(**{f'{when}_dataloader': loader}, visualizer=visualizer, iter=0)
        hook = DrawPredictionsHook(interval=interval)
        getattr(hook, f'before_{when}_epoch')(runner)
        # As mmengine's sampler deals them: in turn, and the first ones again until all have as many.
        rounds = -(-people // world_size)
        own = [number % people for number in range(rank, rounds * world_size, world_size)]
        samples = [SimpleNamespace(img_path='', img_id=number) for number in own]
        for start in range(0, len(samples), 2):
            getattr(hook, f'after_{when}_iter')(runner, start // 2, None, samples[start : start + 2])
        return names

    return draw


@pytest.mark.parametrize('when', ['val', 'test'])
@pytest.mark.parametrize(('people', 'interval', 'expected'), [(5, 3, [0, 3]), (5, 1, [0, 1, 2, 3, 4]), (9, 10, [0])])
def test_processes_together_draw_what_one_draws_and_nothing_twice(drawn_by, people, interval, expected, when):
    for world_size in (1, 2, 3, 4):
        drawn = [name for rank in range(world_size) for name in drawn_by(rank, world_size, people, interval, when)]
        assert sorted(drawn) == expected


class NoTraining(SimpleNamespace):
    """A runner that is asked to test: its iteration would build the training loop and read the training set."""

    @property
    def iter(self):
        raise AssertionError('a test asks for no training step')


def test_a_test_builds_no_training_loop(monkeypatch):
    monkeypatch.setattr(drawing_hook, 'read_image', lambda path: np.zeros((2, 2, 3), np.uint8))
    steps = []
    visualizer = SimpleNamespace(add_datasample=lambda *_, step, **__: steps.append(step))
    runner = NoTraining(test_dataloader=SimpleNamespace(dataset=range(1)), visualizer=visualizer)
    DrawPredictionsHook(interval=1).after_test_iter(runner, 0, None, [SimpleNamespace(img_path='', img_id='a')])
    assert steps == [0]


def test_a_sample_that_is_a_part_of_its_file_is_drawn_on_that_part(monkeypatch):
    picture = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    monkeypatch.setattr(drawing_hook, 'read_image', lambda path: picture)
    drawn = []
    visualizer = SimpleNamespace(add_datasample=lambda name, image, *_, **__: drawn.append(image))
    runner = SimpleNamespace(test_dataloader=SimpleNamespace(dataset=range(1)), visualizer=visualizer)
    sample = SimpleNamespace(img_path='', img_id='a', crop=(1, 2, 4, 4))
    DrawPredictionsHook(interval=1).after_test_iter(runner, 0, None, [sample])
    np.testing.assert_array_equal(drawn[0], picture[2:4, 1:4, ::-1])
