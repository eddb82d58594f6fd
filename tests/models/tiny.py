"""An SPD small enough for unit tests."""

from typing import Any

_TINY: dict[str, dict[str, Any]] = dict(
    data_preprocessor=dict(type='SPDDataPreProcessor', mean=[127.5] * 3, std=[60.0] * 3, bgr_to_rgb=True),
    backbone=dict(type='SPDBackbone', depth=18, base_channels=8, frozen_bn=False),
    seg_head=dict(
        type='SPDSegHead',
        in_channels=64,
        rates=(1, 2),
        context_channels=(8, 6),
        remap_channels=4,
        refine_channels=(8, 8, 8, 7, 8),
        refine_kernels=(3, 3, 3, 3, 1),
    ),
    pose_head=dict(
        type='SPDPoseHead',
        in_channels=32,
        feature_channels=(8, 5),
        top_channels=8,
        remap_channels=4,
        refine_channels=(8, 8, 8, 9, 8),
        refine_kernels=(3, 3, 3, 3, 1),
    ),
    densepose_head=dict(
        type='SPDDensePoseHead',
        in_channels=32,
        pool_sizes=(2, 4),
        pool_channels=8,
        num_convs=1,
        channels=8,
        chart_size=16,
    ),
)


def tiny_spd(**changes: dict | None) -> dict:
    """Config of a tiny SPD; a change is merged into the part it names, None removes it."""
    config: dict[str, Any] = dict(type='SPD')
    for name, part in _TINY.items():
        change = changes.pop(name, {})
        config[name] = None if change is None else part | change
    return config | changes
