import numpy as np
import pytest


def _results(seed=0, height=60, width=41, points=30):
    rng = np.random.default_rng(seed)
    return {
        'img_path': 'person.jpg',
        'img': rng.integers(0, 256, (height, width, 3), dtype=np.uint8),
        'gt_seg_map': rng.integers(0, 20, (height, width), dtype=np.uint8),
        'ori_shape': (height, width),
        'img_shape': (height, width),
        'bbox': np.array([[5, 6, 30, 50]], dtype=np.float32),
        'keypoints': rng.uniform(0, [width - 1, height - 1], (1, 16, 2)).astype(np.float32),
        'keypoints_visible': (np.arange(16)[None] != 3).astype(np.float32),
        'keypoints_occluded': np.zeros((1, 16), dtype=bool),
        'dp_points': rng.uniform(0, [width - 1, height - 1], (points, 2)).astype(np.float32),
        'dp_labels': rng.integers(0, 25, points),
        'dp_uv': rng.random((points, 2)).astype(np.float32),
        'dp_uv_valid': np.ones(points, dtype=bool),
        'rng': np.random.default_rng([seed, 1]),
    }


@pytest.fixture
def make_results():
    """Builds the results dict of a person: noise of 60 x 41 pixels, 15 joints of 16, 30 surface points."""
    return _results
