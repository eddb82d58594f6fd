"""TensorFlow's SAME padding of the stem."""

import pytest
import torch
import torch.nn.functional as F

from mmspd.models import SPDBackbone
from mmspd.models.backbones.same_pad_pool import SamePadMaxPool2d, same_padding


@pytest.mark.parametrize(
    ('size', 'kernel', 'padding'),
    [(384, 7, (2, 3)), (385, 7, (3, 3)), (192, 3, (0, 1)), (193, 3, (1, 1)), (1, 3, (1, 1)), (4, 1, (0, 0))],
)
def test_padding_by_hand(size, kernel, padding):
    assert same_padding(size, kernel, 2) == padding


def test_max_pool_by_hand():
    row = -torch.tensor([5.0, 2.0, 3.0, 4.0, 1.0, 6.0])
    pooled = SamePadMaxPool2d(3, 2)(row.expand(1, 1, 6, 6))
    # Even: windows 0-2, 2-4, 4-5. The padding is never the maximum, though all values are negative.
    assert pooled[0, 0, 0].tolist() == [-2, -1, -1]
    assert pooled.shape == (1, 1, 3, 3)
    odd = SamePadMaxPool2d(3, 2)(row[:5].expand(1, 1, 5, 5))
    assert odd[0, 0, 0].tolist() == [-2, -2, -1]


@pytest.mark.parametrize(('height', 'width'), [(64, 48), (65, 51), (64, 51)])
def test_the_stem_is_padded_and_has_the_same_names(height, width):
    torch.manual_seed(0)
    plain, same = (SPDBackbone(depth=18, base_channels=8, same_padding=flag).eval() for flag in (False, True))
    assert same.load_state_dict(plain.state_dict()) == ([], [])
    inputs = torch.randn(1, 3, height, width)
    (top, bottom), (left, right) = ((2, 3) if side % 2 == 0 else (3, 3) for side in (height, width))
    want = F.conv2d(F.pad(inputs, (left, right, top, bottom)), plain.conv1.weight, stride=2)
    torch.testing.assert_close(same.conv1(inputs), want)
    outputs = [model(inputs) for model in (plain, same)]
    assert [each.shape for each in outputs[0]] == [each.shape for each in outputs[1]]
    # At odd sizes the two paddings are one, where the next level is odd as well.
    odd = height % 2 == width % 2 == 1 and (height + 1) // 2 % 2 == (width + 1) // 2 % 2 == 1
    assert torch.equal(outputs[0][1], outputs[1][1]) is odd


def test_a_frozen_stem_stays_frozen():
    backbone = SPDBackbone(depth=18, base_channels=8, same_padding=True, frozen_stages=1)
    assert not backbone.conv1.weight.requires_grad


def test_a_deep_stem_is_refused():
    with pytest.raises(ValueError, match='deep_stem'):
        SPDBackbone(depth=18, base_channels=8, same_padding=True, deep_stem=True)
