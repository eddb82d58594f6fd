"""What the segmentation and the pose branch share: their state and the refinement that exchanges it.

Paper, sections III.B and III.C; kernel sizes and widths from JPPNet's public code.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from mmcv.cnn import ConvModule, DepthwiseSeparableConvModule
from mmengine.model import BaseModule, ModuleList, Sequential
from torch import Tensor, nn

EXCHANGES = ('context', 'prediction')
REFINES = ('full', 'separable')


class BranchState(NamedTuple):
    """What a branch knows after its initial pass or a refinement.

    Attributes:
        prediction (Tensor): Logits (N, 20, h, w) or heatmaps (N, 16, h, w).
        context (Tensor): (N, C, h, w), 256 channels in the paper's model.
    """

    prediction: Tensor
    context: Tensor


class BranchChannels(NamedTuple):
    """Channel counts of a branch's :class:`BranchState`."""

    prediction: int
    context: int


def conv_stack(
    in_channels: int,
    channels: Sequence[int],
    kernels: Sequence[int] | int,
    norm_cfg: dict | None = None,
    separable: bool = False,
) -> Sequential:
    """Convolutions of stride 1 that keep the size, each with ReLU.

    Args:
        in_channels (int): Channels of the input.
        channels (Sequence[int]): Output channels of each.
        kernels (Sequence[int] | int): Odd kernel size of each, or one for all.
        norm_cfg (dict | None): Norm layer between convolution and ReLU; None: none, as in JPPNet.
        separable (bool): Kernels larger than 3x3 become one of that size on each channel and a 1x1 across channels,
            without ReLU between them (Chollet, "Xception", CVPR 2017).
    """
    sizes = [kernels] * len(channels) if isinstance(kernels, int) else list(kernels)
    if len(sizes) != len(channels) or not all(size % 2 for size in sizes):
        raise ValueError(f'need one odd kernel size for each of the channels {tuple(channels)}, got {tuple(sizes)}')
    inputs = [in_channels, *channels[:-1]]
    layers = []
    for i, o, size in zip(inputs, channels, sizes, strict=True):
        if separable and size > 3:
            layers.append(
                DepthwiseSeparableConvModule(i, o, size, padding=size // 2, norm_cfg=norm_cfg, dw_act_cfg=None)
            )
        else:
            layers.append(ConvModule(i, o, size, padding=size // 2, norm_cfg=norm_cfg))
    return Sequential(*layers)


class RefinementStage(BaseModule):
    """One refinement of a branch by its own and its partner's state.

    Concatenates, in this order: own prediction remapped to ``remap_channels``; the partner's part, where there is a
    partner; own context. ``exchange='context'`` (SPD) takes the partner's context as it is, ``'prediction'`` (JPPNet)
    its prediction, remapped likewise. Five convolutions follow; the next context is the output of the fourth.

    Args:
        own (BranchChannels): Channels of the branch itself.
        partner (BranchChannels | None): Channels of the other branch; None leaves its inputs out.
        predictor (nn.Module): From ``channels[-1]`` channels to the refined prediction.
        exchange (str): ``'context'`` or ``'prediction'``.
        remap_channels (int): Width of the 1x1 convolutions on predictions.
        channels (Sequence[int]): Widths of the five convolutions.
        kernels (Sequence[int]): Their kernel sizes.
        norm_cfg (dict | None): As in :func:`conv_stack`.
        refine (str): ``'full'``, or ``'separable'`` for large kernels on single channels, see :func:`conv_stack`.
    """

    def __init__(
        self,
        own: BranchChannels,
        partner: BranchChannels | None,
        predictor: nn.Module,
        exchange: str = 'context',
        remap_channels: int = 128,
        channels: Sequence[int] = (512, 256, 256, 256, 256),
        kernels: Sequence[int] = (3, 5, 7, 9, 1),
        norm_cfg: dict | None = None,
        refine: str = 'full',
    ) -> None:
        super().__init__()
        if exchange not in EXCHANGES:
            raise ValueError(f'exchange must be one of {EXCHANGES}, got {exchange!r}')
        if refine not in REFINES:
            raise ValueError(f'refine must be one of {REFINES}, got {refine!r}')
        if len(channels) < 2:
            raise ValueError(f'a refinement needs at least two convolutions, got channels={tuple(channels)}')
        self.exchange = exchange
        self.remap_own = conv_stack(own.prediction, [remap_channels], 1, norm_cfg)
        self.remap_partner: nn.Module | None = None
        width = remap_channels + own.context
        if partner is not None and exchange == 'prediction':
            self.remap_partner = conv_stack(partner.prediction, [remap_channels], 1, norm_cfg)
            width += remap_channels
        elif partner is not None:
            width += partner.context
        separable = refine == 'separable'
        self.context_convs = conv_stack(width, channels[:-1], kernels[:-1], norm_cfg, separable)
        self.top_conv = conv_stack(channels[-2], channels[-1:], kernels[-1:], norm_cfg, separable)
        self.predictor = predictor

    def gather(self, own: BranchState, partner: BranchState | None) -> Tensor:
        """Concatenate the stage's inputs: (N, C, h, w)."""
        inputs = [self.remap_own(own.prediction)]
        if partner is not None:
            inputs.append(partner.context if self.remap_partner is None else self.remap_partner(partner.prediction))
        return torch.cat([*inputs, own.context], dim=1)

    def forward(self, own: BranchState, partner: BranchState | None) -> BranchState:
        """Refine: the new prediction and the new context, both (N, ., h, w)."""
        context = self.context_convs(self.gather(own, partner))
        return BranchState(self.predictor(self.top_conv(context)), context)


class Refinements(BaseModule):
    """All refinements of a branch, with separate weights, built once the partner is known.

    Args:
        initial (BranchChannels): Channels of the branch's initial state.
        make_predictor (Callable): Called with a channel count, makes the module that predicts from that many channels.
        num_refinements (int): 1 in SPD, 2 in JPPNet; 0 leaves the initial prediction as it is.
        exchange (str): As in :class:`RefinementStage`.
        channels (Sequence[int]): As in :class:`RefinementStage`.
        **settings: Further arguments of :class:`RefinementStage`.
    """

    def __init__(
        self,
        initial: BranchChannels,
        make_predictor: Callable[[int], nn.Module],
        num_refinements: int = 1,
        exchange: str = 'context',
        channels: Sequence[int] = (512, 256, 256, 256, 256),
        **settings: Any,
    ) -> None:
        super().__init__()
        if num_refinements < 0:
            raise ValueError(f'num_refinements must be 0 or more, got {num_refinements}')
        self.num_refinements, self.exchange = num_refinements, exchange
        self.settings = dict(settings, exchange=exchange, channels=channels)
        self.make_predictor = make_predictor
        # The context is replaced by the fourth convolution's output, so its width may change once.
        self.states = [initial] + [initial._replace(context=channels[-2])] * num_refinements
        self.connect(None)

    def connect(self, partner: 'Refinements | None') -> None:
        """(Re)build the stages for a partner; None leaves the partner's inputs out.

        Raises:
            ValueError: The two branches disagree on the number of refinements or on what they exchange.
        """
        if partner is not None and (partner.num_refinements, partner.exchange) != (self.num_refinements, self.exchange):
            raise ValueError(
                'seg_head and pose_head must agree on (num_refinements, exchange), got '
                f'{(self.num_refinements, self.exchange)} and {(partner.num_refinements, partner.exchange)}'
            )
        self.stages = ModuleList(
            RefinementStage(
                self.states[step],
                None if partner is None else partner.states[step],
                self.make_predictor(self.settings['channels'][-1]),
                **self.settings,
            )
            for step in range(self.num_refinements)
        )

    def forward(self, step: int, own: BranchState, partner: BranchState | None) -> BranchState:
        """Refinement number ``step`` (from 0) from the previous pass's states."""
        return self.stages[step](own, partner)
