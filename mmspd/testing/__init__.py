"""Drawn people with exact annotation, for tests and for `make demo`."""

from mmspd.testing.figures import DrawnPerson, draw_person
from mmspd.testing.lip_tree import write_lip_tree
from mmspd.testing.samples import make_batch, make_data_sample

__all__ = ['DrawnPerson', 'draw_person', 'make_batch', 'make_data_sample', 'write_lip_tree']
