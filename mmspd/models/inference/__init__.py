"""Faster inference with the same results."""

from mmspd.models.inference.prepare import prepare_for_inference

__all__ = ['prepare_for_inference']
