import numpy as np
import pytest

from mmspd.datasets.transforms import JitterBox


def results(box, seed=0):
    return {
        'transformed_bbox': np.array([box], dtype=np.float32),
        'img_shape': (100, 60),
        'rng': np.random.default_rng(seed),
    }


def test_edges_move_by_at_most_the_share_of_their_side():
    moves = []
    for seed in range(300):
        box = JitterBox(0.2)(results([20, 30, 40, 70], seed))['transformed_bbox']
        assert box.dtype == np.float32
        moves.append((box[0] - [20, 30, 40, 70]) / [20, 40, 20, 40])
    moves = np.array(moves)
    assert np.abs(moves).max() <= 0.2 + 1e-6
    assert (moves.min(axis=0) < -0.17).all()
    assert (moves.max(axis=0) > 0.17).all()
    assert np.abs(np.corrcoef(moves.T) - np.eye(4)).max() < 0.2  # each edge by itself


def test_boxes_stay_on_the_input():
    for seed in range(50):
        box = JitterBox(0.3)(results([0, 0, 60, 100], seed))['transformed_bbox'][0]
        assert box[0] >= 0
        assert box[1] >= 0
        assert box[2] <= 60
        assert box[3] <= 100


def test_an_empty_box_stays_empty_and_no_jitter_changes_nothing():
    assert JitterBox()(results([5, 5, 5, 5]))['transformed_bbox'].tolist() == [[5, 5, 5, 5]]
    assert JitterBox(0)(results([1, 2, 3, 4]))['transformed_bbox'].tolist() == [[1, 2, 3, 4]]


@pytest.mark.parametrize('amount', [-0.1, 0.5])
def test_senseless_amounts_are_refused(amount):
    with pytest.raises(ValueError, match='amount'):
        JitterBox(amount)
