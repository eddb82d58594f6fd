"""Picture files of many kinds, good and bad, and the model that the tests of the page use."""

import struct
import zlib
from io import BytesIO

import numpy as np
import torch
from mmengine.config import Config
from mmengine.registry import DefaultScope
from PIL import Image

from mmspd.apis import SPDInferencer
from mmspd.registry import MODELS
from mmspd.testing.people import sample_person
from tests.models.tiny import tiny_spd


def tiny_inferencer(folder, detector=None, **changes):
    """A model of random weights, always the same."""
    config = Config(dict(model=tiny_spd(**changes), test_pipeline=[dict(type='PersonAffine', size=(48, 64))]))
    torch.manual_seed(3)
    with DefaultScope.overwrite_default_scope('mmspd'):  # other tests leave another one behind
        torch.save(MODELS.build(config.model.to_dict()).state_dict(), folder / 'tiny.pth')
    return SPDInferencer(config, folder / 'tiny.pth', device='cpu', detector=detector)


def picture(height=96, width=64, index=0):
    """A rendered person, of Pillow."""
    return Image.fromarray(np.ascontiguousarray(sample_person(index, height, width).image[..., ::-1]))


def encoded(image, kind='PNG', **options):
    file = BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def chunk(name, content):
    return struct.pack('>I', len(content)) + name + content + struct.pack('>I', zlib.crc32(name + content))


def png_that_claims(width, height):
    """A small PNG whose header says that it is large."""
    header = struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)
    rows = zlib.compress(b'\0' * 1000)
    return b'\x89PNG\r\n\x1a\n' + chunk(b'IHDR', header) + chunk(b'IDAT', rows) + chunk(b'IEND', b'')
