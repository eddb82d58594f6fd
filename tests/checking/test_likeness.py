import cv2
import numpy as np

from mmspd.checking.likeness import Fingerprint, alike_pairs, fingerprint


def picture(seed, size=(120, 90)):
    """Soft random blobs: what photographs of different things have in common."""
    rng = np.random.default_rng(seed)
    return cv2.resize(rng.integers(0, 256, (7, 7, 3), dtype=np.uint8), size[::-1], interpolation=cv2.INTER_CUBIC)


def recompressed(image, quality):
    return cv2.imdecode(cv2.imencode('.jpg', image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)


def pairs(first, second):
    return list(alike_pairs([fingerprint(image) for image in first], [fingerprint(image) for image in second]))


def test_equal_recompressed_and_resized_pictures_are_found():
    originals = [picture(seed) for seed in range(30)]
    others = [picture(100), recompressed(originals[3], 50), originals[7], cv2.resize(originals[11], (180, 240))]
    assert pairs(originals, others) == [(3, 1, False), (7, 2, True), (11, 3, False)]


def test_within_one_list_each_pair_comes_once():
    images = [picture(0), picture(1), picture(0), recompressed(picture(1), 60)]
    marks = [fingerprint(image) for image in images]
    assert list(alike_pairs(marks, marks)) == [(0, 2, True), (1, 3, False)]


def test_a_mirrored_or_brighter_picture_is_another():
    image = picture(5)
    assert pairs([image], [image[:, ::-1]]) == []
    assert pairs([image], [np.clip(image.astype(int) + 40, 0, 255).astype(np.uint8)]) == []


def test_flat_pictures_resemble_nothing_but_themselves():
    black, white = np.zeros((50, 40, 3), np.uint8), np.full((50, 40, 3), 255, np.uint8)
    assert pairs([black, white], [white, black[:-1]]) == [(1, 0, True)]
    assert fingerprint(black).gradients is None


def test_the_same_bytes_in_another_shape_are_other_pixels():
    image = picture(2, (40, 60))
    assert fingerprint(image).digest != fingerprint(image.reshape(60, 40, 3)).digest


def test_hashes_up_to_three_bits_apart_are_compared():
    grey = bytes(range(256))
    marks = [Fingerprint(bytes([number]), bits, grey) for number, bits in enumerate((0, 0b111, 0b1111))]
    assert list(alike_pairs(marks[:1], marks[1:])) == [(0, 0, False)]
    # One bit in each of three bands: the fourth is still equal.
    spread = Fingerprint(b'x', 1 | 1 << 16 | 1 << 32, grey)
    assert list(alike_pairs(marks[:1], [spread])) == [(0, 0, False)]


def test_one_pixel():
    assert fingerprint(np.zeros((1, 1, 3), np.uint8)).gradients is None
