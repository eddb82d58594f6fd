"""Calls with one picture and with lists: what is asked of the network, in which order, and what comes back."""

import numpy as np
import pytest
import torch
from PIL import Image

from mmspd.apis import People, SPDInferencer
from tests.apis.made import (
    FakeNetwork,
    bright,
    joints_at,
    levels,
    noise,
    prediction,
    with_network,
    write_model,
    write_pictures,
)


def test_one_picture_is_one_person(make_inferencer, tmp_path):
    image = noise(60, 44)
    Image.fromarray(image[..., ::-1]).save(tmp_path / 'me.png')
    inferencer = make_inferencer()
    people = inferencer(tmp_path / 'me.png')
    assert isinstance(people, People)
    assert people.source == str(tmp_path / 'me.png')
    (person,) = people
    assert person.parsing.shape == (60, 44)
    assert person.iuv.shape == (3, 60, 44)
    assert person.joints.shape == (16, 2)
    np.testing.assert_array_equal(people.image, image)
    for same in (image, Image.fromarray(image[..., ::-1]), str(tmp_path / 'me.png')):
        np.testing.assert_array_equal(inferencer(same)[0].parsing, person.parsing)
    assert inferencer.branches == people.branches == ('parsing', 'pose', 'surface')
    assert inferencer.name == 'tiny'


def test_the_picture_is_not_changed(make_inferencer):
    image = noise(60, 44)
    before = image.copy()
    make_inferencer()(image, boxes=[[3, 3, 40, 50]], tta=True)
    np.testing.assert_array_equal(image, before)


def test_who_is_not_there_is_nobody(bright_inferencer):
    people = bright_inferencer()(bright(level=50))
    assert len(people) == 0
    assert not people.parsing.any()
    # With a box the caller says that there is somebody.
    (person,) = bright_inferencer()(bright(level=50), boxes=[[0, 0, 16, 20]])
    assert person.areas == {}
    assert len(bright_inferencer()(bright())) == 1


def test_a_model_of_the_pose_alone_cannot_tell_that_nobody_is_there(tmp_path):
    files = write_model(tmp_path, seg_head=None, densepose_head=None, backbone=dict(num_stages=3))
    inferencer = SPDInferencer(*files, 'cpu')
    assert inferencer.branches == ('pose',)
    people = inferencer(bright())
    assert len(people) == 1
    assert people.parsing is None
    assert people[0].to_dict()['areas'] == {}


def test_no_boxes_are_no_persons_and_the_network_is_not_asked(bright_inferencer):
    inferencer = bright_inferencer()
    for nobody in ([], np.zeros((0, 4)), np.zeros((0, 5))):
        assert len(inferencer(bright(), boxes=nobody)) == 0
    assert inferencer.network.sizes == []


def test_of_overlapping_persons_the_first_of_equals_has_the_pixels(bright_inferencer):
    people = bright_inferencer(box_margin=0)(bright(), boxes=[[0, 0, 10, 20, 0.5], [6, 0, 16, 20, 0.25]])
    assert [person.areas for person in people] == [{'UpperClothes': 200}, {'UpperClothes': 120}]
    assert [person.score for person in people] == [0.5, 0.25]
    assert [person.window for person in people] == [(0, 0, 10, 20), (6, 0, 16, 20)]
    np.testing.assert_array_equal(people.person_map[0], [1] * 10 + [2] * 6)


def test_a_list_gives_a_list_in_its_order(bright_inferencer):
    images = [bright(level=150 + number) for number in range(5)]
    boxes = [None, [], [[0, 0, 9, 9]], np.array([[0, 0, 9, 9], [1, 1, 8, 8], [2, 2, 16, 20]]), [[0, 0, 4, 4, 0.5]]]
    for size in range(1, 6):
        inferencer = bright_inferencer(batch_size=size, box_margin=0)
        results = inferencer(images, boxes=boxes)
        assert isinstance(results, list)
        assert levels(results) == [150, 151, 152, 153, 154]
        assert [len(people) for people in results] == [1, 0, 1, 3, 1]
        assert max(inferencer.network.sizes) <= size
        assert sum(inferencer.network.sizes) == 6
        for people, given in zip(results, boxes, strict=True):
            for person, box in zip(people, [[0, 0, 16, 20]] if given is None else given, strict=True):
                np.testing.assert_array_equal(person.box, box[:4])
        assert results[4][0].score == 0.5
        assert [people.source for people in results] == [f'array {number}' for number in range(5)]


def test_batches_are_of_the_size_that_is_asked_for(bright_inferencer):
    images = [bright()] * 7
    for size, want in ((1, [1] * 7), (3, [3, 3, 1]), (10, [7])):
        inferencer = bright_inferencer(batch_size=size)
        inferencer(images)
        assert inferencer.network.sizes == want
    # Persons of a picture fill batches with those of the next.
    inferencer = bright_inferencer(batch_size=4)
    inferencer(images[:2], boxes=[[[0, 0, 9, 9]] * 3, [[0, 0, 9, 9]] * 3])
    assert inferencer.network.sizes == [4, 2]


def test_batches_give_what_each_picture_gives_alone(make_inferencer):
    images = [noise(60, 44), noise(30, 70, 1), noise(64, 48, 2)]
    alone = [make_inferencer()(image) for image in images]
    together = make_inferencer(batch_size=3)(images)
    for one, other in zip(alone, together, strict=True):
        assert len(one) == len(other) == 1
        assert (one.parsing == other.parsing).mean() > 0.999
        np.testing.assert_allclose(one[0].joints, other[0].joints, atol=1e-2)


def test_lists_whose_lengths_differ_are_refused(bright_inferencer):
    with pytest.raises(ValueError, match=r'expected boxes for each of 2 pictures \(or None\), got 1'):
        bright_inferencer()([bright(), bright()], boxes=[[[0, 0, 5, 5]]])
    assert bright_inferencer()([]) == []
    assert bright_inferencer()((bright(),))[0][0].areas == {'UpperClothes': 320}


def test_boxes_and_streams_do_not_go_together(bright_inferencer, tmp_path):
    write_pictures(tmp_path / 'folder', 1)
    with pytest.raises(ValueError, match='boxes belong to one picture'):
        bright_inferencer()(tmp_path / 'folder', boxes=[[0, 0, 5, 5]])
    with pytest.raises(ValueError, match='a list is of pictures'):
        bright_inferencer()([bright(), tmp_path / 'folder'])


@pytest.mark.parametrize(
    ('boxes', 'message'),
    [
        ([[0, 0, np.nan, 5]], 'array: box 0: expected a box'),
        ([[50, 50, 60, 60]], 'array: box 0: .* lies outside its picture of 16 x 20'),
    ],
)
def test_boxes_that_are_none_are_refused_with_the_pictures_name(bright_inferencer, boxes, message):
    with pytest.raises(ValueError, match=message):
        bright_inferencer()(bright(), boxes=boxes)
    # In a list they cost their picture alone.
    assert levels(bright_inferencer()([bright(), bright(level=130)], boxes=[boxes, None])) == [130]


def test_boxes_of_a_wrong_shape_are_the_callers_mistake_in_a_list_too(bright_inferencer):
    inferencer = bright_inferencer()
    with pytest.raises(ValueError, match=r'array: boxes are \(R, 4\)'):
        inferencer(bright(), boxes=[1, 2, 3, 4])
    with pytest.raises(ValueError, match=r'boxes\[1\], of one picture of the list: boxes are \(R, 4\)'):
        inferencer([bright(), bright()], boxes=[None, [1, 2, 3, 4]])
    with pytest.raises(ValueError, match='scores of boxes are finite'):
        inferencer(bright(), boxes=[[0, 0, 5, 5, np.nan]])


def test_the_callers_array_may_be_filled_anew(bright_inferencer):
    image = bright()
    people = bright_inferencer()(image)
    image[:] = 0
    assert people.image.max() > 0

    def scribbler(picture):
        picture[:] = 0
        return [[0, 0, 10, 10]]

    assert bright_inferencer(detector=scribbler)(bright())[0].areas


def test_a_missing_video_is_an_error(bright_inferencer, tmp_path):
    with pytest.raises(FileNotFoundError, match='the video is missing'):
        bright_inferencer()(tmp_path / 'none.mp4')


def test_one_picture_that_cannot_be_read_is_an_error(bright_inferencer, tmp_path):
    (tmp_path / 'a.jpg').write_text('no picture')
    for source, error in (
        (tmp_path / 'none.jpg', FileNotFoundError),
        (tmp_path / 'a.jpg', ValueError),
        (np.zeros((3, 3)), ValueError),
        ('https://host/a.jpg', ValueError),
        (None, TypeError),
    ):
        with pytest.raises(error):
            bright_inferencer()(source)


def test_a_detector_finds_the_people(bright_inferencer):
    seen = []

    def detector(image):
        seen.append(image.shape)
        return np.array([[0, 0, 10, 20, 0.9], [8, 0, 16, 20, 0.8]])[: len(seen) % 3]

    inferencer = bright_inferencer(detector=detector, batch_size=2, box_margin=0)
    results = inferencer([bright(), bright(), bright(), bright()])
    assert [len(people) for people in results] == [1, 2, 0, 1]
    assert results[1][1].score == 0.8
    assert seen == [(20, 16, 3)] * 4
    # Given boxes are taken instead.
    inferencer(bright(), boxes=[[0, 0, 4, 4]])
    assert len(seen) == 4


def test_a_detector_that_fails_costs_its_picture_alone(bright_inferencer):
    def detector(image):
        if image[0, 0, 0] == 150:
            raise ValueError('no people today')
        if image[0, 0, 0] == 160:
            return dict(masks=[])
        return [[0, 0, 10, 10]]

    told = []
    inferencer = bright_inferencer(detector=detector)
    pictures = [bright(level=150), bright(level=140), bright(level=160), bright(level=141)]
    results = inferencer.stream(pictures, skipped=lambda *each: told.append(each))
    assert levels(results) == [140, 141]
    assert [name for name, _ in told] == ['array 0', 'array 2']
    with pytest.raises(ValueError, match='array: the detector failed: ValueError: no people today'):
        inferencer(bright(level=150))


def test_tta_is_handed_on(make_inferencer, tmp_path):
    folder = write_pictures(tmp_path / 'folder', 1)
    inferencer = with_network(make_inferencer(), FakeNetwork(*[prediction(**joints_at(1, 1))] * 3))
    inferencer(bright(), tta=True)
    list(inferencer(folder, tta=True))
    inferencer([bright()])
    assert inferencer.network.tta == [True, True, False]


def test_tta_of_the_real_model_is_another_mean(make_inferencer):
    image = noise(60, 44)
    inferencer = make_inferencer()
    plain, mean = inferencer(image), inferencer(image, tta=True)
    assert mean[0].joints.shape == (16, 2)
    assert np.abs(mean[0].joints - plain[0].joints).max() > 0.1


def test_gradients_and_training_mode_stay_out(make_inferencer):
    inferencer = make_inferencer()
    with torch.enable_grad():
        people = inferencer(noise(20, 20))
    assert not inferencer.network.model.training
    assert people[0].joints.dtype == np.float32


@pytest.mark.parametrize(
    'options', [dict(batch_size=0), dict(batch_size=-1), dict(box_margin=-0.1), dict(box_margin=9)]
)
def test_options_out_of_range_are_refused(make_inferencer, options):
    with pytest.raises(ValueError, match='expected batch_size >= 1 and box_margin in'):
        make_inferencer(**options)


@pytest.mark.parametrize('size', [(1, 1), (1, 300), (300, 1)])
def test_pictures_of_any_shape_are_predicted_drawn_and_written(make_inferencer, tmp_path, size):
    inferencer = make_inferencer()
    for people in (inferencer(noise(*size)), inferencer(noise(*size), boxes=[[0, 0, 1, 1]], tta=True)):
        assert people.parsing.shape == size
        people.save(tmp_path, ('sheet', 'png', 'json', 'iuv', 'tryon'), overwrite=True)
        people.to_coco(1)
