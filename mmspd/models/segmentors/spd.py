"""The multi-task model: it wires backbone, neck and branches (paper, section III.A and Fig. 2)."""

from collections.abc import Sequence
from typing import Any

import torch
import torch.nn.functional as F
from mmseg.models.segmentors.base import BaseSegmentor
from torch import Tensor, nn

from mmspd.geometry import GRIDS
from mmspd.models.heads.refinement import BranchState
from mmspd.models.heads.seg_head import SPDSegHead
from mmspd.models.losses.process_shares import process_means
from mmspd.models.losses.task_loss import TaskLoss
from mmspd.models.necks.spd_neck import BranchFeatures
from mmspd.models.segmentors.batch import JointTargets, gather_points, person_boxes, stack_joints, stack_labels
from mmspd.models.segmentors.decoding import enlarge_logits, foreground_box, set_joints, set_parsing, set_surface
from mmspd.models.segmentors.execution import set_execution
from mmspd.models.segmentors.foreign_head import foreign_seg_loss
from mmspd.models.segmentors.outputs import SPDAnswers, SPDOutputs
from mmspd.models.segmentors.scales import resize_inputs, resize_joints, supervise_scales
from mmspd.registry import MODELS
from mmspd.structures import SPDDataSample


def _size(inputs: Tensor) -> tuple[int, int]:
    """(H, W) of a batch."""
    return inputs.shape[-2], inputs.shape[-1]


@MODELS.register_module()
class SPD(BaseSegmentor):
    """Segmentation, pose and dense pose from one backbone. A missing head is None, and nothing else changes.

    Args:
        backbone (dict): Gives res4 and, for segmentation, res5.
        neck (dict | None): :class:`~mmspd.models.necks.SPDNeck`; None: its defaults, for a dilated ResNet.
        seg_head (dict | None): :class:`SPDSegHead`, or a decode head of mmseg that gives one map of logits; it then
            takes no part in the exchange with the pose branch (its ``in_index`` counts [res4, res5]).
        pose_head (dict | None): :class:`~mmspd.models.heads.SPDPoseHead`.
        densepose_head (dict | None): :class:`~mmspd.models.heads.SPDDensePoseHead`.
        multi_task_loss (dict | None): :class:`~mmspd.models.losses.MultiTaskLoss`; None: its defaults, Eq. 1.
        data_preprocessor (dict | nn.Module | None): :class:`~mmspd.models.data_preprocessor.SPDDataPreProcessor`.
        train_cfg (dict | None): Handed to a decode head of mmseg.
        test_cfg (dict | None): Taken because mmseg's configs have it; the network always sees whole inputs.
        scales (Sequence[float]): Scales of the input at which segmentation and pose are trained with shared weights,
            the first 1. With more than one, each scale *and* their mean are supervised (JPPNet: 1, 0.75, 0.5). Dense
            pose is trained, and everything predicted, at scale 1; ``tta_pipeline`` predicts at several.
        channels_last (bool): Weights and feature maps lie in memory pixel by pixel (``torch.channels_last``).
        checkpoint_activations (bool): Training keeps the inputs of residual blocks and of the branches' passes alone
            and computes the rest again for the backward pass: less memory, more time. Needs torch 2.1.
        compile_modules (bool | dict): Run the same parts through ``torch.compile``; a dict holds its arguments.
        grid (str): Where the cells of logits and heatmaps lie in predictions: ``'edge'``, or ``'corner'`` for weights
            trained with TensorFlow 1's resizing (:mod:`mmspd.models.segmentors.corner_grid`).
        init_cfg (dict | list | None): As in mmengine.

    Raises:
        ValueError: No head at all, an unknown grid, heads that disagree on the exchange, or scales that do not begin
            with 1, repeat, are not positive, or come with a decode head of mmseg.
    """

    seg_head: Any
    pose_head: Any
    densepose_head: Any

    def __init__(
        self,
        backbone: dict,
        neck: dict | None = None,
        seg_head: dict | None = None,
        pose_head: dict | None = None,
        densepose_head: dict | None = None,
        multi_task_loss: dict | None = None,
        data_preprocessor: dict | nn.Module | None = None,
        train_cfg: dict | None = None,
        test_cfg: dict | None = None,
        scales: Sequence[float] = (1.0,),
        channels_last: bool = False,
        checkpoint_activations: bool = False,
        compile_modules: bool | dict[str, Any] = False,
        grid: str = 'edge',
        init_cfg: dict | list | None = None,
    ) -> None:
        # mmengine would look it up in its own registry, which knows ours only while a default scope is set.
        preprocessor = MODELS.build(data_preprocessor) if isinstance(data_preprocessor, dict) else data_preprocessor
        super().__init__(data_preprocessor=preprocessor, init_cfg=init_cfg)
        if seg_head is None and pose_head is None and densepose_head is None:
            raise ValueError('SPD needs at least one of seg_head, pose_head, densepose_head; all are None')
        self.backbone = MODELS.build(backbone)
        if neck is None:
            neck = dict(type='mmspd.SPDNeck') if seg_head else dict(type='mmspd.SPDNeck', deep_level=None)
        self.neck = MODELS.build(neck)
        self.seg_head, self.pose_head, self.densepose_head = (
            head and MODELS.build(head) for head in (seg_head, pose_head, densepose_head)
        )
        self.multi_task_loss = MODELS.build(multi_task_loss or dict(type='mmspd.MultiTaskLoss'))
        heads = dict(seg=self.seg_head, pose=self.pose_head, densepose=self.densepose_head)
        self.multi_task_loss.keep_tasks([task for task, head in heads.items() if head])
        self.train_cfg, self.test_cfg = train_cfg or {}, test_cfg or {}
        if grid not in GRIDS:
            raise ValueError(f'grid must be one of {GRIDS}, got {grid!r}')
        self.grid = grid
        self.scales = tuple(scales)
        if self.scales[:1] != (1,) or len(set(self.scales)) < len(self.scales) or min(self.scales) <= 0:
            raise ValueError(f'scales must begin with 1 and be different and positive, got {self.scales}')
        if len(self.scales) > 1 and self.seg_head and not self.has_own_seg_head:
            raise ValueError(f'several scales need SPDSegHead or no seg_head, got {type(self.seg_head).__name__}')
        if self.has_own_seg_head and self.pose_head:
            self.seg_head.refinements.connect(self.pose_head.refinements)
            self.pose_head.refinements.connect(self.seg_head.refinements)
        self.channels_last = channels_last
        self._set_memory_format(channels_last)
        set_execution(self, checkpoint_activations, compile_modules)

    def _set_memory_format(self, channels_last: bool) -> None:
        """Lay all weights of four dimensions out in memory; loading a checkpoint keeps it."""
        self.to(memory_format=torch.channels_last if channels_last else torch.contiguous_format)

    def init_weights(self) -> None:
        """As in mmengine: the same weights in either memory format, which random numbers would fill in its order."""
        self._set_memory_format(False)
        super().init_weights()
        self._set_memory_format(self.channels_last)

    @property
    def has_own_seg_head(self) -> bool:
        """Whether the segmentation head is ours, which has states to refine and exchange, and not one of mmseg."""
        return isinstance(self.seg_head, SPDSegHead)

    def extract_feat(self, inputs: Tensor) -> BranchFeatures:
        """Features of the branches for inputs (N, 3, H, W)."""
        if self.channels_last:
            inputs = inputs.contiguous(memory_format=torch.channels_last)
        return self.neck(self.backbone(inputs))

    def forward_branches(self, feats: BranchFeatures) -> tuple[list[Tensor], list[Tensor]]:
        """Initial predictions and refinements of segmentation and pose.

        Both branches refine at once, each from the previous pass of the other.

        Returns:
            tuple[list[Tensor], list[Tensor]]: Logits and heatmaps of each stage; empty without the branch.
        """
        seg: list[BranchState] = [self.seg_head.initial(feats.deep)] if self.has_own_seg_head else []
        pose: list[BranchState] = [self.pose_head.initial(feats.shallow)] if self.pose_head else []
        lead = self.seg_head if seg else self.pose_head
        for step in range(lead.refinements.num_refinements if lead else 0):
            old_seg, old_pose = seg[-1] if seg else None, pose[-1] if pose else None
            if old_seg:
                seg.append(self.seg_head.refine(step, old_seg, old_pose))
            if old_pose:
                pose.append(self.pose_head.refine(step, old_pose, old_seg))
        return [state.prediction for state in seg], [state.prediction for state in pose]

    def forward_seg(self, feats: BranchFeatures, stages: list[Tensor]) -> Tensor:
        """The logits (N, C, h, w) that are the answer: the mean of all stages, or a foreign head's output."""
        return self.seg_head.merge_stages(stages) if self.has_own_seg_head else self.seg_head.forward(tuple(feats))

    def loss(self, inputs: Tensor, data_samples: list[SPDDataSample]) -> dict[str, Tensor]:
        """Weighted losses of a batch.

        Args:
            inputs (Tensor): float (N, 3, H, W).
            data_samples (list[SPDDataSample]): N samples; any annotation may be missing.

        Returns:
            dict[str, Tensor]: Of :class:`~mmspd.models.losses.MultiTaskLoss`.
        """
        size = _size(inputs)
        feats = self.extract_feat(inputs)
        seg, pose = {}, {}
        for scale in self.scales:
            scaled = feats if scale == 1 else self.extract_feat(resize_inputs(inputs, scale))
            seg[scale], pose[scale] = self.forward_branches(scaled)
        tasks: dict[str, TaskLoss] = {}
        if self.seg_head:
            labels = stack_labels(data_samples, size, inputs.device)
            if self.has_own_seg_head:
                tasks['seg'] = supervise_scales(seg, False, lambda stages: self.seg_head.task_loss(stages, labels))
            else:
                tasks['seg'] = foreign_seg_loss(self.seg_head, feats, data_samples, labels, self.train_cfg)
        if self.pose_head:
            joints = stack_joints(data_samples, pose[1][0], size)
            tasks['pose'] = supervise_scales(pose, True, lambda stages: self._pose_loss(stages, joints, pose[1][0]))
        if self.densepose_head:
            rois = person_boxes(data_samples, size, inputs.device)
            charts = self.densepose_head(feats.shallow, rois)
            points, index, *targets = gather_points(data_samples, inputs.device)
            tasks['densepose'] = self.densepose_head.task_loss(charts, rois, points, index, *targets)
        return self.multi_task_loss(tasks)

    def _pose_loss(self, stages: list[Tensor], joints: JointTargets, full: Tensor) -> TaskLoss:
        """Pose loss of one scale's heatmaps from targets for heatmaps like ``full``, the input's own scale."""
        if stages[0].shape != full.shape:
            joints = resize_joints(joints, _size(stages[0]))
        return self.pose_head.task_loss(stages, *joints)

    def parse_losses(self, losses: dict[str, Tensor]) -> tuple[Tensor, dict[str, Tensor]]:
        """The objective of this process, and for the log the means over all processes: the whole batch's losses.

        Args:
            losses (dict[str, Tensor]): Of :meth:`loss`.

        Returns:
            tuple[Tensor, dict[str, Tensor]]: The sum of the losses, to be differentiated; the values to log.
        """
        objective, values = super().parse_losses(losses)
        return objective, process_means(values)

    def given_or_found_rois(
        self, samples: list[SPDDataSample], seg_logits: Tensor | None, size: tuple[int, int], device: torch.device
    ) -> Tensor:
        """Regions for dense pose at test time: the given boxes, else the predicted foreground's, else the image.

        Returns:
            Tensor: float32 (R, 5), image index and box on pixel edges of the network input.
        """
        rois = []
        for number, sample in enumerate(samples):
            if 'gt_instance_labels' in sample:
                boxes = sample.gt_instance_labels.bboxes.to(device).float()
            else:
                found = None if seg_logits is None else foreground_box(seg_logits[number], size)
                boxes = torch.tensor([[0.0, 0.0, size[1], size[0]]], device=device) if found is None else found
            rois.append(F.pad(boxes, (1, 0), value=number))
        return torch.cat(rois)

    def answers(self, inputs: Tensor, samples: list[SPDDataSample]) -> SPDAnswers:
        """What :meth:`predict` makes predictions of, in one pass.

        Args:
            inputs (Tensor): float (N, 3, H, W).
            samples (list[SPDDataSample]): N samples; only their boxes are read.
        """
        feats = self.extract_feat(inputs)
        seg_stages, pose_stages = self.forward_branches(feats)
        seg_logits = self.forward_seg(feats, seg_stages) if self.seg_head else None
        heatmaps = pose_stages[-1] if pose_stages else None
        if not self.densepose_head:
            return SPDAnswers(seg_logits, heatmaps, None, None)
        rois = self.given_or_found_rois(samples, seg_logits, _size(inputs), inputs.device)
        return SPDAnswers(seg_logits, heatmaps, self.densepose_head(feats.shallow, rois), rois)

    def predict(self, inputs: Tensor, data_samples: list[SPDDataSample] | None = None) -> list[SPDDataSample]:
        """Predictions in original pixels, un-mirrored; see :class:`~mmspd.structures.SPDDataSample` for the fields.

        Args:
            inputs (Tensor): float (N, 3, H, W).
            data_samples (list[SPDDataSample] | None): N samples, written to; None makes new ones.

        Returns:
            list[SPDDataSample]: The samples.
        """
        size = _size(inputs)
        samples = data_samples or [SPDDataSample(metainfo=dict(ori_shape=size, img_shape=size)) for _ in inputs]
        seg, pose, surface, rois = self.answers(inputs, samples)
        for number, sample in enumerate(samples):
            if seg is not None:
                set_parsing(sample, seg[number], size, self.grid)
            if pose is not None:
                set_joints(sample, pose[number], size, self.pose_head.sigma, self.grid, self.pose_head.decode)
            if surface is not None and rois is not None:
                own = rois[:, 0] == number
                set_surface(sample, surface[0][own], surface[1][own], rois[own, 1:], size)
        return samples

    def encode_decode(self, inputs: Tensor, batch_img_metas: list[dict[str, Any]]) -> Tensor:
        """Logits at the network input's size (N, C, H, W), as mmseg's segmentors give them.

        Raises:
            ValueError: A model without a segmentation head.
        """
        if self.seg_head is None:
            raise ValueError('encode_decode gives parsing logits, but this model has no seg_head')
        feats = self.extract_feat(inputs)
        logits = self.forward_seg(feats, self.forward_branches(feats)[0])
        return enlarge_logits(logits, _size(inputs), self.grid)

    def _forward(self, inputs: Tensor, data_samples: list[SPDDataSample] | None = None) -> SPDOutputs:
        """Raw outputs, with the given boxes or the whole inputs as regions."""
        size = _size(inputs)
        feats = self.extract_feat(inputs)
        seg, pose = self.forward_branches(feats)
        if self.seg_head and not self.has_own_seg_head:
            seg = [self.seg_head.forward(tuple(feats))]
        if not self.densepose_head:
            return SPDOutputs(seg, pose, None, None)
        samples = data_samples or [SPDDataSample() for _ in inputs]
        rois = person_boxes(samples, size, inputs.device)
        return SPDOutputs(seg, pose, self.densepose_head(feats.shallow, rois), rois)
