"""Persons and pictures that occur twice, planted in a good tree, are found, named and placed."""

import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from mmspd.checking import check_datasets
from mmspd.checking.sources import datasets_of_kind
from tests.checking.trees import assert_found, image_of, jpeg, names, poses_of


def person_in_both(root):
    name = names(root)[2]
    with (root / 'val_id.txt').open('a') as file:
        file.write(f'\n{name}\n')
    for folder, suffix in (
        ('TrainVal_images/{}_images', 'jpg'),
        ('TrainVal_parsing_annotations/{}_segmentations', 'png'),
    ):
        shutil.copy(
            root / folder.format('train') / f'{name}.{suffix}', root / folder.format('val') / f'{name}.{suffix}'
        )


def rename_person(root, old, new):
    """Give a person of the validation split another name, everywhere."""
    for path in (root / 'val_id.txt', poses_of(root, 'val'), root / 'densepose_val.json'):
        path.write_text(path.read_text().replace(old, new))
    for path in list(root.glob(f'TrainVal_*/val_*/{old}.*')):
        path.rename(path.with_name(new + path.suffix))


def picture_in_both(root):
    rename_person(root, names(root, 'val')[0], f'{names(root)[0].split("_")[0]}_987654')


def same_pixels(root):
    shutil.copy(image_of(root, 1), image_of(root, 1, 'val'))


def nearly_same_pixels(root):
    image = np.array(Image.open(image_of(root, 1)))
    image_of(root, 1, 'val').write_bytes(jpeg(image, quality=60))


def cropped_and_brighter(root):
    image = np.array(Image.open(image_of(root, 1)))[3:-3, 2:-2].astype(int) + 30
    shown = cv2.resize(np.clip(image, 0, 255).astype(np.uint8), (110, 150))
    image_of(root, 1, 'val').write_bytes(jpeg(shown, quality=85))


def twice_in_a_split(root):
    shutil.copy(image_of(root, 1), image_of(root, 2))


def double_name(root):
    with (root / 'train_id.txt').open('a') as file:
        file.write(f'\n{names(root)[0]}\n')


DEFECTS = [
    (double_name, {'annotation'}, r'train_id.txt:\d+: .* is in the list already, in line 1'),
    (person_in_both, {'id-leak', 'image-leak'}, r'is in train and in val'),
    (picture_in_both, {'image-leak'}, r'1 persons of val are of 1 pictures'),
    (same_pixels, {'content-leak'}, r'has the same pixels as'),
    (nearly_same_pixels, {'content-alike'}, r'has nearly the same picture as'),
    (cropped_and_brighter, {'content-alike'}, r'has nearly the same picture as'),
    (twice_in_a_split, {'content-double'}, r'has the same pixels as'),
]  # fmt: skip


@pytest.mark.parametrize(('plant', 'rules', 'message'), DEFECTS, ids=[defect[0].__name__ for defect in DEFECTS])
def test_a_planted_defect_is_found(people, plant, rules, message):
    assert_found(people, plant, rules, message)


def test_a_link_to_the_same_folder_is_the_same_folder(people, tmp_path):
    (tmp_path / 'link').symlink_to(people)
    first, second = (datasets_of_kind('lip', root)['val'] for root in (tmp_path / 'link', people))
    assert check_datasets({'first': first, 'second': second}).findings.by_rule()['id-leak'] == 3
