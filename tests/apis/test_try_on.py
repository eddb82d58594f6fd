"""Masks of garments and limbs, worked out by hand on small pictures."""

import cv2
import numpy as np
import pytest

from mmspd.anatomy import CLASS_GROUPS, JOINTS, LABEL_SETS, NUM_JOINTS
from mmspd.apis import agnostic_mask, group_masks, try_on
from mmspd.apis.try_on import GARMENTS
from tests.apis.made import charts_of, made_person, noise

LIP = LABEL_SETS['lip']
SIZE = (40, 30)
INDEX = {name: label for label, name in enumerate(LIP.classes)}


def striped(labels='lip', **fields):
    """A person whose every class is a row of its own: class k is row 2 * k, over columns 5..24."""
    names = LABEL_SETS[labels]
    parsing = np.zeros(SIZE, np.uint8)
    for label in range(len(names.classes)):
        parsing[2 * label, 5:25] = label
    return made_person(SIZE, window_parsing=parsing, labels=names, **fields)


def rows_of(*names, labels='lip'):
    """Where the striped person shows classes: bool (H, W)."""
    mask = np.zeros(SIZE, bool)
    for name in names:
        mask[2 * LABEL_SETS[labels].classes.index(name), 5:25] = True
    return mask


def posed(score=1.0, **places):
    """Joints at places, the others at the origin with a score of 0; thorax and pelvis 20 pixels apart."""
    joints, scores = np.zeros((NUM_JOINTS, 2), np.float32), np.zeros(NUM_JOINTS, np.float32)
    for name, place in (dict(thorax=(15, 5), pelvis=(15, 25)) | places).items():
        joints[JOINTS.index(name)], scores[JOINTS.index(name)] = place, score
    return dict(joints=joints, joint_scores=scores)


def test_every_class_of_a_group_is_one_of_a_label_set():
    known = {name for each in LABEL_SETS.values() for name in each.classes}
    for group, names in CLASS_GROUPS.items():
        assert set(names) <= known, group
        for each in LABEL_SETS.values():
            assert each.group(group), (group, each.name)
    # Every class but the background, shoes, scarf, bag and bare torso goes with exactly one group.
    left_out = ('background', 'shoe', 'scarf', 'bag', 'torsoskin')
    for each in LABEL_SETS.values():
        for label, name in enumerate(each.classes):
            groups = [group for group in CLASS_GROUPS if label in each.group(group)]
            plain = name.lower()
            assert len(groups) == (0 if any(word in plain for word in left_out) else 1), name


def test_the_masks_of_groups_are_their_classes():
    masks = group_masks(striped())
    assert set(masks) == set(CLASS_GROUPS) == {'upper', 'lower', 'full', 'arms', 'legs', 'head'}
    np.testing.assert_array_equal(masks['upper'], rows_of('UpperClothes', 'Coat'))
    np.testing.assert_array_equal(masks['lower'], rows_of('Pants', 'Skirt'))
    np.testing.assert_array_equal(masks['full'], rows_of('Dress', 'Jumpsuits'))
    np.testing.assert_array_equal(masks['arms'], rows_of('LeftArm', 'RightArm', 'Glove'))
    np.testing.assert_array_equal(masks['legs'], rows_of('LeftLeg', 'RightLeg', 'Socks'))
    np.testing.assert_array_equal(masks['head'], rows_of('Hat', 'Hair', 'Sunglasses', 'Face'))
    assert all(mask.dtype == bool for mask in masks.values())


def test_atr_and_cihp_have_names_of_their_own():
    atr = group_masks(striped('atr'))
    np.testing.assert_array_equal(atr['lower'], rows_of('skirt', 'pants', 'belt', labels='atr'))
    np.testing.assert_array_equal(atr['upper'], rows_of('upper-clothes', labels='atr'))
    np.testing.assert_array_equal(atr['head'], rows_of('hat', 'hair', 'sunglass', 'face', labels='atr'))
    np.testing.assert_array_equal(atr['full'], rows_of('dress', labels='atr'))
    cihp = group_masks(striped('cihp'))
    np.testing.assert_array_equal(cihp['full'], rows_of('Dress', labels='cihp'))
    assert not any(mask[2 * LABEL_SETS['cihp'].classes.index('TorsoSkin')].any() for mask in cihp.values())


def test_without_margin_and_joints_the_mask_is_the_garment_and_its_limbs():
    upper = rows_of('UpperClothes', 'Coat', 'Dress', 'Jumpsuits', 'LeftArm', 'RightArm', 'Glove')
    np.testing.assert_array_equal(agnostic_mask(striped(), margin=0), upper)
    lower = rows_of('Pants', 'Skirt', 'Dress', 'Jumpsuits', 'LeftLeg', 'RightLeg', 'Socks')
    np.testing.assert_array_equal(agnostic_mask(striped(), 'lower', 0), lower)
    np.testing.assert_array_equal(agnostic_mask(striped(), 'full', 0), upper | lower)


def test_a_margin_widens_the_mask_over_the_background_alone():
    parsing = np.zeros(SIZE, np.uint8)
    parsing[10:20, 10:20] = INDEX['UpperClothes']
    parsing[20:30, 10:20] = INDEX['Pants']
    parsing[5:10, 12:18] = INDEX['Face']
    parsing[30:33, 10:20] = INDEX['LeftShoe']
    person = made_person(SIZE, window_parsing=parsing, box=(0, 0, 30, 40))
    # 0.05 of the box's height of 40 is 2 pixels: a disc of 5 x 5 around each pixel.
    mask = agnostic_mask(person, margin=0.05)
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (5, 5))
    assert disc[2].all()
    assert mask[10:20, 8:22].all()
    assert not mask[:, :8].any()
    assert not mask[:, 22:].any()
    assert mask[8, 10] == mask[9, 11] == True  # noqa: E712  # background beside the face
    assert not mask[7].any()
    for kept in ('Face', 'Pants', 'LeftShoe'):
        assert not mask[parsing == INDEX[kept]].any()
    # Below the garment, background beside the trousers is reached, too.
    assert mask[20, 9]
    assert not mask[23].any()
    lower = agnostic_mask(person, 'lower', 0.05)
    assert lower[20:30, 8:22].all()
    assert not lower[parsing == INDEX['UpperClothes']].any()


def test_limbs_along_the_joints_are_added_over_the_background():
    parsing = np.zeros(SIZE, np.uint8)
    parsing[5:25, 12:18] = INDEX['UpperClothes']
    parsing[8, 20:30] = INDEX['Face']
    arm = dict(left_shoulder=(18, 8), left_elbow=(26, 8), left_wrist=(26, 18))
    person = made_person(SIZE, window_parsing=parsing, **posed(**arm))
    mask = agnostic_mask(person, margin=0)
    # The trunk is 20 long: a limb is 4 wide.
    lines = np.zeros(SIZE, np.uint8)
    cv2.line(lines, (18, 8), (26, 8), 1, 4)
    cv2.line(lines, (26, 8), (26, 18), 1, 4)
    want = (parsing == INDEX['UpperClothes']) | ((lines > 0) & (parsing == 0))
    np.testing.assert_array_equal(mask, want)
    assert mask[7, 22]
    assert mask[14, 26]
    assert not mask[8, 20:30].any()
    # The legs belong to the lower garment, of which there is none here.
    legs = dict(left_hip=(16, 25), left_knee=(16, 30), left_ankle=(16, 38))
    assert not agnostic_mask(made_person(SIZE, window_parsing=parsing, **posed(**legs)), 'lower', 0).any()


def test_joints_of_low_scores_are_not_trusted():
    parsing = np.zeros(SIZE, np.uint8)
    parsing[5:25, 12:18] = INDEX['UpperClothes']
    arm = dict(right_shoulder=(11, 8), right_elbow=(4, 8))
    for score, drawn in ((0.29, False), (0.31, True)):
        mask = agnostic_mask(made_person(SIZE, window_parsing=parsing, **posed(score, **arm)), margin=0)
        assert mask[8, 7] == drawn
    # One joint of a limb is not a limb.
    only = agnostic_mask(made_person(SIZE, window_parsing=parsing, **posed(right_elbow=(4, 8))), margin=0)
    np.testing.assert_array_equal(only, parsing > 0)


def test_who_wears_nothing_of_it_has_an_empty_mask():
    parsing = np.zeros(SIZE, np.uint8)
    parsing[:5] = INDEX['Hat']
    arm = dict(left_shoulder=(18, 8), left_elbow=(26, 8))
    for garment in GARMENTS:
        assert not agnostic_mask(made_person(SIZE, window_parsing=parsing, **posed(**arm)), garment).any()


def test_try_on_gives_all_of_it_in_one_call():
    charts = charts_of(np.full((2, 2), 3), 0.5, 1.0, (0, 0, 30, 40))
    person, image = striped(charts=charts), noise(*SIZE)
    before = image.copy()
    made = try_on(image, person, 'lower', 0)
    np.testing.assert_array_equal(image, before)
    np.testing.assert_array_equal(made.agnostic_mask, agnostic_mask(person, 'lower', 0))
    assert (made.agnostic[made.agnostic_mask] == 128).all()
    np.testing.assert_array_equal(made.agnostic[~made.agnostic_mask], image[~made.agnostic_mask])
    np.testing.assert_array_equal(made.masks['head'], group_masks(person)['head'])
    np.testing.assert_array_equal(made.iuv, np.broadcast_to([3, 128, 255], (*SIZE, 3)))
    assert try_on(image, striped()).iuv is None


def test_try_on_files_are_read_back(tmp_path):
    charts = charts_of(np.full((2, 2), 3), 0.5, 1.0, (0, 0, 30, 40))
    image = noise(*SIZE)
    made = try_on(image, striped(charts=charts))
    files = {path.name: cv2.imread(str(path), cv2.IMREAD_UNCHANGED) for path in made.save(tmp_path, 'me')}
    assert set(files) == {
        *(f'me_{group}.png' for group in CLASS_GROUPS), 'me_agnostic.png', 'me_agnostic_mask.png', 'me_IUV.png',
    }  # fmt: skip
    np.testing.assert_array_equal(files['me_upper.png'], made.masks['upper'] * 255)
    np.testing.assert_array_equal(files['me_agnostic_mask.png'], made.agnostic_mask * 255)
    np.testing.assert_array_equal(files['me_agnostic.png'], made.agnostic)
    np.testing.assert_array_equal(files['me_IUV.png'], made.iuv)
    with pytest.raises(FileExistsError):
        try_on(noise(*SIZE, seed=1), striped()).save(tmp_path, 'me')
    with pytest.raises(ValueError, match='name of a result'):
        made.save(tmp_path, '../me')


def test_a_person_in_a_part_of_the_picture_has_masks_of_the_whole():
    parsing = np.full((10, 8), INDEX['UpperClothes'], np.uint8)
    person = made_person(SIZE, (6, 20, 14, 30), window_parsing=parsing)
    want = np.zeros(SIZE, bool)
    want[20:30, 6:14] = True
    np.testing.assert_array_equal(group_masks(person)['upper'], want)
    np.testing.assert_array_equal(agnostic_mask(person, margin=0), want)


def test_what_try_on_cannot_do_is_an_error():
    with pytest.raises(ValueError, match='try-on needs a parsing'):
        agnostic_mask(made_person(SIZE, **posed()))
    with pytest.raises(ValueError, match='try-on needs a parsing'):
        try_on(noise(*SIZE), made_person(SIZE))
    with pytest.raises(ValueError, match=r"garment is one of upper, lower, full .*'shoes'"):
        agnostic_mask(striped(), 'shoes')
    with pytest.raises(ValueError, match='margin not negative'):
        agnostic_mask(striped(), margin=-0.1)
    with pytest.raises(ValueError, match=r'of \(40, 30\), got one of \(30, 40\)'):
        try_on(noise(30, 40), striped())
