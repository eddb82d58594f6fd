"""Losses of the dense-pose branch at surface points, as pure functions (paper, Eq. 4).

Axis glossary: P points; labels 0 is the background, 1..24 the parts.
"""

from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

COMBINATIONS: Final = ('sum', 'product')


def surface_terms(
    part_logits: Tensor, uv: Tensor, labels: Tensor, target_uv: Tensor, uv_valid: Tensor, delta: float = 1.0
) -> tuple[Tensor, Tensor]:
    """Cross entropy of I and Huber loss of U and V at each point.

    Args:
        part_logits (Tensor): float (P, 25).
        uv (Tensor): float (P, 2, 24), predicted U and V for every part.
        labels (Tensor): int64 (P,), 0..24.
        target_uv (Tensor): float (P, 2), in 0..1.
        uv_valid (Tensor): bool (P,); false on the background and where U, V are unknown.
        delta (float): Where the Huber loss turns from quadratic to linear.

    Returns:
        tuple[Tensor, Tensor]: Cross entropy (P,); Huber losses of U and of V (P, 2), 0 where not valid.
    """
    entropy = F.cross_entropy(part_logits.float(), labels, reduction='none')
    part = (labels - 1).clamp(min=0)
    own_uv = uv.float().gather(2, part[:, None, None].expand(-1, 2, 1)).squeeze(2)
    # An invalid target may be NaN; it must not reach the loss, not even times 0.
    target = torch.where(uv_valid[:, None], target_uv, own_uv.detach())
    return entropy, F.huber_loss(own_uv, target, reduction='none', delta=delta)


def combine_terms(entropy: Tensor, huber: Tensor, uv_valid: Tensor, combine: str = 'sum') -> dict[str, Tensor]:
    """Means over the points of the two terms, added or multiplied.

    The paper prints Eq. 4 with a product, CSE(x_I) * L1(x_U, x_V), while its text and DensePose add the terms. In the
    product, points without U, V give no gradient at all: I never learns the background.

    Args:
        entropy (Tensor): (P,), of :func:`surface_terms`.
        huber (Tensor): (P, 2), of :func:`surface_terms`.
        uv_valid (Tensor): bool (P,).
        combine (str): ``'sum'`` gives the terms ``I`` (mean over all points), ``U`` and ``V`` (means over the valid);
            ``'product'`` the term ``IUV``, the mean over the valid points of entropy times the Huber losses' sum.

    Returns:
        dict[str, Tensor]: Scalars; 0 where there is no point to average.
    """
    if combine not in COMBINATIONS:
        raise ValueError(f'combine must be one of {COMBINATIONS}, got {combine!r}')
    valid = uv_valid.sum().clamp(min=1)
    if combine == 'product':
        return {'IUV': (entropy * huber.sum(dim=1) * uv_valid).sum() / valid}
    mean_u, mean_v = (huber * uv_valid[:, None]).sum(dim=0) / valid
    return {'I': entropy.sum() / max(len(entropy), 1), 'U': mean_u, 'V': mean_v}


def term_counts(uv_valid: Tensor, combine: str = 'sum') -> dict[str, Tensor]:
    """Over how many points each term of :func:`combine_terms` averages: scalars by the terms' names."""
    valid = uv_valid.sum()
    if combine == 'product':
        return {'IUV': valid}
    return {'I': valid.new_tensor(len(uv_valid)), 'U': valid, 'V': valid}
