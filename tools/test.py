"""Evaluate a checkpoint, and draw or export what it predicts.

    python tools/test.py configs/spd/spd_r101_lip.py work_dirs/spd_r101_lip/iter_400000.pth
    python tools/test.py CONFIG CHECKPOINT --tta --show-dir pictures --out metrics.json
    python tools/test.py CONFIG CHECKPOINT --record work_dirs/spd_r101_lip/evaluation

Metrics are printed and written as JSON with --out. With --record they are kept with what they were made of, sample by
sample, for tools/compare_results.py and tools/paper_tables.py; with --results the predictions are written as result
files, from which these draw. Checkpoints are read without executing anything in them.
"""

import argparse
import json
import math
from pathlib import Path

from mmengine.config import Config, ConfigDict, DictAction
from mmengine.dist import is_main_process
from mmengine.model import BaseTTAModel, is_model_wrapper
from mmengine.runner import Runner
from torch import nn

from mmspd.engine import join_processes, set_data_root
from mmspd.evaluation.record import EvaluationRecord, collect_details, write_record
from mmspd.models.inference import prepare_for_inference
from mmspd.reports.about import about_run, evaluators_of
from mmspd.utils.checkpoint import load_from_local, require_weights, use_safe_checkpoints
from mmspd.utils.whole_files import write_whole


def parse_args() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('config', type=Path, help='config file')
    parser.add_argument('checkpoint', type=Path, help='checkpoint file')
    parser.add_argument('--data-root', help="the data set's folder, in place of the config's")
    parser.add_argument('--work-dir', type=Path, help='where to write the log')
    parser.add_argument('--tta', action='store_true', help='test-time augmentation: three scales, mirrored and not')
    parser.add_argument('--show-dir', type=Path, help='draw ground truth and prediction of the samples to this folder')
    parser.add_argument('--show-interval', type=int, default=1, help='draw every so many samples (default 1)')
    parser.add_argument('--out', type=Path, help='write the metrics to this JSON file')
    parser.add_argument('--record', type=Path, metavar='DIR', help='write the evaluation record to this folder')
    parser.add_argument(
        '--results', type=Path, metavar='DIR', help='write the predictions as result files to this folder'
    )
    parser.add_argument('--fast', action='store_true', help='rewrite the network for speed, results alike to rounding')
    parser.add_argument('--amp', action='store_true', help='mixed precision: float16 on a GPU, bfloat16 on a CPU')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=DictAction,
        default={},
        metavar='KEY=VALUE',
        help='override config keys, as in test_dataloader.batch_size=4',
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
    cfg.load_from, cfg.resume = str(args.checkpoint), False
    # The checkpoint has all weights; nothing needs to be fetched for the backbone.
    cfg.model.backbone.pop('init_cfg', None)
    if args.amp:
        cfg.test_cfg.fp16 = True
    if args.results:
        cfg.test_evaluator = [*evaluators_of(cfg), dict(type='SaveResults', out_dir=str(args.results))]
    if args.show_dir:
        cfg.default_hooks.drawing.update(enabled=True, out_dir=str(args.show_dir), interval=args.show_interval)
    if args.tta:
        cfg.test_dataloader.dataset.pipeline = cfg.tta_pipeline
        cfg.tta_model.module = cfg.model
        cfg.model = ConfigDict(**cfg.tta_model)
    if args.fast and any(hook.type == 'EMAHook' for hook in cfg.get('custom_hooks') or ()):
        raise SystemExit('--fast does not go with EMAHook, which exchanges weights while testing: leave one out')
    return cfg


def bare_model(model: nn.Module) -> nn.Module:
    """The model inside the wrappers of test-time augmentation and distributed testing."""
    while is_model_wrapper(model) or isinstance(model, BaseTTAModel):
        model = model.module
    return model


def write_json(path: Path, metrics: dict[str, float]) -> None:
    """Write metrics whole or not at all; what is no number (NaN, infinity), which JSON does not have, as null."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = {key: float(value) if math.isfinite(value) else None for key, value in metrics.items()}
    write_whole(path, (json.dumps(values, indent=2, sort_keys=True) + '\n').encode(), path.parent)


def main() -> None:
    """Test."""
    args = parse_args()
    use_safe_checkpoints()
    cfg = build_config(args)
    join_processes(cfg)
    runner = Runner.from_cfg(cfg)
    checkpoint = load_from_local(str(args.checkpoint), 'cpu')
    require_weights(bare_model(runner.model), checkpoint, str(args.checkpoint))
    meta = checkpoint.get('meta') or {}
    del checkpoint
    if args.fast:
        runner.load_or_resume()  # what is rewritten no longer fits the checkpoint
        prepare_for_inference(bare_model(runner.model))
    # Before the work, so that nothing in it can fail after hours.
    options = [f'{key}={value}' for key, value in args.cfg_options.items()]
    dataset = runner.test_dataloader.dataset
    about = about_run(cfg, args.config, args.checkpoint, meta, dataset, args.results, options)
    metrics = runner.test()
    if args.out and is_main_process():
        write_json(args.out, metrics)
    if args.record and is_main_process():
        write_record(args.record, EvaluationRecord(about, metrics, collect_details(runner.test_evaluator.metrics)))


if __name__ == '__main__':
    main()
