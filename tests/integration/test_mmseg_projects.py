"""mmspd's parts in an ordinary mmseg project, and mmseg's parts in SPD; both trained by the Runner."""

import math

import pytest
import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmseg.structures import SegDataSample

from mmspd.anatomy import PARSING_MIRROR
from mmspd.registry import MODELS
from tests.integration.short_run import read_people, set_input, write_people
from tests.models.tiny import tiny_spd

# An ordinary mmseg project: its own scope, data set, pipeline and preprocessor.
PROJECT = """
custom_imports = dict(imports=['mmspd'])
default_scope = 'mmseg'
norm_cfg = dict(type='BN')
model = dict(
    type='EncoderDecoder',
    data_preprocessor=dict(
        type='SegDataPreProcessor', mean=[127.5] * 3, std=[60.0] * 3, bgr_to_rgb=True, size=(64, 64), seg_pad_val=255),
    backbone=dict(
        type='ResNet', depth=18, base_channels=8, stem_channels=8, dilations=(1, 1, 2, 4), strides=(1, 2, 1, 1),
        norm_cfg=norm_cfg),
    decode_head=dict(
        type='mmspd.SPDSegHead', in_channels=64, num_classes=20, rates=(1, 2), context_channels=(8, 8),
        remap_channels=4, refine_channels=(8, 8, 8, 8, 8), refine_kernels=(3, 3, 3, 3, 1)),
    train_cfg=dict(),
    test_cfg=dict(mode='whole'))
train_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='LoadAnnotations'),
    dict(type='RandomResize', scale=(64, 64), ratio_range=(0.8, 1.2), keep_ratio=False),
    dict(type='RandomCrop', crop_size=(64, 64)),
    dict(type='PackSegInputs'),
]
test_pipeline = [
    dict(type='LoadImageFromFile'),
    dict(type='Resize', scale=(64, 64), keep_ratio=False),
    dict(type='LoadAnnotations'),
    dict(type='PackSegInputs'),
]
dataset = dict(
    type='BaseSegDataset', data_root=ROOT, img_suffix='.jpg', seg_map_suffix='.png',
    metainfo=dict(classes=[str(i) for i in range(20)]))
folders = 'TrainVal_images/train_images', 'TrainVal_parsing_annotations/train_segmentations'
train_dataloader = dict(
    batch_size=2, num_workers=0, sampler=dict(type='InfiniteSampler', shuffle=True),
    dataset=dict(dataset, data_prefix=dict(img_path=folders[0], seg_map_path=folders[1]), pipeline=train_pipeline))
val_dataloader = dict(
    batch_size=1, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
    dataset=dict(dataset, data_prefix=dict(img_path=folders[0], seg_map_path=folders[1]), pipeline=test_pipeline))
val_evaluator = dict(type='IoUMetric', iou_metrics=['mIoU'])
optim_wrapper = dict(type='OptimWrapper', optimizer=dict(type='SGD', lr=0.01))
train_cfg = dict(type='IterBasedTrainLoop', max_iters=2, val_interval=2)
val_cfg = dict(type='ValLoop')
default_hooks = dict(logger=dict(type='LoggerHook', interval=1))
log_processor = dict(by_epoch=False)
work_dir = WORK_DIR
"""


@pytest.fixture(scope='module')
def tree(tmp_path_factory):
    return write_people(tmp_path_factory.mktemp('people') / 'LIP')


def run(config_text, tree, work_dir):
    text = config_text.replace('WORK_DIR', repr(str(work_dir))).replace('ROOT', repr(str(tree)))
    runner = Runner.from_cfg(Config.fromstring(text, '.py'))
    runner.train()
    return runner


def test_our_head_in_their_encoder_decoder(tree, tmp_path):
    runner = run(PROJECT, tree, tmp_path)
    log = runner.message_hub.log_scalars
    assert math.isfinite(log['train/decode.loss_stage1'].current())
    assert 0 <= log['val/mIoU'].current() <= 100


def test_our_head_in_their_sliding_windows():
    text = PROJECT.replace('WORK_DIR', "''").replace('ROOT', "''")
    cfg = Config.fromstring(text, '.py').model
    cfg.test_cfg = dict(mode='slide', crop_size=(32, 32), stride=(32, 8))
    init_default_scope('mmseg')
    torch.manual_seed(0)
    model = MODELS.build(cfg).eval()
    inputs = torch.randn(1, 3, 64, 40)
    meta = dict(ori_shape=(64, 40), img_shape=(64, 40))
    with torch.no_grad():
        got = model.predict(inputs, [SegDataSample(metainfo=meta)])[0].seg_logits.data
        windows = [model.encode_decode(inputs[..., :32, x : x + 32], [dict(meta, img_shape=(32, 32))]) for x in (0, 8)]
    # Columns 0 to 7 lie in the first window alone, 8 to 31 in both.
    torch.testing.assert_close(got[:, :32, :8], windows[0][0, :, :, :8], atol=1e-5, rtol=0)
    overlap = (windows[0][0, :, :, 8:] + windows[1][0, :, :, :24]) / 2
    torch.testing.assert_close(got[:, :32, 8:32], overlap, atol=1e-5, rtol=0)
    init_default_scope('mmspd')


def test_our_segmentor_behind_their_preprocessor_that_pads():
    # Padding at the right comes to the left when mirrored; either way it is cut off.
    theirs = dict(type='mmseg.SegDataPreProcessor', mean=[127.5] * 3, std=[60.0] * 3, test_cfg=dict(size=(64, 64)))
    torch.manual_seed(0)
    model = MODELS.build(tiny_spd() | dict(data_preprocessor=theirs)).eval()
    image = torch.randint(0, 256, (3, 64, 40), dtype=torch.uint8)
    for flip in (False, True):
        meta = dict(ori_shape=(64, 40), img_shape=(64, 40), flip=flip, flip_direction='horizontal' if flip else None)
        with torch.no_grad():
            data = model.data_preprocessor(dict(inputs=[image], data_samples=[SegDataSample(metainfo=meta)]))
            assert data['inputs'].shape == (1, 3, 64, 64)
            sample = model.predict(**data)[0]
            logits = model.encode_decode(data['inputs'], [])[0, :, :, :40]
        want = logits.flip(-1)[torch.as_tensor(PARSING_MIRROR.copy())] if flip else logits
        torch.testing.assert_close(sample.seg_logits.data, want, atol=1e-5, rtol=0)


def test_their_head_in_our_segmentor(tree, tmp_path):
    # Segmentation by mmseg's ASPPHead, beside our pose and dense-pose heads.
    tiny = tiny_spd(seg_head=None)
    tiny['seg_head'] = dict(
        type='ASPPHead', in_channels=64, in_index=1, channels=8, dilations=(1, 2), num_classes=20,
        norm_cfg=dict(type='BN'),
        loss_decode=[dict(type='CrossEntropyLoss'), dict(type='DiceLoss', loss_name='loss_dice')],
    )  # fmt: skip
    cfg = Config.fromfile('configs/quick/spd_quick.py')
    cfg.model = tiny
    cfg.work_dir = str(tmp_path)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.update(num_workers=0, batch_size=2, persistent_workers=False)
        read_people(loader.dataset, tree)
        set_input(loader.dataset.pipeline)
    cfg.test_dataloader = cfg.val_dataloader
    cfg.train_cfg.update(max_iters=2, val_interval=2)
    cfg.default_hooks.logger.interval = 1
    runner = Runner.from_cfg(cfg)
    before = {name: value.clone() for name, value in runner.model.state_dict().items()}
    runner.train()
    log = runner.message_hub.log_scalars
    for name in ('seg/ce', 'seg/dice', 'pose/stage1', 'densepose/I'):
        assert math.isfinite(log[f'train/{name}'].current()), name
    after = runner.model.state_dict()
    for head in ('seg_head.conv_seg.weight', 'pose_head.predictor.conv.weight'):
        assert not torch.equal(before[head], after[head]), head
    assert math.isfinite(log['val/dataset/mIoU'].current())


def test_their_head_takes_no_part_in_the_exchange():
    tiny = tiny_spd(seg_head=None, densepose_head=None)
    tiny['seg_head'] = dict(type='FCNHead', in_channels=64, in_index=1, channels=8, num_convs=1, num_classes=20)
    model = MODELS.build(tiny)
    assert not model.has_own_seg_head
    assert model.pose_head.refinements.stages[0].context_convs[0].conv.in_channels == 4 + 5


def test_both_scopes_find_the_parts_of_both():
    # A mmseg head, its default losses included, from our scope; ours from theirs.
    for scope, config in (
        ('mmspd', dict(type='FCNHead', in_channels=8, channels=8, num_classes=20)),
        ('mmseg', dict(type='mmspd.SPDSegHead', in_channels=8, rates=(1,))),
        ('mmseg', dict(type='mmspd.SPD', backbone=dict(type='mmspd.SPDBackbone', depth=18),
                       pose_head=dict(type='mmspd.SPDPoseHead', in_channels=256))),
    ):  # fmt: skip
        init_default_scope(scope)
        assert next(MODELS.build(config).parameters()).numel() > 0
    init_default_scope('mmspd')
