"""What the benchmark runs: forward pass, prediction or training step of configs' models, and a matrix product."""

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from benchmark_costs import count_costs
from mmengine.config import Config
from mmengine.optim import build_optim_wrapper
from mmengine.structures import InstanceData
from model_cost import load_config
from torch import Tensor

from mmspd.engine import amp_wrapper
from mmspd.geometry import scaling
from mmspd.models.inference import prepare_for_inference
from mmspd.registry import MODELS
from mmspd.structures import SPDDataSample
from mmspd.testing import make_batch


@dataclass(frozen=True)
class Workload:
    """What every model is to do.

    Attributes:
        size (tuple[int, int]): (H, W) of the network input, pixels.
        batch (int): Pictures at once.
        original_size (tuple[int, int]): (H, W) of the picture that predictions are for.
        device (torch.device): Where.
        amp (bool): Mixed precision: float16 on a GPU, bfloat16 on a CPU.
    """

    size: tuple[int, int]
    batch: int
    original_size: tuple[int, int]
    device: torch.device
    amp: bool

    @property
    def dtype(self) -> torch.dtype:
        """Type in which convolutions and matrix products are computed."""
        half = torch.bfloat16 if self.device.type == 'cpu' else torch.float16
        return half if self.amp else torch.float32

    def autocast(self) -> AbstractContextManager:
        """A context of that precision."""
        return torch.autocast(self.device.type, dtype=self.dtype) if self.amp else nullcontext()


class Subject:
    """A config's model with random weights, and one batch for it.

    Args:
        cfg (Config): A config with a model, and for training with an optimiser.
        workload (Workload): What it is to do.
        train (bool): Whether it is to be trained.
    """

    def __init__(self, cfg: Config, workload: Workload, train: bool) -> None:
        torch.manual_seed(0)
        self.workload = workload
        self.model = MODELS.build(cfg.model).to(workload.device)
        self.model.train(train)
        height, width = workload.size
        # A training step has its inputs from the batch.
        self.inputs = torch.rand(0 if train else workload.batch, 3, height, width, device=workload.device)
        self.optimizer: Any = None
        if train:
            wrapper = dict(cfg.optim_wrapper)
            if workload.amp:
                wrapper.update(_amp_wrapper(workload.device))
            self.optimizer = build_optim_wrapper(self.model, wrapper)
            self.batch = make_batch(np.random.default_rng(0), workload.batch, height, width, stride=_stride(cfg))
        else:
            self.batch = _pictures(workload)

    def forward(self) -> None:
        """The bare network on normalised inputs."""
        with torch.no_grad(), self.workload.autocast():
            self.model(self.inputs, mode='tensor')

    def predict(self) -> None:
        """From uint8 pictures of the network's size to predictions in pixels of the original ones."""
        with torch.no_grad(), self.workload.autocast():
            self.model.test_step(self.batch)

    def train(self) -> None:
        """From uint8 pictures of the network's size to changed weights."""
        self.model.train_step(self.batch, self.optimizer)

    def resident(self) -> list[Tensor]:
        """What stays between two runs: inputs on the device, weights, and what the optimiser keeps."""
        tensors = [self.inputs, *self.model.parameters(), *self.model.buffers()]
        if self.optimizer is not None:
            states = self.optimizer.optimizer.state.values()
            tensors += [value for state in states for value in state.values() if isinstance(value, Tensor)]
        return tensors


def _amp_wrapper(device: torch.device) -> dict[str, Any]:
    """Config keys for mixed precision, without loss scaling, which skips the steps that it overflows.

    A step that is skipped neither takes the time of one nor leaves the optimiser its state.
    """
    return amp_wrapper() | dict(loss_scale=1.0) if device.type == 'cuda' else dict(type='CPUAmpOptimWrapper')


def _stride(cfg: Config) -> int:
    """Pixels of a heatmap cell, as the training pipeline says."""
    steps = cfg.get('train_pipeline', [])
    return next((step.stride for step in steps if step.type == 'PoseTargets' and 'stride' in step), 8)


def _pictures(workload: Workload) -> dict[str, list]:
    """Random pictures as the test pipeline gives them: with the whole picture as the person's box."""
    height, width = workload.size
    generator = torch.Generator().manual_seed(0)
    batch: dict[str, list] = {'inputs': [], 'data_samples': []}
    for _ in range(workload.batch):
        original = workload.original_size
        matrix = scaling(width / original[1], height / original[0])
        sample = SPDDataSample(metainfo=dict(ori_shape=original, img_shape=workload.size, warp_matrix=matrix))
        sample.gt_instance_labels = InstanceData(bboxes=torch.tensor([[0.0, 0.0, width, height]]))
        batch['inputs'].append(torch.randint(0, 256, (3, height, width), dtype=torch.uint8, generator=generator))
        batch['data_samples'].append(sample)
    return batch


@dataclass(frozen=True)
class Entry:
    """A row of the table.

    Attributes:
        name (str): Configs' names, joined by ``+``.
        task (str): ``forward``, ``predict`` or ``train``, a method of :class:`Subject`.
        subjects (Sequence[Subject]): Models that are run one after another and counted as one.
    """

    name: str
    task: str
    subjects: Sequence[Subject]

    def run(self) -> None:
        """Run once."""
        for subject in self.subjects:
            getattr(subject, self.task)()

    def prepare(self) -> None:
        """Rewrite the models for inference."""
        for subject in self.subjects:
            prepare_for_inference(subject.model)

    def costs(self) -> dict[str, int]:
        """What one run needs; see :func:`~benchmark_costs.count_costs`."""
        distinct = list(dict.fromkeys(self.subjects))
        resident = [tensor for subject in distinct for tensor in subject.resident()]
        return count_costs(self.run, [subject.model for subject in distinct], resident, distinct[0].workload.device)


def make_entries(
    groups: Sequence[Sequence[Path]], workload: Workload, tasks: Sequence[str], options: dict[str, Any]
) -> list[Entry]:
    """The rows of the table: for every group of configs one of each task.

    Args:
        groups (Sequence[Sequence[Path]]): Config files that are run one after another. A file has one model, wherever
            it is named.
        workload (Workload): What each is to do.
        tasks (Sequence[str]): Methods of :class:`Subject`.
        options (dict): Values of config keys, for every config.

    Returns:
        list[Entry]: The rows.
    """
    files = dict.fromkeys(path for group in groups for path in group)
    subjects = {path: Subject(load_config(path, options), workload, 'train' in tasks) for path in files}
    return [
        Entry('+'.join(path.stem for path in group), task, tuple(subjects[path] for path in group))
        for group in groups
        for task in tasks
    ]


class MatrixProduct:
    """A product of two square matrices in the precision of the models, whose rate theirs is compared with.

    Args:
        size (int): Rows and columns.
        workload (Workload): Gives device and precision.
    """

    def __init__(self, size: int, workload: Workload) -> None:
        self.flops = 2 * size**3
        self.left, self.right = torch.rand(2, size, size, device=workload.device).to(workload.dtype)

    def run(self) -> None:
        """Multiply once."""
        # On a GPU PyTorch lets convolutions round float32 to TF32, and matrix products not: like for like.
        allowed = torch.backends.cuda.matmul.allow_tf32
        torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32
        try:
            torch.matmul(self.left, self.right)
        finally:
            torch.backends.cuda.matmul.allow_tf32 = allowed
