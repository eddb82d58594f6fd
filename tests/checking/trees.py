"""Trees to damage: where their files are, how to edit them, and what a check of them has to tell."""

import hashlib
import io
import json
import re

import numpy as np
from PIL import Image

from mmspd.checking import check_datasets
from mmspd.checking.sources import datasets_of_kind

# What a defect brings along: a picture exchanged for another no longer shows its person, and a wrong row is left out.
BESIDES = {'joints-off-body', 'surface-off-body', 'sides-contradict', 'joints-missing', 'incomplete'}


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


def hashes(root):
    return {path: hashlib.sha256(path.read_bytes()).digest() for path in root.rglob('*') if path.is_file()}


def check(root, workers=0):
    return check_datasets(datasets_of_kind('lip', root), workers)


def assert_found(root, plant, rules, message):
    """The planted defect is found under its rules and told with its place; nothing else is found or changed."""
    plant(root)
    before = hashes(root)
    checked = check(root)
    found = checked.findings.by_rule()
    assert rules <= set(found), found
    assert not set(found) - rules - BESIDES, found
    assert any(re.search(message, finding.message) for finding in checked.findings.kept if finding.rule in rules), [
        finding.message for finding in checked.findings.kept
    ]
    assert hashes(root) == before
