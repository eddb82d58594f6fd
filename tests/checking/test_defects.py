"""Each defect of joints and surface points, planted in a good tree, is found, named and placed."""

import re

import numpy as np
import pytest

from mmspd.anatomy import JOINT_MIRROR, PARSING_MIRROR, SURFACE_MIRROR
from mmspd.testing import write_small_tree
from tests.checking.test_file_defects import truncated_image
from tests.checking.trees import (
    assert_found,
    check,
    edit_rows,
    edit_surface,
    label_of,
    poses_of,
    read_label,
    save_label,
    whole,
)


def joint_far_outside(root):
    def change(numbers):
        numbers[0, np.flatnonzero(~np.isnan(numbers[0, :, 0]))[0], :2] = (400, 20)
        return numbers

    edit_rows(root, change)


def joints_in_the_corner(root):
    def change(numbers):
        numbers[0, :, :2] = np.where(np.isnan(numbers[0, :, :2]), np.nan, 2.0)
        return numbers

    edit_rows(root, change)
    label = read_label(label_of(root))
    label[:20, :20] = 0
    save_label(label_of(root), label)


def half_a_joint(root):
    text = poses_of(root).read_text().split()
    text[1] = re.sub(r'^([^,]+),[^,]+', r'\1,nan', text[1])
    poses_of(root).write_text('\n'.join(text))


def unknown_visibility(root):
    edit_rows(root, lambda numbers: np.where(np.arange(3) == 2, numbers + 2, numbers))


def other_sense(root):
    edit_rows(root, lambda numbers: np.where(np.arange(3) == 2, 1 - numbers, numbers))


def counted_from_zero(root):
    def change(numbers):
        numbers = whole(numbers) - [1, 1, 0]
        numbers[:4, 9, 0] = 0
        numbers[:4, 9, 1] = np.where(np.isnan(numbers[:4, 9, 1]), 5, numbers[:4, 9, 1])
        numbers[:4, 9, 2] = 0
        return numbers

    edit_rows(root, change)


def one_coordinate_is_zero(root):
    def change(numbers):
        numbers[0, 9] = (0, 5, 0)
        return numbers

    edit_rows(root, change)


def swapped_ankles(root):
    """Of the first person whose ankles are both seen."""

    def change(numbers):
        person = np.flatnonzero((numbers[:, [0, 5], 2] == 0).all(axis=1))[0]
        numbers[person, [0, 5]] = numbers[person, [5, 0]]
        return numbers

    edit_rows(root, change)


def swapped_joints(root):
    edit_rows(root, lambda numbers: numbers[:, JOINT_MIRROR])


def swapped_labels(root):
    for position in range(8):
        label = read_label(label_of(root, position))
        save_label(label_of(root, position), PARSING_MIRROR[label].astype(np.uint8))


def swapped_parts(root):
    def change(content):
        for annotation in content['annotations']:
            annotation['dp_I'] = [int(SURFACE_MIRROR[int(part)]) for part in annotation['dp_I']]

    edit_surface(root, change)


def point_value(name, value):
    def plant(root):
        edit_surface(root, lambda content: content['annotations'][0][name].__setitem__(0, value))

    return plant


def double_annotation(root):
    edit_surface(root, lambda content: content['annotations'].append(content['annotations'][0]))


def full_picture_surface(root):
    def change(content):
        content['images'][0].update(height=640, width=480)

    edit_surface(root, change)


def box_outside(root):
    def change(content):
        content['annotations'][0]['bbox'][0] += 150

    edit_surface(root, change)


def half_a_surface_file(root):
    path = root / 'densepose_train.json'
    path.write_text(path.read_text()[:3000])


def box_too_large(root):
    """Points stay where they are: only the box's last columns, in which there are none, lie beyond the picture."""

    def change(content):
        annotation, size = content['annotations'][0], content['images'][0]
        x, _, width, _ = annotation['bbox']
        larger = size['width'] + 9 - x
        annotation['dp_x'] = [place * width / larger for place in annotation['dp_x']]
        annotation['bbox'][2] = larger

    edit_surface(root, change)


def surfaces_of_others(root):
    def change(content):
        files = [image['file_name'] for image in content['images']]
        for image, file in zip(content['images'], files[1:] + files[:1], strict=True):
            image['file_name'] = file

    edit_surface(root, change)


def broken_mask(root):
    def change(content):
        masks = content['annotations'][0]['dp_masks']
        next(mask for mask in masks if mask)['counts'] = 'abc'

    edit_surface(root, change)


def escaping_name(root):
    def change(content):
        content['images'][0]['file_name'] = '../../secret.jpg'

    edit_surface(root, change)


def no_row(root):
    poses_of(root).write_text('\n'.join(poses_of(root).read_text().split()[1:]))


DEFECTS = [
    (joint_far_outside, {'joint-outside'}, r'1 joints outside the image of 110 x 150 pixels, the first at \(399, 19\)'),
    (joints_in_the_corner, {'joints-off-body'}, r'0 of \d+ joints of head, arms and legs'),
    (no_row, {'incomplete', 'joints-missing'}, r'1 of 8 train images have no pose row'),
    (half_a_joint, {'annotation'}, r'lip_train_set.csv:2: expected either three numbers or nan'),
    (unknown_visibility, {'annotation'}, r'lip_train_set.csv:1: expected a visibility of 0'),
    (other_sense, {'visibility-sense'}, r'train: \d+ of \d+ joints are marked occluded'),
    (counted_from_zero, {'coordinate-base'}, r'train: 4 coordinates are 0'),
    (one_coordinate_is_zero, {'coordinate-base'}, r'train: 1 coordinates are 0'),
    (swapped_ankles, {'sides-contradict'}, r'right_ankle, left_ankle'),
    (swapped_joints, {'sides-swapped', 'sides-contradict'}, r'joints lie on the label of the other side'),
    (swapped_labels, {'sides-swapped', 'sides-contradict'}, r'surface points lie on the label of the other side'),
    (swapped_parts, {'sides-swapped', 'sides-contradict'}, r'surface points lie on the label of the other side'),
    (point_value('dp_U', 1.5), {'annotation'}, r'densepose_train.json: annotation \d+, field dp_U: expected .* 0..1'),
    (point_value('dp_x', -3), {'annotation'}, r'field dp_x: expected values of 0..256, got -3'),
    (point_value('dp_I', 25), {'annotation'}, r'field dp_I: expected values of 1..24'),
    (point_value('dp_V', float('nan')), {'annotation'}, r'field dp_V: expected finite numbers'),
    (half_a_surface_file, {'annotation'}, r'no sample of train was checked: .*densepose_train.json: not a JSON file'),
    (double_annotation, {'annotation'}, r'this id occurs twice'),
    (full_picture_surface, {'surface-size'}, r'is of a picture of 480 x 640 pixels'),
    (box_too_large, {'box-outside'}, r'to \(\d+, \d+\) reaches beyond the image of 110 x 150'),
    (surfaces_of_others, {'surface-off-body'}, r'\d of \d+ points of head, arms and legs lie on these'),
    (box_outside, {'box-outside', 'surface-outside', 'surface-off-body'}, r'points outside the image of 110 x 150'),
    (broken_mask, {'surface-mask'}, r'dp_masks\[\d+\]: '),
    (escaping_name, {'annotation'}, r'could lead out'),
]  # fmt: skip


@pytest.mark.parametrize(('plant', 'rules', 'message'), DEFECTS, ids=[defect[0].__name__ for defect in DEFECTS])
def test_a_planted_defect_is_found(people, plant, rules, message):
    assert_found(people, plant, rules, message)


def test_a_good_tree_is_good(people):
    checked = check(people)
    assert checked.findings.by_rule() == {}
    assert checked.samples == {'train': 8, 'val': 3}
    assert checked.verdict == 'GOOD: 11 samples, 0 errors, 0 warnings, 0 notes'


def test_processes_find_the_same(people):
    truncated_image(people)
    swapped_labels(people)
    alone, several = check(people), check(people, workers=2)
    assert alone.findings.to_json() == several.findings.to_json()
    assert alone.samples == several.samples


def test_every_wrong_line_is_told_not_only_the_first(people):
    lines = poses_of(people).read_text().split()
    poses_of(people).write_text('\n'.join([lines[0], 'a.jpg,1,2', lines[1], 'b.png,x' + ',0' * 47, *lines[2:]]))
    told = [finding.message for finding in check(people).findings.kept if finding.rule == 'annotation']
    assert [re.search(r'csv:(\d+):', message)[1] for message in told] == ['2', '4']


@pytest.mark.parametrize(('seed', 'size'), [(21, (40, 40)), (22, (96, 128)), (23, (200, 64))])
def test_good_trees_of_other_sizes_are_good(tmp_path, seed, size):
    write_small_tree(tmp_path / 'LIP', 6, 2, seed=seed, size=size)
    assert check(tmp_path / 'LIP').findings.by_rule() == {}
