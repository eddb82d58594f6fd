from importlib import resources

import cv2
import numpy as np
import pytest

from mmspd.web.examples import EXAMPLES, render_example
from mmspd.web.inputs import parse_boxes, read_upload
from mmspd.web.limits import Limits

FOLDER = resources.files('mmspd.web') / 'examples'


@pytest.mark.parametrize('example', EXAMPLES, ids=lambda example: example.file)
def test_examples_are_pictures_within_the_limits(example):
    image = read_upload((FOLDER / example.file).read_bytes(), Limits())
    assert image.shape == (512, 384 * len(example.people), 3)
    boxes = parse_boxes(example.boxes, image.shape[:2], Limits().persons)
    assert len(example.people) == (1 if boxes is None else len(boxes))


def test_files_are_listed_and_nothing_else_is_there():
    assert {file.name for file in FOLDER.iterdir()} == {example.file for example in EXAMPLES}


def test_files_are_what_is_rendered():
    example = EXAMPLES[0]
    rendered = cv2.imdecode(np.frombuffer(render_example(example), np.uint8), cv2.IMREAD_COLOR)
    shipped = read_upload((FOLDER / example.file).read_bytes(), Limits())
    assert np.abs(rendered.astype(int) - shipped).mean() < 2
