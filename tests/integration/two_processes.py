"""Steps that `test_distributed.py` runs once in one process and once in two: `python -m ... RANK FOLDER`.

A case is a model and four samples. One process takes all of them as a batch; of two, each takes two.
"""

import sys
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from mmengine.model import MMDistributedDataParallel
from torch import Tensor, nn

from mmspd.datasets import ResumableSampler
from mmspd.registry import MODELS
from mmspd.testing.samples import make_batch
from tests.models.tiny import tiny_spd

# Longer than a step takes, shorter than the test waits: so that a process that waits in vain says where.
WAIT = timedelta(seconds=60)
HEIGHT, WIDTH = 64, 48
BARE = dict(with_parsing=False, with_pose=False, with_surface=False)
PEOPLE = 7


class Case(NamedTuple):
    """Attributes: changes of the tiny SPD; options of each of the four samples."""

    model: dict[str, Any]
    samples: tuple[dict, dict, dict, dict]


def second_half(**options: Any) -> tuple[dict, dict, dict, dict]:
    """Samples of which those of the second process differ."""
    return {}, {}, options, options


MIXED = (dict(num_points=4), {}, BARE, dict(num_points=40))
UNCERTAIN = dict(multi_task_loss=dict(type='MultiTaskLoss', weighting='uncertainty'))
CASES = {
    'all annotated': Case({}, ({}, {}, {}, {})),
    'no pose in the second': Case({}, second_half(with_pose=False)),
    'no surface in the second': Case({}, second_half(with_surface=False)),
    'no parsing in the second': Case({}, second_half(with_parsing=False)),
    'nothing in the second': Case({}, second_half(**BARE)),
    'no pose anywhere': Case({}, (dict(with_pose=False),) * 4),
    'unequal counts': Case({}, MIXED),
    'uncertainty, unequal counts': Case(UNCERTAIN, MIXED),
    'uncertainty, no pose in the second': Case(UNCERTAIN, second_half(with_pose=False)),
    'uncertainty, no surface anywhere': Case(UNCERTAIN, (dict(with_surface=False),) * 4),
    'segmentation alone': Case(dict(pose_head=None, densepose_head=None), MIXED),
    'pose alone': Case(dict(seg_head=None, densepose_head=None, backbone=dict(num_stages=3)), MIXED),
    'dense pose alone': Case(dict(seg_head=None, pose_head=None, backbone=dict(num_stages=3)), MIXED),
    'other losses': Case(
        dict(
            seg_head=dict(
                loss_size='feature',
                loss_decode=[
                    dict(type='CrossEntropyLoss', class_weight=[0.2] + [1.0] * 19),
                    dict(type='CrossEntropyLoss', use_sigmoid=True, loss_name='loss_sigmoid'),
                ],
            ),
            pose_head=dict(loss='mean'),
            densepose_head=dict(combine='product'),
        ),
        MIXED,
    ),
    'coordinates': Case(dict(seg_head=None, densepose_head=None, pose_head=dict(loss='coordinates'),
                             backbone=dict(num_stages=3)), MIXED),
    "mmseg's head": Case(
        dict(
            seg_head=dict(
                _replace_=True, type='FCNHead', in_channels=64, in_index=1, channels=8, num_convs=1, num_classes=20,
                dropout_ratio=0, loss_decode=dict(type='CrossEntropyLoss', avg_non_ignore=True),
            )
        ),
        MIXED,
    ),
}  # fmt: skip


def build(changes: dict[str, Any]) -> nn.Module:
    """The tiny SPD of a case, always of the same random weights; batch norm would see one process's half alone."""
    config = tiny_spd(**changes)
    config['backbone']['frozen_bn'] = True
    if config['seg_head'] and config['seg_head'].pop('_replace_', False):
        config['seg_head'] = {key: value for key, value in changes['seg_head'].items() if key != '_replace_'}
    torch.manual_seed(0)
    return MODELS.build(config).train()


def batch_of(samples: tuple[dict, ...], numbers: range) -> dict[str, list]:
    """The samples with these numbers, each the same in whichever process."""
    batch: dict[str, list] = {'inputs': [], 'data_samples': []}
    for number in numbers:
        one = make_batch(np.random.default_rng(number), 1, HEIGHT, WIDTH, **samples[number])
        batch = {key: values + one[key] for key, values in batch.items()}
    return batch


def logged_and_gradients(case: Case, numbers: range, distributed: bool) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
    """The values that a training step logs, and the gradients by parameter's name."""
    bare = build(case.model)
    model = MMDistributedDataParallel(bare, broadcast_buffers=False) if distributed else bare
    for _ in range(2):  # a parameter that the first step left out stops the second
        model.zero_grad()
        data = bare.data_preprocessor(batch_of(case.samples, numbers), True)
        loss, values = bare.parse_losses(model(**data, mode='loss'))
        loss.backward()
    gradients = {name: each.grad for name, each in bare.named_parameters() if each.requires_grad}
    return {name: value.detach() for name, value in values.items()}, gradients


def sampled(seed: int | None) -> list[tuple[int, int, int]]:
    """What this process takes of two epochs."""
    return list(islice(ResumableSampler(range(PEOPLE), seed=seed), PEOPLE))


def main() -> None:
    """Run every case in this process of two and write what came out."""
    rank, folder = int(sys.argv[1]), Path(sys.argv[2])
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder / "meeting"}', rank=rank, world_size=2, timeout=WAIT
    )
    numbers = range(2 * rank, 2 * rank + 2)
    results = {name: logged_and_gradients(case, numbers, True) for name, case in CASES.items()}
    torch.save(dict(cases=results, fixed=sampled(3), drawn=sampled(None)), folder / f'{rank}.pth')
    torch.distributed.destroy_process_group()


if __name__ == '__main__':
    main()
