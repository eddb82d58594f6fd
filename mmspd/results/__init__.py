"""Result files in the official formats: written by ``SaveResults``, and evaluated whatever system made them."""

from mmspd.results.save_results import RESULT_FILES, SaveResults

__all__ = ['RESULT_FILES', 'SaveResults']
