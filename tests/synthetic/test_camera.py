"""The pinhole camera, by hand."""

import numpy as np
import pytest

from mmspd.synthetic.camera import Camera


def ahead(height=1.0, target_height=1.0, roll=0.0):
    return Camera.look(np.array([0.0, -4.0, height]), np.array([0.0, 0.0, target_height]), roll, 100.0, (50.0, 60.0))


def test_left_of_a_person_who_faces_the_camera_is_right_in_the_picture():
    pixels, depth = ahead().project(np.array([[0.0, 0, 1], [1.0, 0, 1], [0.0, 0, 2], [0.0, -2, 2]]))
    assert np.allclose(pixels, [[50, 60], [75, 60], [50, 35], [50, 10]])
    assert np.allclose(depth, [4, 4, 4, 2])


def test_horizon():
    assert ahead().horizon == pytest.approx(60, abs=1e-6)
    # Looking 45 degrees down, the horizon is a focal length above the centre.
    assert ahead(height=5.0).horizon == pytest.approx(60 - 100, abs=0.1)
    assert ahead(height=1.0, target_height=5.0).horizon > 60


def test_roll_turns_the_picture_about_its_centre():
    point = np.array([[1.0, 0, 1]])
    pixels, _ = ahead(roll=np.pi / 2).project(point)
    assert np.hypot(*(pixels[0] - [50, 60])) == pytest.approx(25)
    assert pixels[0, 0] == pytest.approx(50, abs=1e-9)


def test_behind_the_camera():
    pixels, depth = ahead().project(np.array([[0.0, -9, 1]]))
    assert depth[0] == pytest.approx(-5)
    assert np.isfinite(pixels).all()
