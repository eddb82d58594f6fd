"""ATR in its own layout."""

import numpy as np
import pytest
from PIL import Image

from mmspd.anatomy import ATR_CLASSES
from mmspd.datasets import ATRDataset, LoadParsingLabel, LoadPersonImage, PackSPDInputs, PersonAffine
from mmspd.testing import write_small_atr

SIZE = (64, 48)
STEPS = [LoadPersonImage(), LoadParsingLabel(), PersonAffine((48, 64), scale_range=(1, 1), flip_prob=1.0)]


@pytest.fixture
def tree(tmp_path):
    write_small_atr(tmp_path / 'ATR', {'train': 2, 'val': 1, 'test': 1}, SIZE)
    return tmp_path / 'ATR'


def test_entries_are_the_lists_names(tree):
    dataset = ATRDataset(str(tree))
    assert [dataset.get_data_info(i)['img_id'] for i in range(2)] == ['2500_1', '2500_2']
    info = dataset.get_data_info(1)
    assert info['img_path'] == str(tree / 'JPEGImages' / '2500_2.jpg')
    assert info['seg_map_path'] == str(tree / 'SegmentationClassAug' / '2500_2.png')
    assert info['label_set'] == 'atr'
    assert not info['keypoints_visible'].any()
    assert info['surface'] is info['bbox'] is None
    assert len(ATRDataset(str(tree), 'test')) == 1
    assert dataset.metainfo['classes'] == ATR_CLASSES
    assert len(dataset.metainfo['palette']) == 18


def test_folders_and_lists_have_the_names_that_are_given(tree):
    (tree / 'JPEGImages').rename(tree / 'images')
    (tree / 'SegmentationClassAug').rename(tree / 'labels')
    (tree / 'train_id.txt').rename(tree / 'mine.txt')
    dataset = ATRDataset(str(tree), image_folder='images', label_folder='labels', id_list='mine.txt', pipeline=STEPS)
    assert len(dataset) == 2
    assert dataset[(0, 0, 0)]['gt_seg_map'].shape == SIZE


def test_mirroring_swaps_atrs_own_sides(tree):
    label = np.zeros(SIZE, dtype=np.uint8)
    label[:, 2] = 9  # left-shoe
    label[:, 4], label[:, 6], label[:, 8], label[:, 10] = 12, 14, 16, 17  # left leg, left arm, bag, scarf
    Image.fromarray(label).save(tree / 'SegmentationClassAug' / '2500_1.png')
    mirrored = ATRDataset(str(tree), pipeline=STEPS)[(0, 0, 0)]['gt_seg_map']
    columns = {47 - 2: 10, 47 - 4: 13, 47 - 6: 15, 47 - 8: 16, 47 - 10: 17}
    for column, value in columns.items():
        assert (mirrored[:, column] == value).all()


def test_labels_are_checked_against_atrs_range(tree):
    path = tree / 'SegmentationClassAug' / '2500_1.png'
    Image.fromarray(np.full(SIZE, 18, dtype=np.uint8)).save(path)
    with pytest.raises(RuntimeError, match=r'2500_1.*classes 0\.\.17 .*got \[18\]'):
        ATRDataset(str(tree), pipeline=STEPS)[0]


def test_a_sample_names_its_label_set(tree):
    out = ATRDataset(str(tree), pipeline=[*STEPS, PackSPDInputs()])[(0, 0, 0)]
    assert out['data_samples'].label_set == 'atr'
    assert 'crop' not in out['data_samples']


@pytest.mark.parametrize(
    ('missing', 'says'),
    [('train_id.txt', 'train_id.txt is missing.*Without it: write one'), ('JPEGImages', 'JPEGImages is missing'),
     ('SegmentationClassAug', 'with_parsing=False')],
)  # fmt: skip
def test_a_missing_part_shows_the_layout(tree, missing, says):
    (tree / missing).rename(tree / 'gone')
    with pytest.raises(FileNotFoundError, match=f'(?s){says}') as caught:
        ATRDataset(str(tree))
    assert 'SegmentationClassAug/ID.png' in str(caught.value)


def test_missing_files_are_an_error_or_skipped(tree):
    (tree / 'JPEGImages' / '2500_1.jpg').unlink()
    with pytest.raises(FileNotFoundError, match=r'1 of 2 names of train_id.txt have no image'):
        ATRDataset(str(tree))
    assert ATRDataset(str(tree), on_missing='skip').get_data_info(0)['img_id'] == '2500_2'


def test_a_name_that_leads_elsewhere_is_refused(tree):
    (tree / 'train_id.txt').write_text('2500_1\n../../secret\n')
    with pytest.raises(ValueError, match=r'train_id.txt:2: .*without folders'):
        ATRDataset(str(tree))


def test_an_unknown_split_is_refused(tree):
    with pytest.raises(ValueError, match="'minival'"):
        ATRDataset(str(tree), 'minival')
