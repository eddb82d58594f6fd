"""The network that is exported, against the model it was made from."""

import numpy as np
import pytest
import torch

from mmspd.export.network import ExportNetwork
from mmspd.export.pictures import as_input
from mmspd.models.inference import prepare_for_inference
from mmspd.registry import MODELS
from mmspd.structures import SPDDataSample
from tests.export.conftest import SIZE, build
from tests.models.tiny import tiny_spd

FOREIGN = dict(type='mmseg.FCNHead', in_channels=64, in_index=1, channels=8, num_convs=1, num_classes=20)


def rgb(pictures):
    """Pictures as the exported network takes them: float32 (N, 3, H, W)."""
    inputs = [as_input(picture, SIZE)[0][:, :, ::-1].transpose(2, 0, 1) for picture in pictures]
    return torch.from_numpy(np.stack(inputs).astype(np.float32))


def expected(model, pictures, boxes=None):
    """Raw outputs by name, of the model's own methods and its own regions."""
    size = (SIZE[1], SIZE[0])
    images = [torch.from_numpy(as_input(picture, SIZE)[0].transpose(2, 0, 1).copy()) for picture in pictures]
    samples = [SPDDataSample() for _ in images]
    with torch.no_grad():
        inputs = model.data_preprocessor(dict(inputs=images, data_samples=samples), False)['inputs']
        feats = model.extract_feat(inputs)
        seg, pose = model.forward_branches(feats)
        found = {}
        if model.seg_head:
            found['seg_logits'] = model.forward_seg(feats, seg)
        if model.pose_head:
            found['heatmaps'] = pose[-1]
        if model.densepose_head:
            rois = model.given_or_found_rois(samples, found.get('seg_logits'), size, inputs.device)
            if boxes is not None:
                rois[:, 1:] = boxes
            found['part_logits'], uv = model.densepose_head(feats.shallow, rois)
            found.update(uv=uv.clamp(0, 1), boxes_used=rois[:, 1:])
    return found


def outputs_of(network, *inputs):
    with torch.no_grad():
        return dict(zip(network.output_names, network(*inputs), strict=True))


def assert_same(got, want):
    assert list(got) == list(want)
    for name, value in want.items():
        torch.testing.assert_close(
            got[name], value, atol=1e-4, rtol=1e-4, msg=lambda text, name=name: f'{name}: {text}'
        )


def test_own_boxes_are_those_that_the_model_chooses(model, pictures):
    want = expected(model, pictures)
    assert len(want['boxes_used'].unique(dim=0)) > 1  # the choice depends on the picture
    assert_same(outputs_of(ExportNetwork(model, SIZE), rgb(pictures), torch.zeros(3, 4)), want)


def test_given_boxes_are_taken(model, pictures):
    boxes = torch.tensor([[4.0, 5.5, 30.0, 60.0], [-10.0, 0.0, 60.0, 40.0], [20.0, 20.0, 21.0, 21.0]])
    got = outputs_of(ExportNetwork(model, SIZE), rgb(pictures), boxes)
    assert_same(got, expected(model, pictures, boxes))


@pytest.mark.parametrize(
    'changes',
    [
        dict(seg_head=None),
        dict(pose_head=None),
        dict(densepose_head=None),
        dict(seg_head=None, densepose_head=None),
        dict(seg_head=None, pose_head=None),
        dict(pose_head=None, densepose_head=None),
    ],
    ids=lambda changes: 'no ' + ', '.join(changes),
)
def test_missing_branches_are_missing_outputs(changes, pictures):
    model = build(**changes)
    network = ExportNetwork(model, SIZE)
    assert ('boxes' in network.input_names) == ('densepose_head' not in changes)
    inputs = (rgb(pictures), torch.zeros(3, 4))[: len(network.input_names)]
    assert_same(outputs_of(network, *inputs), expected(model, pictures))


def test_a_decode_head_of_mmseg_is_exported_with_the_rest(pictures):
    torch.manual_seed(0)
    model = MODELS.build(tiny_spd() | dict(seg_head=FOREIGN))
    model.eval()
    assert_same(outputs_of(ExportNetwork(model, SIZE), rgb(pictures), torch.zeros(3, 4)), expected(model, pictures))


@pytest.mark.parametrize(
    'preprocessor',
    [
        dict(bgr_to_rgb=False),
        dict(mean=[1.0, 2.0, 3.0], std=[60.0, 50.0, 40.0]),
        dict(mean=[1.0, 2.0, 3.0], std=[60.0, 50.0, 40.0], bgr_to_rgb=False),
        dict(mean=None, std=None),
    ],
)
def test_channels_and_normalisation_are_the_preprocessors(preprocessor, pictures):
    model = build(data_preprocessor=preprocessor)
    got = outputs_of(ExportNetwork(model, SIZE), rgb(pictures), torch.zeros(3, 4))
    assert_same(got, expected(model, pictures))


def test_the_model_stays_as_it_is(model, pictures):
    before = {name: value.clone() for name, value in model.state_dict().items()}
    network = ExportNetwork(model, SIZE)
    after = model.state_dict()
    assert list(before) == list(after)
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert any(parameter.requires_grad for parameter in model.parameters())
    # Folded norms have no statistics any more.
    assert not any('running_mean' in name for name in network.state_dict())


def test_switches_of_execution_make_no_difference(model, pictures):
    switched = MODELS.build(tiny_spd() | dict(compile_modules=True, channels_last=True))
    switched.load_state_dict(model.state_dict())
    got = outputs_of(ExportNetwork(switched, SIZE), rgb(pictures), torch.zeros(3, 4))
    assert_same(got, expected(model, pictures))


@pytest.mark.parametrize(
    ('make', 'message'),
    [
        (lambda: build(grid='corner'), 'grid'),
        (lambda: build(pose_head=dict(decode='argmax')), 'decode'),
        (lambda: prepare_for_inference(build()), 'prepare_for_inference'),
        (lambda: torch.nn.Linear(2, 2), 'Linear'),
        (lambda: build(data_preprocessor=dict(type='mmseg.SegDataPreProcessor')), 'SegDataPreProcessor'),
    ],
)
def test_what_cannot_be_exported_is_refused(make, message):
    with pytest.raises(ValueError, match=message):
        ExportNetwork(make(), SIZE)


@pytest.mark.parametrize('size', [(0, 64), (64,)])
def test_sizes_that_are_none_are_refused(model, size):
    with pytest.raises(ValueError, match='input_size'):
        ExportNetwork(model, size)
