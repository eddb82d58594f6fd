"""Each defect, planted in a good tree, is found, named and placed; nothing else is found, and nothing is changed."""

import hashlib
import io
import json
import re
import shutil

import cv2
import numpy as np
import pytest
from PIL import Image

from mmspd.anatomy import JOINT_MIRROR, PARSING_MIRROR, SURFACE_MIRROR
from mmspd.checking import check_datasets
from mmspd.checking.sources import datasets_of_kind
from mmspd.testing import write_small_tree


def names(root, split='train'):
    return (root / f'{split}_id.txt').read_text().split()


def image_of(root, position=0, split='train'):
    return root / 'TrainVal_images' / f'{split}_images' / f'{names(root, split)[position]}.jpg'


def label_of(root, position=0, split='train'):
    return root / 'TrainVal_parsing_annotations' / f'{split}_segmentations' / f'{names(root, split)[position]}.png'


def poses_of(root, split='train'):
    return root / 'TrainVal_pose_annotations' / f'lip_{split}_set.csv'


def read_label(path):
    return np.array(Image.open(path))


def save_label(path, values, **options):
    Image.fromarray(values, **options).save(path, format='PNG')


def edit_rows(root, change, split='train'):
    """Let ``change`` turn the (rows, 16, 3) numbers of a pose table into others."""
    rows = [line.split(',') for line in poses_of(root, split).read_text().split()]
    numbers = np.array([[float(field) for field in row[1:]] for row in rows]).reshape(-1, 16, 3)
    changed = change(numbers).reshape(len(rows), 48)
    lines = [','.join([row[0], *(f'{value:g}' for value in values)]) for row, values in zip(rows, changed, strict=True)]
    poses_of(root, split).write_text('\n'.join(lines))


def edit_surface(root, change, split='train'):
    path = root / f'densepose_{split}.json'
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def whole(numbers):
    """Joints rounded to whole numbers, as LIP's are."""
    return np.concatenate([np.round(numbers[..., :2]), numbers[..., 2:]], axis=-1)


def jpeg(array, **options):
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, format='JPEG', **options)
    return buffer.getvalue()


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


def double_name(root):
    with (root / 'train_id.txt').open('a') as file:
        file.write(f'\n{names(root)[0]}\n')


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


def no_row(root):
    poses_of(root).write_text('\n'.join(poses_of(root).read_text().split()[1:]))


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
    (double_annotation, {'annotation'}, r'this id occurs twice'),
    (full_picture_surface, {'surface-size'}, r'is of a picture of 480 x 640 pixels'),
    (box_too_large, {'box-outside'}, r'to \(\d+, \d+\) reaches beyond the image of 110 x 150'),
    (surfaces_of_others, {'surface-off-body'}, r'\d of \d+ points of head, arms and legs lie on these'),
    (box_outside, {'box-outside', 'surface-outside', 'surface-off-body'}, r'points outside the image of 110 x 150'),
    (broken_mask, {'surface-mask'}, r'dp_masks\[\d+\]: '),
    (escaping_name, {'annotation'}, r'could lead out'),
    (double_name, {'annotation'}, r'train_id.txt:\d+: .* is in the list already, in line 1'),
    (person_in_both, {'id-leak', 'image-leak'}, r'is in train and in val'),
    (picture_in_both, {'image-leak'}, r'1 persons of val are of 1 pictures'),
    (same_pixels, {'content-leak'}, r'has the same pixels as'),
    (nearly_same_pixels, {'content-alike'}, r'has nearly the same picture as'),
    (cropped_and_brighter, {'content-alike'}, r'has nearly the same picture as'),
    (twice_in_a_split, {'content-double'}, r'has the same pixels as'),
]  # fmt: skip
# What a defect brings along: a picture exchanged for another no longer shows its person, and a wrong row is left out.
BESIDES = {'joints-off-body', 'surface-off-body', 'sides-contradict', 'joints-missing', 'incomplete'}


def hashes(root):
    return {path: hashlib.sha256(path.read_bytes()).digest() for path in root.rglob('*') if path.is_file()}


def check(root, workers=0):
    return check_datasets(datasets_of_kind('lip', root), workers)


def test_a_good_tree_is_good(people):
    checked = check(people)
    assert checked.findings.by_rule() == {}
    assert checked.samples == {'train': 8, 'val': 3}
    assert checked.verdict == 'GOOD: 11 samples, 0 errors, 0 warnings, 0 notes'


@pytest.mark.parametrize(('plant', 'rules', 'message'), DEFECTS, ids=[defect[0].__name__ for defect in DEFECTS])
def test_a_planted_defect_is_found(people, plant, rules, message):
    plant(people)
    before = hashes(people)
    checked = check(people)
    found = checked.findings.by_rule()
    assert rules <= set(found), found
    assert not set(found) - rules - BESIDES, found
    assert any(re.search(message, finding.message) for finding in checked.findings.kept if finding.rule in rules), [
        finding.message for finding in checked.findings.kept
    ]
    assert hashes(people) == before


def test_a_broken_image_does_not_hide_a_broken_label(people):
    truncated_image(people)
    wrong_class(people)
    assert set(check(people).findings.by_rule()) == {'image-unreadable', 'label-range'}


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


def test_a_file_that_cannot_be_opened_stops_one_split_only(people):
    poses_of(people).unlink()
    poses_of(people).mkdir()
    checked = check(people)
    assert checked.samples == {'train': 0, 'val': 3}
    (found,) = checked.findings.kept
    assert found.rule == 'file-missing'
    assert re.search(r'no sample of train was checked: .*lip_train_set.csv: Is a directory', found.message)


@pytest.mark.parametrize(('plant', 'rule'), [(nobody, 'label-empty'), (all_ignored, 'label-ignored')])
def test_a_label_that_shows_nobody_says_nothing_about_joints_and_points(people, plant, rule):
    plant(people)
    assert check(people).findings.by_rule() == {rule: 1}


def test_a_link_to_the_same_folder_is_the_same_folder(people, tmp_path):
    (tmp_path / 'link').symlink_to(people)
    first, second = (datasets_of_kind('lip', root)['val'] for root in (tmp_path / 'link', people))
    assert check_datasets({'first': first, 'second': second}).findings.by_rule()['id-leak'] == 3


@pytest.mark.parametrize(('seed', 'size'), [(21, (40, 40)), (22, (96, 128)), (23, (200, 64))])
def test_good_trees_of_other_sizes_are_good(tmp_path, seed, size):
    write_small_tree(tmp_path / 'LIP', 6, 2, seed=seed, size=size)
    assert check(tmp_path / 'LIP').findings.by_rule() == {}
