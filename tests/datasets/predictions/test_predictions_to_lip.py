"""tools/datasets/densepose_predictions_to_lip.py on predictions that are the truth of rendered people."""

import json
import re
import runpy
import shutil
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmspd.datasets.files.densepose_file import read_densepose
from mmspd.datasets.files.densepose_results import DenseResult, result_entry
from mmspd.synthetic.files.people_tree import write_people
from mmspd.synthetic.settings import PeopleSettings

ROOT = Path(__file__).resolve().parents[3]
HEIGHT, WIDTH = 96, 64
# Where a person's picture lies in COCO's one: its box is a pixel inside the crop, by the crop rule.
PLACE = (30, 50)
COCO_SIZE = {'height': 200, 'width': 180}


@pytest.fixture(scope='module')
def _people(tmp_path_factory):
    root = tmp_path_factory.mktemp('dense') / 'LIP'
    write_people(root, 4, 0, PeopleSettings(size=(HEIGHT, WIDTH)), num_val=1, workers=0, dense=True)
    return root


@pytest.fixture
def tree(_people, tmp_path):
    """Three train persons and one to validate on."""
    return Path(shutil.copytree(_people, tmp_path / 'LIP'))


def names_of(tree, split):
    return (tree / f'{split}_id.txt').read_text().split()


def truth_of(tree, name):
    """The exact map, uint8 (96, 64, 3)."""
    (path,) = (tree / 'TrainVal_surface_annotations').rglob(f'{name}*.png')
    return cv2.imread(str(path))  # its channels are I, U, V in this order


def crops_results(tree, folder, changes=lambda entry: entry):
    """Results and image list of LIP's own pictures, the truth of everybody."""
    names = [*names_of(tree, 'train'), *names_of(tree, 'val')]
    entries = [
        result_entry(DenseResult(number, (0.0, 0.0, WIDTH, HEIGHT), 0.9, truth_of(tree, name)))
        for number, name in enumerate(names)
    ]
    images = [{'id': number, 'file_name': f'{name}.jpg'} for number, name in enumerate(names)]
    (folder / 'results.json').write_text(json.dumps([changes(entry) for entry in entries]))
    (folder / 'images.json').write_text(json.dumps({'images': images, 'annotations': []}))
    return folder / 'results.json', '--images', folder / 'images.json'


def coco_results(tree, folder):
    """Results and annotations of COCO's whole pictures, in which each person's picture lies at ``PLACE``."""
    entries, images, annotations = [], [], []
    for name in [*names_of(tree, 'train'), *names_of(tree, 'val')]:
        image_id, annotation_id = map(int, name.split('_'))
        # The detector's box is wider than the crop.
        iuv = np.zeros((HEIGHT + 8, WIDTH + 10, 3), np.uint8)
        iuv[3 : 3 + HEIGHT, 4 : 4 + WIDTH] = truth_of(tree, name)
        box = (PLACE[0] - 4.0, PLACE[1] - 3.0, WIDTH + 10.0, HEIGHT + 8.0)
        entries.append(result_entry(DenseResult(image_id, box, 0.9, iuv)))
        images.append({'id': image_id, 'file_name': f'{image_id:012}.jpg', **COCO_SIZE})
        bbox = [PLACE[0] + 1.3, PLACE[1] + 0.8, WIDTH - 1.2, HEIGHT - 0.9]
        annotations.append({'id': annotation_id, 'image_id': image_id, 'bbox': bbox})
    (folder / 'results.json').write_text(json.dumps(entries))
    (folder / 'persons.json').write_text(json.dumps({'images': images, 'annotations': annotations}))
    return folder / 'results.json', '--annotations', folder / 'persons.json'


def run(tree, *arguments):
    """Run the tool in this process; returns its exit code."""
    main = runpy.run_path(str(ROOT / 'tools' / 'datasets' / 'densepose_predictions_to_lip.py'))['main']
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, 'argv', ['tool', '--lip', str(tree), *map(str, arguments)])
        return main()


def outputs(tree):
    return {path.name: path.read_bytes() for path in tree.glob('densepose_*_predicted*')}


@pytest.mark.parametrize('prepare', [crops_results, coco_results])
def test_truth_comes_back_as_points_of_the_crop(tree, tmp_path, prepare):
    assert run(tree, *prepare(tree, tmp_path), '--points', 60) == 0
    for split, number in (('train', 3), ('val', 1)):
        surfaces = read_densepose(tree / f'densepose_{split}_predicted.json')
        assert list(surfaces) == names_of(tree, split)
        assert len(surfaces) == number
        for name, surface in surfaces.items():
            truth = truth_of(tree, name)
            assert surface['predicted']
            assert surface['image_size'] == (HEIGHT, WIDTH)
            assert surface['id'] == int(name.split('_')[1])
            np.testing.assert_array_equal(surface['bbox'], [0, 0, WIDTH, HEIGHT])
            columns = surface['bbox'][0] + surface['dp_x'] / 255 * surface['bbox'][2]
            rows = surface['bbox'][1] + surface['dp_y'] / 255 * surface['bbox'][3]
            pixels = truth[np.rint(rows).astype(int), np.rint(columns).astype(int)]
            assert len(pixels) == 60
            np.testing.assert_array_equal(surface['dp_I'], pixels[:, 0])
            uv = np.stack([surface['dp_U'], surface['dp_V']], axis=1)
            np.testing.assert_allclose(uv * 255, pixels[:, 1:], atol=1e-3)


def test_the_entries_are_those_of_the_joined_files(tree, tmp_path):
    run(tree, *crops_results(tree, tmp_path))
    content = json.loads((tree / 'densepose_val_predicted.json').read_text())
    (name,) = names_of(tree, 'val')
    image_id, annotation_id = map(int, name.split('_'))
    size = {'height': HEIGHT, 'width': WIDTH}
    assert content['images'] == [{'id': annotation_id, 'file_name': f'{name}.jpg', **size, 'coco_image_id': image_id}]
    (annotation,) = content['annotations']
    assert (annotation['id'], annotation['image_id'], annotation['category_id']) == (annotation_id, annotation_id, 1)
    assert len(annotation['dp_I']) == 200
    assert content['info']['predicted'] is True
    assert [source['name'] for source in content['info']['sources']] == ['results.json', 'images.json']
    assert content['info']['sources'][0]['bytes'] == (tmp_path / 'results.json').stat().st_size
    assert str(tmp_path) not in json.dumps(content['info'])


def test_the_same_input_gives_the_same_bytes_and_other_files_stay(tree, tmp_path, capsys):
    call = crops_results(tree, tmp_path)
    assert run(tree, *call) == 0
    before = outputs(tree)
    assert sorted(before) == ['densepose_train_predicted.json', 'densepose_val_predicted.json']
    assert run(tree, *call) == 0
    assert outputs(tree) == before
    assert run(tree, *call, '--points', 9) == 2
    assert 'exists with other content' in capsys.readouterr().err
    assert outputs(tree) == before
    assert run(tree, *call, '--points', 9, '--overwrite') == 0
    assert outputs(tree) != before


def test_a_split_without_a_prediction_has_no_file(tree, tmp_path, capsys):
    call = crops_results(tree, tmp_path, lambda entry: entry | {'image_id': min(entry['image_id'], 2)})
    assert run(tree, *call) == 0
    assert sorted(outputs(tree)) == ['densepose_train_predicted.json']
    said = capsys.readouterr().out
    assert 'val: none of 1 persons has a prediction' in said
    # The last person's map was offered for the third's picture, which it does not fit better.
    assert '| chosen | 3 |' in said


@pytest.mark.parametrize('option', [('--min-score', 0.95), ('--min-area', 10**6), ('--min-overlap', 1)])
def test_nothing_good_enough_writes_nothing(tree, tmp_path, capsys, option):
    assert run(tree, *crops_results(tree, tmp_path), *option) == 2
    assert outputs(tree) == {}
    said = capsys.readouterr()
    assert 'no person has a prediction that reaches the thresholds' in said.err
    assert '| chosen | 0 |' in said.out


def test_malformed_entries_stop_it_or_are_left_out(tree, tmp_path, capsys):
    call = crops_results(tree, tmp_path, lambda entry: entry | ({'score': 'high'} if entry['image_id'] == 1 else {}))
    assert run(tree, *call) == 2
    assert 'results.json: result 1, field score' in capsys.readouterr().err
    assert outputs(tree) == {}
    assert run(tree, *call, '--skip-malformed') == 0
    said = capsys.readouterr()
    assert 'warning' in said.err
    assert '1 malformed entries were left out' in said.out
    assert list(read_densepose(tree / 'densepose_train_predicted.json')) == [
        name for name in names_of(tree, 'train') if name != names_of(tree, 'train')[1]
    ]


def test_a_crop_of_another_size_than_the_label_is_not_used(tree, tmp_path, capsys):
    call = coco_results(tree, tmp_path)
    content = json.loads((tmp_path / 'persons.json').read_text())
    content['annotations'][0]['bbox'][2] += 1
    (tmp_path / 'persons.json').write_text(json.dumps(content))
    assert run(tree, *call) == 0
    assert "| person whose crop is not of the label's size | 1 |" in capsys.readouterr().out
    assert len(read_densepose(tree / 'densepose_train_predicted.json')) == 2


def test_the_surfaces_name_is_handed_on(tree, tmp_path):
    call = crops_results(tree, tmp_path)
    images = json.loads((tmp_path / 'images.json').read_text())
    (tmp_path / 'images.json').write_text(json.dumps(images | {'info': {'surface': 'mmspd_body'}}))
    assert run(tree, *call) == 0
    assert json.loads((tree / 'densepose_val_predicted.json').read_text())['info']['surface'] == 'mmspd_body'
    assert run(tree, *call, '--surface', 'another', '--overwrite') == 0
    assert json.loads((tree / 'densepose_val_predicted.json').read_text())['info']['surface'] == 'another'


def damage(tree, folder, what):
    """Make one input wrong; returns what the message says."""
    name = names_of(tree, 'train')[0]
    if what == 'name':
        (tree / 'train_id.txt').write_text('person_one\n')
        return "train_id.txt: expected names such as 36_453991, .*got 'person_one'"
    if what == 'lists':
        (tree / 'train_id.txt').unlink(), (tree / 'val_id.txt').unlink()
        return 'holds neither train_id.txt nor val_id.txt'
    if what == 'label':
        (tree / 'TrainVal_parsing_annotations' / 'train_segmentations' / f'{name}.png').unlink()
        return f'the parsing label is missing: .*{name}.png'
    if what == 'images':
        (folder / 'images.json').write_text(
            json.dumps({'images': [{'id': 0, 'file_name': 'a.jpg'}], 'annotations': []})
        )
        return 'images.json: no image of these shows a person of'
    if what == 'surface':
        content = json.loads((folder / 'images.json').read_text()) | {'info': {'surface': 7}}
        (folder / 'images.json').write_text(json.dumps(content))
        return "images.json, field info.surface: expected a surface's name"
    (folder / 'results.json').unlink()
    return 'results.json'


@pytest.mark.parametrize('option', [('--points', 0), ('--surface', ''), ('--min-overlap', 2), ('--min-score', 'nan')])
def test_wrong_options_are_refused(tree, tmp_path, capsys, option):
    assert run(tree, *crops_results(tree, tmp_path), *option) == 2
    assert 'error: ' in capsys.readouterr().err
    assert outputs(tree) == {}


@pytest.mark.parametrize('what', ['name', 'lists', 'label', 'images', 'surface', 'results'])
def test_wrong_input_is_named_and_writes_nothing(tree, tmp_path, capsys, what):
    call = crops_results(tree, tmp_path)
    message = damage(tree, tmp_path, what)
    assert run(tree, *call) == 2
    assert outputs(tree) == {}
    assert re.search(message, capsys.readouterr().err)


def test_truth_covers_the_foreground_well(tree, tmp_path, capsys):
    """The default threshold is far below what a right prediction reaches."""
    assert run(tree, *crops_results(tree, tmp_path), '--min-overlap', 0.6) == 0
    assert '| chosen | 4 |' in capsys.readouterr().out
