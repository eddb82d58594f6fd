"""Contents of the files that ``People.save`` writes."""

import json
from typing import TYPE_CHECKING, Final

import numpy as np
from PIL import Image

from mmspd.apis.output_files import png
from mmspd.apis.person import as_bytes
from mmspd.apis.try_on import try_on

if TYPE_CHECKING:
    from mmspd.apis.people import People

__all__ = ['FORMATS', 'contents_of']

# In the order in which they are written: the last two every model has of every picture.
FORMATS: Final = ('png', 'iuv', 'tryon', 'sheet', 'json')


def contents_of(people: 'People', kind: str, palette: str) -> dict[str, bytes]:
    """The files of one format.

    Args:
        people (People): Whose.
        kind (str): One of :data:`FORMATS`; see :meth:`People.save`.
        palette (str): As there.

    Returns:
        dict[str, bytes]: Ends of file names and contents; empty for a format of a branch that the model does not have.
    """
    if kind == 'json':
        return {'.json': (json.dumps(people.to_dict(), indent=1, allow_nan=False) + '\n').encode()}
    if kind == 'sheet':
        return {'_sheet.png': png(Image.fromarray(people.plot(palette=palette)))}
    if kind == 'png' and people.parsing is not None:
        picture = Image.fromarray(people.parsing)
        picture.putpalette(np.asarray(people.labels.colours(palette), np.uint8).tobytes())
        return {'_parsing.png': png(picture)}
    if kind == 'iuv' and people.iuv is not None:
        # A byte for each pixel, as DensePose's tools have it, as long as it holds the numbers.
        numbers = people.surface_person_map.astype(np.uint8 if len(people) < 256 else np.uint16)
        # Pillow writes R, G, B; OpenCV reads B, G, R.
        iuv = Image.fromarray(np.ascontiguousarray(as_bytes(people.iuv)[..., ::-1]))
        return {'_IUV.png': png(iuv), '_INDS.png': png(Image.fromarray(numbers))}
    if kind == 'tryon' and people.parsing is not None:
        wanted = {f'_person{number}': try_on(people.image, person) for number, person in enumerate(people, start=1)}
        return {f'{name}{end}': content for name, each in wanted.items() for end, content in each.contents().items()}
    return {}
