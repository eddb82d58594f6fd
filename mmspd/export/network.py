"""An SPD model as a plain function of tensors, from pictures to maps: what is exported.

Axis glossary: N pictures, C classes, K joints, h, w cells, H, W network input, S chart cells.
"""

import copy
from typing import Any

import torch
from mmengine.model import BaseDataPreprocessor, ImgDataPreprocessor
from torch import Tensor, nn

from mmspd.export.regions import chosen_boxes, foreground_boxes, grid_roi_align
from mmspd.models.data_preprocessor import SPDDataPreProcessor
from mmspd.models.inference.fast_conv import FastConv2d
from mmspd.models.inference.fold_norms import fold_norms
from mmspd.models.inference.stacked_aspp import StackedASPP
from mmspd.models.segmentors import SPD
from mmspd.models.segmentors.execution import Compiled, Recomputed

__all__ = ['ExportNetwork']


class ExportNetwork(nn.Module):
    """A copy of an SPD on the CPU, in evaluation mode, whose inputs and outputs are tensors of fixed meaning.

    Batch norms are folded into their convolutions, and the data preprocessor's normalisation is inside.

    Inputs are ``image``, float32 (N, 3, H, W), red, green, blue, 0..255, and with dense pose ``boxes``, float32 (N, 4),
    ``x1, y1, x2, y2`` on pixel edges of the network input. An empty box (``x2 <= x1`` or ``y2 <= y1``) asks for the
    network's own choice, that of :meth:`mmspd.models.segmentors.SPD.given_or_found_rois`.

    Outputs, of which those of missing branches are missing:

    * ``seg_logits`` float32 (N, C, h, w): the mean of all stages.
    * ``heatmaps`` float32 (N, K, h, w): of the last stage.
    * ``part_logits`` float32 (N, 25, S, S) and ``uv`` float32 (N, 2, 24, S, S), 0..1: charts over the boxes.
    * ``boxes_used`` float32 (N, 4): the box of each picture's charts.

    Args:
        model (nn.Module): An SPD with its weights; it stays as it is.
        input_size (tuple): (W, H) of the network input.

    Raises:
        ValueError: A model that is no SPD, that is on the corner grid or reads joints by ``decode='argmax'``, that
            :func:`~mmspd.models.inference.prepare_for_inference` rewrote, or has a preprocessor of another kind.
    """

    model: Any
    mean: Tensor
    std: Tensor

    def __init__(self, model: nn.Module, input_size: tuple[int, int]) -> None:
        super().__init__()
        _check(model, input_size)
        copied: Any = copy.deepcopy(model).cpu()
        copied.eval()
        copied.requires_grad_(False)
        _use_plain_methods(copied)
        fold_norms(copied)
        copied.to(memory_format=torch.contiguous_format)
        copied.channels_last = False
        self.model = copied
        self.input_size = input_size
        preprocessor = copied.data_preprocessor
        self.swaps_channels = not getattr(preprocessor, '_channel_conversion', False)
        normalises = getattr(preprocessor, '_enable_normalize', False)
        self.register_buffer('mean', preprocessor.mean.clone() if normalises else torch.zeros(3, 1, 1))
        self.register_buffer('std', preprocessor.std.clone() if normalises else torch.ones(3, 1, 1))

    @property
    def input_names(self) -> list[str]:
        """Names of :meth:`forward`'s arguments."""
        return ['image', 'boxes'] if self.model.densepose_head else ['image']

    @property
    def output_names(self) -> list[str]:
        """Names of what :meth:`forward` returns, in its order."""
        names = ['seg_logits'] if self.model.seg_head else []
        names += ['heatmaps'] if self.model.pose_head else []
        return names + (['part_logits', 'uv', 'boxes_used'] if self.model.densepose_head else [])

    def example_inputs(self, number: int) -> tuple[Tensor, ...]:
        """Inputs of ``number`` grey pictures, with empty boxes."""
        width, height = self.input_size
        inputs = (torch.full((number, 3, height, width), 127.0), torch.zeros(number, 4))
        return inputs[: len(self.input_names)]

    def forward(self, image: Tensor, boxes: Tensor | None = None) -> tuple[Tensor, ...]:
        """Run the network; the class lists inputs and outputs."""
        model = self.model
        inputs = ((image.flip(1) if self.swaps_channels else image) - self.mean) / self.std
        feats = model.extract_feat(inputs)
        seg_stages, pose_stages = model.forward_branches(feats)
        outputs = []
        if model.seg_head:
            outputs.append(model.forward_seg(feats, seg_stages))
        if model.pose_head:
            outputs.append(pose_stages[-1])
        if model.densepose_head:
            assert boxes is not None  # one of the input names
            width, height = self.input_size
            whole = torch.tensor([[0.0, 0.0, width, height]])
            found = foreground_boxes(outputs[0], (height, width)) if model.seg_head else whole
            used = chosen_boxes(boxes, found)
            rois = torch.cat([used[:, :1], used], dim=1)  # the first column is not read
            part_logits, uv = model.densepose_head(feats.shallow, rois, grid_roi_align)
            outputs += [part_logits, uv.clamp(0, 1), used]
        return tuple(outputs)


def _check(model: Any, input_size: tuple[int, int]) -> None:
    """Raise ValueError for what cannot be exported."""
    if not isinstance(model, SPD):
        raise ValueError(f'expected an SPD model to export, got {type(model).__name__}')
    if len(input_size) != 2 or min(input_size) < 1:
        raise ValueError(f'input_size is (width, height) in pixels, got {input_size}')
    if model.grid != 'edge':
        raise ValueError(f"only models of grid='edge' can be exported, this one has grid={model.grid!r}")
    if model.pose_head and model.pose_head.decode != 'peak':
        raise ValueError(f"only a pose head of decode='peak' can be exported, got decode={model.pose_head.decode!r}")
    if any(isinstance(module, FastConv2d | StackedASPP) for module in model.modules()):
        raise ValueError('this model was rewritten by prepare_for_inference: export it as it was built and loaded')
    preprocessor = model.data_preprocessor
    plain = type(preprocessor) in (BaseDataPreprocessor, ImgDataPreprocessor, SPDDataPreProcessor)
    if not plain or getattr(preprocessor, 'pad_size_divisor', 1) != 1:
        raise ValueError(
            f'the data preprocessor must be an SPDDataPreProcessor, got {type(preprocessor).__name__}, which may pad: '
            'load the model with data_preprocessor.type=SPDDataPreProcessor'
        )


def _use_plain_methods(model: nn.Module) -> None:
    """Undo ``compile_modules`` and ``checkpoint_activations``, whose wrappers hide the operations."""
    for module in model.modules():
        for name, value in list(vars(module).items()):
            if isinstance(value, Compiled | Recomputed):
                delattr(module, name)
