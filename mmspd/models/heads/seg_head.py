"""The segmentation branch: 20-class human parsing (paper, section III.B)."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import Tensor, nn

from mmspd.anatomy import NUM_CLASSES
from mmspd.models.heads.aspp import ASPPClassifier
from mmspd.models.heads.refinement import BranchChannels, BranchState, Refinements, conv_stack
from mmspd.models.losses.pixel_counts import pixel_loss
from mmspd.models.losses.process_shares import share_terms
from mmspd.models.losses.task_loss import TaskLoss, term_name
from mmspd.registry import MODELS
from mmspd.structures import SPDDataSample

LOSS_SIZES = ('feature', 'label')


@MODELS.register_module()
class SPDSegHead(BaseDecodeHead):
    """Parsing by ASPP, then refined with the pose branch's context.

    In :class:`~mmspd.models.segmentors.SPD` the segmentor calls :meth:`initial` and :meth:`refine`. In an ordinary
    mmseg ``EncoderDecoder`` it is a decode head like any other, which refines by its own context alone.

    Args:
        in_channels (int): Channels of res5.
        num_classes (int): 20 in LIP.
        rates (Sequence[int]): Atrous rates of both ASPPs.
        context_channels (Sequence[int]): Widths of the 3x3 convolutions that make the context.
        num_refinements (int): Passes of refinement; SPD has one, JPPNet two.
        exchange (str): What the pose branch hands over, ``'context'`` (SPD) or ``'prediction'`` (JPPNet).
        refine (str): ``'full'`` (the paper's), or ``'separable'``: a refinement's kernels larger than 3x3 act on single
            channels, a 1x1 joins them.
        remap_channels (int): Width of remapped predictions.
        refine_channels (Sequence[int]): Widths of a refinement's five convolutions.
        refine_kernels (Sequence[int]): Their kernel sizes.
        loss_size (str): ``'label'`` upsamples logits to the label, ``'feature'`` takes the nearest label of each cell,
            at stride 8, as JPPNet does.
        loss_decode (dict): mmseg loss of one stage's logits; by default Eq. 2 over the pixels that are not ignored.
        norm_cfg (dict | None): Norm layer of the branch's hidden convolutions; none in JPPNet.
        in_index (int): Which of the backbone's outputs to take, in an ``EncoderDecoder``.
        ignore_index (int): Label that is not trained.
        init_cfg (dict | list | None): As in mmengine.
    """

    def __init__(
        self,
        in_channels: int = 2048,
        num_classes: int = NUM_CLASSES,
        rates: Sequence[int] = (6, 12, 18, 24),
        context_channels: Sequence[int] = (512, 256),
        num_refinements: int = 1,
        exchange: str = 'context',
        refine: str = 'full',
        remap_channels: int = 128,
        refine_channels: Sequence[int] = (512, 256, 256, 256, 256),
        refine_kernels: Sequence[int] = (3, 5, 7, 9, 1),
        loss_size: str = 'label',
        loss_decode: dict | None = None,
        norm_cfg: dict | None = None,
        in_index: int = -1,
        ignore_index: int = 255,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(
            in_channels,
            context_channels[-1],
            num_classes=num_classes,
            dropout_ratio=0,
            norm_cfg=norm_cfg,
            in_index=in_index,
            loss_decode=loss_decode or dict(type='CrossEntropyLoss', avg_non_ignore=True),
            ignore_index=ignore_index,
            init_cfg=init_cfg,
        )
        # The base class's classifier is a 1x1 convolution; both of ours are ASPPs.
        del self.conv_seg
        if loss_size not in LOSS_SIZES:
            raise ValueError(f'loss_size must be one of {LOSS_SIZES}, got {loss_size!r}')
        self.loss_size = loss_size
        self.classifier = ASPPClassifier(in_channels, num_classes, rates)
        # Without refinements nobody reads the context, and weights without gradient stop distributed training.
        self.context_convs = (
            conv_stack(in_channels, context_channels, 3, norm_cfg) if num_refinements else nn.Identity()
        )
        self.refinements = Refinements(
            BranchChannels(num_classes, context_channels[-1]),
            partial(ASPPClassifier, num_classes=num_classes, rates=rates),
            num_refinements=num_refinements,
            exchange=exchange,
            refine=refine,
            channels=refine_channels,
            kernels=refine_kernels,
            remap_channels=remap_channels,
            norm_cfg=norm_cfg,
        )

    def initial(self, feat: Tensor) -> BranchState:
        """First logits (N, 20, h, w) and context (N, 256, h, w) of res5 (N, 2048, h, w)."""
        return BranchState(self.classifier(feat), self.context_convs(feat))

    def refine(self, step: int, own: BranchState, partner: BranchState | None) -> BranchState:
        """Refined logits and context; see :class:`~mmspd.models.heads.refinement.RefinementStage`."""
        return self.refinements(step, own, partner)

    def forward(self, inputs: Sequence[Tensor]) -> list[Tensor]:
        """Without a partner: logits of every stage, each (N, 20, h, w), of a backbone's outputs."""
        states = [self.initial(self._transform_inputs(inputs))]
        for step in range(self.refinements.num_refinements):
            states.append(self.refine(step, states[-1], None))
        return [state.prediction for state in states]

    def task_loss(self, stages: Sequence[Tensor], labels: Tensor) -> TaskLoss:
        """Loss of every stage (paper, Eq. 2).

        Args:
            stages (Sequence[Tensor]): Logits of each stage, (N, 20, h, w).
            labels (Tensor): int64 (N, H, W), 0..19 or ``ignore_index``.

        Returns:
            TaskLoss: A term ``stage<i>`` for each; more where ``loss_decode`` is a list.
        """
        if self.loss_size == 'feature':
            size = stages[0].shape[-2:]
            labels = F.interpolate(labels[:, None].float(), size=size, mode='nearest-exact')[:, 0].long()
        terms: dict[str, Tensor] = {}
        counts: dict[str, Tensor] = {}
        losses: Any = self.loss_decode if isinstance(self.loss_decode, nn.ModuleList) else [self.loss_decode]
        for number, logits in enumerate(stages):
            # In mixed precision too, as sums over thousands of cells.
            resized = logits.float()
            if self.loss_size == 'label':
                resized = F.interpolate(resized, size=labels.shape[-2:], mode='bilinear', align_corners=False)
            for place, loss in enumerate(losses):
                name = f'stage{number}' if len(losses) == 1 else f'stage{number}_{term_name(loss.loss_name)}'
                name = name if name not in terms else f'{name}{place}'  # mmseg's losses of a kind share one name
                terms[name], counts[name] = pixel_loss(loss, resized, labels, self.ignore_index)
        return share_terms(terms, counts, (labels != self.ignore_index).sum())

    def loss_by_feat(self, seg_logits: list[Tensor], batch_data_samples: list[SPDDataSample]) -> dict[str, Tensor]:
        """Losses in an ``EncoderDecoder``: ``loss_stage<i>`` for each stage."""
        labels = self._stack_batch_gt(batch_data_samples).squeeze(1)
        terms = self.task_loss(seg_logits, labels).terms
        return {f'loss_{name}': term for name, term in terms.items()}

    def predict_by_feat(self, seg_logits: list[Tensor], batch_img_metas: list[dict[str, Any]]) -> Tensor:
        """Logits in an ``EncoderDecoder``, at the network input's size: (N, 20, H, W)."""
        return super().predict_by_feat(self.merge_stages(seg_logits), batch_img_metas)

    @staticmethod
    def merge_stages(stages: Sequence[Tensor]) -> Tensor:
        """Mean of all stages' logits, (N, 20, h, w), as JPPNet does at test time."""
        return torch.stack(list(stages)).mean(dim=0)
