"""Turn a training checkpoint into a file to give away: the weights alone, and beside them how to build the model.

    python tools/model_converters/publish.py configs/spd/spd_small_people.py \
        work_dirs/spd_small_people/iter_6000.pth --out mmspd/pretrained/spd_small

Writes OUT.pth, a plain dictionary of tensors, and OUT.json: the model's config, the size of its input, its classes, and
the variants of test-time augmentation. Neither holds code; optimiser, history and paths are left out. Older files are
replaced only with --overwrite.
"""

import argparse
import io
import json
from pathlib import Path

import torch
from torch import nn

from mmspd.apis.model_loading import load_model, recipe_of
from mmspd.apis.output_files import write_files
from mmspd.utils.whole_files import explain_os_error


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=Path, help='config of the model')
    parser.add_argument('checkpoint', type=Path, help='of the training')
    parser.add_argument('--out', type=Path, required=True, help='name of the files, without .pth and .json')
    parser.add_argument('--half', action='store_true', help='keep weights in 16 bits: half the size')
    parser.add_argument('--overwrite', action='store_true', help='replace files with other content')
    return parser.parse_args()


def published_weights(model: nn.Module, half: bool) -> dict[str, torch.Tensor]:
    """What of a model's weights prediction needs.

    Args:
        model (nn.Module): On the CPU.
        half (bool): Whether real numbers become float16.

    Returns:
        dict[str, torch.Tensor]: Copies by name.

    Raises:
        ValueError: If float16 cannot hold some of them.
    """
    weights = {
        name: value.half() if half and value.is_floating_point() else value.clone()
        for name, value in model.state_dict().items()
        if not name.startswith('multi_task_loss.')
    }
    large = [name for name, value in weights.items() if not value.isfinite().all()]
    if large:
        raise ValueError(f'{len(large)} weights are too large for 16 bits ({", ".join(large[:3])}): leave out --half')
    return weights


def publish(args: argparse.Namespace) -> None:
    """Check that the weights fit, and write both files, or none where one would replace another's content."""
    if not args.out.name:
        raise ValueError(f'--out {args.out} has an empty name: expected one such as models/mine, without suffix')
    weights = published_weights(load_model(args.config, args.checkpoint, 'cpu').model, args.half)
    file = io.BytesIO()
    torch.save(weights, file)
    recipe = json.dumps(recipe_of(args.config)[1], indent=1) + '\n'
    # Not with_suffix, which takes a version such as v0.5 for a suffix.
    contents = {f'{args.out.name}.pth': file.getvalue(), f'{args.out.name}.json': recipe.encode()}
    for path in write_files(args.out.parent, contents, args.overwrite):
        print(f'{path}: {path.stat().st_size / 2**20:.2f} MiB')


def main() -> None:
    """Publish; what is wrong is one line without a traceback, and the exit status 1."""
    args = parse_args()
    try:
        publish(args)
    except OSError as error:
        raise SystemExit(f'error: {explain_os_error(error) if error.errno else error}') from error
    except ValueError as error:
        raise SystemExit(f'error: {error}') from error


if __name__ == '__main__':
    main()
