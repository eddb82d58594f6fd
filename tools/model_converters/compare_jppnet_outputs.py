"""Compare converted JPPNet weights with the TensorFlow graph that they come from.

    python tools/model_converters/compare_jppnet_outputs.py work_dirs/jppnet_tf jppnet_original.pth

The folder is jppnet_tf_graph.py's, the checkpoint what jppnet_tf_to_mmspd.py made of its variables. Every output of the
network and of the whole test path (--tta's pipeline and mean) is compared; the exit status is 1 where one differs by
more than --tolerance.
"""

import argparse
import tempfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import torch
from mmengine.config import Config
from mmengine.dataset import Compose, pseudo_collate
from mmengine.registry import init_default_scope
from prettytable import PrettyTable
from torch import nn

from mmspd.models import SPDTTAModel
from mmspd.registry import MODELS
from mmspd.utils.checkpoint import load_from_local

CONFIG = Path(__file__).resolve().parents[2] / 'configs' / 'jppnet' / 'jppnet_r101_original.py'


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('folder', type=Path, help="jppnet_tf_graph.py's folder")
    parser.add_argument('checkpoint', type=Path, help='converted weights')
    parser.add_argument('--config', type=Path, default=CONFIG)
    parser.add_argument('--tolerance', type=float, default=1e-3, help='largest difference (default 1e-3)')
    return parser.parse_args()


def build_model(cfg: Config, checkpoint: Path) -> nn.Module:
    """The config's model with all of the checkpoint's weights."""
    init_default_scope(cfg.default_scope)
    model = MODELS.build(cfg.model)
    model.load_state_dict(load_from_local(str(checkpoint))['state_dict'])
    model.eval()
    return model


def compare_outputs(model: nn.Module, path: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, ours and TensorFlow's of the six outputs, (N, h, w, C)."""
    stored = np.load(path)
    with torch.no_grad():
        outputs = model(torch.from_numpy(stored['fed']).permute(0, 3, 1, 2), mode='tensor')
    for task, stages in (('parsing', outputs.seg), ('pose', outputs.pose)):
        for number, stage in enumerate(stages, 1):
            yield f'{task}{number}', stage.permute(0, 2, 3, 1).numpy(), stored[f'{task}{number}']


def compare_picture(model: nn.Module, cfg: Config, path: Path) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Name, ours and TensorFlow's of logits (H, W, 20), parsing (H, W) and joints (16, 2) of a picture."""
    stored = np.load(path)
    steps = [step for step in cfg.tta_pipeline if step.type != 'LoadSurfacePoints']
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / 'picture.png'
        cv2.imwrite(str(picture), stored['fed'])
        variants = Compose(steps)(dict(img_path=str(picture), img_id='picture', seg_map_path=None))
    with torch.no_grad():
        sample = SPDTTAModel(model).test_step(pseudo_collate([variants]))[0]
    yield 'logits', sample.seg_logits.data.permute(1, 2, 0).numpy(), stored['logits']
    yield 'parsing', sample.pred_sem_seg.data[0].numpy(), stored['logits'].argmax(axis=-1)
    yield 'joints', sample.pred_instances.keypoints[0], stored['joints']


def main() -> None:
    """Print the table."""
    args = parse_args()
    cfg = Config.fromfile(args.config)
    model = build_model(cfg, args.checkpoint)
    table = PrettyTable(['file', 'output', 'shape', 'spread', 'largest difference', 'mean difference'], align='r')
    worst, count = 0.0, 0
    for path in sorted(args.folder.glob('*_*x*.npz')):
        found = compare_outputs(model, path) if path.name.startswith('outputs') else compare_picture(model, cfg, path)
        for name, ours, theirs in found:
            difference = np.abs(ours.astype(np.float64) - theirs)
            table.add_row(
                [
                    path.stem,
                    name,
                    ours.shape,
                    f'{theirs.std():.3f}',
                    f'{difference.max():.2e}',
                    f'{difference.mean():.2e}',
                ]
            )
            worst, count = float(np.maximum(worst, difference.max())), count + 1  # unlike max(), keeps NaN
    print(table)
    if not count:
        raise SystemExit(f'{args.folder}: no outputs_HxW.npz or picture_HxW.npz of jppnet_tf_graph.py there')
    if not worst <= args.tolerance:
        raise SystemExit(f'the largest difference, {worst:.2e}, is above {args.tolerance:g}')


if __name__ == '__main__':
    main()
