"""Validation of data sets before they cost a training run: everything is read once, and every defect is told."""

from mmspd.checking.findings import RULES, Finding, Findings
from mmspd.checking.run import check_datasets

__all__ = ['RULES', 'Finding', 'Findings', 'check_datasets']
