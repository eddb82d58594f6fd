"""Evaluated runs with known numbers, as tools/test.py would leave them."""

import json

import numpy as np

from mmspd.evaluation.record import EvaluationRecord, write_record

CLASSES = np.array(['background', 'hat'])


def counts_of(*images):
    """int64 (N, 3, C) from (correct, predicted, labelled) of each image."""
    return np.array(images, dtype=np.int64)


# Two images of ten pixels. The first is right but for one pixel of the hat, in the second the hat is missed.
GOOD = counts_of([[6, 3], [7, 3], [6, 4]], [[8, 0], [10, 0], [8, 2]])
# The same labels; the first image's hat is missed, too.
BAD = counts_of([[6, 0], [10, 0], [6, 4]], [[8, 0], [10, 0], [8, 2]])


def write_run(folder, model, seed=0, counts=GOOD, dataset='LIP', metrics=None, details=None, **about):
    """Write a record into ``folder/evaluation`` and return ``folder``."""
    arrays = {'parsing/ids': np.array(['b', 'a']), 'parsing/counts': counts, 'parsing/classes': CLASSES}
    about = {'model': model, 'dataset': dataset, 'seed': seed, 'config': 'tiny', 'iterations': 1000, **about}
    record = EvaluationRecord(about, metrics or {}, arrays if details is None else details)
    write_record(folder / 'evaluation', record)
    return folder


def write_log(folder, entries):
    """Write entries of mmengine's log as a run started at a time of day."""
    place = folder / '20260101_000000' / 'vis_data'
    place.mkdir(parents=True)
    (place / 'scalars.json').write_text('\n'.join(json.dumps(entry) for entry in entries) + '\n')
