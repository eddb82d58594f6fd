"""A run of seconds: the tiny SPD on a few rendered people. And how a config reads those people."""

from pathlib import Path

from mmengine.config import Config, ConfigDict

from mmspd.testing import (
    write_small_atr,
    write_small_cihp,
    write_small_coco,
    write_small_mpii,
    write_small_tree,
)
from tests.models.tiny import tiny_spd

ROOT = Path(__file__).resolve().parents[2]
NUM_TRAIN, NUM_VAL, SIZE = 5, 2, (64, 48)


def write_people(root: Path) -> Path:
    """Write the few people and return their folder."""
    write_small_tree(root, NUM_TRAIN, NUM_VAL, size=SIZE)
    return root


def write_foreign_people(root: Path) -> Path:
    """Write people in other data sets' layouts beside LIP's in `root`, and return `root`."""
    write_small_atr(root / 'ATRDataset', {'train': 2, 'val': 2, 'test': 2}, SIZE)
    write_small_cihp(root / 'CIHPDataset', {'train': 2, 'val': 1}, SIZE)
    write_small_coco(root / 'COCOPersonDataset', 2, 'images', 'people.json', SIZE)
    write_small_mpii(root / 'MPIIDataset', 2, SIZE)
    return root


def read_people(dataset: ConfigDict, root: Path) -> None:
    """Let a data set's config read what was written: LIP's from `root`, others from what lies beside it.

    People made on first use are read as LIP. The lists of COCO images to leave out become empty: rendered people's
    names are no ids of COCO.
    """
    if dataset.type == 'JoinedDataset':
        for each in dataset.datasets:
            read_people(each, root)
        return
    foreign = root.parent / dataset.type
    dataset.data_root = str(foreign if foreign.is_dir() else root)
    if dataset.type == 'SyntheticPeopleDataset':
        dataset.update(num=NUM_TRAIN + NUM_VAL, num_val=NUM_VAL, seed=0, size=SIZE)
    elif dataset.type == 'COCOPersonDataset':
        dataset.update(image_folder='images', annotation_file='people.json', exclude_lip_lists=[])
    elif dataset.type == 'MPIIDataset':
        dataset.annotation_file = 'annotations/train.json'


def write_short_config(folder: Path, iterations: int, interval: int, model: dict | None = None) -> Path:
    """Write people and a config file of a short run, with random augmentation and a schedule, and return the file.

    Args:
        folder: Where to write.
        iterations: Of the run.
        interval: Iterations between checkpoints and validations.
        model: Of stride 8; by default the tiny SPD.
    """
    people = write_people(folder / 'LIP')
    cfg = Config.fromfile(ROOT / 'configs' / 'quick' / 'spd_quick.py')
    cfg.model = model or tiny_spd()
    set_input(cfg.tta_pipeline[2].transforms[0])
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.update(batch_size=2, num_workers=1)
        read_people(loader.dataset, people)
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
