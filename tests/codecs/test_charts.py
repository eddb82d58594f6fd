import numpy as np
import pytest
import torch

from mmspd.codecs.charts import inside_box, paste_surface, sample_charts, sample_charts_of

BOX = torch.tensor([10.0, 20.0, 18.0, 36.0])


def ramp(size):
    """Charts (2, S, S) of the position itself: x and y in the box, 0..1, at each cell's centre."""
    centres = (torch.arange(size) + 0.5) / size
    return torch.stack([centres.expand(size, size), centres[:, None].expand(size, size)])


def test_cells_by_hand():
    # Two cells across 8 px: their centres lie at the edge coordinates 12 and 16, the points 11.5 and 15.5.
    charts = torch.tensor([[[0.0, 1.0], [2.0, 3.0]]])
    points = torch.tensor([[11.5, 23.5], [15.5, 23.5], [13.5, 23.5], [11.5, 31.5], [12.5, 29.5], [9.5, 19.5]])
    expected = [0.0, 1.0, 0.5, 2.0, 0.25 + 2 * 0.75, 0.0]
    np.testing.assert_allclose(sample_charts(charts, BOX, points)[:, 0], expected, atol=1e-6)


@pytest.mark.parametrize('size', [7, 112])
def test_linear_charts_are_read_exactly(size):
    # Away from the outermost half cell, where a chart is constant.
    relative = torch.from_numpy(np.random.default_rng(0).uniform(0.5 / size, 1 - 0.5 / size, (50, 2))).float()
    points = BOX[:2] + relative * (BOX[2:] - BOX[:2]) - 0.5
    np.testing.assert_allclose(sample_charts(ramp(size), BOX, points), relative, atol=1e-5)


def test_outside_the_box_the_edge_is_read_and_known_as_outside():
    points = torch.tensor([[9.5, 30.0], [17.5, 30.0], [9.4, 30.0], [17.6, 30.0], [14.0, 35.6], [1e6, -1e6]])
    assert inside_box(BOX, points).tolist() == [True, True, False, False, False, False]
    values = sample_charts(ramp(4), BOX, points)
    np.testing.assert_allclose(values[:, 0], [0.125, 0.875, 0.125, 0.875, 0.5625, 0.875], atol=1e-5)


@pytest.mark.parametrize('box', [[5, 5, 5, 9], [5, 5, 9, 5], [9, 9, 5, 5], [0, 0, 0, 0]])
def test_an_empty_box_holds_nothing(box):
    box = torch.tensor(box, dtype=torch.float32)
    points = torch.tensor([[4.5, 4.5], [5.0, 6.0]])
    assert not inside_box(box, points).any()
    assert torch.isfinite(sample_charts(ramp(3), box, points)).all()
    assert not paste_surface(torch.ones(3, 2, 2), torch.ones(2, 2, 2, 2), box, 12, 12).any()


def test_no_points():
    assert sample_charts(ramp(3), BOX, torch.zeros(0, 2)).shape == (0, 2)


def test_half_precision_charts():
    charts = torch.rand(3, 8, 8, generator=torch.manual_seed(0)).half()
    points = torch.tensor([[11.3, 24.7], [500.0, 500.0]])
    box = torch.tensor([0.0, 0.0, 1000.0, 1000.0])
    for where in (BOX, box):
        actual = sample_charts(charts, where, points)
        np.testing.assert_allclose(actual, sample_charts(charts.float(), where, points), atol=1e-6)


def random_surface(size):
    generator = torch.manual_seed(size)
    return torch.randn(25, size, size, generator=generator), torch.rand(2, 24, size, size, generator=generator)


@pytest.mark.parametrize('size', [1, 5, 16])
@pytest.mark.parametrize(
    'box',
    [[10, 20, 18, 36], [3.3, 2.6, 31.2, 17.9], [-8, -5, 12.5, 60], [-20, -20, 100, 100], [30, 30, 30.9, 31.6]],
)
def test_pasting_agrees_with_sampling_at_every_pixel(box, size):
    height, width = 40, 33
    part_logits, uv = random_surface(size)
    box = torch.tensor(box, dtype=torch.float32)
    image = paste_surface(part_logits, uv, box, height, width)
    assert image.shape == (3, height, width)
    assert image.dtype == torch.float32

    y, x = torch.meshgrid(torch.arange(height), torch.arange(width), indexing='ij')
    pixels = torch.stack([x, y], dim=-1).reshape(-1, 2).float()
    inside = ((pixels + 0.5 >= box[:2]) & (pixels + 0.5 < box[2:])).all(dim=1)
    labels = sample_charts(part_logits, box, pixels).argmax(dim=1) * inside
    charts = sample_charts(uv.flatten(0, 1), box, pixels).unflatten(1, (2, 24))
    on_body = labels > 0
    expected = torch.zeros(3, height * width)
    expected[0] = labels
    expected[1:, on_body] = charts[on_body, :, labels[on_body] - 1].T
    np.testing.assert_allclose(image.flatten(1), expected, atol=1e-5)
    assert on_body.any()


def test_round_trip_of_a_ramp():
    # The whole box is part 7, whose U, V are the position in the box: pasted, each pixel tells where it lies.
    size = 112
    part_logits = torch.zeros(25, size, size)
    part_logits[7] = 1
    uv = torch.zeros(2, 24, size, size)
    uv[:, 6] = ramp(size)
    image = paste_surface(part_logits, uv, BOX, 50, 40)
    assert (image[0] == 7).sum() == 8 * 16
    assert image[0, 20, 10] == 7
    assert image[0, 35, 17] == 7
    np.testing.assert_allclose(image[1, 25, 10:18], (np.arange(8) + 0.5) / 8, atol=1e-5)
    np.testing.assert_allclose(image[2, 20:36, 12], (np.arange(16) + 0.5) / 16, atol=1e-5)


def test_pasting_refuses_what_does_not_fit():
    part_logits, uv = random_surface(4)
    with pytest.raises(ValueError, match=r'part_logits \(25, 4, 4\) and uv \(2, 23, 4, 4\) do not fit'):
        paste_surface(part_logits, uv[:, :23], BOX, 9, 9)
    with pytest.raises(ValueError, match='a finite box'):
        paste_surface(part_logits, uv, torch.tensor([0, 0, float('nan'), 4]), 9, 9)


def test_charts_are_sampled_at_points_of_their_box():
    charts = torch.zeros(2, 1, 4, 4)
    charts[0, 0] = torch.arange(4.0)  # rises to the right
    charts[1, 0] = torch.arange(4.0)[:, None]  # rises downwards
    boxes = torch.tensor([[10.0, 20.0, 18.0, 28.0], [0.0, 0.0, 4.0, 4.0]])
    points = torch.tensor([[10.5, 25.0], [14.5, 25.0], [1.0, 2.0], [100.0, 25.0]])
    got = sample_charts_of(charts, boxes, points, torch.tensor([0, 0, 1, 0]))
    # Box 0 has cells of 2 px; pixel centre 10.5 is 1 px from its left edge, the middle of cell 0; 14.5 that of cell 2.
    # In box 1 pixel (1, 2) is cell (1, 2) itself. Outside, the border continues.
    torch.testing.assert_close(got[:, 0], torch.tensor([0.0, 2.0, 2.0, 3.0]))


def test_no_points_give_an_empty_result_that_backpropagates():
    charts = torch.randn(2, 3, 4, 4, requires_grad=True)
    got = sample_charts_of(charts, torch.zeros(2, 4), torch.zeros(0, 2), torch.zeros(0, dtype=torch.long))
    assert got.shape == (0, 3)
    got.sum().backward()
    assert charts.grad is not None
