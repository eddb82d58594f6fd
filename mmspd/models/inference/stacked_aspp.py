"""The sum of atrous convolutions to a few classes as one matrix product and shifted sums."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from mmspd.models.heads.aspp import ASPPClassifier


class StackedASPP(nn.Module):
    """A trained :class:`~mmspd.models.heads.aspp.ASPPClassifier`, computed tap by tap; for inference.

    Convolution is linear, so each tap of each rate may read its classes from the cell itself, and what it read be
    shifted afterwards. All taps together are one 1x1 convolution of some hundred outputs, which runs at full speed
    where many convolutions of 20 outputs do not. Taps that lie on one another, as the middles of all rates, are added.

    Args:
        classifier (ASPPClassifier): Its weights are rearranged once and not kept.
    """

    weight: Tensor
    bias: Tensor

    def __init__(self, classifier: ASPPClassifier) -> None:
        super().__init__()
        taps: dict[tuple[int, int], Tensor] = {}
        for branch in classifier.branches:
            rate = branch.dilation[0]
            for i, j in ((i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)):
                shift = (i * rate, j * rate)
                taps[shift] = taps.get(shift, 0) + branch.weight.detach()[:, :, i + 1, j + 1]
        self.shifts = list(taps)
        self.register_buffer('weight', torch.cat(list(taps.values()))[:, :, None, None])
        self.register_buffer('bias', torch.stack([branch.bias.detach() for branch in classifier.branches]).sum(dim=0))

    def forward(self, feat: Tensor) -> Tensor:
        """Logits (N, num_classes, h, w) of features (N, in_channels, h, w)."""
        height, width = feat.shape[-2:]
        tapped = F.conv2d(feat, self.weight).split(len(self.bias), dim=1)
        # In half precision a sum of so many would lose another digit.
        exact = torch.promote_types(tapped[0].dtype, torch.float32)
        logits = self.bias[:, None, None].to(exact).repeat(len(feat), 1, height, width)
        for (dy, dx), read in zip(self.shifts, tapped, strict=True):
            # Cell (y, x) takes what its neighbour (y + dy, x + dx) has read; beyond the border nothing.
            top, bottom, left, right = max(-dy, 0), max(dy, 0), max(-dx, 0), max(dx, 0)
            target = logits[..., top : max(height - bottom, 0), left : max(width - right, 0)]
            target += read[..., bottom : max(height - top, 0), right : max(width - left, 0)]
        return logits.to(tapped[0].dtype)
