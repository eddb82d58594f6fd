"""The losses of a decode head of MMSegmentation, as a task's loss."""

from typing import Any

from mmengine.structures import PixelData
from mmseg.models.decode_heads.decode_head import BaseDecodeHead
from torch import Tensor, nn

from mmspd.models.losses.pixel_counts import averaged_pixels
from mmspd.models.losses.process_shares import share_terms
from mmspd.models.losses.task_loss import TaskLoss, term_name
from mmspd.models.necks.spd_neck import BranchFeatures
from mmspd.structures import SPDDataSample


def foreign_seg_loss(
    head: BaseDecodeHead, feats: BranchFeatures, data_samples: list[SPDDataSample], labels: Tensor, train_cfg: dict
) -> TaskLoss:
    """Losses of a decode head of mmseg, which reads the labels from the samples.

    Args:
        head (BaseDecodeHead): The head; its ``in_index`` counts res4 and res5.
        feats (BranchFeatures): Features of the batch.
        data_samples (list[SPDDataSample]): N samples, with parsing or without.
        labels (Tensor): Their labels, int64 (N, H, W), all ignored for a sample without.
        train_cfg (dict): For the head.

    Returns:
        TaskLoss: A term for each of the head's losses, each shared among processes by
            :func:`~mmspd.models.losses.pixel_counts.averaged_pixels`; what does not come from ``loss_decode``, as a
            head's additional loss, by the batch. Losses of one name, which mmseg adds up, by the last one's pixels.
    """
    complete = []
    for sample, label in zip(data_samples, labels, strict=True):
        if 'gt_sem_seg' not in sample:
            sample = sample.new()
            sample.gt_sem_seg = PixelData(data=label[None])
        complete.append(sample)
    losses = head.loss(tuple(feats), complete, train_cfg)
    terms = {term_name(name): value for name, value in losses.items() if 'loss' in name}
    counts = dict.fromkeys(terms, labels.new_tensor(labels.numel()))
    modules: Any = head.loss_decode if isinstance(head.loss_decode, nn.ModuleList) else [head.loss_decode]
    for module in modules:
        counts[term_name(module.loss_name)] = averaged_pixels(module, labels, head.ignore_index)
    return share_terms(terms, counts, (labels != head.ignore_index).sum())
