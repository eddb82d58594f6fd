import cv2
import numpy as np
import pytest

from mmspd.checking.likeness import alike_pairs, equal_pairs, fingerprint


def picture(seed, size=(120, 90)):
    """Soft random blobs: what photographs of different things have in common."""
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(0, 256, (7, 7, 3), dtype=np.uint8), size[::-1], interpolation=cv2.INTER_CUBIC)


def recompressed(image, quality):
    return cv2.imdecode(cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def marks_of(images):
    return [fingerprint(np.ascontiguousarray(image)) for image in images]


def alike(first, second):
    return list(alike_pairs(marks_of(first), marks_of(second)))


def cropped(image, share):
    down, across = (round(share * side) for side in image.shape[:2])
    return image[down:-down, across:-across]


def brighter(image, by):
    return np.clip(image.astype(int) + by, 0, 255).astype(np.uint8)


CHANGES = {
    'equal': lambda image: image,
    'compressed': lambda image: recompressed(image, 30),
    'resized': lambda image: cv2.resize(image, (180, 240)),
    'smaller': lambda image: cv2.resize(image, (45, 60), interpolation=cv2.INTER_AREA),
    'brighter': lambda image: brighter(image, 40),
    'darker': lambda image: (image * 0.6).astype(np.uint8),
    'grey': lambda image: cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR),
    'cropped a little': lambda image: image[1:-1, 1:-1],
    'cropped by 3 %': lambda image: cropped(image, 0.03),
    'cropped by 5 %': lambda image: cropped(image, 0.05),
}


@pytest.mark.parametrize('change', CHANGES.values(), ids=CHANGES)
def test_a_changed_picture_is_found_among_others_from_either_side(change):
    originals = [picture(seed) for seed in range(30)]
    others = [picture(100), change(originals[3]), picture(101), change(originals[11])]
    assert alike(originals, others) == [(3, 1), (11, 3)]
    assert alike(others, originals) == [(1, 3), (3, 11)]


def test_other_pictures_are_others():
    originals = [picture(seed) for seed in range(300)]
    assert alike(originals[:200], originals[200:]) == []
    assert alike(originals[:1], [originals[0][:, ::-1], originals[0][::-1], cropped(originals[0], 0.2)]) == []


def test_the_most_alike_is_named_beyond_a_block():
    first = [recompressed(picture(7), 20), picture(7)]
    second = [picture(1000 + seed, (20, 20)) for seed in range(300)] + [recompressed(picture(7), 95)]
    assert alike(first, second) == [(1, 300)]


def test_flat_pictures_are_like_none():
    black, white = np.zeros((50, 40, 3), np.uint8), np.full((50, 40, 3), 255, np.uint8)
    assert alike([black, white], [white, black[:-1]]) == []
    assert alike([picture(0)], [black]) == []
    # Even grey, with a faint gradient that any other may have, too.
    faint = np.repeat(np.linspace(100, 110, 40).astype(np.uint8)[None, :, None], 50, 0).repeat(3, 2)
    assert alike([faint], [faint]) == []


def test_nothing_is_like_nothing():
    assert alike([], [picture(0)]) == []
    assert alike([picture(0)], []) == []


def test_equal_pixels_name_the_first():
    black, white = np.zeros((50, 40, 3), np.uint8), np.full((50, 40, 3), 255, np.uint8)
    assert list(equal_pairs(marks_of([black, white, black]), marks_of([white, black[:-1], black]))) == [(1, 0), (0, 2)]
    assert list(equal_pairs(marks_of([black]), marks_of([black]))) == [(0, 0)]


def test_within_one_list_each_is_compared_with_the_first():
    marks = marks_of([picture(0), picture(1), picture(0), recompressed(picture(1), 60), picture(0)])
    assert list(equal_pairs(marks, marks)) == [(0, 2), (0, 4)]


def test_the_same_bytes_in_another_shape_are_other_pixels():
    image = picture(2, (40, 60))
    assert fingerprint(image).digest != fingerprint(image.reshape(60, 40, 3)).digest


def test_one_pixel():
    assert alike([np.zeros((1, 1, 3), np.uint8)], [np.zeros((1, 1, 3), np.uint8)]) == []
