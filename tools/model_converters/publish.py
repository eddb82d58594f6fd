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

from mmspd.apis.model_loading import load_model, recipe_of
from mmspd.utils.kept_files import write_kept


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=Path, help='config of the model')
    parser.add_argument('checkpoint', type=Path, help='of the training')
    parser.add_argument('--out', type=Path, required=True, help='name of the files, without suffix')
    parser.add_argument('--half', action='store_true', help='keep weights in 16 bits: half the size')
    parser.add_argument('--overwrite', action='store_true', help='replace files with other content')
    return parser.parse_args()


def main() -> None:
    """Check that the weights fit, and write."""
    args = parse_args()
    model = load_model(args.config, args.checkpoint, 'cpu').model
    weights = {
        name: value.half() if args.half and value.is_floating_point() else value.clone()
        for name, value in model.state_dict().items()
        if not name.startswith('multi_task_loss.')
    }
    file = io.BytesIO()
    torch.save(weights, file)
    recipe = json.dumps(recipe_of(args.config)[1], indent=1) + '\n'
    for suffix, content in (('.pth', file.getvalue()), ('.json', recipe.encode())):
        path = args.out.with_suffix(suffix)
        write_kept(path, lambda content=content: [content], args.overwrite)  # type: ignore[misc]
        print(f'{path}: {len(content) / 2**20:.2f} MiB')


if __name__ == '__main__':
    main()
