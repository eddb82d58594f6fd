"""Parameters and FLOPs of models, per branch.

    python tools/analysis/model_cost.py configs/spd/spd_r101_lip.py configs/spd/sp_r101_lip.py --size 384 384

FLOPs are those of convolutions and matrix products in one forward pass of one picture, a multiply-add counted as two.
The last column divides by the first config's total. Needs PyTorch 2.4 or later, whose counter tells modules apart.
"""

import argparse
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from prettytable import PrettyTable
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from mmspd.registry import MODELS

BRANCHES = ('backbone', 'neck', 'seg_head', 'pose_head', 'densepose_head')


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('configs', type=Path, nargs='+', metavar='CONFIG')
    parser.add_argument('--size', type=int, nargs=2, default=(384, 384), metavar=('H', 'W'), help='network input')
    return parser.parse_args()


def load_config(path: Path, options: dict[str, Any] | None = None) -> Config:
    """A config with other values for some keys, in its scope, whose backbone starts from random weights.

    Args:
        path (Path): The file.
        options (dict, optional): Values by dotted key. Defaults to None: none.

    Returns:
        Config: The config.
    """
    cfg = Config.fromfile(path)
    cfg.merge_from_dict(options or {})
    init_default_scope(cfg.default_scope)
    cfg.model.backbone.pop('init_cfg', None)
    return cfg


def model_cost(model: nn.Module, size: tuple[int, int]) -> dict[str, tuple[int, int]]:
    """Cost of each branch and of the whole.

    Args:
        model (nn.Module): An SPD.
        size (tuple): (H, W) of the network input.

    Returns:
        dict[str, tuple[int, int]]: Parameters and FLOPs by branch, and under ``total``.
    """
    counter = FlopCounterMode(display=False, depth=2)
    with torch.no_grad(), counter:
        model(torch.zeros(1, 3, *size), mode='tensor')
    flops = counter.get_flop_counts()
    # The refinements are called through the segmentor, so a branch's FLOPs are those of its submodules.
    name = type(model).__name__
    costs = {}
    for branch in BRANCHES:
        module = getattr(model, branch)
        if module is not None:
            costs[branch] = (count_parameters(module), _branch_flops(flops, name, branch, module))
    costs['total'] = (count_parameters(model), sum(flops['Global'].values()))
    return costs


def count_parameters(module: nn.Module) -> int:
    """Number of a module's parameters."""
    return sum(parameter.numel() for parameter in module.parameters())


def _branch_flops(flops: dict, model: str, branch: str, module: nn.Module) -> int:
    """FLOPs counted below a branch: of the branch itself where it was called, else of its children."""
    if f'{model}.{branch}' in flops:
        return sum(flops[f'{model}.{branch}'].values())
    children = (f'{model}.{branch}.{child}' for child, _ in module.named_children())
    return sum(sum(flops[child].values()) for child in children if child in flops)


def main() -> None:
    """Print the table."""
    args = parse_args()
    table = PrettyTable(['config', 'part', 'parameters (M)', 'GFLOPs', 'of the first'], align='r')
    table.align['config'] = table.align['part'] = 'l'
    first = 0
    for path in args.configs:
        costs = model_cost(MODELS.build(load_config(path).model).eval(), tuple(args.size))
        first = first or costs['total'][1]
        for part, (parameters, flops) in costs.items():
            share = f'{flops / first:.3f}' if part == 'total' else ''
            table.add_row(
                [path.stem, part, f'{parameters / 1e6:.2f}', f'{flops / 1e9:.1f}', share], divider=part == 'total'
            )
    print(table)


if __name__ == '__main__':
    main()
