"""``python -m mmspd info``."""

import argparse
import platform
from importlib import metadata
from typing import Final

import torch

from mmspd.apis import SHIPPED_MODELS, load_model
from mmspd.apis.model_loading import PRETRAINED
from mmspd.cli.models import Subparsers, add_command, add_model
from mmspd.version import __version__

__all__ = ['add_parser']

_PACKAGES: Final = (
    'numpy', 'opencv-python', 'onedl-mmcv', 'onedl-mmengine', 'onedl-mmsegmentation', 'mmcv', 'mmengine',
    'mmsegmentation', 'mmpose', 'gradio', 'onnx', 'onnxruntime',
)  # fmt: skip
_EXAMPLES: Final = """
python -m mmspd info
python -m mmspd info configs/spd/spd_r101_lip.py work_dirs/spd_r101_lip/iter_400000.pth
"""


def add_parser(commands: Subparsers) -> None:
    """Add the command."""
    parser = add_command(commands, 'info', 'Say what is installed, and what a model is', _EXAMPLES)
    add_model(parser, positional=True)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print; the exit code."""
    print(f'mmspd {__version__}, Python {platform.python_version()}, PyTorch {torch.__version__}')
    gpus = [torch.cuda.get_device_name(number) for number in range(torch.cuda.device_count())]
    print(f'devices: cpu ({torch.get_num_threads()} threads){"".join(f", {name}" for name in gpus)}')
    for name in _PACKAGES:
        try:
            print(f'  {name} {metadata.version(name)}')
        except metadata.PackageNotFoundError:
            continue
    loaded = load_model(args.model, args.checkpoint, args.device)
    model = loaded.model
    heads = dict(parsing=model.seg_head, pose=model.pose_head, surface=model.densepose_head)
    parameters = sum(each.numel() for each in model.parameters())
    print(
        f'model {loaded.name}: {parameters / 1e6:.2f} M parameters, input {loaded.input_size[0]}x{loaded.input_size[1]}'
    )
    print(f'  branches: {", ".join(name for name, head in heads.items() if head is not None)}')
    if model.seg_head is not None:
        print(f'  classes: {", ".join(loaded.labels.classes)}')
    if args.model in SHIPPED_MODELS and not args.checkpoint:
        print(f'  card: {PRETRAINED / loaded.name}.md')
    return 0
