"""``predict``: what is written, left out, kept and told, and the exit codes."""

import json

import cv2
import numpy as np
import pytest
from PIL import Image

from mmspd.apis import SPDInferencer
from mmspd.cli.main import main
from tests.apis.made import BrightNetwork, noise, write_model
from tests.apis.test_sources import write_video


@pytest.fixture(scope='module')
def tiny_files(tmp_path_factory):
    return write_model(tmp_path_factory.mktemp('tiny'))


@pytest.fixture
def predict(tiny_files, monkeypatch):
    """A function that runs the command with the tiny model, or with the bright network in its place."""
    made = []

    def make(model, checkpoint, device, **options):
        inferencer = SPDInferencer(model, checkpoint, device, fast=False, **options)
        if predict.bright:
            inferencer.network = BrightNetwork()
            inferencer.branches = ('parsing', 'pose')
        made.append(inferencer)
        return inferencer

    def predict(*arguments):
        model = ['--model', tiny_files[0], '--checkpoint', tiny_files[1], '--device', 'cpu']
        return main([str(each) for each in ('predict', *arguments, *model)])

    monkeypatch.setattr('mmspd.cli.predict.SPDInferencer', make)
    predict.bright, predict.inferencers = True, made
    return predict


def write_picture(path, level=200, kind='PNG'):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((20, 16, 3), level, np.uint8)).save(path, kind)
    return path


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_picture_is_predicted_and_written(predict, tmp_path, capsys):
    predict.bright = False
    image = noise(60, 44)
    Image.fromarray(image[..., ::-1]).save(tmp_path / 'me.png')
    out = tmp_path / 'out'
    assert predict(tmp_path / 'me.png', '--out', out) == 0
    assert names(out) == ['me.json', 'me_parsing.png', 'me_sheet.png']
    people = predict.inferencers[0](image)
    np.testing.assert_array_equal(np.array(Image.open(out / 'me_parsing.png')), people.parsing)
    content = json.loads((out / 'me.json').read_text())
    assert content['source'] == str(tmp_path / 'me.png')
    assert content['persons'][0]['areas'] == people[0].areas
    captured = capsys.readouterr()
    assert captured.out == f'results of 1 picture in {out}\n'
    assert '1 of 1 pictures' in captured.err


def test_what_is_written_is_what_is_asked_for(predict, tmp_path):
    predict.bright = False
    write_picture(tmp_path / 'me.png')
    assert predict(tmp_path / 'me.png', '--out', tmp_path / 'a', '--export', 'json') == 0
    assert names(tmp_path / 'a') == ['me.json']
    assert (
        predict(tmp_path / 'me.png', '--out', tmp_path / 'b', '--export', 'iuv,png', '--palette', 'colour_blind') == 0
    )
    assert names(tmp_path / 'b') == ['me_INDS.png', 'me_IUV.png', 'me_parsing.png']


def test_the_model_is_told_tta_and_batch_size(predict, tmp_path, monkeypatch):
    seen = []
    real = SPDInferencer.stream

    def stream(self, sources, tta, **options):
        seen.append(tta)
        return real(self, sources, tta, **options)

    monkeypatch.setattr(SPDInferencer, 'stream', stream)
    write_picture(tmp_path / 'in' / 'a.png')
    write_picture(tmp_path / 'in' / 'b.png')
    assert predict(tmp_path / 'in', '--out', tmp_path / 'out', '--tta', '--batch-size', '2') == 0
    assert seen == [True]
    assert predict.inferencers[0].network.sizes == [2]
    assert predict(tmp_path / 'in', '--out', tmp_path / 'out', '--batch-size', '0') == 2


def test_boxes_are_of_the_one_picture(predict, tmp_path, capsys):
    write_picture(tmp_path / 'me.png')
    assert predict(tmp_path / 'me.png', '--boxes', '0,0,8,20', '8,0,16.5,20', '--out', tmp_path / 'out') == 0
    persons = json.loads((tmp_path / 'out' / 'me.json').read_text())['persons']
    assert [person['box'] for person in persons] == [[0, 0, 8, 20], [8, 0, 16, 20]]
    capsys.readouterr()
    for sources in ([tmp_path / 'me.png', tmp_path / 'me.png'], [tmp_path], [tmp_path / 'a.mp4']):
        assert predict(*sources, '--boxes', '0,0,8,20', '--out', tmp_path / 'out') == 2
        assert 'error: --boxes belong to one picture' in capsys.readouterr().err
    assert predict(tmp_path / 'me.png', '--boxes', '90,0,98,20', '--out', tmp_path / 'out') == 1
    assert 'box 0: the box with the corners' in capsys.readouterr().err
    assert predict(tmp_path / 'none.png', '--boxes', '0,0,8,20', '--out', tmp_path / 'out') == 1
    assert 'error: the picture is missing' in capsys.readouterr().err


def test_pictures_that_cannot_be_read_are_left_out_and_the_others_written(predict, tmp_path, capsys):
    folder, out = tmp_path / 'in', tmp_path / 'out'
    write_picture(folder / 'a.png')
    (folder / 'b.png').write_bytes(b'')
    write_picture(folder / 'c.png')
    assert predict(tmp_path / 'none.jpg', folder, '--out', out, '--export', 'json') == 1
    assert names(out) == ['a.json', 'c.json']
    captured = capsys.readouterr()
    assert captured.out == f'results of 2 pictures in {out}, 2 left out\n'
    lines = [line for line in captured.err.splitlines() if line.startswith('left out')]
    assert lines[0] == f'left out: the picture is missing: {tmp_path / "none.jpg"}'
    assert lines[1].startswith(f'left out: {folder / "b.png"}: is empty')


def test_nobody_in_a_picture_is_a_result(predict, tmp_path):
    write_picture(tmp_path / 'me.png', level=10)
    assert predict(tmp_path / 'me.png', '--out', tmp_path / 'out', '--coco', tmp_path / 'coco.json') == 0
    assert json.loads((tmp_path / 'out' / 'me.json').read_text())['persons'] == []
    assert json.loads((tmp_path / 'coco.json').read_text()) == []


def test_cocos_results_hold_everybody(predict, tmp_path, capsys):
    folder, file = tmp_path / 'in', tmp_path / 'coco.json'
    for level, name in ((200, 'a.png'), (10, 'b.png'), (210, 'c.png')):
        write_picture(folder / name, level)
    assert predict(folder, '--out', tmp_path / 'out', '--export', 'json', '--coco', file) == 0
    entries = json.loads(file.read_text())
    assert [entry['image_id'] for entry in entries] == ['a', 'c']
    assert all(entry['category_id'] == 1 and len(entry['keypoints']) == 48 for entry in entries)
    # It is refused before anything is predicted.
    capsys.readouterr()
    assert predict(folder / 'a.png', '--out', tmp_path / 'out', '--export', 'json', '--coco', file) == 1
    assert f'error: {file} exists: name another file' in capsys.readouterr().err
    assert json.loads(file.read_text()) == entries


def test_files_with_other_content_are_kept_unless_told(predict, tmp_path, capsys):
    path, out = write_picture(tmp_path / 'me.png'), tmp_path / 'out'
    options = (path, '--out', out, '--export', 'json')
    assert predict(*options) == 0
    before = (out / 'me.json').read_bytes()
    assert predict(*options) == 0
    write_picture(path, level=10)
    capsys.readouterr()
    assert predict(*options) == 1
    captured = capsys.readouterr()
    assert 'exists with other content' in captured.err
    assert captured.out == f'results of 0 pictures in {out}, 1 left out\n'
    assert (out / 'me.json').read_bytes() == before
    assert predict(*options, '--overwrite') == 0
    assert (out / 'me.json').read_bytes() != before


def test_of_two_pictures_of_one_name_the_second_is_left_out(predict, tmp_path, capsys):
    one, other = write_picture(tmp_path / 'a' / 'me.png'), write_picture(tmp_path / 'b' / 'me.jpg', 10, 'JPEG')
    for overwrite in ([], ['--overwrite']):
        assert predict(one, other, '--out', tmp_path / 'out', '--export', 'json', *overwrite) == 1
        assert f'left out: {other}: its results would have the names of those of {one}' in capsys.readouterr().err
        assert json.loads((tmp_path / 'out' / 'me.json').read_text())['source'] == str(one)


def test_resuming_needs_a_file_that_every_picture_has(predict, tmp_path, capsys):
    write_picture(tmp_path / 'a.png')
    options = (tmp_path / 'a.png', '--out', tmp_path / 'out', '--resume')
    assert predict(*options, '--export', 'png,iuv') == 2
    assert 'error: --resume knows what is done by the sheet or the JSON' in capsys.readouterr().err
    assert predict(*options, '--coco', tmp_path / 'coco.json') == 2
    assert 'error: --resume leaves pictures out' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


@pytest.mark.parametrize('formats', ['sheet', 'json', 'sheet,png,json', 'png,sheet'])
def test_resuming_leaves_out_what_is_there(predict, tmp_path, capsys, formats):
    folder, out = tmp_path / 'in', tmp_path / 'out'
    for name in ('a.png', 'b.png'):
        write_picture(folder / name)
    options = (folder, '--out', out, '--export', formats, '--resume')
    assert predict(*options) == 0
    assert sum(predict.inferencers[-1].network.sizes) == 2
    write_picture(folder / 'c.png')
    assert predict(*options) == 0
    assert sum(predict.inferencers[-1].network.sizes) == 1
    assert f'results of 1 picture in {out}' in capsys.readouterr().out
    # Without the last of its files a picture is done again.
    last = dict(png='b_parsing.png', sheet='b_sheet.png', json='b.json')
    order = [each for each in last if each in formats.split(',')]
    (out / last[order[-1]]).unlink()
    assert predict(*options) == 0
    assert sum(predict.inferencers[-1].network.sizes) == 1
    assert (out / last[order[-1]]).exists()
    assert predict(*options[:-1]) == 0
    assert sum(predict.inferencers[-1].network.sizes) == 3


def test_frames_of_a_video_are_written_and_resumed(predict, tmp_path):
    video, out = write_video(tmp_path / 'walk.avi', frames=4), tmp_path / 'out'
    assert predict(video, '--out', out, '--export', 'json') == 0
    assert names(out) == [f'walk_00000{number}.json' for number in range(4)]
    (out / 'walk_000002.json').unlink()
    assert predict(video, '--out', out, '--export', 'json', '--resume') == 0
    assert predict.inferencers[-1].network.sizes == [1]
    assert names(out) == [f'walk_00000{number}.json' for number in range(4)]


def test_names_that_are_long_do_not_end_the_run(predict, tmp_path):
    folder, out = tmp_path / 'in', tmp_path / 'out'
    write_picture(folder / f'{"a" * 250}.png')
    write_picture(folder / 'b.png')
    assert predict(folder, '--out', out, '--export', 'sheet,png,json') == 0
    assert len(names(out)) == 6


def test_an_interruption_ends_with_130_and_keeps_what_is_done(predict, tmp_path, monkeypatch, capsys):
    for name in ('a.png', 'b.png', 'c.png'):
        write_picture(tmp_path / 'in' / name)
    real = BrightNetwork.predict

    def interrupted(self, windows, tta=False):
        if len(self.sizes) == 1:
            raise KeyboardInterrupt
        return real(self, windows, tta)

    monkeypatch.setattr(BrightNetwork, 'predict', interrupted)
    assert predict(tmp_path / 'in', '--out', tmp_path / 'out', '--coco', tmp_path / 'coco.json') == 130
    assert 'interrupted' in capsys.readouterr().err
    assert names(tmp_path / 'out') == ['a.json', 'a_parsing.png', 'a_sheet.png']
    assert not (tmp_path / 'coco.json').exists()


def test_a_folder_that_cannot_be_written_is_an_error(predict, tmp_path, capsys):
    write_picture(tmp_path / 'me.png')
    (tmp_path / 'file').write_text('in the way')
    assert predict(tmp_path / 'me.png', '--out', tmp_path / 'file') == 1
    assert f'error: {tmp_path / "file"} is a file, expected a folder' in capsys.readouterr().err
    assert predict.inferencers == []
    assert (tmp_path / 'file').read_text() == 'in the way'


def test_addresses_are_left_out(predict, tmp_path, capsys):
    assert predict('https://host/me.jpg', '--out', tmp_path / 'out') == 1
    assert 'left out: https://host/me.jpg: addresses are not opened' in capsys.readouterr().err
    assert not (tmp_path / 'out').exists()


def test_the_iuv_picture_is_read_by_opencv_as_densepose_writes_it(predict, tmp_path):
    predict.bright = False
    Image.fromarray(noise(60, 44)[..., ::-1]).save(tmp_path / 'me.png')
    assert predict(tmp_path / 'me.png', '--out', tmp_path / 'out', '--export', 'iuv') == 0
    people = predict.inferencers[0](tmp_path / 'me.png')
    iuv = cv2.imread(str(tmp_path / 'out' / 'me_IUV.png'))
    np.testing.assert_array_equal(iuv[..., 0], people.iuv[0])
    np.testing.assert_allclose(iuv[..., 1:].transpose(2, 0, 1), people.iuv[1:] * 255, atol=0.51)
