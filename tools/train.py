"""Train a model.

    python tools/train.py configs/spd/spd_r101_lip.py
    python tools/train.py configs/spd/spd_r101_lip.py --resume
    python tools/train.py configs/spd/spd_r101_lip.py --data-root /data/LIP
    python tools/train.py configs/spd/spd_r101_lip.py --amp --cfg-options train_dataloader.batch_size=4

Checkpoints, the log and the complete config are written to the work dir, work_dirs/<config's name> by default.
"""

import argparse
from pathlib import Path

from mmengine.config import Config, DictAction
from mmengine.runner import Runner

from mmspd.engine import amp_wrapper, join_processes, set_data_root
from mmspd.utils.checkpoint import use_safe_checkpoints
from mmspd.utils.resume import find_latest_checkpoint


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=Path, help='config file')
    parser.add_argument('--data-root', help="the data set's folder, in place of the config's")
    parser.add_argument('--work-dir', type=Path, help='where to write checkpoints and logs')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='latest',
        metavar='CHECKPOINT',
        help='continue from a checkpoint, by default the latest in the work dir',
    )
    parser.add_argument('--amp', action='store_true', help='mixed precision: float16 on a GPU, bfloat16 on a CPU')
    parser.add_argument('--seed', type=int, help="seed of all random numbers, in place of the config's")
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='override config keys, as in optim_wrapper.optimizer.lr=1e-3',
    )
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm', 'mpi'], default='none')
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0, help=argparse.SUPPRESS)
    return parser.parse_args()


def build_config(args: argparse.Namespace) -> Config:
    """The config file with the command line's changes."""
    cfg = Config.fromfile(args.config)
    cfg.launcher = args.launcher
    set_data_root(cfg, args.data_root)
    cfg.merge_from_dict(args.cfg_options)
    cfg.work_dir = str(args.work_dir or cfg.get('work_dir') or Path('work_dirs') / args.config.stem)
    if args.seed is not None:
        cfg.randomness = dict(cfg.get('randomness', {}), seed=args.seed)
    if args.amp:
        cfg.optim_wrapper.update(amp_wrapper())
    if args.resume:
        checkpoint = find_latest_checkpoint(Path(cfg.work_dir)) if args.resume == 'latest' else args.resume
        print(f'resuming from {checkpoint}' if checkpoint else f'no complete checkpoint in {cfg.work_dir}: a new run')
        if checkpoint:  # else a new run starts from what the config says
            cfg.resume, cfg.load_from = True, str(checkpoint)
    return cfg


def main() -> None:
    """Train."""
    use_safe_checkpoints()
    cfg = build_config(parse_args())
    join_processes(cfg)
    Runner.from_cfg(cfg).train()


if __name__ == '__main__':
    main()
