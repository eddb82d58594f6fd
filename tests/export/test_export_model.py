"""From a model to a file that was checked, or to no file."""

import io
import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mmspd.export import Tolerance, export_model
from mmspd.export.onnx_file import onnx_runner, read_description
from tests.export.conftest import EXPORTING, SIZE, build
from tests.export.test_network import expected, rgb

pytest.importorskip('onnxruntime')
onnx = pytest.importorskip('onnx')

pytestmark = pytest.mark.usefixtures('few_people')

ANYTHING = Tolerance({}, {})


def test_onnx(model, tmp_path):
    out = tmp_path / 'new' / 'model.onnx'
    report = export_model(model, SIZE, out)
    assert [path.name for path in out.parent.iterdir()] == ['model.onnx']
    assert (report.format, report.precision, report.bytes) == ('onnx', 'fp32', out.stat().st_size)
    assert report.differences.pictures == 2
    assert report.differences.parsing > 0.999
    described = read_description(out.read_bytes())
    assert described == json.loads(json.dumps(report.description))
    assert described['compared']['joints_max'] == report.differences.joints_max
    assert '48x64' in str(report)
    assert 'joints_max' in str(report)


def spoil(monkeypatch):
    """Let the exporter turn the signs of the pose branch's last weights."""
    make_onnx = EXPORTING.make_onnx

    def spoiled(network):
        graph = make_onnx(network)
        weight = next(each for each in graph.graph.initializer if each.name.endswith('stages.0.predictor.conv.weight'))
        weight.CopyFrom(onnx.numpy_helper.from_array(-onnx.numpy_helper.to_array(weight), weight.name))
        return graph

    monkeypatch.setattr(EXPORTING, 'make_onnx', spoiled)


def test_a_file_that_differs_is_not_written(model, tmp_path, monkeypatch):
    spoil(monkeypatch)
    out = tmp_path / 'model.onnx'
    out.write_bytes(b'an older one')
    with pytest.raises(ValueError, match=r'model\.onnx was not written.*joints_max is .*, allowed is at most 0\.1'):
        export_model(model, SIZE, out)
    assert out.read_bytes() == b'an older one'
    assert [path.name for path in tmp_path.iterdir()] == ['model.onnx']


def test_a_file_that_was_not_compared_says_so(model, tmp_path, monkeypatch):
    spoil(monkeypatch)
    report = export_model(model, SIZE, tmp_path / 'model.onnx', check=False)
    assert report.differences is None
    assert read_description((tmp_path / 'model.onnx').read_bytes())['compared'] is None
    assert 'not compared' in str(report)


def test_no_file_remains_of_a_write_that_failed(model, tmp_path, monkeypatch):
    out = tmp_path / 'folder' / 'model.onnx'
    out.parent.mkdir()

    def fail(self, target):
        raise OSError(28, 'full')

    monkeypatch.setattr(Path, 'replace', fail)
    with pytest.raises(OSError, match='full'):
        export_model(model, SIZE, out, check=False)
    assert list(out.parent.iterdir()) == []


@pytest.mark.parametrize('check', [True, False])
@pytest.mark.parametrize('value', [np.nan, np.inf])
def test_weights_that_are_no_numbers_are_refused(tmp_path, check, value):
    broken = build()
    with torch.no_grad():
        next(broken.pose_head.parameters()).view(-1)[0] = value
    with pytest.raises(ValueError, match=r'1 of the weights .* such as pose_head\..*weight'):
        export_model(broken, SIZE, tmp_path / 'model.onnx', check=check)
    assert list(tmp_path.iterdir()) == []


def test_outputs_that_overflow_are_refused(tmp_path):
    large = build()
    with torch.no_grad():
        large.backbone.conv1.weight *= 1e38
        large.backbone.bn1.running_var.fill_(0)
    with pytest.raises(ValueError, match=r"the model's .* are not finite"):
        export_model(large, SIZE, tmp_path / 'model.onnx')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('value', [0.0, 0.5])
def test_a_model_that_always_says_the_same_is_refused(tmp_path, value):
    constant = build()
    with torch.no_grad():
        for parameter in constant.parameters():
            parameter.fill_(0.0 if parameter.dim() > 1 else value)
    with pytest.raises(ValueError, match='are the same for 2 different pictures'):
        export_model(constant, SIZE, tmp_path / 'model.onnx', tolerance=ANYTHING)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_is_no_file(model, tmp_path):
    with pytest.raises(IsADirectoryError, match='is a folder'):
        export_model(model, SIZE, tmp_path)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(format='tflite'), 'format is one of'),
        (dict(precision='fp8'), 'precision one of'),
        (dict(format='torch', precision='int8'), "precision='fp32' alone"),
    ],
)
def test_unknown_formats_and_precisions(model, tmp_path, options, message):
    with pytest.raises(ValueError, match=message):
        export_model(model, SIZE, tmp_path / 'model', **options)
    assert list(tmp_path.iterdir()) == []


def test_fp16_halves_the_file_and_keeps_boxes_exact(model, pictures, tmp_path):
    whole = export_model(model, SIZE, tmp_path / 'fp32.onnx', check=False)
    half = export_model(model, SIZE, tmp_path / 'fp16.onnx', precision='fp16', tolerance=ANYTHING)
    graph = onnx.load(half.path)
    # Weights are half; the graph's own text is not, and of so small a network it is most of the file.
    weights = [sum(len(each.raw_data) for each in onnx.load(path.path).graph.initializer) for path in (whole, half)]
    assert weights[1] < 0.51 * weights[0]
    assert {each.type.tensor_type.elem_type for each in [*graph.graph.input, *graph.graph.output]} == {
        onnx.TensorProto.FLOAT
    }
    boxes = np.array([[1.2345678, 3.1415927, 30.718282, 50.577216]] * 3, np.float32)
    got = onnx_runner(half.path.read_bytes(), 1)(rgb(pictures).numpy(), boxes)
    np.testing.assert_array_equal(got['boxes_used'], boxes)
    want = expected(model, pictures, torch.from_numpy(boxes))
    for name, value in want.items():
        np.testing.assert_allclose(got[name], value.numpy(), atol=5e-3 * float(value.abs().max()), err_msg=name)
    assert not np.array_equal(got['heatmaps'], want['heatmaps'].numpy())


def test_int8_has_integer_convolutions_near_the_models(model, pictures, tmp_path):
    report = export_model(model, SIZE, tmp_path / 'int8.onnx', precision='int8', tolerance=ANYTHING)
    graph = onnx.load(report.path).graph
    kinds = [each.data_type for each in graph.initializer if len(each.dims) == 4]
    in_float = [each.name for each in graph.initializer if len(each.dims) == 4 and each.data_type == 1]
    assert kinds.count(onnx.TensorProto.INT8) > 20
    # But for those, only the first convolution, whose weights have its bias's and its batch norm's factors in them.
    others = [name for name in in_float if not name.startswith(('model.pose_head.', 'model.densepose_head.'))]
    assert len(others) == 1
    first = next(node for node in graph.node if node.op_type == 'Conv')
    assert others[0] == first.input[1]
    whole = [
        onnx.numpy_helper.to_array(each) for each in graph.initializer if each.data_type == 3 and len(each.dims) == 4
    ]
    assert max(np.abs(each.astype(int)).max() for each in whole) <= 64  # 7 bits
    got = onnx_runner(report.path.read_bytes(), 1)(rgb(pictures).numpy(), np.zeros((3, 4), np.float32))
    want = expected(model, pictures)['heatmaps'].numpy()
    assert np.corrcoef(got['heatmaps'].ravel(), want.ravel())[0, 1] > 0.9


def test_a_precision_that_loses_too_much_is_refused(model, tmp_path):
    strict = Tolerance(dict(parsing=1.0), dict(joints_max=1e-6))
    with pytest.raises(ValueError, match=r'too far from the model in int8: .*joints_max'):
        export_model(model, SIZE, tmp_path / 'int8.onnx', precision='int8', tolerance=strict)
    assert list(tmp_path.iterdir()) == []


def test_torch_program(model, pictures, tmp_path):
    report = export_model(model, SIZE, tmp_path / 'model.pt2', format='torch')
    assert report.differences.parsing > 0.999
    texts = {'mmspd.json': ''}
    program = torch.export.load(io.BytesIO(report.path.read_bytes()), extra_files=texts)
    described = json.loads(texts['mmspd.json'])
    assert described['compared']['parsing'] == report.differences.parsing
    for number in (1, 3):
        want = expected(model, pictures[:number])
        got = program.module()(rgb(pictures[:number]), torch.zeros(number, 4))
        for value, name in zip(got, want, strict=True):
            torch.testing.assert_close(value, want[name], atol=1e-4, rtol=1e-4)


def test_torch_program_without_dense_pose(tmp_path):
    assert (
        export_model(build(densepose_head=None), SIZE, tmp_path / 'model.pt2', format='torch').differences.parts is None
    )
