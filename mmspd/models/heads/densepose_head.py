"""The dense-pose branch: part index I and surface coordinates U, V (paper, section III.D)."""

from collections.abc import Callable, Sequence

import torch.nn.functional as F
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule, ModuleList
from torch import Tensor, nn

from mmspd.anatomy import NUM_PARTS
from mmspd.codecs.charts import inside_box, sample_charts_of
from mmspd.models.heads.refinement import conv_stack
from mmspd.models.losses.process_shares import share_terms
from mmspd.models.losses.surface_loss import COMBINATIONS, combine_terms, surface_terms, term_counts
from mmspd.models.losses.task_loss import TaskLoss
from mmspd.models.sampling import roi_align
from mmspd.registry import MODELS


class ChartPredictor(BaseModule):
    """3x3 convolutions, a transposed convolution x2 and bilinear upsampling (Guler et al., CVPR 2018).

    Args:
        in_channels (int): Channels of the region's features.
        out_channels (int): Maps to predict.
        num_convs (int): 3x3 convolutions.
        channels (int): Their width.
        norm_cfg (dict | None): Their norm layer.
    """

    def __init__(
        self, in_channels: int, out_channels: int, num_convs: int, channels: int, norm_cfg: dict | None
    ) -> None:
        super().__init__(init_cfg=dict(type='Normal', layer='ConvTranspose2d', std=0.01))
        self.convs = conv_stack(in_channels, [channels] * num_convs, 3, norm_cfg)
        self.deconv = nn.ConvTranspose2d(channels if num_convs else in_channels, out_channels, 4, stride=2, padding=1)

    def forward(self, feat: Tensor, size: int) -> Tensor:
        """Maps (R, out_channels, size, size) of features (R, in_channels, s, s)."""
        maps = self.deconv(self.convs(feat))
        return F.interpolate(maps, size=(size, size), mode='bilinear', align_corners=False)


@MODELS.register_module()
class SPDDensePoseHead(BaseModule):
    """I, U, V over a person's box, from ROI-pooled res4.

    The regions are pooled "cascadely" from coarse to fine: each level's features are convolved, the coarser result is
    upsampled and added, so that the finest map has seen the whole person. Two stacks follow, one for I over 25 labels
    and one for U and V of each of the 24 parts.

    Args:
        in_channels (int): Channels of res4.
        num_parts (int): Parts of the surface, without the background.
        pool_sizes (Sequence[int]): ROI align's sizes, from coarse to fine.
        pool_channels (int): Width of the cascade.
        num_convs (int): Convolutions of each stack; DensePose R-CNN has eight.
        channels (int): Their width.
        chart_size (int): Cells along each side of the predicted charts.
        stride (int): Pixels per cell of res4.
        sampling_ratio (int): ROI align's samples along each side of a bin.
        combine (str): How Eq. 4 combines its terms, ``'sum'`` or ``'product'``; see
            :func:`~mmspd.models.losses.surface_loss.combine_terms`.
        huber_delta (float): Where the Huber loss becomes linear.
        norm_cfg (dict | None): Norm layer of the hidden convolutions.
        init_cfg (dict | list | None): As in mmengine.
    """

    def __init__(
        self,
        in_channels: int = 1024,
        num_parts: int = NUM_PARTS,
        pool_sizes: Sequence[int] = (7, 14, 28),
        pool_channels: int = 512,
        num_convs: int = 8,
        channels: int = 512,
        chart_size: int = 112,
        stride: int = 8,
        sampling_ratio: int = 2,
        combine: str = 'sum',
        huber_delta: float = 1.0,
        norm_cfg: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if combine not in COMBINATIONS:
            raise ValueError(f'combine must be one of {COMBINATIONS}, got {combine!r}')
        if not pool_sizes or list(pool_sizes) != sorted(pool_sizes):
            raise ValueError(f'pool_sizes must go from coarse to fine, got {tuple(pool_sizes)}')
        self.num_parts, self.pool_sizes, self.chart_size = num_parts, tuple(pool_sizes), chart_size
        self.stride, self.sampling_ratio = stride, sampling_ratio
        self.combine, self.huber_delta = combine, huber_delta
        self.level_convs = ModuleList(
            ConvModule(in_channels, pool_channels, 3, padding=1, norm_cfg=norm_cfg) for _ in pool_sizes
        )
        self.part_predictor = ChartPredictor(pool_channels, num_parts + 1, num_convs, channels, norm_cfg)
        self.uv_predictor = ChartPredictor(pool_channels, 2 * num_parts, num_convs, channels, norm_cfg)

    def pool(self, feat: Tensor, rois: Tensor, align: Callable[..., Tensor] = roi_align) -> Tensor:
        """Cascaded ROI pooling.

        Args:
            feat (Tensor): res4, (N, C, h, w).
            rois (Tensor): float (R, 5), image index and box on pixel edges of the network input.
            align (Callable): ROI align, of :func:`~mmspd.models.sampling.roi_align`'s arguments and values.

        Returns:
            Tensor: (R, pool_channels, s, s), s the last of ``pool_sizes``.
        """
        out: Tensor | None = None
        for size, conv in zip(self.pool_sizes, self.level_convs, strict=True):
            level = conv(align(feat, rois, size, 1 / self.stride, self.sampling_ratio))
            if out is not None:
                level = level + F.interpolate(out, size=(size, size), mode='bilinear', align_corners=False)
            out = level
        assert out is not None  # pool_sizes is not empty
        return out

    def forward(self, feat: Tensor, rois: Tensor, align: Callable[..., Tensor] = roi_align) -> tuple[Tensor, Tensor]:
        """Charts of regions.

        Args:
            feat (Tensor): res4, (N, C, h, w).
            rois (Tensor): float (R, 5), image index and box on pixel edges of the network input.
            align (Callable): As in :meth:`pool`.

        Returns:
            tuple[Tensor, Tensor]: Logits of I (R, 25, S, S); U, V (R, 2, 24, S, S), not yet clamped to 0..1.
        """
        regions = self.pool(feat, rois, align)
        part_logits = self.part_predictor(regions, self.chart_size)
        uv = self.uv_predictor(regions, self.chart_size)
        return part_logits, uv.unflatten(1, (2, self.num_parts))

    def task_loss(
        self,
        charts: tuple[Tensor, Tensor],
        rois: Tensor,
        points: Tensor,
        roi_index: Tensor,
        labels: Tensor,
        target_uv: Tensor,
        uv_valid: Tensor,
    ) -> TaskLoss:
        """Loss at the points inside their boxes (paper, Eq. 4).

        Args:
            charts (tuple): Of :meth:`forward`.
            rois (Tensor): float (R, 5).
            points (Tensor): float (P, 2), network input pixels.
            roi_index (Tensor): int64 (P,), the region of each point.
            labels (Tensor): int64 (P,), 0 (background) to 24.
            target_uv (Tensor): float (P, 2), in 0..1.
            uv_valid (Tensor): bool (P,).

        Returns:
            TaskLoss: Terms ``I``, ``U``, ``V`` (``combine='sum'``) or ``IUV`` (``'product'``).
        """
        # A box jittered smaller than the person leaves points without a chart under them.
        inside = inside_box(rois[roi_index, 1:], points)
        points, roi_index, labels = points[inside], roi_index[inside], labels[inside]
        target_uv, uv_valid = target_uv[inside], uv_valid[inside]
        part_logits, uv = charts
        sampled_logits = sample_charts_of(part_logits, rois[:, 1:], points, roi_index)
        sampled_uv = sample_charts_of(uv.flatten(1, 2), rois[:, 1:], points, roi_index)
        entropy, huber = surface_terms(
            sampled_logits, sampled_uv.unflatten(1, (2, self.num_parts)), labels, target_uv, uv_valid, self.huber_delta
        )
        terms = combine_terms(entropy, huber, uv_valid, self.combine)
        return share_terms(terms, term_counts(uv_valid, self.combine), labels.new_tensor(len(labels)))
