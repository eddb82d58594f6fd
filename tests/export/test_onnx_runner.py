"""The stand-alone runner against the model's own predictions, and on files of all kinds."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from mmspd.anatomy import JOINTS, PARSING_PALETTE
from mmspd.apis import SPDInferencer
from mmspd.codecs.heatmap import draw_gaussians, locate_peaks
from mmspd.datasets.files.image_files import read_image
from mmspd.datasets.files.photographs import read_photograph
from mmspd.export import export_model
from tests.apis.made import write_model
from tests.export.conftest import SIZE, build

onnxruntime = pytest.importorskip('onnxruntime')
pytest.importorskip('onnx')


@pytest.fixture(scope='module')
def runner(root):
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / 'tools' / 'deployment')
        import onnx_runner

        return onnx_runner


@pytest.fixture(scope='module')
def file(model, tmp_path_factory):
    path = tmp_path_factory.mktemp('export') / 'model.onnx'
    export_model(model, SIZE, path, check=False)
    return path


@pytest.fixture(scope='module')
def opened(file):
    session = onnxruntime.InferenceSession(file.read_bytes(), providers=['CPUExecutionProvider'])
    return session, json.loads(session.get_modelmeta().custom_metadata_map['mmspd'])


@pytest.fixture(scope='module')
def inferencer(model, tmp_path_factory):
    """``SPDInferencer`` with the model of ``file``."""
    config, checkpoint = write_model(tmp_path_factory.mktemp('tiny'))
    torch.save(dict(state_dict=model.state_dict()), checkpoint)
    return SPDInferencer(config, checkpoint, 'cpu', fast=False)


def predicted(inferencer, image, box=None):
    """What mmspd predicts of a picture, BGR: parsing (H, W), joints (K, 3), I, U, V (3, H, W)."""
    people = inferencer(image, boxes=None if box is None else [box])
    if not people:
        return np.zeros(image.shape[:2]), np.zeros((0, 3)), np.zeros((3, *image.shape[:2]))
    (person,) = people
    return person.parsing, np.column_stack([person.joints, person.joint_scores]), person.iuv


def assert_same(got, want):
    parsing, joints, iuv = want
    assert (got['parsing'] == parsing).mean() > 0.999
    np.testing.assert_allclose(got['joints'], joints, atol=0.1)
    same = got['iuv'][0] == iuv[0]
    assert same.mean() > 0.999
    np.testing.assert_allclose(got['iuv'][1:, same], iuv[1:, same], atol=1e-3)


@pytest.mark.parametrize('size', [(60, 90), SIZE, (301, 40), (200, 300), (1, 1), (1, 2000), (2000, 1)], ids=str)
def test_results_are_those_of_mmspd(runner, opened, inferencer, pictures, size):
    for picture in pictures:
        image = np.asarray(Image.fromarray(picture).resize(size))
        assert_same(runner.predict(*opened, image[..., ::-1]), predicted(inferencer, image))


def test_sides_longer_than_opencv_stretches(runner, opened, inferencer, pictures):
    image = np.asarray(Image.fromarray(pictures[0]).resize((40000, 20)))
    assert_same(runner.predict(*opened, image[..., ::-1]), predicted(inferencer, image))


@pytest.mark.parametrize('box', [[12.3, 21.7, 41.2, 80.4], [-9.5, 30.0, 33.3, 120.0], [20.0, 20.0, 21.0, 22.5]])
def test_results_of_a_box_are_those_of_mmspd(runner, opened, inferencer, pictures, box):
    assert_same(runner.predict(*opened, pictures[1][..., ::-1], box), predicted(inferencer, pictures[1], box))


def test_a_box_is_not_only_where_the_picture_is_cut(runner, opened, pictures):
    """The charts lie over the box alone, not over the margin."""
    iuv = runner.predict(*opened, pictures[1], [20, 30, 40, 60])['iuv']
    rows, columns = np.nonzero(iuv[0])
    assert (columns.min() >= 20, columns.max() < 40, rows.min() >= 30, rows.max() < 60) == (True,) * 4


def test_where_it_sees_nobody_there_are_no_joints(runner, opened, file, pictures, monkeypatch, capsys, tmp_path):
    session, about = opened

    class Nobody:
        get_inputs, get_outputs = session.get_inputs, session.get_outputs

        def run(self, names, given):
            outputs = dict(zip([each.name for each in self.get_outputs()], session.run(names, given), strict=True))
            outputs['seg_logits'][:, 0] += 1e6
            return list(outputs.values())

    found = runner.predict(Nobody(), about, pictures[0])
    assert {name: value.shape for name, value in found.items()} == dict(
        parsing=(90, 60), joints=(0, 3), iuv=(3, 90, 60)
    )
    assert not any(value.any() for value in found.values())
    # A person whose box is given is there, as in SPDInferencer.
    assert runner.predict(Nobody(), about, pictures[0], [10, 10, 50, 80])['joints'].shape == (16, 3)
    runner.save(found, about, tmp_path / 'nobody')
    assert json.loads((tmp_path / 'nobody_joints.json').read_text()) == []


def test_the_pictures_tell_anything(inferencer, pictures):
    parsing, joints, iuv = predicted(inferencer, pictures[1])
    assert len(np.unique(parsing)) > 2
    assert len(np.unique(iuv[0])) > 2
    assert joints[:, 0].std() > 1


def test_missing_branches(runner, pictures, tmp_path):
    export_model(build(densepose_head=None, seg_head=None), SIZE, tmp_path / 'pose.onnx', check=False)
    session = onnxruntime.InferenceSession(str(tmp_path / 'pose.onnx'))
    about = json.loads(session.get_modelmeta().custom_metadata_map['mmspd'])
    assert list(runner.predict(session, about, pictures[0])) == ['joints']


@pytest.mark.parametrize('place', [(3.3, 4.4), (0.2, 0.1), (5.9, 7.4), (-2.0, 3.0)])
@pytest.mark.parametrize('sigma', [1, 2, 3])
def test_peaks_are_located_as_mmspd_does(runner, place, sigma):
    rng = np.random.default_rng(0)
    heatmap = draw_gaussians(np.array(place), (7, 9), sigma) + rng.normal(0, 0.02, (9, 7)).astype(np.float32)
    places, scores = locate_peaks(heatmap[None], sigma)
    np.testing.assert_allclose(runner.find_peak(heatmap, sigma), [*places[0], scores[0]], atol=1e-6)


@pytest.mark.parametrize('value', [0.0, -1.0, 0.5, np.nan])
def test_flat_heatmaps(runner, value):
    heatmap = np.full((9, 7), value, np.float32)
    places, scores = locate_peaks(heatmap[None], 2)
    np.testing.assert_allclose(runner.find_peak(heatmap, 2), [*places[0], scores[0]], atol=1e-6)


def run(runner, monkeypatch, capsys, *words):
    """Exit code and standard error of the command."""
    monkeypatch.setattr(sys, 'argv', ['onnx_runner.py', *map(str, words)])
    with pytest.raises(SystemExit) as stopped:
        runner.main()
    return int(stopped.value.code), capsys.readouterr().err


def test_files_that_it_writes(runner, file, opened, pictures, monkeypatch, capsys, tmp_path):
    Image.fromarray(pictures[1][..., ::-1]).save(tmp_path / 'person.png')
    assert run(runner, monkeypatch, capsys, file, tmp_path / 'person.png', '--out', tmp_path / 'out') == (0, '')
    want = runner.predict(*opened, pictures[1][..., ::-1])
    with Image.open(tmp_path / 'out' / 'person_parsing.png') as label:
        assert label.mode == 'P'
        assert label.getpalette()[:60] == np.array(PARSING_PALETTE).ravel().tolist()
        np.testing.assert_array_equal(np.asarray(label), want['parsing'])
    joints = json.loads((tmp_path / 'out' / 'person_joints.json').read_text())
    assert [joint['name'] for joint in joints] == list(JOINTS)
    np.testing.assert_allclose([[joint['x'], joint['y'], joint['score']] for joint in joints], want['joints'])
    blue_is_part = read_image(tmp_path / 'out' / 'person_IUV.png').transpose(2, 0, 1)
    np.testing.assert_array_equal(blue_is_part[0], want['iuv'][0])
    np.testing.assert_array_equal(blue_is_part[1:], np.rint(want['iuv'][1:] * 255).astype(np.uint8))


def test_box_of_the_command(runner, file, opened, pictures, monkeypatch, capsys, tmp_path):
    Image.fromarray(pictures[0]).save(tmp_path / 'person.png')
    words = (file, tmp_path / 'person.png', '--out', tmp_path, '--box')
    assert run(runner, monkeypatch, capsys, *words, 10.7, 20.2, 49.1, 500) == (0, '')
    want = runner.predict(*opened, pictures[0], [10.7, 20.2, 49.1, 500])
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / 'person_parsing.png')), want['parsing'])
    for box in ((70, 20, 90, 30), ('nan', 20, 40, 30), (10, 20, 40, 'nan'), (10, 20, 'inf', 30), (40, 20, 10, 30)):
        code, error = run(runner, monkeypatch, capsys, *words, *box)
        assert code == 1
        assert 'is no box in 60 x 90 pixels' in error


def test_pictures_whose_results_would_have_one_name_are_refused(runner, file, pictures, monkeypatch, capsys, tmp_path):
    for name in ('one', 'two'):
        (tmp_path / name).mkdir()
        Image.fromarray(pictures[0]).save(tmp_path / name / 'person.jpg')
    paths = [tmp_path / name / 'person.jpg' for name in ('one', 'two')]
    code, error = run(runner, monkeypatch, capsys, file, *paths, '--out', tmp_path / 'out')
    assert code == 2
    assert 'would overwrite one another' in error
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('mode', ['L', 'LA', 'P', 'RGBA', 'CMYK', '1', 'turned'])
def test_pictures_of_every_kind_are_read_as_mmspd_reads_them(runner, pictures, tmp_path, mode):
    path = tmp_path / ('picture.jpg' if mode in ('CMYK', 'turned') else 'picture.png')
    picture, exif = Image.fromarray(pictures[0]), Image.Exif()
    if mode in ('LA', 'RGBA'):
        picture.putalpha(Image.linear_gradient('L').resize(picture.size))
    exif[0x0112] = 6 if mode == 'turned' else 1
    picture.convert('RGB' if mode == 'turned' else mode).save(path, exif=exif)
    np.testing.assert_array_equal(runner.read_picture(path), read_photograph(path)[..., ::-1])


def test_what_cannot_be_read_is_skipped(runner, file, pictures, monkeypatch, capsys, tmp_path):
    whole = tmp_path / 'whole.jpg'
    Image.fromarray(pictures[0]).save(whole)
    bad = {'empty.jpg': b'', 'text.png': b'hello', 'cut.jpg': whole.read_bytes()[:-200]}
    for name, content in bad.items():
        (tmp_path / name).write_bytes(content)
    Image.fromarray(np.zeros((4, 4), np.uint16)).save(tmp_path / 'deep.png')
    names = [*bad, 'deep.png', 'missing.jpg']
    monkeypatch.setattr(runner, 'MAX_PIXELS', 60 * 90)
    Image.new('RGB', (61, 90)).save(tmp_path / 'large.png')
    paths = [tmp_path / name for name in [*names, 'large.png', 'whole.jpg']]
    code, error = run(runner, monkeypatch, capsys, file, *paths, '--out', tmp_path / 'out')
    assert code == 1
    assert [line.split(':')[0] for line in error.splitlines()] == ['skipped'] * 6
    assert all(name in error for name in [*names, 'large.png'])
    assert sorted(path.name for path in (tmp_path / 'out').iterdir()) == [
        'whole_IUV.png', 'whole_joints.json', 'whole_parsing.png',
    ]  # fmt: skip


@pytest.mark.parametrize('content', [None, b'', b'garbage', b'\x80\x04\x95', b'\x08\x07'])
def test_models_that_are_none(runner, monkeypatch, capsys, tmp_path, content):
    path = tmp_path / 'model.onnx'
    if content is not None:
        path.write_bytes(content)
    code, error = run(runner, monkeypatch, capsys, path, 'person.jpg', '--out', tmp_path / 'out')
    assert code == 2
    assert 'expected an ONNX file that mmspd exported' in error
    assert not (tmp_path / 'out').exists()


def test_an_onnx_file_of_others(runner, file, monkeypatch, capsys, tmp_path):
    onnx = pytest.importorskip('onnx')
    graph = onnx.load(file)
    del graph.metadata_props[:]
    onnx.save(graph, tmp_path / 'other.onnx')
    code, error = run(runner, monkeypatch, capsys, tmp_path / 'other.onnx', 'person.jpg')
    assert code == 2
    assert 'expected an ONNX file that mmspd exported' in error


def test_it_is_short_and_imports_what_it_says(runner):
    text = Path(runner.__file__).read_text(encoding='utf-8')
    assert len(text.splitlines()) < 150
    nodes = list(ast.walk(ast.parse(text)))
    imported = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    imported |= {node.module for node in nodes if isinstance(node, ast.ImportFrom)}
    assert imported == {'argparse', 'json', 'pathlib', 'sys', 'cv2', 'numpy', 'onnxruntime', 'PIL'}


def test_it_runs_where_no_other_package_can_be_imported(runner, file, pictures, tmp_path):
    Image.fromarray(pictures[0]).save(tmp_path / 'person.png')
    blocked = ['mmspd', 'mmengine', 'mmcv', 'mmseg', 'mmpose', 'torch', 'torchvision', 'scipy', 'onnx']
    program = (
        f'import runpy, sys\nsys.modules.update(dict.fromkeys({blocked}))\n'
        f'sys.argv = ["runner", {str(file)!r}, {str(tmp_path / "person.png")!r}, "--out", {str(tmp_path)!r}]\n'
        f'runpy.run_path({runner.__file__!r}, run_name="__main__")'
    )
    done = subprocess.run([sys.executable, '-c', program], capture_output=True, text=True, check=False, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'person_joints.json').exists()
