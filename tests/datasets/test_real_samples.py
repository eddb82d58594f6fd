"""LIP's own files, where the checkout has real samples beside it."""

import shutil

import numpy as np
import pytest

from mmspd.datasets import LIPMultiTaskDataset
from mmspd.datasets.files.image_files import read_image, read_parsing_label
from mmspd.datasets.files.lip_files import read_id_list, read_poses
from mmspd.datasets.transforms import LoadParsingLabel, LoadPersonImage, PackSPDInputs, PersonAffine

VAL_IMAGES = ('36_453991', '114317_456748', '208597_461278', '313434_204398', '342469_423620', '447689_524975')


@pytest.fixture
def real_tree(real_data, tmp_path):
    """LIP's layout, made of the real files: six val persons of which one has a label, one train person."""
    source = real_data / 'lip'
    for split, ids in (('val', VAL_IMAGES), ('train', ('77_471474',))):
        images = tmp_path / 'TrainVal_images' / f'{split}_images'
        labels = tmp_path / 'TrainVal_parsing_annotations' / f'{split}_segmentations'
        images.mkdir(parents=True)
        labels.mkdir(parents=True)
        (tmp_path / f'{split}_id.txt').write_text('\n'.join(ids))
        for name in ids:
            shutil.copy(source / 'images' / f'{name}.jpg', images)
            if (source / 'parsing' / f'{name}.png').exists():
                shutil.copy(source / 'parsing' / f'{name}.png', labels)
    poses = tmp_path / 'TrainVal_pose_annotations'
    poses.mkdir()
    shutil.copy(source / 'lip_val_set.csv', poses)
    return tmp_path


def test_whole_validation_table(real_data):
    poses = read_poses(real_data / 'lip' / 'lip_val_set.csv')
    assert len(poses.rows) == 10_000
    assert set(poses.rows) == set(read_id_list(real_data / 'lip' / 'val_id.txt'))
    row = poses.rows['100034_483681']
    np.testing.assert_array_equal(poses.keypoints[row, :3], [[152, 350], [121, 283], [0, 0]])
    np.testing.assert_array_equal(poses.visible[row, :3], [1, 1, 0])
    # the right arm: its row says 118,201,1,96,162,1,74,95,1
    assert np.flatnonzero(poses.occluded[row]).tolist() == [10, 11, 12]
    assert not (poses.occluded & (poses.visible == 0)).any()


def test_id_list_of_the_training_set(real_data):
    assert len(read_id_list(real_data / 'lip' / 'train_id.txt')) == 30_462


def test_real_persons_are_read(real_tree):
    dataset = LIPMultiTaskDataset(str(real_tree), 'val', with_parsing=False, test_mode=True)
    assert len(dataset) == len(VAL_IMAGES)
    for index in range(len(VAL_IMAGES)):
        info = dataset[index]
        height, width = read_image(info['img_path']).shape[:2]
        seen = info['keypoints_visible'][0] > 0
        assert seen.sum() >= 4
        assert (info['keypoints'][0, seen] >= 0).all()
        assert (info['keypoints'][0, seen] < [width, height]).all()


def test_head_joint_lies_on_the_head_of_the_label(real_tree):
    pipeline = [LoadPersonImage(), PersonAffine((96, 144), test_mode=True), LoadParsingLabel(), PackSPDInputs()]
    dataset = LIPMultiTaskDataset(
        str(real_tree), 'val', on_missing='skip', pipeline=pipeline, test_mode=True
    )  # labels are there for one person only
    assert len(dataset) == 1
    sample = dataset[0]['data_samples']
    assert sample.img_id == '36_453991'
    assert sample.ori_shape == (466, 311)
    label = sample.gt_sem_seg.data[0]
    x, y = sample.gt_instances.keypoints[0, 8].astype(int)
    around = label[max(0, y - 60) : y + 10, max(0, x - 40) : x + 40].unique().tolist()
    assert 13 in around
    assert 2 in around


@pytest.mark.parametrize('name', ['36_453991', '77_471474'])
def test_labels_fit_their_images(real_data, name):
    image = read_image(real_data / 'lip' / 'images' / f'{name}.jpg')
    label = read_parsing_label(real_data / 'lip' / 'parsing' / f'{name}.png', image.shape[:2])
    assert 3 < len(np.unique(label)) < 20


def test_loader_traps(real_data):
    traps = real_data / 'loader_traps'
    with pytest.raises(ValueError, match='the label is a JPEG'):
        read_parsing_label(traps / 'label_saved_as_jpeg.jpg')
    with pytest.raises(ValueError, match='colour-coded'):
        read_parsing_label(traps / 'label_colour_rgb_000258_0.png')
    for name in ('label_index_000258_0.png', 'label_same_person_png.png'):
        label = read_parsing_label(traps / name, (256, 192))
        assert label.max() < 20
        assert len(np.unique(label)) > 1
    image = read_image(traps / 'coco_grayscale_L_000000000086.jpg')
    assert image.shape == (640, 512, 3)
    assert (image == image[..., :1]).all()
