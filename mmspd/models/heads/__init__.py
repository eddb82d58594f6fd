"""The three branches."""

from mmspd.models.heads.densepose_head import SPDDensePoseHead
from mmspd.models.heads.pose_head import SPDPoseHead
from mmspd.models.heads.seg_head import SPDSegHead

__all__ = ['SPDDensePoseHead', 'SPDPoseHead', 'SPDSegHead']
