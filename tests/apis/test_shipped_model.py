"""The shipped model: what it is made of, and that it finds people it has not seen."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from mmspd.anatomy import JOINT_MIRROR, PARSING_MIRROR, SURFACE_MIRROR
from mmspd.apis import SHIPPED_MODELS, SPDInferencer
from mmspd.apis.model_loading import PRETRAINED, recipe_of
from mmspd.testing.people import NUM_PEOPLE, sample_person

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'


@pytest.fixture(scope='module')
def inferencer():
    return SPDInferencer(device='cpu')


@pytest.mark.parametrize('name', SHIPPED_MODELS)
def test_it_is_small_has_a_card_and_is_the_configs_model(name):
    assert (PRETRAINED / f'{name}.pth').stat().st_size < 15e6
    card = (PRETRAINED / f'{name}.md').read_text()
    assert 'never seen a photograph' in card
    written = json.loads((PRETRAINED / f'{name}.json').read_text())
    assert written == json.loads(json.dumps(recipe_of(CONFIGS / 'spd' / f'{name}_people.py')[1]))
    weights = torch.load(PRETRAINED / f'{name}.pth', weights_only=True)
    assert all(isinstance(value, torch.Tensor) for value in weights.values())


def test_it_finds_people_that_it_has_not_seen(inferencer):
    right, body, near, seen = 0, 0, 0, 0
    for index in range(NUM_PEOPLE):
        person = sample_person(index, 256, 192)  # of another seed than those that it was trained on
        people = inferencer(person.image)
        assert len(people) == 1
        shown = person.label > 0
        right += int((people.parsing == person.label)[shown].sum())
        body += int(shown.sum())
        known = np.isfinite(person.joints).all(axis=1)
        distance = np.linalg.norm(people[0].joints - person.joints, axis=1)[known]
        near += int((distance < 0.1 * (person.box[3] - person.box[1])).sum())
        seen += int(known.sum())
    # Guessing the most frequent class would give a quarter; left and right swapped, no limb at all.
    assert right / body > 0.5
    assert near / seen > 0.7


def test_a_mirrored_picture_gives_the_mirrored_result(inferencer):
    image = sample_person(1, 256, 192).image
    straight, mirrored = inferencer(image, tta=True), inferencer(np.ascontiguousarray(image[:, ::-1]), tta=True)
    assert (PARSING_MIRROR[mirrored.parsing[:, ::-1]] == straight.parsing).mean() > 0.999
    joints = mirrored[0].joints[JOINT_MIRROR] * (-1, 1) + (image.shape[1] - 1, 0)
    np.testing.assert_allclose(joints, straight[0].joints, atol=0.1)
    parts = SURFACE_MIRROR[mirrored.iuv[0, :, ::-1].astype(int)]
    assert (parts == straight.iuv[0]).mean() > 0.999


def test_of_two_people_each_is_found_in_its_box(inferencer):
    first, second = (sample_person(index, 256, 192) for index in (0, 2))
    image = np.concatenate([first.image, second.image], axis=1)
    people = inferencer(image, boxes=[first.box, np.add(second.box, (192, 0, 192, 0))])
    alone = inferencer(second.image, boxes=[second.box])
    away = np.abs(people[1].joints - alone[0].joints - (192, 0)).max()
    assert away < 8  # the crop's margin shows a little of the neighbour
    assert (people[1].mask[:, :192]).sum() < 0.02 * people[1].mask.sum()
    assert (people[0].mask[:, 192:]).sum() < 0.02 * people[0].mask.sum()
