"""Convert JPPNet's released TensorFlow weights for configs/jppnet/jppnet_r101_original.py.

    python tools/model_converters/jppnet_tf_to_mmspd.py JPPNet-s2/model.ckpt-205632 jppnet_original.pth
    python tools/model_converters/jppnet_tf_to_mmspd.py variables.npz jppnet_original.pth --verbose

SOURCE is a checkpoint of TensorFlow 1 (its prefix, one of its files, or its folder; needs TensorFlow) or an .npz file
of its variables by name (needs numpy alone). Every variable of the network must be there with its type and shape; what
the network does not need, as the optimiser's variables, is reported and left out. Nothing in SOURCE is executed.
"""

import argparse
from collections import Counter
from pathlib import Path

import torch
from mmengine.config import Config
from mmengine.registry import init_default_scope
from prettytable import PrettyTable
from torch import Tensor

from mmspd.models.jppnet_variables import Match, match_variables, to_state_dict, variable_names
from mmspd.models.variable_files import open_variables
from mmspd.registry import MODELS
from mmspd.utils.whole_files import whole_file

CONFIG = Path(__file__).resolve().parents[2] / 'configs' / 'jppnet' / 'jppnet_r101_original.py'


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('source', type=Path, metavar='SOURCE', help='checkpoint or .npz file')
    parser.add_argument('out', type=Path, metavar='OUT.pth', help='the weights for mmspd')
    parser.add_argument('--config', type=Path, default=CONFIG, help='a config of the same network, for other widths')
    parser.add_argument('--verbose', action='store_true', help='list every variable')
    parser.add_argument('--force', action='store_true', help='replace OUT.pth if it exists')
    return parser.parse_args()


def model_weights(path: Path) -> dict[str, Tensor]:
    """Names and shapes of a config's weights: its model's state dict, without values."""
    cfg = Config.fromfile(path)
    init_default_scope(cfg.default_scope)
    cfg.model.backbone.pop('init_cfg', None)
    with torch.device('meta'):
        return MODELS.build(cfg.model).state_dict()


def print_report(match: Match, weights: dict[str, Tensor], verbose: bool) -> None:
    """Print what was used, per part of the model or one by one, and what was not."""
    names = variable_names()
    if verbose:
        table = PrettyTable(['variable', 'weight', 'shape'], align='l')
        for ours in match.used:
            table.add_row([names[ours], ours, tuple(weights[ours].shape)])
    else:
        table = PrettyTable(['part', 'used', 'missing', 'parameters (M)'], align='r')
        table.align['part'] = 'l'
        for part in dict.fromkeys(ours.partition('.')[0] for ours in names):
            used = [ours for ours in match.used if ours.startswith(f'{part}.')]
            needed = sum(ours.startswith(f'{part}.') for ours in names)
            parameters = sum(weights[ours].numel() for ours in used)
            table.add_row([part, len(used), needed - len(used), f'{parameters / 1e6:.2f}'])
    print(table)
    reasons = Counter(match.unused.values())
    counts = ', '.join(f'{count} {reason}' for reason, count in reasons.items())
    print(f'{len(match.used)} variables used, {len(match.unused)} not used' + (f' ({counts})' if counts else ''))
    for name, reason in sorted(match.unused.items()):
        if verbose or reason == 'unknown':
            print(f'  not used: {name} ({reason})')


def refuse_partial(match: Match, source: Path) -> None:
    """Raise ValueError that names every variable that is missing or wrong."""
    problems = [f'missing: {name}' for name in match.missing] + match.wrong
    if problems:
        listed = '\n  '.join(problems)
        raise ValueError(
            f'{source} does not hold the whole network, nothing was written. {len(problems)} of '
            f'{len(variable_names())} variables are missing or wrong:\n  {listed}'
        )


def convert(args: argparse.Namespace) -> None:
    """Read, report, check, write."""
    if args.out.exists() and not args.force:
        raise FileExistsError(f'{args.out} exists: choose another name, or give --force to replace it')
    if not args.out.parent.is_dir():
        raise FileNotFoundError(f'{args.out.parent}: no such folder to write to')
    weights = model_weights(args.config)
    variables = open_variables(args.source)
    match = match_variables(variables.entries, weights)
    print_report(match, weights, args.verbose)
    refuse_partial(match, args.source)
    values = variables.read(match.used.values())
    state = to_state_dict({ours: values[theirs] for ours, theirs in match.used.items()}, weights)
    with whole_file(args.out, args.out.parent) as file:
        torch.save(dict(state_dict=state, meta=dict(source=args.source.name, config=args.config.name)), file)
    print(f'wrote {args.out}: {len(state)} weights for {args.config.name}')


def main() -> None:
    """Convert; a refusal is one message without a traceback, and the exit status 1."""
    args = parse_args()
    try:
        convert(args)
    except (ImportError, OSError, ValueError) as error:
        raise SystemExit(f'error: {error}') from error


if __name__ == '__main__':
    main()
