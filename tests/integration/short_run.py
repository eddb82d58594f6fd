"""A run of seconds: the tiny SPD on a few drawn people."""

from pathlib import Path

from mmengine.config import Config

from mmspd.testing.lip_tree import write_lip_tree
from tests.models.tiny import tiny_spd

ROOT = Path(__file__).resolve().parents[2]


def write_short_config(folder: Path, iterations: int, interval: int, model: dict | None = None) -> Path:
    """Write people and a config file of a short run, with random augmentation and a schedule, and return the file.

    Args:
        folder: Where to write.
        iterations: Of the run.
        interval: Iterations between checkpoints and validations.
        model: Of stride 8; by default the tiny SPD.
    """
    write_lip_tree(folder / 'LIP', num_train=5, num_val=2, size=(48, 64))
    cfg = Config.fromfile(ROOT / 'configs' / 'quick' / 'spd_quick.py')
    cfg.model = model or tiny_spd()
    set_input(cfg.tta_pipeline[2].transforms[0])
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.update(batch_size=2, num_workers=1)
        loader.dataset.data_root = str(folder / 'LIP')
        set_input(loader.dataset.pipeline)
    cfg.test_dataloader = cfg.val_dataloader
    cfg.train_cfg.update(max_iters=iterations, val_interval=interval)
    cfg.param_scheduler[0].end = iterations
    cfg.default_hooks.logger.interval = 1
    cfg.default_hooks.checkpoint.update(interval=interval, save_best=None)
    cfg.dump(folder / 'short.py')
    return folder / 'short.py'


def set_input(pipeline: list) -> None:
    """Let a pipeline end in inputs of 64x64 and heatmaps of stride 8, as the tiny SPD takes."""
    for step in pipeline:
        if step.type == 'PersonAffine':
            step.size = (64, 64)
        if 'stride' in step:
            step.stride = 8
