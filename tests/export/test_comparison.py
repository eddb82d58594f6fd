"""The figures by which an exported file is judged."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from mmspd.codecs.heatmap import draw_gaussians
from mmspd.export.comparison import TOLERANCES, Differences, Tolerance, compare, find_excesses
from mmspd.export.network import ExportNetwork
from mmspd.models.segmentors.decoding import set_joints, set_parsing, set_surface
from tests.export.conftest import SIZE

PICTURE = np.zeros((128, 48, 3), np.uint8)  # twice as high as the network's input
BOX = [[8.0, 16.0, 40.0, 48.0]]


def maps():
    """What a model could say: class 1 everywhere, joints in the middle, part 2 with U 0.5 and V 0.25 over the box."""
    charts = np.zeros((1, 25, 4, 4), np.float32)
    charts[:, 2] = 1
    uv = np.full((1, 2, 24, 4, 4), 0.5, np.float32)
    uv[:, 1] = 0.25
    logits = np.zeros((1, 3, 8, 6), np.float32)
    logits[:, 1] = 1
    heatmaps = draw_gaussians(np.full((1, 2, 2), 3.0), (6, 8), 2)
    return dict(seg_logits=logits, heatmaps=heatmaps, part_logits=charts, uv=uv, boxes_used=np.array(BOX, np.float32))


class Model(nn.Module):
    """Says :func:`maps` of every picture."""

    pose_head = SimpleNamespace(sigma=2)

    @staticmethod
    def data_preprocessor(batch, training):
        return batch

    def predict(self, inputs, data_samples):
        (sample,), size = data_samples, (SIZE[1], SIZE[0])
        assert inputs[0].shape == (3, *size)
        said = {name: torch.from_numpy(value) for name, value in maps().items()}
        set_parsing(sample, said['seg_logits'][0], size)
        set_joints(sample, said['heatmaps'][0], size)
        set_surface(sample, said['part_logits'], said['uv'], said['boxes_used'], size)
        return data_samples


def compared(**changes):
    """The figures of a file that says :func:`maps` with changes, two pictures."""
    given = []

    def run(images, boxes):
        given.append(boxes)
        said = maps() | changes
        if boxes.any():
            said['boxes_used'] = boxes
        return {name: value for name, value in said.items() if value is not None}

    return compare(Model(), run, [PICTURE] * 2, SIZE), given


def test_no_difference():
    assert compared()[0] == Differences(2, 1.0, 0.0, 0.0, 1.0, 0.0, 0.0, 1.0)


def test_missing_outputs_have_no_figures():
    found, _ = compared(part_logits=None, uv=None, boxes_used=None, heatmaps=None)
    assert found == Differences(2, parsing=1.0)


def test_another_class_on_a_half():
    logits = maps()['seg_logits']
    logits[:, 2, :4] = 2  # the upper half is of class 2
    assert compared(seg_logits=logits)[0].parsing == pytest.approx(0.5)


def test_joints_are_compared_in_pixels_of_the_picture():
    centres = np.array([[[3.0, 3.0], [3.0, 4.0]]])
    found, _ = compared(heatmaps=draw_gaussians(centres, (6, 8), 2))
    # A cell is 63 / 7 = 9 pixels of the input, and 18 of the picture; one of two joints is off by it.
    assert found.joints_max == pytest.approx(18, abs=1e-3)
    assert found.joints_mean == pytest.approx(9, abs=1e-3)


def test_u_and_v_of_the_pixels_of_the_same_part():
    charts, uv = maps()['part_logits'], maps()['uv']
    charts[:, 3, :, 2:] = 2  # between the middle columns it rises from 0 to 2, past part 2's constant 1 in the middle
    uv[:, 0, 1] += 0.125  # of part 2
    uv[:, 0, 2] += 0.25
    found, _ = compared(part_logits=charts, uv=uv)
    assert found.parts == pytest.approx(0.5)
    assert found.uv_max == pytest.approx(0.125)
    assert found.uv_mean == pytest.approx(0.0625)  # V agrees


def test_charts_are_compared_over_the_models_box():
    found, given = compared(boxes_used=np.array([[8.0, 16.0, 40.0, 56.0]], np.float32))
    assert (found.boxes, found.parts, found.uv_max) == (0, 1, 0)
    np.testing.assert_allclose(given[1], BOX, atol=1e-4)


def test_excesses_by_hand():
    tolerance = Tolerance(dict(parsing=0.9, parts=0.9), dict(joints_max=1.0, uv_max=0.1))
    assert find_excesses(Differences(1, parsing=0.9, joints_max=1.0, parts=0.9, uv_max=0.1), tolerance) == []
    assert find_excesses(Differences(1), tolerance) == []
    found = find_excesses(Differences(1, parsing=0.89, joints_max=1.5, parts=1.0, uv_max=float('nan')), tolerance)
    assert found == [
        'parsing is 0.89, allowed is at least 0.9',
        'joints_max is 1.5, allowed is at most 1',
        'uv_max is nan, allowed is at most 0.1',
    ]


def test_tolerances_are_as_strict_as_promised():
    assert TOLERANCES['fp32'].least['parsing'] >= 0.999
    assert TOLERANCES['fp32'].most['joints_max'] <= 0.1
    assert TOLERANCES['fp32'].most['uv_max'] <= 1e-3


def test_the_exported_network_and_the_model(model, pictures):
    network = ExportNetwork(model, SIZE)

    def run(images, boxes):
        with torch.no_grad():
            values = network(torch.from_numpy(images), torch.from_numpy(boxes))
        return {name: value.numpy() for name, value in zip(network.output_names, values, strict=True)}

    assert find_excesses(compare(model, run, pictures, SIZE), TOLERANCES['fp32']) == []
