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
from mmspd.codecs.charts import paste_surface
from mmspd.codecs.heatmap import draw_gaussians, locate_peaks
from mmspd.datasets.files.image_files import read_image
from mmspd.datasets.files.photographs import read_photograph
from mmspd.datasets.transforms import PersonAffine
from mmspd.export import export_model
from mmspd.structures import SPDDataSample
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


def predicted(model, image):
    """What mmspd predicts of a picture, BGR: parsing (H, W), joints (K, 3), I, U, V (3, H, W)."""
    shape = image.shape[:2]
    results = PersonAffine(SIZE, test_mode=True)(dict(img=image, ori_shape=shape))
    meta = dict(ori_shape=shape, img_shape=results['img_shape'], warp_matrix=results['warp_matrix'])
    inputs = [torch.from_numpy(results['img'].transpose(2, 0, 1).copy())]
    with torch.no_grad():
        batch = model.data_preprocessor(dict(inputs=inputs, data_samples=[SPDDataSample(metainfo=meta)]), False)
        sample = model.predict(**batch)[0]
    found, surface = sample.pred_instances, sample.pred_surface
    iuv = paste_surface(surface.part_logits[0], surface.uv[0], surface.bboxes[0], *shape)
    joints = np.column_stack([found.keypoints[0], found.keypoint_scores[0]])
    return sample.pred_sem_seg.data[0].numpy(), joints, iuv.numpy()


def assert_same(got, want):
    parsing, joints, iuv = want
    assert (got['parsing'] == parsing).mean() > 0.999
    np.testing.assert_allclose(got['joints'], joints, atol=0.1)
    same = got['iuv'][0] == iuv[0]
    assert same.mean() > 0.999
    np.testing.assert_allclose(got['iuv'][1:, same], iuv[1:, same], atol=1e-3)


@pytest.mark.parametrize('size', [(60, 90), SIZE, (301, 40), (1, 1), (1, 2000), (2000, 1)], ids=str)
def test_results_are_those_of_mmspd(runner, opened, model, pictures, size):
    for picture in pictures:
        image = np.asarray(Image.fromarray(picture).resize(size))
        want = predicted(model, image)
        assert_same(runner.predict(*opened, image[..., ::-1], np.array([0, 0, *size])), want)


def test_the_pictures_tell_anything(model, pictures):
    parsing, joints, iuv = predicted(model, pictures[1])
    assert len(np.unique(parsing)) > 2
    assert len(np.unique(iuv[0])) > 2
    assert joints[:, 0].std() > 1


def test_results_of_a_crop_stand_where_it_is(runner, opened, model, pictures):
    crop = np.array([10, 20, 50, 80])
    parsing, joints, iuv = predicted(model, pictures[1][20:80, 10:50])
    wide = [np.pad(each, [(0, 0)] * (each.ndim - 2) + [(20, 10), (10, 10)]) for each in (parsing, iuv)]
    got = runner.predict(*opened, pictures[1][..., ::-1], crop)
    assert_same(got, (wide[0], joints + np.array([10, 20, 0]), wide[1]))


def test_missing_branches(runner, pictures, tmp_path):
    export_model(build(densepose_head=None, seg_head=None), SIZE, tmp_path / 'pose.onnx', check=False)
    session = onnxruntime.InferenceSession(str(tmp_path / 'pose.onnx'))
    about = json.loads(session.get_modelmeta().custom_metadata_map['mmspd'])
    assert list(runner.predict(session, about, pictures[0], np.array([0, 0, 60, 90]))) == ['joints']


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
    want = runner.predict(*opened, pictures[1][..., ::-1], np.array([0, 0, 60, 90]))
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


def test_box_is_cut_at_whole_pixels_of_the_picture(runner, file, opened, pictures, monkeypatch, capsys, tmp_path):
    Image.fromarray(pictures[0]).save(tmp_path / 'person.png')
    words = (file, tmp_path / 'person.png', '--out', tmp_path, '--box')
    assert run(runner, monkeypatch, capsys, *words, 10.7, 20.2, 49.1, 500) == (0, '')
    want = runner.predict(*opened, pictures[0], np.array([10, 20, 50, 90]))
    np.testing.assert_array_equal(np.asarray(Image.open(tmp_path / 'person_parsing.png')), want['parsing'])
    code, error = run(runner, monkeypatch, capsys, *words, 70, 20, 90, 30)
    assert code == 1
    assert 'is no box in 60 x 90 pixels' in error


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
    imported = {
        alias.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for alias in node.names
    }
    assert imported == {'argparse', 'json', 'pathlib', 'sys', 'cv2', 'numpy', 'onnxruntime'}


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
