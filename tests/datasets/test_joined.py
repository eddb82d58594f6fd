"""Several data sets as one, with the sampler that resumes."""

from itertools import islice

import numpy as np
import pytest
from torch.utils.data import DataLoader

from mmspd.datasets import CIHPDataset, COCOPersonDataset, JoinedDataset, LIPMultiTaskDataset, ResumableSampler
from mmspd.registry import DATASETS
from mmspd.testing import write_small_cihp, write_small_coco


def told(results):
    """Which sample it is, and what chance gives it."""
    return results['img_id'], float(results['rng'].random())


@pytest.fixture
def parts(lip_tree, tmp_path):
    write_small_coco(tmp_path / 'coco', 1, 'images', 'people.json')
    lip = LIPMultiTaskDataset(str(lip_tree), pipeline=[told])
    coco = COCOPersonDataset(str(tmp_path / 'coco'), 'people.json', 'images', pipeline=[told])
    return lip, coco


def test_samples_in_order_with_repeats(parts, lip_tree):
    joined = JoinedDataset(parts, repeats=[1, 3])
    assert len(joined) == 5 + 3 * 2
    lip = (lip_tree / 'train_id.txt').read_text().split()
    assert [joined[(0, 0, i)][0] for i in range(11)] == lip + ['1_10', '1_11'] * 3
    assert joined[(0, 0, -1)][0] == '1_11'
    assert joined[3][0] == lip[3]
    assert joined.get_data_info(10)['img_id'] == '1_11'
    with pytest.raises(IndexError, match='sample 11 of 11'):
        joined[11]


def test_repeats_differ_and_everything_is_reproducible(parts):
    joined = JoinedDataset(parts, repeats=[1, 3])
    draws = [joined[(4, 2, i)] for i in range(11)]
    assert len({number for _, number in draws}) == 11
    assert draws == [joined[(4, 2, i)] for i in range(11)]
    assert joined[(4, 3, 0)] != joined[(4, 2, 0)]
    assert joined[(5, 2, 0)] != joined[(4, 2, 0)]


def test_it_feeds_the_sampler_that_resumes(parts):
    joined = JoinedDataset(parts)

    def stream(skipped, workers, number):
        sampler = ResumableSampler(joined, seed=3)
        sampler.skip(skipped)
        return list(islice(iter(DataLoader(joined, batch_size=None, sampler=sampler, num_workers=workers)), number))

    unbroken = stream(0, 0, 20)
    assert sorted(name for name, _ in unbroken[:7]) == sorted(joined.get_data_info(i)['img_id'] for i in range(7))
    assert stream(9, 1, 11) == unbroken[9:]


def test_it_is_built_from_a_config(lip_tree, tmp_path):
    write_small_coco(tmp_path / 'coco', 1, 'images', 'people.json')
    joined = DATASETS.build(
        dict(
            type='JoinedDataset',
            lazy_init=True,
            datasets=[
                dict(type='COCOPersonDataset', data_root=str(tmp_path / 'coco'), annotation_file='people.json',
                     image_folder='images'),
                dict(type='LIPMultiTaskDataset', data_root=str(lip_tree)),
            ],
        )
    )  # fmt: skip
    assert not joined.datasets[0]._fully_initialized
    assert len(joined) == 7
    assert joined.metainfo['label_set'] == 'lip'


def test_label_sets_must_agree(lip_tree, tmp_path):
    write_small_cihp(tmp_path / 'cihp', {'train': 1})
    cihp = CIHPDataset(str(tmp_path / 'cihp'))
    with pytest.raises(ValueError, match=r"0: 'lip', 1: 'cihp'.*with_parsing=False"):
        JoinedDataset([LIPMultiTaskDataset(str(lip_tree)), cihp])
    joined = JoinedDataset([LIPMultiTaskDataset(str(lip_tree), with_parsing=False), cihp])
    assert joined.metainfo['classes'][10] == 'TorsoSkin'


@pytest.mark.parametrize('repeats', [[1], [1, 0], [1, 1.5], [1, -1], [True, 1]])
def test_wrong_repeats_are_refused(parts, repeats):
    with pytest.raises(ValueError, match='repeats'):
        JoinedDataset(parts, repeats=repeats)


def test_no_data_sets_and_one_folder_for_all_are_refused(parts):
    with pytest.raises(ValueError, match='one or more data sets'):
        JoinedDataset([])
    with pytest.raises(ValueError, match=r"'/elsewhere'.*datasets\.0\.data_root"):
        JoinedDataset(parts, data_root='/elsewhere')


def test_an_empty_part_changes_nothing(parts):
    lip, coco = parts
    none = LIPMultiTaskDataset(lip.data_root, indices=0, serialize_data=False, pipeline=[told])
    joined = JoinedDataset([none, coco])
    assert len(joined) == len(coco)
    assert joined[(0, 0, 0)][0] == '1_10'
    assert np.array_equal(joined.metainfo['joints'], lip.metainfo['joints'])
