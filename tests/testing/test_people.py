"""The cached people behind the samples, small pictures above all."""

import numpy as np
import pytest

from mmspd.synthetic.people import render_person
from mmspd.synthetic.rendered_person import RenderedPerson
from mmspd.synthetic.settings import PeopleSettings
from mmspd.testing import people
from mmspd.testing.people import sample_person


def test_a_person_is_rendered_once_and_cannot_be_changed():
    person = sample_person(1, 48, 40)
    assert sample_person(1, 48, 40) is person
    for name in ('image', 'label', 'joints', 'occluded', 'parts', 'uv', 'coarse', 'box'):
        with pytest.raises(ValueError, match='read-only'):
            getattr(person, name)[:] = 0


@pytest.mark.parametrize(('height', 'width'), [(16, 16), (31, 40), (100, 17)])
def test_pictures_that_the_renderer_does_not_make_are_reduced_by_three(height, width):
    person = sample_person(0, height, width)
    large = render_person(0, 0, PeopleSettings(size=(3 * height, 3 * width)))
    assert person.image.dtype == np.uint8
    means = large.image.reshape(height, 3, width, 3, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(person.image, means, atol=0.51)
    for row, column in ((0, 0), (height // 2, width // 2), (height - 1, width - 1)):
        place = 3 * row + 1, 3 * column + 1
        for name in ('label', 'parts', 'uv', 'coarse'):
            np.testing.assert_array_equal(getattr(person, name)[row, column], getattr(large, name)[place])
    np.testing.assert_allclose(3 * person.joints + 1, large.joints, rtol=1e-5)
    seen = np.argwhere((person.label > 0) | (person.coarse >= 0))
    low, high = seen.min(axis=0), seen.max(axis=0) + 1
    assert person.box.tolist() == [low[1], low[0], high[1], high[0]]


def test_the_box_of_a_reduced_person_holds_body_without_a_chart(monkeypatch):
    # Middles of 3x3 pixels: a dress at (1, 4), an eye, which has neither label nor chart, at (2, 7).
    blank = np.zeros((48, 48), np.uint8)
    label, coarse = blank.copy(), np.full((48, 48), -1, np.int8)
    label[4, 13], coarse[7, 22] = 6, 13
    label[0, 0], coarse[47, 47] = 6, 13  # between the middles: lost
    large = RenderedPerson(
        np.zeros((48, 48, 3), np.uint8), label, np.full((16, 2), 22, np.float32), np.zeros(16, bool), blank,
        np.zeros((48, 48, 2), np.float32), coarse, np.array([0, 0, 48, 48], np.float32), 90,
    )  # fmt: skip
    monkeypatch.setattr(people, 'render_person', lambda *_: large)
    person = sample_person.__wrapped__(0, 16, 16)
    assert person.box.tolist() == [4, 1, 8, 3]
    assert np.argwhere(person.label).tolist() == [[1, 4]]
    assert (person.joints == 7).all()


@pytest.mark.parametrize('size', [(15, 40), (40, 15), (16, 683), (2049, 64), (0, 0)])
def test_sizes_out_of_range_are_refused(size):
    with pytest.raises(ValueError, match=f'16..2048 pixels, .* 682 .* below 32, got {size[0]} x {size[1]}'):
        sample_person(0, *size)


@pytest.mark.parametrize('index', [-1, 6])
def test_there_are_six_people(index):
    with pytest.raises(ValueError, match=f'0..5, got {index}'):
        sample_person(index, 64, 48)
