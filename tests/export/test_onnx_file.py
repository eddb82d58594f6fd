"""ONNX files against the model, run by onnxruntime."""

import json

import numpy as np
import pytest
import torch

from mmspd.anatomy import ATR_CLASSES, JOINTS, LABEL_SETS, PARSING_CLASSES, PARSING_PALETTE
from mmspd.export.description import METADATA_KEY, describe
from mmspd.export.network import ExportNetwork
from mmspd.export.onnx_file import check_graph, make_onnx, onnx_runner, read_description, with_description
from mmspd.registry import MODELS
from tests.export.conftest import SIZE, build
from tests.export.test_network import expected, rgb
from tests.models.tiny import tiny_spd

onnx = pytest.importorskip('onnx')
pytest.importorskip('onnxruntime')

POOLED = dict(
    type='mmseg.PSPHead', in_channels=64, in_index=1, channels=8, num_classes=20, pool_scales=(3, 5), norm_cfg=None,
    loss_decode=dict(type='mmseg.CrossEntropyLoss', avg_non_ignore=True),
)  # fmt: skip


@pytest.fixture(scope='module')
def run(model):
    return onnx_runner(make_onnx(ExportNetwork(model, SIZE)).SerializeToString(), threads=1)


def assert_same(got, want):
    assert set(got) == set(want)
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value.numpy(), atol=1e-4, rtol=1e-4, err_msg=name)


@pytest.mark.parametrize('number', [1, 3])
def test_any_batch_with_boxes_of_the_networks_own_choice(run, model, pictures, number):
    got = run(rgb(pictures[:number]).numpy(), np.zeros((number, 4), np.float32))
    assert_same(got, expected(model, pictures[:number]))


def test_given_boxes_and_own_ones_in_one_batch(run, model, pictures):
    boxes = expected(model, pictures)['boxes_used'].clone()
    boxes[1] = torch.tensor([-9.0, 3.0, 30.5, 70.0])
    given = boxes.numpy() * np.array([[0], [1], [0]], np.float32)
    assert_same(run(rgb(pictures).numpy(), given), expected(model, pictures, boxes))


def test_mirrored_pictures(run, model, pictures):
    mirrored = [np.ascontiguousarray(picture[:, ::-1]) for picture in pictures]
    want = expected(model, mirrored)
    assert not torch.allclose(want['heatmaps'], expected(model, pictures)['heatmaps'], atol=1e-3)
    assert_same(run(rgb(mirrored).numpy(), np.zeros((3, 4), np.float32)), want)


@pytest.mark.parametrize('missing', ['seg_head', 'pose_head', 'densepose_head'])
def test_missing_branches(missing, pictures):
    model = build(**{missing: None})
    graph = make_onnx(ExportNetwork(model, SIZE))
    assert ['boxes' in each.name for each in graph.graph.input] == [False] + [True] * (missing != 'densepose_head')
    got = onnx_runner(graph.SerializeToString(), 1)(rgb(pictures).numpy(), np.zeros((3, 4), np.float32))
    assert_same(got, expected(model, pictures))


def test_what_the_exporter_does_not_know_is_a_clear_error():
    torch.manual_seed(0)
    model = MODELS.build(tiny_spd() | dict(seg_head=POOLED))
    with pytest.raises(ValueError, match=r'PSPHead.*cannot be written as ONNX'):
        make_onnx(ExportNetwork(model, SIZE))


def test_graph_is_standard_and_samples_regions_by_grid_sample(model):
    graph = make_onnx(ExportNetwork(model, SIZE))
    assert [(each.domain, each.version) for each in graph.opset_import] == [('', 17)]
    assert sum(node.op_type == 'GridSample' for node in graph.graph.node) == 2  # one for each of the pooled sizes
    assert not any(node.op_type == 'BatchNormalization' for node in graph.graph.node)
    sizes = [each.type.tensor_type.shape.dim[0].dim_param for each in [*graph.graph.input, *graph.graph.output]]
    assert sizes == ['batch'] * 7


def test_foreign_operators_and_broken_graphs_are_refused(model):
    graph = make_onnx(ExportNetwork(model, SIZE))
    graph.graph.node[0].domain = 'com.example'
    with pytest.raises(ValueError, match=r'standard ONNX operators.*com\.example::'):
        check_graph(graph)
    graph.graph.node[0].domain = ''
    graph.graph.node[-1].input[0] = 'nowhere'
    with pytest.raises(ValueError, match='no valid ONNX'):
        check_graph(graph)


def test_description_says_what_a_runner_needs(model):
    network = ExportNetwork(model, SIZE)
    content = with_description(make_onnx(network), describe(network, 'fp32'))
    described = read_description(content)
    assert described['format_version'] == 1
    assert described['input_size'] == [48, 64]
    assert described['classes'] == list(PARSING_CLASSES)
    assert described['palette'] == [list(colour) for colour in PARSING_PALETTE]
    assert described['joints'] == list(JOINTS)
    assert (described['sigma'], described['chart_size'], described['precision']) == (2, 16, 'fp32')
    # Writing again replaces it.
    again = with_description(onnx.load_model_from_string(content), dict(other=1))
    assert read_description(again) == dict(other=1)
    assert [each.key for each in onnx.load_model_from_string(again).metadata_props].count(METADATA_KEY) == 1


def test_description_of_other_classes_and_of_missing_branches():
    atr = ExportNetwork(build(seg_head=dict(num_classes=18), densepose_head=None), SIZE)
    described = describe(atr, 'fp32')
    assert described['classes'] == list(ATR_CLASSES)
    assert 'chart_size' not in described
    five = describe(ExportNetwork(build(seg_head=dict(num_classes=5)), SIZE), 'fp32')
    assert five['classes'][4] == 'class 4'
    assert len({tuple(colour) for colour in five['palette']}) == 5
    assert five['palette'][0] == [0, 0, 0]
    json.dumps(five)
    for labels in ('cihp', LABEL_SETS['cihp']):
        assert describe(ExportNetwork(build(), SIZE), 'fp32', labels)['classes'][10] == 'TorsoSkin'
    with pytest.raises(ValueError, match='18 classes'):
        describe(atr, 'fp32', 'lip')
    assert 'classes' not in describe(ExportNetwork(build(seg_head=None), SIZE), 'fp32')


@pytest.mark.parametrize('content', [b'', b'not onnx at all', b'\x80\x04\x95'])
def test_files_of_others_are_refused(content):
    with pytest.raises(ValueError, match='ONNX file'):
        read_description(content)
