"""Each defect of an image or label, planted in a good tree, is found, named and placed."""

import re

import cv2
import numpy as np
import pytest
from PIL import Image

from tests.checking.trees import assert_found, check, image_of, jpeg, label_of, poses_of, read_label, save_label


def no_image(root):
    image_of(root).unlink()


def no_label(root):
    label_of(root).unlink()


def no_table(root):
    poses_of(root).unlink()


def truncated_image(root):
    image_of(root).write_bytes(image_of(root).read_bytes()[:-200])


def empty_image(root):
    image_of(root).write_bytes(b'')


def deep_image(root):
    cv2.imwrite(str(root / 'deep.png'), np.zeros((150, 110, 3), np.uint16))
    (root / 'deep.png').rename(image_of(root))


def rotated_image(root):
    exif = Image.Exif()
    exif[0x0112] = 6
    image_of(root).write_bytes(jpeg(np.array(Image.open(image_of(root))), exif=exif))


def grey_image(root):
    image_of(root).write_bytes(jpeg(np.array(Image.open(image_of(root)).convert('L'))))


def cmyk_image(root):
    Image.open(image_of(root)).convert('CMYK').save(root / 'cmyk.jpg')
    (root / 'cmyk.jpg').rename(image_of(root))


def truncated_label(root):
    label_of(root).write_bytes(label_of(root).read_bytes()[:-40])


def jpeg_label(root):
    label_of(root).write_bytes(jpeg(read_label(label_of(root))))


def colour_label(root):
    save_label(label_of(root), np.random.default_rng(0).integers(0, 255, (150, 110, 3), dtype=np.uint8))


def deep_label(root):
    cv2.imwrite(str(label_of(root)), read_label(label_of(root)).astype(np.uint16))


def palette_label(root):
    label = Image.open(label_of(root)).convert('P')
    label.putpalette([channel for value in range(256) for channel in (value, 255 - value, 0)])
    label.save(label_of(root))


def wrong_class(root):
    label = read_label(label_of(root))
    label[3, 4:6] = 77
    save_label(label_of(root), label)


def other_size(root):
    save_label(label_of(root), read_label(label_of(root))[:-1])


def nobody(root):
    save_label(label_of(root), np.zeros_like(read_label(label_of(root))))


def all_ignored(root):
    save_label(label_of(root), np.full_like(read_label(label_of(root)), 255))


DEFECTS = [
    (no_image, {'file-missing'}, r'.jpg: one of the names of train_id.txt has no image'),
    (no_label, {'file-missing'}, r'.png: one of the names of train_id.txt has no parsing label'),
    (no_table, {'file-missing'}, r'lip_train_set.csv is missing'),
    (truncated_image, {'image-unreadable'}, r'.jpg: cannot be read .*truncated'),
    (empty_image, {'image-unreadable'}, r'.jpg: cannot be read'),
    (deep_image, {'image-depth'}, r'.jpg: expected 8 bits a channel'),
    (rotated_image, {'image-rotated'}, r'EXIF orientation 6; stored are 110 x 150'),
    (grey_image, {'image-grey'}, r'one channel'),
    (cmyk_image, {'image-mode'}, r'mode CMYK'),
    (truncated_label, {'label-unreadable'}, r'.png: cannot be read'),
    (jpeg_label, {'label-jpeg'}, r'.png: the label is a JPEG'),
    (colour_label, {'label-colour'}, r'colour-coded'),
    (deep_label, {'label-depth'}, r'got 16 bits'),
    (palette_label, {'label-palette'}, r'has a palette'),
    (wrong_class, {'label-range'}, r'got \[77\] at 2 pixels'),
    (other_size, {'label-size'}, r'149 x 110 pixels .*150 x 110'),
    (nobody, {'label-empty'}, r'no pixel of a person'),
    (all_ignored, {'label-ignored'}, r'all 16500 pixels'),
]  # fmt: skip


@pytest.mark.parametrize(('plant', 'rules', 'message'), DEFECTS, ids=[defect[0].__name__ for defect in DEFECTS])
def test_a_planted_defect_is_found(people, plant, rules, message):
    assert_found(people, plant, rules, message)


def test_a_broken_image_does_not_hide_a_broken_label(people):
    truncated_image(people)
    wrong_class(people)
    assert set(check(people).findings.by_rule()) == {'image-unreadable', 'label-range'}


@pytest.mark.parametrize(('plant', 'rule'), [(nobody, 'label-empty'), (all_ignored, 'label-ignored')])
def test_a_label_that_shows_nobody_says_nothing_about_joints_and_points(people, plant, rule):
    plant(people)
    assert check(people).findings.by_rule() == {rule: 1}


def test_a_file_that_cannot_be_opened_stops_one_split_only(people):
    poses_of(people).unlink()
    poses_of(people).mkdir()
    checked = check(people)
    assert checked.samples == {'train': 0, 'val': 3}
    (found,) = checked.findings.kept
    assert found.rule == 'file-missing'
    assert re.search(r'no sample of train was checked: .*lip_train_set.csv: Is a directory', found.message)
