"""Real samples of LIP, where they are at hand, are good; a defect planted in them is found."""

import shutil

import numpy as np
import pytest
from PIL import Image

from mmspd.anatomy import PARSING_MIRROR
from mmspd.checking import check_datasets
from mmspd.checking.sources import datasets_of_kind
from mmspd.datasets import LIPMultiTaskDataset

LABELLED = {'train': ['77_471474'], 'val': ['36_453991']}
POSED = ['36_453991', '114317_456748', '208597_461278', '342469_423620', '447689_524975', '76680_475011']


def make_tree(source, root, names):
    """LIP's tree of a few real samples; the validation table is complete, that of training empty."""
    (root / 'TrainVal_pose_annotations').mkdir(parents=True)
    shutil.copy(source / 'lip_val_set.csv', root / 'TrainVal_pose_annotations')
    (root / 'TrainVal_pose_annotations' / 'lip_train_set.csv').write_text('')
    for split, listed in names.items():
        (root / f'{split}_id.txt').write_text('\n'.join(listed))
        for kind, part, suffix in (('images', 'images', 'jpg'), ('parsing_annotations', 'segmentations', 'png')):
            folder = root / f'TrainVal_{kind}' / f'{split}_{part}'
            folder.mkdir(parents=True)
            for name in listed:
                file = source / kind.removesuffix('_annotations') / f'{name}.{suffix}'
                if file.is_file():
                    shutil.copy(file, folder)


@pytest.fixture
def tree(real_data, tmp_path):
    make_tree(real_data / 'lip', tmp_path, LABELLED)
    return tmp_path


def test_real_samples_with_labels_are_good(tree):
    found = check_datasets(datasets_of_kind('lip', tree)).findings
    assert set(found.by_rule()) == {'incomplete'}  # rows of people that are not here


def test_real_samples_with_joints_are_good(real_data, tmp_path):
    make_tree(real_data / 'lip', tmp_path, {'val': POSED})
    dataset = LIPMultiTaskDataset(str(tmp_path), 'val', with_parsing=False, lazy_init=True)
    checked = check_datasets({'val': dataset})
    assert checked.samples == {'val': 6}
    assert set(checked.findings.by_rule()) == {'incomplete'}


def test_the_sides_of_a_real_label_exchanged_are_found(tree):
    label = tree / 'TrainVal_parsing_annotations' / 'val_segmentations' / '36_453991.png'
    Image.fromarray(PARSING_MIRROR[np.array(Image.open(label))].astype(np.uint8)).save(label)
    assert 'sides-contradict' in check_datasets(datasets_of_kind('lip', tree)).findings.by_rule()


def test_a_real_label_of_another_person_is_found(tree):
    labels = tree / 'TrainVal_parsing_annotations'
    size = Image.open(labels / 'val_segmentations' / '36_453991.png').size
    other = Image.open(labels / 'train_segmentations' / '77_471474.png').resize(size, Image.Resampling.NEAREST)
    other.save(labels / 'val_segmentations' / '36_453991.png')
    assert 'joints-off-body' in check_datasets(datasets_of_kind('lip', tree)).findings.by_rule()
