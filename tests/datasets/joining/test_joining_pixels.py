"""The crops compared with their COCO images, self-made and real."""

import csv
from dataclasses import replace

import cv2
import numpy as np
import pytest
from joining_tree import COCO_HEIGHT, COCO_WIDTH, CROPS, JoiningTree, jpeg

from mmspd.datasets.crops.lip_crops import Crop
from mmspd.datasets.joining.coco_images import find_coco_images
from mmspd.datasets.joining.pixel_check import (
    LARGEST_RESIDUAL,
    CropTask,
    best_shift,
    check_crop,
    check_crops,
    residual_of,
)


@pytest.fixture
def tree(tmp_path):
    return JoiningTree(tmp_path)


def task_of(tree, name):
    image = find_coco_images(tree.coco)[int(name.split('_')[0])]
    return CropTask(name, tree.picture(name), image, (COCO_HEIGHT, COCO_WIDTH), Crop(*CROPS[name]))


def test_residual_by_hand():
    image = np.array([[1, 2, 3], [4, 5, 6]], np.uint8)
    assert residual_of(image, np.array([[4, 2]], np.uint8), 1, 0) == (2 + 1) / 2
    assert residual_of(image, image, 0, 0) == 0


def test_best_shift_by_hand():
    image = np.arange(70, dtype=np.uint8).reshape(7, 10) ** 2
    assert best_shift(image, image[1:6, 2:9], 2, 1) == (0, 0)
    assert best_shift(image, image[1:6, 2:9], 3, 0) == (-1, 1)
    assert best_shift(image, image, 0, 0) == (0, 0), 'at the border'
    assert best_shift(np.zeros((9, 9), np.uint8), np.full((5, 5), 9, np.uint8), 2, 2) == (0, 0), 'flat'
    assert best_shift(image, image[:2, :9] + 50, 0, 0) == (0, 0), 'without inner pixels'


def test_right_crops_fit(tree):
    fits = check_crops([task_of(tree, name) for name in CROPS])
    assert [fit.name for fit in fits] == list(CROPS)
    assert [fit.problem for fit in fits] == [None] * 4
    # As the function does, and with the image decoded by OpenCV, another reader.
    coco = cv2.imread(str(find_coco_images(tree.coco)[36]), cv2.IMREAD_GRAYSCALE).astype(int)
    crop = cv2.imread(str(tree.picture('36_101')), cv2.IMREAD_GRAYSCALE).astype(int)
    assert fits[0].residual == pytest.approx(np.abs(coco[10:91, 20:81] - crop).mean(), abs=0.1)
    assert 0.5 < fits[0].residual < 8


@pytest.mark.parametrize('name', ['36_101', '41_102'])
@pytest.mark.parametrize(('right', 'down'), [(1, 0), (-1, 0), (0, 1), (0, -1), (1, -1)])
def test_a_pixel_beside_is_found(tree, name, right, down):
    task = task_of(tree, name)
    task = replace(task, crop=replace(task.crop, x0=task.crop.x0 + right, y0=task.crop.y0 + down))
    problem = check_crop(task).problem
    assert problem.startswith(f'{task.picture}: expected the crop of {task.coco_image} at ')
    assert f'less {-right:+d} pixels to the right and {-down:+d} down' in problem


def test_other_pictures_are_found(tree):
    """A white one, and that of another person."""
    task = task_of(tree, '36_101')
    tree.picture('36_101').write_bytes(jpeg(np.full((81, 61, 3), 255, np.uint8), 75))
    fit = check_crop(task)
    assert fit.residual > LARGEST_RESIDUAL
    assert f'but the mean difference of grey is {fit.residual:.1f}, more than 12' in fit.problem
    tree.picture('36_101').write_bytes(jpeg(JoiningTree.image(77)[:81, :61], 75))
    assert check_crop(task).problem is not None


def test_what_cannot_be_compared(tree):
    task = task_of(tree, '36_101')
    fit = check_crop(replace(task, coco_size=(COCO_HEIGHT, COCO_WIDTH + 1)))
    assert (fit.residual, fit.problem) == (None, f'{task.coco_image}: expected 161 x 120 pixels (width x height), '
                                                 'got 160 x 120')  # fmt: skip
    assert 'expected 61 x 80 pixels' in check_crop(replace(task, crop=Crop(20, 10, 61, 80))).problem
    task.picture.write_bytes(task.picture.read_bytes()[:200])
    fit = check_crop(task)
    assert fit.residual is None
    assert 'cannot be read' in fit.problem


def test_processes_find_the_same(tree):
    tasks = [task_of(tree, name) for name in CROPS] * 5
    calls = []
    fits = check_crops(tasks, workers=2, progress=lambda done, total: calls.append((done, total)))
    assert fits == check_crops(tasks)
    assert calls == [(done, 20) for done in range(21)]


def test_coco_images_under_both_names(tree, tmp_path):
    found = find_coco_images(tree.coco)
    assert {number: path.relative_to(tree.coco).as_posix() for number, path in found.items()} == {
        36: 'train2014/COCO_train2014_000000000036.jpg',
        41: '000000000041.jpg',
        77: 'train2014/COCO_train2014_000000000077.jpg',
    }
    for folder in (tmp_path / 'LIP', tmp_path / 'absent'):
        with pytest.raises(FileNotFoundError, match=r'expected COCO images such as 000000000036\.jpg .* found none'):
            find_coco_images(folder)


@pytest.mark.parametrize('name', ['36_453991', '77_471474'])
def test_real_crops(real_data, name):
    folder = real_data / 'lip_coco_registration'
    with (folder / 'registration.csv').open() as file:
        row = next(row for row in csv.DictReader(file) if row['lip_name'] == name)
    crop = Crop(*(int(row[f'crop_{side}']) for side in ('x0', 'y0', 'w', 'h')))
    picture = real_data / 'lip' / 'images' / f'{name}.jpg'
    image = find_coco_images(folder / 'images')[int(name.split('_')[0])]
    task = CropTask(name, picture, image, (int(row['H']), int(row['W'])), crop)
    fit = check_crop(task)
    assert fit.problem is None
    assert fit.residual == pytest.approx({'36_453991': 5.02, '77_471474': 6.03}[name], abs=0.1)
    for beside in (replace(crop, x0=crop.x0 + 1), replace(crop, y0=crop.y0 - 1)):
        assert ', more than 12 and less ' in check_crop(replace(task, crop=beside)).problem
