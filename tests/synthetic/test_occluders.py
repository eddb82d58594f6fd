import numpy as np
import pytest

from mmspd.synthetic.scenery import occluders
from mmspd.synthetic.scenery.canvas import Canvas
from mmspd.synthetic.scenery.occluder_shapes import OCCLUDERS, Frame
from mmspd.synthetic.scenery.occluders import COVERED_SHARE, OCCLUDER_SHARES, covered_share, draw_occluder


@pytest.mark.parametrize(
    ('height', 'width', 'box'),
    [
        (128, 96, (20, 10, 76, 120)),
        (128, 96, (-40, -30, 60, 300)),  # reaches over three borders
        (64, 64, (0, 0, 64, 64)),
        (16, 16, (2, 1, 13, 15)),
        (90, 200, (150.4, 30.7, 181.2, 88.9)),
    ],
)
def test_covered_share_is_as_documented(height, width, box):
    shares = []
    for seed in range(25):
        image, alpha = draw_occluder(np.random.default_rng(seed), height, width, np.array(box, np.float32))
        assert image.shape == (height, width, 3)
        assert alpha.shape == (height, width)
        assert image.dtype == alpha.dtype == np.float32
        assert 0 <= image.min() <= image.max() <= 1
        assert 0 <= alpha.min() <= alpha.max() <= 1
        assert not image[alpha == 0].any()
        # Counted without the code: pixels whose centres are inside the box.
        rows, columns = (np.arange(size) + 0.5 for size in (height, width))
        inside = ((rows >= box[1]) & (rows < box[3]))[:, None] & ((columns >= box[0]) & (columns < box[2]))
        shares.append((alpha[inside] >= 0.5).mean())
        assert covered_share(alpha, np.array(box)) == pytest.approx(shares[-1])
    assert min(shares) >= COVERED_SHARE[0]
    assert max(shares) <= COVERED_SHARE[1] < 0.5
    assert max(shares) - min(shares) > 0.05


def test_same_seed_same_bytes():
    box = np.array([20, 10, 76, 120])
    first, second, other = (draw_occluder(np.random.default_rng(seed), 128, 96, box) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first[0], second[0])
    np.testing.assert_array_equal(first[1], second[1])
    assert (first[1] != other[1]).any()


@pytest.mark.parametrize('kind', list(OCCLUDERS))
def test_every_kind_draws_something_smooth(kind):
    edges, shares = 0, []
    for seed in range(8):
        canvas = Canvas(np.random.default_rng(seed), 160, 120)
        OCCLUDERS[kind](np.random.default_rng(seed), canvas, Frame(25, 10, 95, 150))
        edges += ((canvas.alpha > 0.05) & (canvas.alpha < 0.95)).sum()
        shares.append(covered_share(canvas.alpha, np.array([25, 10, 95, 150])))
    assert edges > 50
    assert sum(COVERED_SHARE[0] <= share <= COVERED_SHARE[1] for share in shares) >= 4


def test_kinds_and_shares_agree():
    assert set(OCCLUDER_SHARES) == set(OCCLUDERS)
    assert sum(OCCLUDER_SHARES.values()) == pytest.approx(1)


@pytest.mark.parametrize('covers', [0.0, 1.0])
def test_what_never_fits_is_replaced_by_a_counter(monkeypatch, covers):
    def draw(rng, canvas, frame):
        canvas.alpha[:] = covers

    monkeypatch.setattr(occluders, 'OCCLUDERS', dict.fromkeys(OCCLUDERS, draw))
    for height in (8, 9, 50):
        box = np.array([4, 2, 24, 2 + height])
        alpha = draw_occluder(np.random.default_rng(0), 60, 40, box)[1]
        # A fifth of the rows, rounded down: 1 of 8, 1 of 9, 10 of 50.
        assert covered_share(alpha, box) == pytest.approx({8: 1 / 8, 9: 1 / 9, 50: 0.2}[height])
        assert not alpha[: 2 + height - height // 5].any()


@pytest.mark.parametrize(
    'box', [(10, 10, 10, 10), (10, 10, 11, 11), (-50, -50, -10, -10), (500, 0, 600, 20), (0, 0, 60, 7), (3, 3, 10, 12)]
)
def test_boxes_too_small_or_outside_get_nothing(box):
    image, alpha = draw_occluder(np.random.default_rng(0), 64, 64, np.array(box))
    assert not alpha.any()
    assert not image.any()
    assert covered_share(np.ones((64, 64), np.float32), np.array((500, 0, 600, 20))) == 0


@pytest.mark.parametrize(
    ('size', 'box', 'names'),
    [
        ((0, 10), (0, 0, 5, 5), '10x0'),
        ((10, 10), (0, 0, 5), 'x1, y1, x2, y2'),
        ((10, 10), (5, 0, 0, 5), r'\[5.0, 0.0, 0.0, 5.0\]'),
        ((10, 10), (0, np.nan, 5, 5), 'nan'),
    ],
)
def test_impossible_occluders(size, box, names):
    with pytest.raises(ValueError, match=names):
        draw_occluder(np.random.default_rng(0), *size, np.array(box))
