"""Places on the skin are where rays leave it, and follow it."""

import numpy as np
import pytest

from mmspd.synthetic.bodies.body import body_model
from mmspd.synthetic.bodies.probes import Probes, cast_probes

MODEL = body_model()
SHIFT = np.array([0.1, 0.2, 0.3])


def test_probes_follow_the_corners_they_were_found_at():
    faces = MODEL.faces['skin'][MODEL.template[MODEL.faces['skin'], 2].min(axis=1) > 1.6]
    origin = np.array([[0.0, -0.05, 1.72]])
    probe = cast_probes(MODEL, faces, origin, np.array([[0.0, 0.3, 1.0]]), last=False)
    place = probe.at(MODEL.template)[0]
    step = (place - origin[0]) / [1, 0.3, 1.0]
    assert step[1] == pytest.approx(step[2], abs=1e-5)
    assert 0.05 < step[2] < 0.15
    moved = MODEL.template + SHIFT
    np.testing.assert_allclose(probe.at(moved)[0], place + SHIFT, atol=1e-5)
    mirrored = Probes(probe.vertices, probe.weights).mirrored(MODEL).at(MODEL.template)[0]
    np.testing.assert_allclose(mirrored, place * [-1, 1, 1], atol=1e-5)
    with pytest.raises(ValueError, match=r'ray 0 from .* leaves the body through no given face'):
        cast_probes(MODEL, faces, np.array([[0.0, 0.0, 3.0]]), np.array([[0.0, 0.0, 1.0]]), last=False)
