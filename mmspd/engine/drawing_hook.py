"""Draws predictions while validating or testing."""

from pathlib import Path
from typing import Any

from mmengine.dist import get_dist_info
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch.utils.data import DataLoader

from mmspd.datasets.crops.person_boxes import cut
from mmspd.datasets.files.image_files import read_image
from mmspd.registry import HOOKS
from mmspd.structures import SPDDataSample


@HOOKS.register_module()
class DrawPredictionsHook(Hook):
    """Hands samples to the visualizer, as pictures in files or in TensorBoard and the like.

    mmseg's hook turns pictures by their EXIF tag, which labels and joints do not follow, and names files by their
    order. Several processes, to which samples are dealt in turn, write the same files as one.

    Args:
        out_dir (str | None): Folder for ``<img_id>.png``; None: the visualizer's own backends.
        interval (int): Draw every so many samples.
        enabled (bool): Off, the hook does nothing.
    """

    def __init__(self, out_dir: str | None = None, interval: int = 50, enabled: bool = True) -> None:
        if interval < 1:
            raise ValueError(f'interval must be at least 1, got {interval}')
        self.out_dir = None if out_dir is None else Path(out_dir)
        self.interval, self.enabled = interval, enabled
        self._seen = 0

    def before_val_epoch(self, runner: Runner) -> None:
        """Start counting again, so that every validation draws the same samples."""
        self._seen = 0

    def before_test_epoch(self, runner: Runner) -> None:
        """Start counting again."""
        self._seen = 0

    def after_val_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Draw the batch's share of samples."""
        self._draw(runner, runner.val_dataloader, outputs, runner.iter if self.enabled else 0)

    def after_test_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None, outputs: Any = None) -> None:
        """Draw the batch's share of samples."""
        # A test has no training step; asking for it would build the training loop, with its data set.
        self._draw(runner, runner.test_dataloader, outputs, 0)

    def _draw(self, runner: Runner, loader: DataLoader, samples: list[SPDDataSample], step: int) -> None:
        """Draw every ``interval``-th sample, counted over all processes.

        Samples beyond the data set's end are its first ones again, of which processes with less to do are given some.
        """
        total = len(loader.dataset)  # type: ignore[arg-type]  # PyTorch's stubs lack the length
        rank, world_size = get_dist_info()
        for sample in samples if self.enabled else ():
            number = self._seen * world_size + rank
            self._seen += 1
            if number % self.interval or number >= total:
                continue
            image = read_image(sample.img_path)[..., ::-1]
            crop = getattr(sample, 'crop', None)
            image = image if crop is None else cut(image, crop)  # of a file that shows more
            out_file = None if self.out_dir is None else str(self.out_dir / f'{Path(sample.img_id).name}.png')
            runner.visualizer.add_datasample(sample.img_id, image, sample, out_file=out_file, step=step)
