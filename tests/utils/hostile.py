"""Checkpoints that would execute something if they were unpickled freely."""

import io
import os
import pickle
import tarfile
from collections import OrderedDict
from functools import partial

import numpy as np
import torch
from mmengine.logging import HistoryBuffer


class Payload:
    """Unpickling it calls a function."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def live_payloads(marker):
    return {
        'os': Payload(os.mkdir, str(marker)),
        'builtins': Payload(exec, f'import os; os.mkdir({str(marker)!r})'),
        'numpy': Payload(np.save, str(marker), np.zeros(1)),
    }


def nest(place, payload):
    """A training checkpoint with ``payload`` somewhere in it."""
    checkpoint = {
        'state_dict': OrderedDict(weight=torch.ones(2)),
        'meta': {'epoch': 0, 'iter': 1},
        'message_hub': {'log_scalars': {'loss': HistoryBuffer([1.0], [1])}, 'runtime_info': {}, 'resumed_keys': {}},
    }
    if place == 'top':
        return payload
    if place == 'history':
        checkpoint['message_hub']['log_scalars']['loss']._log_history = payload
    elif place == 'runtime_info':
        checkpoint['message_hub']['runtime_info']['best_score'] = [payload]
    else:
        checkpoint['state_dict']['bias'] = payload
    return checkpoint


def write_tar(content, path):
    """PyTorch's first format: a tar archive of pickles."""
    with tarfile.open(path, 'w:') as archive:
        for name in ('sys_info', 'storages', 'tensors', 'pickle'):
            data = pickle.dumps(content, protocol=2)
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


WRITERS = {
    'zip': torch.save,
    'legacy': partial(torch.save, _use_new_zipfile_serialization=False),
    'pickle': lambda content, path: path.write_bytes(pickle.dumps(content, protocol=2)),
    'tar': write_tar,
}
