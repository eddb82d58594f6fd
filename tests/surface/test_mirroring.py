"""Chart coordinates under mirroring."""

import numpy as np
import pytest

from mmspd.surface.body_file import body_surface, read_body
from mmspd.surface.mirroring import BODY_SURFACE, mirror_charts, mirror_rule


def test_parts_swap_and_the_torso_turns_around():
    labels = np.array([[0, 1, 2], [3, 10, 23]], dtype=np.uint8)
    uv = np.array([[[0.25, 0.5]] * 3] * 2, dtype=np.float32)
    mirrored, turned = mirror_charts(labels, uv)
    assert mirrored.tolist() == [[0, 1, 2], [4, 9, 24]]
    assert turned.tolist() == [[[0.25, 0.5], [0.75, 0.5], [0.75, 0.5]], [[0.25, 0.5]] * 3]
    assert (mirrored.dtype, turned.dtype) == (np.uint8, np.float32)
    assert uv[0, 1, 0] == 0.25


def test_nobody_and_unknown_coordinates():
    assert mirror_charts(np.zeros(0, int), np.zeros((0, 2)))[1].shape == (0, 2)
    assert np.isnan(mirror_charts(np.array([0, 1]), np.full((2, 2), np.nan))[1]).all()


@pytest.mark.parametrize(
    ('labels', 'uv', 'message'),
    [
        (np.array([25]), np.zeros((1, 2)), 'labels of 0..24, got 25..25'),
        (np.array([-1]), np.zeros((1, 2)), 'got -1..-1'),
        (np.array([1.0]), np.zeros((1, 2)), 'whole numbers'),
        (np.array([1]), np.zeros((1, 2), np.uint8), 'floats'),
        (np.array([1]), np.zeros((2, 2)), r'\(2, 2\)'),
    ],
)
def test_wrong_labels_are_refused(labels, uv, message):
    with pytest.raises(ValueError, match=message):
        mirror_charts(labels, uv)


def test_rules_go_by_name():
    assert BODY_SURFACE == 'mmspd_body'
    assert mirror_rule(BODY_SURFACE) is mirror_charts
    for name in ('densepose', None, '', ['mmspd_body'], 3):
        assert mirror_rule(name) is None


def test_the_body_is_mirrored_by_the_formula():
    """Every chart vertex has a counterpart at the mirrored mesh vertex with the mirrored coordinates."""
    surface, mirror = body_surface(), read_body()['mirror_vertex'].astype(int)
    labels, uv = mirror_charts(surface.part_of, surface.uv)

    def rows(vertices, parts, coordinates):
        """Whole numbers only, so that equal rows are equal."""
        u, v = np.rint(coordinates * 65535).astype(int).T
        # The middle, 32767.5, is stored as 32768, whose mirror image is 32767.
        u = np.where((u == 32767) & (parts <= 2), 32768, u)
        return sorted(zip(vertices.tolist(), parts.tolist(), u.tolist(), v.tolist(), strict=True))

    mirrored = rows(mirror[surface.vertex_of], labels, uv)
    assert mirrored == rows(surface.vertex_of, surface.part_of, surface.uv)
    assert mirrored != rows(mirror[surface.vertex_of], labels, surface.uv)
