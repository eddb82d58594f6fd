"""The figures by which an exported file is judged."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from mmspd.codecs.heatmap import draw_gaussians
from mmspd.export.comparison import TOLERANCES, Differences, Tolerance, compare, find_excesses, require_answers
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
    """Says :func:`maps` with changes of every picture, over its box where one is given."""

    pose_head = SimpleNamespace(sigma=2)

    def __init__(self, **changes):
        super().__init__()
        self.said = maps() | changes

    @staticmethod
    def data_preprocessor(batch, training):
        return batch

    def predict(self, inputs, data_samples):
        size = (SIZE[1], SIZE[0])
        assert all(image.shape == (3, *size) for image in inputs)
        said = {name: torch.from_numpy(value) for name, value in self.said.items() if value is not None}
        for sample in data_samples:
            boxes = sample.gt_instance_labels.bboxes if 'gt_instance_labels' in sample else said.get('boxes_used')
            set_parsing(sample, said['seg_logits'][0], size)
            if 'heatmaps' in said:
                set_joints(sample, said['heatmaps'][0], size)
            if 'uv' in said:
                set_surface(sample, said['part_logits'], said['uv'], boxes, size)
        return data_samples


def compared(model=None, **changes):
    """The figures of a file that says :func:`maps` with changes: two pictures alone, and both in a batch.

    In the batch the second has a box, whatever the changes.
    """

    def run(images, boxes):
        said = {name: np.repeat(value, len(images), axis=0) for name, value in (maps() | changes).items()}
        said['boxes_used'] = np.where(boxes.any(axis=1, keepdims=True), boxes, said['boxes_used'])
        return said

    return compare(model or Model(), run, [PICTURE] * 2, SIZE)


def test_no_difference():
    assert compared() == Differences(2, 1.0, 1.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 1.0)


def test_missing_outputs_have_no_figures():
    missing = dict.fromkeys(('heatmaps', 'part_logits', 'uv', 'boxes_used'))
    found = compare(Model(**missing), lambda images, boxes: dict(seg_logits=maps()['seg_logits']), [PICTURE], SIZE)
    assert found == Differences(1, parsing=1.0, parsing_body=1.0)


def test_another_class_on_a_half():
    logits = maps()['seg_logits']
    logits[:, 2, :4] = 2  # the upper half is of class 2
    assert compared(seg_logits=logits).parsing == pytest.approx(0.5)


def test_background_that_both_see_does_not_count_as_body():
    theirs, ours = maps()['seg_logits'], maps()['seg_logits']
    theirs[:, 0, :, 2:] = 2  # body on the left third of the model, and on the left half of the file
    ours[:, 0, :, 3:] = 2
    found = compared(Model(seg_logits=theirs), seg_logits=ours)
    # 48 columns: both switch where 2 falls below 1, in the middle between two cells' centres: at 16 and at 24.
    assert found.parsing == pytest.approx(40 / 48)
    assert found.parsing_body == pytest.approx(16 / 24)


def test_joints_are_compared_in_pixels_of_the_picture():
    centres = np.array([[[3.0, 3.0], [3.0, 4.0]]])
    found = compared(heatmaps=draw_gaussians(centres, (6, 8), 2))
    # A cell is 63 / 7 = 9 pixels of the input, and 18 of the picture; one of two joints is off by it.
    assert found.joints_max == pytest.approx(18, abs=1e-3)
    assert found.joints_mean == pytest.approx(9, abs=1e-3)
    assert found.joints_near == 0.5


def test_scores_of_joints_are_compared():
    found = compared(heatmaps=maps()['heatmaps'] * np.float32(0.75))
    assert (found.joints_near, found.scores_max) == (1, pytest.approx(0.25, abs=1e-6))


def test_u_and_v_of_the_pixels_of_the_same_part():
    charts, uv = maps()['part_logits'], maps()['uv']
    charts[:, 3, :, 2:] = 2  # between the middle columns it rises from 0 to 2, past part 2's constant 1 in the middle
    uv[:, 0, 1] += 0.125  # of part 2
    uv[:, 0, 2] += 0.25
    found = compared(part_logits=charts, uv=uv)
    # Three times the box, 32 x 64 pixels of the picture; once the given one, from 6.24, 8.96 to 41.28, 116.48.
    assert found.parts == pytest.approx((3 * 16 * 64 + 18 * 107) / (3 * 32 * 64 + 35 * 107))
    assert found.uv_max == pytest.approx(0.125)
    assert found.uv_mean == pytest.approx(0.0625)  # V agrees


def test_charts_are_compared_over_each_ones_own_box():
    found = compared(boxes_used=np.array([[8.0, 16.0, 40.0, 56.0]], np.float32))
    assert (found.boxes, found.uv_max) == (0.25, 0)  # three of four, the other is given
    assert found.parts == pytest.approx((3 * 32 * 64 + 35 * 107) / (3 * 32 * 80 + 35 * 107))


def test_a_file_that_does_not_take_boxes_is_refused():
    def run(images, boxes):
        return {name: np.repeat(value, len(images), axis=0) for name, value in maps().items()}

    with pytest.raises(ValueError, match='does not take boxes that are given'):
        compare(Model(), run, [PICTURE] * 2, SIZE)


def test_a_batch_whose_pictures_are_mixed_up_is_seen():
    """A file that answers for all pictures of a batch what it would for the first."""
    other = maps()['seg_logits'][:, [0, 2, 1]]

    def said(image):
        return maps()['seg_logits'] if image.mean() < 100 else other

    class Two(Model):
        def predict(self, inputs, data_samples):
            for image, sample in zip(inputs, data_samples, strict=True):
                set_parsing(sample, torch.from_numpy(said(image.numpy())[0]), (SIZE[1], SIZE[0]))
            return data_samples

    def run(images, boxes):
        return dict(seg_logits=np.repeat(said(images[0]), len(images), axis=0))

    assert compare(Two(), run, [PICTURE, PICTURE + 200], SIZE).parsing == 0.75


@pytest.mark.parametrize(
    ('name', 'words'), [('seg_logits', 'parsing'), ('heatmaps', 'joints'), ('part_logits', 'parts'), ('uv', 'uv')]
)
def test_outputs_that_are_no_numbers_are_refused(name, words):
    broken = {name: maps()[name]}
    broken[name].flat[0] = np.nan
    with pytest.raises(ValueError, match=f"the model's {words} are not finite"):
        compared(Model(**broken), **broken)
    with pytest.raises(ValueError, match=f"the file's {words} are not finite"):
        compared(**broken)


def test_nothing_to_compare_is_no_agreement():
    background, flat = maps()['part_logits'], np.zeros_like(maps()['heatmaps'])
    background[:, 0] = 2
    nobody = dict(part_logits=background, heatmaps=flat)
    found = compared(Model(**nobody), **nobody)
    assert found.scores_max == 0
    expected = ['joints_max', 'joints_mean', 'joints_near', 'parts', 'uv_max', 'uv_mean']
    messages = find_excesses(found, Tolerance({}, {}))
    assert messages == [f'{name} is nan: there was nothing to compare' for name in expected]


@pytest.mark.parametrize('name', ['seg_logits', 'heatmaps', 'part_logits'])
def test_answers_that_are_the_same_for_all_pictures_are_refused(name):
    def run(images, boxes):
        return {each: value + (each != constant) * images.mean() for each, value in maps().items()}

    constant = None
    require_answers(run, [PICTURE, PICTURE + 1], SIZE)
    constant = name
    with pytest.raises(ValueError, match=f'{name} are the same for 2 different pictures'):
        require_answers(run, [PICTURE, PICTURE + 1], SIZE)


def test_excesses_by_hand():
    tolerance = Tolerance(dict(parsing=0.9, parts=0.9), dict(joints_max=1.0, uv_max=0.1))
    assert find_excesses(Differences(1, parsing=0.9, joints_max=1.0, parts=0.9, uv_max=0.1), tolerance) == []
    assert find_excesses(Differences(1), tolerance) == []
    found = find_excesses(Differences(1, parsing=0.89, joints_max=1.5, parts=1.0, uv_max=float('nan')), tolerance)
    assert found == [
        'uv_max is nan: there was nothing to compare',
        'parsing is 0.89, allowed is at least 0.9',
        'joints_max is 1.5, allowed is at most 1',
    ]


def test_tolerances_are_as_strict_as_promised():
    assert TOLERANCES['fp32'].least['parsing'] >= 0.999
    assert TOLERANCES['fp32'].most['joints_max'] <= 0.1
    assert TOLERANCES['fp32'].most['uv_max'] <= 1e-3
    assert TOLERANCES['fp16'].least['joints_near'] >= 0.999
    # A mean alone hides single joints that are far off, and all pixels the background among them.
    for tolerance in TOLERANCES.values():
        assert {'parsing_body', 'joints_near', 'parts', 'boxes'} <= set(tolerance.least)
        assert 'scores_max' in tolerance.most


def test_the_exported_network_and_the_model(model, pictures):
    network = ExportNetwork(model, SIZE)

    def run(images, boxes):
        with torch.no_grad():
            values = network(torch.from_numpy(images), torch.from_numpy(boxes))
        return {name: value.numpy() for name, value in zip(network.output_names, values, strict=True)}

    assert find_excesses(compare(model, run, pictures, SIZE), TOLERANCES['fp32']) == []
