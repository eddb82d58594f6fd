"""CIHP: each person alone, the others as background."""

import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from mmspd.anatomy import CIHP_CLASSES, PARSING_CLASSES
from mmspd.datasets import CIHPDataset, LoadParsingLabel, LoadPersonImage, PackSPDInputs, PersonAffine
from mmspd.datasets.files.human_maps import boxes_of_humans
from mmspd.testing import write_small_cihp
from mmspd.testing.people import sample_person

LOADED = [LoadPersonImage(), LoadParsingLabel()]


def write(root, label, humans, name='0000001', split='train'):
    """One picture of noise with its two maps, as the release has them."""
    folder = root / {'train': 'Training', 'val': 'Validation'}[split]
    for part in ('Images', 'Category_ids', 'Human_ids'):
        (folder / part).mkdir(parents=True, exist_ok=True)
    picture = np.random.default_rng(0).integers(0, 256, (*np.shape(label), 3), dtype=np.uint8)
    cv2.imwrite(str(folder / 'Images' / f'{name}.jpg'), picture)
    Image.fromarray(np.array(label, dtype=np.uint8)).save(folder / 'Category_ids' / f'{name}.png')
    Image.fromarray(np.array(humans, dtype=np.uint8)).save(folder / 'Human_ids' / f'{name}.png')
    with (root / f'{split}_id.txt').open('a') as file:
        file.write(f'{name}\n')
    return root


# Two persons that overlap in rows and columns, an ignored pixel, and one of nobody known.
LABEL = [
    [0, 2, 2, 0, 0, 0],
    [0, 5, 5, 7, 7, 0],
    [0, 14, 9, 7, 255, 0],
    [0, 0, 0, 0, 9, 13],
]
HUMANS = [
    [0, 1, 1, 0, 0, 0],
    [0, 1, 1, 3, 3, 0],
    [0, 1, 3, 3, 0, 0],
    [0, 0, 0, 0, 3, 255],
]


def test_boxes_by_hand():
    assert boxes_of_humans(np.array(HUMANS, dtype=np.uint8)) == {1: (1, 0, 3, 3), 3: (2, 1, 5, 4)}
    assert boxes_of_humans(np.zeros((3, 3), dtype=np.uint8)) == {}
    one = np.zeros((3, 4), dtype=np.uint8)
    one[2, 3] = 254
    assert boxes_of_humans(one) == {254: (3, 2, 4, 3)}


def test_each_person_alone_by_hand(tmp_path):
    people = CIHPDataset(str(write(tmp_path, LABEL, HUMANS)), margin=0, pipeline=LOADED)
    first, second = people[0], people[1]
    assert [first['img_id'], second['img_id']] == ['0000001_1', '0000001_3']
    assert first['crop'] == (1, 0, 3, 3)
    assert first['gt_seg_map'].tolist() == [[2, 2], [5, 5], [14, 0]]
    assert second['gt_seg_map'].tolist() == [[0, 7, 7], [9, 7, 255], [0, 0, 9]]
    assert second['bbox'].tolist() == [[0, 0, 3, 3]]
    assert len(people) == 2


def test_margins_and_their_boxes(tmp_path):
    people = CIHPDataset(str(write(tmp_path, LABEL, HUMANS)), margin=0.5, pipeline=LOADED)
    # Person 3 is 3 x 3 at 2, 1: 1.5 pixels more on each side, in a picture of 6 x 4.
    results = people[1]
    assert results['crop'] == (0, 0, 6, 4)
    assert results['bbox'].tolist() == [[2, 1, 5, 4]]
    # Whose the corner's pixel is, is not known: it is ignored. What is nobody's there is background.
    assert results['gt_seg_map'].tolist() == [
        [0, 0, 0, 0, 0, 0], [0, 0, 0, 7, 7, 0], [0, 0, 9, 7, 255, 0], [0, 0, 0, 0, 9, 255],
    ]  # fmt: skip
    assert results['img'].shape == (4, 6, 3)


def test_labels_keep_the_crops_size_behind_the_geometric_transform(tmp_path):
    steps = [LoadPersonImage(), PersonAffine((32, 32), test_mode=True), LoadParsingLabel(), PackSPDInputs()]
    out = CIHPDataset(str(write(tmp_path, LABEL, HUMANS)), margin=0, pipeline=steps)[0]
    assert out['inputs'].shape == (3, 32, 32)
    assert out['data_samples'].gt_sem_seg.data.tolist() == [[[2, 2], [5, 5], [14, 0]]]
    assert out['data_samples'].label_set == 'cihp'


def test_whole_pictures_need_no_maps_of_persons(tmp_path):
    root = write(tmp_path, LABEL, HUMANS)
    shutil.rmtree(root / 'Training' / 'Human_ids')
    with pytest.raises(FileNotFoundError, match=r'Human_ids is missing(.|\n)*per_person=False'):
        CIHPDataset(str(root))
    results = CIHPDataset(str(root), per_person=False, pipeline=LOADED)[0]
    assert results['gt_seg_map'].tolist() == LABEL
    assert 'crop' not in results
    assert results['img_id'] == '0000001'


def test_folders_and_the_list_may_lie_elsewhere(tmp_path):
    root = write(tmp_path, LABEL, HUMANS)
    (root / 'train_id.txt').rename(root / 'Training' / 'train_id.txt')
    assert len(CIHPDataset(str(root))) == 2
    (root / 'Training' / 'train_id.txt').rename(root / 'list.txt')
    (root / 'Training').rename(root / 'all')
    (root / 'all' / 'Human_ids').rename(root / 'all' / 'Human')
    assert len(CIHPDataset(str(root), folder='all', human_folder='Human', id_list='list.txt')) == 2
    with pytest.raises(FileNotFoundError, match=r'val_id.txt is missing(.|\n)*Validation/Category_ids/ID.png'):
        CIHPDataset(str(root), 'val')


def test_pictures_of_nobody_are_left_out_and_all_of_them_are_an_error(tmp_path, monkeypatch):
    logged = []
    monkeypatch.setattr('mmspd.datasets.persons.print_log', lambda text, **k: logged.append(text))
    nobody = np.zeros((4, 6))
    root = write(tmp_path, nobody, nobody)
    with pytest.raises(ValueError, match='none of the 1 maps shows a person'):
        CIHPDataset(str(root))
    assert len(CIHPDataset(str(write(root, LABEL, HUMANS, '0000002')))) == 2
    assert any('1 of 2 maps show nobody' in text for text in logged)


def test_one_pixel_of_a_person(tmp_path):
    humans = np.zeros((4, 6))
    humans[3, 5] = 2
    results = CIHPDataset(str(write(tmp_path, LABEL, humans)), margin=0, pipeline=LOADED)[0]
    assert results['gt_seg_map'].tolist() == [[13]]
    assert results['img'].shape == (1, 1, 3)


def test_maps_of_another_size_are_refused(tmp_path):
    root = write(tmp_path, LABEL, HUMANS)
    Image.fromarray(np.ones((9, 9), dtype=np.uint8)).save(root / 'Training' / 'Human_ids' / '0000001.png')
    with pytest.raises(RuntimeError, match='a picture of 9 x 9 pixels'):
        CIHPDataset(str(root), pipeline=LOADED)[0]


@pytest.mark.parametrize('part', ['Images', 'Category_ids', 'Human_ids'])
def test_missing_files_are_an_error_or_skipped(tmp_path, part):
    root = write(write(tmp_path, LABEL, HUMANS), LABEL, HUMANS, '0000002')
    next((root / 'Training' / part).glob('0000001.*')).unlink()
    with pytest.raises(FileNotFoundError, match=r'1 of 2 names of train_id\.txt have no'):
        CIHPDataset(str(root))
    kept = CIHPDataset(str(root), on_missing='skip')
    assert {kept.get_data_info(i)['img_id'] for i in range(len(kept))} == {'0000002_1', '0000002_3'}


def test_a_broken_map_is_named(tmp_path):
    root = write(tmp_path, LABEL, HUMANS)
    path = root / 'Training' / 'Human_ids' / '0000001.png'
    path.write_bytes(path.read_bytes()[:60])
    with pytest.raises(ValueError, match=r'Human_ids/0000001\.png'):
        CIHPDataset(str(root))


def test_classes_are_lips_but_for_torso_skin(tmp_path):
    metainfo = CIHPDataset(str(write(tmp_path, LABEL, HUMANS))).metainfo
    assert metainfo['classes'] == CIHP_CLASSES
    differing = [(i, ours) for i, ours in enumerate(CIHP_CLASSES) if ours != PARSING_CLASSES[i]]
    assert differing == [(10, 'TorsoSkin')]


@pytest.mark.parametrize('settings', [{'split': 'test'}, {'margin': -0.1}, {'margin': float('nan')}])
def test_arguments_out_of_range_are_refused(tmp_path, settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        CIHPDataset(str(write(tmp_path, LABEL, HUMANS)), **settings)


def test_rendered_pairs_come_apart(tmp_path):
    write_small_cihp(tmp_path, {'train': 1}, size=(64, 48))
    people = CIHPDataset(str(tmp_path), margin=0, pipeline=LOADED)
    for side in range(2):
        rendered = sample_person(side, 64, 48)
        results = people[side]
        x0, y0, x1, y1 = results['crop']
        expected = np.where(rendered.label == 10, 0, rendered.label)[y0:y1, x0 - 48 * side : x1 - 48 * side]
        np.testing.assert_array_equal(results['gt_seg_map'], expected)


@pytest.mark.parametrize('name', ['0002190', '0005008'])
def test_real_labels_mirror_as_the_release_mirrors_them(real_data, tmp_path, name):
    """``labels_rev`` is the label mirrored, with the classes of left and right exchanged."""
    source = real_data / 'cihp'
    with Image.open(source / 'labels' / f'{name}.png') as image:
        label = np.array(image)
    write(tmp_path, label, label > 0, name)
    shutil.copy(source / 'images' / f'{name}.jpg', tmp_path / 'Training' / 'Images')
    height, width = label.shape
    steps = [*LOADED, PersonAffine((width, height), scale_range=(1, 1), flip_prob=1.0)]
    plain = CIHPDataset(str(tmp_path), per_person=False, pipeline=LOADED)[(0, 0, 0)]
    results = CIHPDataset(str(tmp_path), per_person=False, pipeline=steps)[(0, 0, 0)]
    np.testing.assert_array_equal(results['img'], plain['img'][:, ::-1])
    with Image.open(source / 'labels_rev' / f'{name}.png') as image:
        np.testing.assert_array_equal(results['gt_seg_map'], np.array(image))
