import json
import shutil
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from PIL import Image
from torch.utils.data import DataLoader

from mmspd.datasets import LIPMultiTaskDataset
from mmspd.registry import DATASETS

CONFIG = Path(__file__).parents[2] / 'configs' / '_base_' / 'datasets' / 'lip.py'


@pytest.fixture
def config():
    init_default_scope('mmspd')
    return Config.fromfile(CONFIG)


@pytest.fixture
def logged(monkeypatch):
    messages = []
    monkeypatch.setattr('mmspd.datasets.persons.print_log', lambda message, *a, **k: messages.append(message))
    return messages


def build(config, root, split='train', **changes):
    settings = config[f'{split}_dataloader'].dataset
    return DATASETS.build(settings | {'data_root': str(root)} | changes)


def names(root, split='train'):
    return (root / f'{split}_id.txt').read_text().split()


def image_of(root, name, split='train'):
    return root / 'TrainVal_images' / f'{split}_images' / f'{name}.jpg'


def label_of(root, name, split='train'):
    return root / 'TrainVal_parsing_annotations' / f'{split}_segmentations' / f'{name}.png'


def equal(first, second):
    """Whether two packed samples hold the same numbers."""
    ours, theirs = first['data_samples'], second['data_samples']
    return (
        torch.equal(first['inputs'], second['inputs'])
        and np.array_equal(ours.warp_matrix, theirs.warp_matrix)
        and torch.equal(ours.gt_sem_seg.data, theirs.gt_sem_seg.data)
        and torch.equal(ours.gt_surface_points.points, theirs.gt_surface_points.points)
    )


def test_entries_hold_what_is_on_disk(lip_tree):
    dataset = LIPMultiTaskDataset(str(lip_tree), surface_file='densepose_train.json')
    assert len(dataset) == 5
    name = names(lip_tree)[2]
    info = dataset.get_data_info(2)
    assert info['img_id'] == name
    assert info['sample_idx'] == 2
    assert info['img_path'] == str(image_of(lip_tree, name))
    assert info['seg_map_path'] == str(label_of(lip_tree, name))
    table = lip_tree / 'TrainVal_pose_annotations' / 'lip_train_set.csv'
    fields = next(line for line in table.read_text().splitlines() if line.startswith(f'{name}.jpg')).split(',')[1:]
    for joint in range(16):
        x, y, v = map(float, fields[3 * joint : 3 * joint + 3])
        assert info['keypoints_visible'][0, joint] == (not np.isnan(v))
        if not np.isnan(v):
            np.testing.assert_allclose(info['keypoints'][0, joint], [x - 1, y - 1])
            assert info['keypoints_occluded'][0, joint] == (v == 1)
    surfaces = json.loads((lip_tree / 'densepose_train.json').read_text())
    image_id = next(image['id'] for image in surfaces['images'] if image['file_name'] == f'{name}.jpg')
    annotation = next(item for item in surfaces['annotations'] if item['image_id'] == image_id)
    x, y, w, h = annotation['bbox']
    np.testing.assert_allclose(info['bbox'], [[x, y, x + w, y + h]], rtol=1e-6)
    np.testing.assert_allclose(info['surface']['dp_U'], annotation['dp_U'], atol=1e-6)


def test_metainfo_names_classes_and_joints(lip_tree):
    metainfo = LIPMultiTaskDataset(str(lip_tree)).metainfo
    assert metainfo['classes'][13] == 'Face'
    assert len(metainfo['classes']) == len(metainfo['palette']) == 20
    assert metainfo['joints'][9] == 'head_top'


@pytest.mark.parametrize('serialize', [True, False])
def test_subset_and_lazy_start(lip_tree, serialize):
    dataset = LIPMultiTaskDataset(str(lip_tree), indices=2, serialize_data=serialize, lazy_init=True)
    assert dataset[1]['img_id'] == names(lip_tree)[1]
    assert len(dataset) == 2


def test_switches_leave_tasks_out(lip_tree):
    shutil.rmtree(lip_tree / 'TrainVal_parsing_annotations')
    shutil.rmtree(lip_tree / 'TrainVal_pose_annotations')
    info = LIPMultiTaskDataset(str(lip_tree), with_parsing=False, with_pose=False).get_data_info(0)
    assert info['seg_map_path'] is None
    assert info['surface'] is None
    assert info['bbox'] is None
    assert not info['keypoints_visible'].any()
    assert info['keypoints'].shape == (1, 16, 2)


@pytest.mark.parametrize(
    ('missing', 'says'),
    [
        ('train_id.txt', 'train_id.txt is missing'),
        ('TrainVal_images/train_images', 'train_images is missing'),
        ('TrainVal_parsing_annotations/train_segmentations', 'with_parsing=False'),
        ('TrainVal_pose_annotations/lip_train_set.csv', 'with_pose=False'),
    ],
)
def test_missing_part_of_the_tree_shows_layout_and_a_way_on(lip_tree, missing, says):
    path = lip_tree / missing
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()
    with pytest.raises(FileNotFoundError, match=says) as caught:
        LIPMultiTaskDataset(str(lip_tree))
    message = str(caught.value)
    assert f'{path} is missing' in message
    assert 'make demo' in message
    assert '{train,val}_images/ID.jpg' in message


def test_missing_tree_names_what_is_looked_for_and_a_way_on(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'nowhere/train_id.txt is missing(.|\n)*make demo'):
        LIPMultiTaskDataset(str(tmp_path / 'nowhere'))


def test_missing_surface_file_is_warned_about_and_says_how_to_do_without(lip_tree, logged):
    dataset = LIPMultiTaskDataset(str(lip_tree), surface_file='gone.json')
    assert all(dataset.get_data_info(index)['surface'] is None for index in range(len(dataset)))
    assert len(logged) == 1
    assert 'gone.json is missing' in logged[0]
    assert 'surface_file=None' in logged[0]


@pytest.mark.parametrize('file_of', [image_of, label_of])
def test_missing_file_is_an_error_or_counted(lip_tree, logged, file_of):
    lost = names(lip_tree)[1]
    file_of(lip_tree, lost).unlink()
    with pytest.raises(FileNotFoundError, match=rf'1 of 5 .*{lost}'):
        LIPMultiTaskDataset(str(lip_tree))
    dataset = LIPMultiTaskDataset(str(lip_tree), on_missing='skip')
    assert [dataset[i]['img_id'] for i in range(4)] == [name for name in names(lip_tree) if name != lost]
    assert any('1 of 5 names' in message and 'skipped' in message for message in logged)


def test_nothing_left_is_an_error_even_when_skipping(lip_tree):
    for path in (lip_tree / 'TrainVal_images' / 'train_images').iterdir():
        path.unlink()
    with pytest.raises(FileNotFoundError, match='5 of 5'):
        LIPMultiTaskDataset(str(lip_tree), on_missing='skip')


def test_images_without_pose_and_poses_without_image_are_counted(lip_tree, logged):
    table = lip_tree / 'TrainVal_pose_annotations' / 'lip_train_set.csv'
    rows = table.read_text().splitlines()
    lost = names(lip_tree)[0]
    strangers = [row.replace(lost, f'999{number}_1') for number in range(3) for row in rows if row.startswith(lost)]
    table.write_text('\n'.join([row for row in rows if not row.startswith(f'{lost}.')] + strangers))
    dataset = LIPMultiTaskDataset(str(lip_tree))
    assert not dataset[0]['keypoints_visible'].any()
    assert dataset[1]['keypoints_visible'].any()
    assert any('1 of 5 train images have no pose row' in message and '3 pose rows' in message for message in logged)


def test_complete_tree_logs_nothing(lip_tree, logged):
    LIPMultiTaskDataset(str(lip_tree), surface_file='densepose_train.json')
    assert logged == []


@pytest.mark.parametrize('settings', [{'split': 'test'}, {'on_missing': 'ignore'}])
def test_unknown_settings_are_refused(lip_tree, settings):
    with pytest.raises(ValueError, match=next(iter(settings.values()))):
        LIPMultiTaskDataset(str(lip_tree), **settings)


def test_start_looks_at_folders_not_at_each_file(lip_tree, monkeypatch):
    looked_at = []
    original = Path.stat
    monkeypatch.setattr(Path, 'stat', lambda self, **k: looked_at.append(self) or original(self, **k))
    LIPMultiTaskDataset(str(lip_tree))
    assert not [path for path in looked_at if path.suffix in ('.jpg', '.png')]


def test_sample_depends_on_seed_epoch_and_index_alone(config, lip_tree):
    dataset = build(config, lip_tree)
    first = dataset[(0, 3, 1)]
    np.random.seed(5)  # noqa: NPY002
    dataset[(0, 9, 4)]
    assert equal(dataset[(0, 3, 1)], first)
    assert not equal(dataset[(0, 4, 1)], first)
    assert not equal(dataset[(1, 3, 1)], first)


def test_workers_do_not_change_samples(config, lip_tree):
    dataset = build(config, lip_tree)
    order = [(7, epoch, index) for epoch in range(2) for index in (3, 0, 4)]
    alone = [dataset[place] for place in order]
    loader = DataLoader(dataset, batch_size=None, sampler=order, num_workers=2)
    assert all(equal(ours, theirs) for ours, theirs in zip(loader, alone, strict=True))


def test_plain_index_draws_from_the_global_state_in_training(config, lip_tree):
    dataset = build(config, lip_tree)
    np.random.seed(5)  # noqa: NPY002
    first = dataset[1]
    assert not equal(dataset[1], first)
    np.random.seed(5)  # noqa: NPY002
    assert equal(dataset[1], first)


def test_plain_index_is_fixed_in_test_mode(config, lip_tree):
    dataset = build(config, lip_tree, test_mode=True)
    assert equal(dataset[1], dataset[1])
    assert equal(dataset[1], dataset[(0, 0, 1)])
    assert equal(dataset[-1], dataset[4])


def test_error_names_sample_and_file_and_nothing_is_fetched_instead(config, lip_tree):
    name = names(lip_tree)[2]
    Image.new('L', (5, 5)).save(label_of(lip_tree, name))
    dataset = build(config, lip_tree)
    with pytest.raises(RuntimeError, match=rf'sample 2 \({name}, .*{name}.png: the label has 5 x 5') as caught:
        dataset[(0, 0, 2)]
    assert isinstance(caught.value.__cause__, ValueError)


def test_error_in_a_worker_keeps_its_message(config, lip_tree):
    path = image_of(lip_tree, names(lip_tree)[0])
    path.write_bytes(path.read_bytes()[:-500])
    loader = DataLoader(build(config, lip_tree), batch_size=None, sampler=[(0, 0, 0)], num_workers=1)
    with pytest.raises(RuntimeError, match=rf'sample 0 \(.*{path.name}: cannot be read'):
        next(iter(loader))


def test_transform_that_gives_nothing_is_an_error(lip_tree):
    dataset = LIPMultiTaskDataset(str(lip_tree), pipeline=[lambda results: None])
    with pytest.raises(RuntimeError, match=r'sample 0 .* None'):
        dataset[0]


def test_training_pipeline_of_the_config(config, lip_tree):
    out = build(config, lip_tree)[(0, 0, 0)]
    sample = out['data_samples']
    assert out['inputs'].shape == (3, 384, 384)
    assert sample.gt_sem_seg.data.shape == (1, 384, 384)
    assert sample.gt_fields.heatmaps.shape == (16, 48, 48)
    assert (sample.gt_surface_points.labels > 0).any()
    assert (sample.gt_surface_points.labels == 0).any()
    assert sample.gt_instance_labels.keypoint_weights.any()


def test_validation_pipeline_of_the_config_keeps_original_sizes(config, lip_tree):
    sample = build(config, lip_tree, 'val')[0]['data_samples']
    with Image.open(image_of(lip_tree, names(lip_tree, 'val')[0], 'val')) as image:
        assert sample.gt_sem_seg.data.shape == (1, *sample.ori_shape) == (1, image.height, image.width)
    assert sample.img_shape == (384, 384)
    assert (sample.gt_surface_points.labels > 0).all()
    assert not sample.flip


def test_test_time_pipeline_of_the_config_gives_six_views(config, lip_tree):
    out = build(config, lip_tree, 'val', pipeline=config.tta_pipeline)[0]
    sizes = [tuple(view.shape[1:]) for view in out['inputs']]
    assert sizes == [(384, 384)] * 2 + [(288, 288)] * 2 + [(480, 480)] * 2
    assert [sample.flip for sample in out['data_samples']] == [False, True] * 3
    originals = {sample.gt_sem_seg.data.shape for sample in out['data_samples']}
    assert originals == {(1, *out['data_samples'][0].ori_shape)}
    plain, mirrored = out['inputs'][0].int(), out['inputs'][1].flip(-1).int()
    assert (plain - mirrored).abs().max() <= 2


def test_sample_without_surface_annotation_trains_without_it(config, lip_tree):
    sample = build(config, lip_tree, surface_file=None)[(0, 0, 0)]['data_samples']
    assert len(sample.gt_surface_points) == 0
    assert sample.gt_instance_labels.bboxes.shape == (1, 4)


def test_thirty_thousand_names_start_fast(tmp_path, monkeypatch):
    """A name more must not cost a look at the disk: 30,000 start within seconds."""
    number = 30_000
    listed = [f'{i}_{i}' for i in range(number)]
    (tmp_path / 'train_id.txt').write_text('\n'.join(listed))
    (tmp_path / 'TrainVal_images' / 'train_images').mkdir(parents=True)
    poses = tmp_path / 'TrainVal_pose_annotations'
    poses.mkdir()
    joints = ','.join(['153,351,0', 'nan,nan,nan'] * 8)
    (poses / 'lip_train_set.csv').write_text('\n'.join(f'{name}.jpg,{joints}' for name in listed))
    monkeypatch.setattr(Path, 'iterdir', lambda self: (self / f'{name}.jpg' for name in listed))
    start = time.perf_counter()
    dataset = LIPMultiTaskDataset(str(tmp_path), with_parsing=False)
    assert len(dataset) == number
    assert time.perf_counter() - start < 20
