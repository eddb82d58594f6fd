"""Necks."""

from mmspd.models.necks.spd_neck import BranchFeatures, SPDNeck

__all__ = ['BranchFeatures', 'SPDNeck']
