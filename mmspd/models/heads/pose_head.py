"""The pose branch: heatmaps of 16 joints (paper, section III.C)."""

from collections.abc import Sequence
from functools import partial

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmspd.anatomy import NUM_JOINTS
from mmspd.models.heads.refinement import BranchChannels, BranchState, Refinements, conv_stack
from mmspd.models.losses.heatmap_loss import annotated_images, coordinate_loss, heatmap_mean_square, heatmap_norm
from mmspd.models.losses.process_shares import share_terms
from mmspd.models.losses.task_loss import TaskLoss
from mmspd.registry import MODELS

LOSSES = ('norm', 'mean', 'coordinates')
DECODES = ('peak', 'argmax')


class HeatmapPredictor(BaseModule):
    """A 1x1 convolution to heatmaps, without activation.

    Args:
        in_channels (int): Channels of the input.
        num_joints (int): Heatmaps of the output.
    """

    def __init__(self, in_channels: int, num_joints: int = NUM_JOINTS) -> None:
        super().__init__(init_cfg=dict(type='Normal', layer='Conv2d', std=0.001))
        self.conv = nn.Conv2d(in_channels, num_joints, 1)

    def forward(self, feat: Tensor) -> Tensor:
        """Heatmaps (N, num_joints, h, w)."""
        return self.conv(feat)


@MODELS.register_module()
class SPDPoseHead(BaseModule):
    """Heatmaps by eight convolutions on res4, then refined with the segmentation branch's context.

    Args:
        in_channels (int): Channels of res4.
        num_joints (int): 16 in LIP.
        feature_channels (Sequence[int]): Widths of the 3x3 convolutions; the last is the pose context.
        top_channels (int): Width of the 1x1 convolution before the heatmaps.
        num_refinements (int): Passes of refinement; SPD has one, JPPNet two.
        exchange (str): What the segmentation branch hands over, ``'context'`` (SPD) or ``'prediction'`` (JPPNet).
        refine (str): ``'full'`` (the paper's), or ``'separable'``: a refinement's kernels larger than 3x3 act on single
            channels, a 1x1 joins them.
        remap_channels (int): Width of remapped predictions.
        refine_channels (Sequence[int]): Widths of a refinement's five convolutions.
        refine_kernels (Sequence[int]): Their kernel sizes.
        loss (str): ``'norm'`` (JPPNet), ``'mean'`` (squares) or ``'coordinates'`` (Eq. 3 by soft-argmax); see
            :mod:`mmspd.models.losses.heatmap_loss`.
        sigma (int): Cells of the target heatmaps' standard deviation, as in ``PoseTargets``; decoding fits it.
        decode (str): How a joint is read from its heatmap: ``'peak'`` fits a Gaussian to the cells around the largest,
            ``'argmax'`` takes the first largest pixel of the map enlarged to the picture by nearest neighbour (JPPNet;
            up to a cell too far left and up).
        norm_cfg (dict | None): Norm layer of the branch's hidden convolutions; none in JPPNet.
        init_cfg (dict | list | None): As in mmengine.
    """

    def __init__(
        self,
        in_channels: int = 1024,
        num_joints: int = NUM_JOINTS,
        feature_channels: Sequence[int] = (512, 512, 256, 256, 256, 256),
        top_channels: int = 512,
        num_refinements: int = 1,
        exchange: str = 'context',
        refine: str = 'full',
        remap_channels: int = 128,
        refine_channels: Sequence[int] = (512, 256, 256, 256, 256),
        refine_kernels: Sequence[int] = (3, 5, 7, 9, 1),
        loss: str = 'norm',
        sigma: int = 2,
        decode: str = 'peak',
        norm_cfg: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg)
        if loss not in LOSSES:
            raise ValueError(f'loss must be one of {LOSSES}, got {loss!r}')
        if decode not in DECODES:
            raise ValueError(f'decode must be one of {DECODES}, got {decode!r}')
        self.loss, self.sigma, self.decode = loss, sigma, decode
        self.num_joints = num_joints
        self.feature_convs = conv_stack(in_channels, feature_channels, 3, norm_cfg)
        self.top_conv = conv_stack(feature_channels[-1], [top_channels], 1, norm_cfg)
        self.predictor = HeatmapPredictor(top_channels, num_joints)
        self.refinements = Refinements(
            BranchChannels(num_joints, feature_channels[-1]),
            partial(HeatmapPredictor, num_joints=num_joints),
            num_refinements=num_refinements,
            exchange=exchange,
            refine=refine,
            channels=refine_channels,
            kernels=refine_kernels,
            remap_channels=remap_channels,
            norm_cfg=norm_cfg,
        )

    def initial(self, feat: Tensor) -> BranchState:
        """First heatmaps (N, 16, h, w) and context (N, 256, h, w) of res4 (N, 1024, h, w)."""
        context = self.feature_convs(feat)
        return BranchState(self.predictor(self.top_conv(context)), context)

    def refine(self, step: int, own: BranchState, partner: BranchState | None) -> BranchState:
        """Refined heatmaps and context; see :class:`~mmspd.models.heads.refinement.RefinementStage`."""
        return self.refinements(step, own, partner)

    def task_loss(self, stages: Sequence[Tensor], heatmaps: Tensor, joints: Tensor, weights: Tensor) -> TaskLoss:
        """Loss of every stage (paper, Eq. 3).

        Args:
            stages (Sequence[Tensor]): Heatmaps of each stage, (N, 16, h, w).
            heatmaps (Tensor): Targets, float (N, 16, h, w).
            joints (Tensor): float (N, 16, 2), in heatmap cells; read by ``loss='coordinates'`` only.
            weights (Tensor): float (N, 16), 0 where a joint is not annotated.

        Returns:
            TaskLoss: A term ``stage<i>`` for each.

        Raises:
            ValueError: Targets of another size than the prediction, as from another stride.
        """
        if stages[0].shape != heatmaps.shape:
            raise ValueError(
                f'the network predicts heatmaps of shape {tuple(stages[0].shape)} but the targets have '
                f'{tuple(heatmaps.shape)}: PoseTargets must use the stride of the features'
            )
        if self.loss == 'coordinates':
            losses = [coordinate_loss(stage, joints, weights) for stage in stages]
        else:
            function = heatmap_norm if self.loss == 'norm' else heatmap_mean_square
            losses = [function(stage, heatmaps, weights) for stage in stages]
        terms = {f'stage{i}': loss for i, loss in enumerate(losses)}
        images = annotated_images(weights).sum()
        return share_terms(terms, dict.fromkeys(terms, images), images)
