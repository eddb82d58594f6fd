"""What samples say together, from facts that are written down by hand."""

import pytest

from mmspd.checking.conclusions import conclude, leaks_between, repeated_content
from mmspd.checking.facts import SampleFacts
from mmspd.checking.likeness import Fingerprint


def told(facts, base=1):
    return [(finding.rule, finding.message) for finding in conclude('train', facts, base)]


def same(number, **known):
    return [SampleFacts(f'{index}', f'{index}.jpg', **known) for index in range(number)]


def test_nothing_says_nothing():
    assert told([]) == []
    assert told(same(50)) == []


@pytest.mark.parametrize('name', ['joint_votes', 'point_votes'])
def test_sides_are_swapped_where_most_votes_contradict(name):
    assert told(same(9, **{name: (0, 1)})) == []  # too few
    ((rule, message),) = told(same(10, **{name: (0, 1)}))
    assert rule == 'sides-swapped'
    assert message.startswith('train: 10 of 10 ')
    assert told(same(10, **{name: (1, 2)})) == []  # another person's, rather


@pytest.mark.parametrize(('name', 'what'), [('joint_faces', 'left shoulder'), ('label_faces', "label's left limbs")])
def test_faces_tell_what_is_swapped_in_all_annotations(name, what):
    assert told(same(4, **{name: (0, 1)})) == []
    assert told([*same(6, **{name: (1, 0)}), *same(12, **{name: (0, 1)})]) == []
    swapped = told([*same(2, **{name: (1, 0)}), *same(5, **{name: (0, 1)})])
    assert swapped == [
        ('sides-swapped', f'train: of 7 persons who show their faces, 5 have the {what} on the left of the image')
    ]


@pytest.mark.parametrize(
    ('name', 'rule'), [('joints_on_body', 'joints-off-body'), ('points_on_body', 'surface-off-body')]
)
def test_annotations_of_others_are_told_together(name, rule):
    assert told(same(10, **{name: (3, 1)})) == []  # three quarters
    assert told(same(9, **{name: (2, 1)})) == []  # of 27 only
    assert [found for found, _ in told(same(10, **{name: (2, 1)}))] == [rule]


def test_visibility_of_the_other_sense_hides_who_joints_belong_to():
    assert told(same(3, joints=10, occluded=5)) == []
    assert told(same(2, joints=14, occluded=14)) == []  # of 28 only
    sense = ('visibility-sense', 'train: 18 of 30 joints are marked occluded (60%); expected fewer than half')
    assert told(same(3, joints=10, occluded=6)) == [sense]
    assert told(same(10, joints=3, occluded=2, joints_on_body=(0, 3)))[0][0] == 'visibility-sense'
    assert len(told(same(10, joints=3, occluded=2, joints_on_body=(0, 3)))) == 1


@pytest.mark.parametrize(
    ('base', 'lowest', 'highest', 'found'),
    [
        (1, (1, 3), (0, 0), True),
        (1, (1, 4), (0, 0), False),  # a slip
        (1, (5, 3), (1, 0), False),  # both ends: joints outside
        (1, (0, 9), (0, 0), False),
        (0, (0, 0), (3, 1), True),
        (0, (0, 0), (4, 1), False),
        (0, (0, 1), (3, 5), False),
        (0, (5, 0), (0, 0), False),
    ],
)
def test_coordinates_counted_from_the_other_number(base, lowest, highest, found):
    rules = [rule for rule, _ in told(same(1, lowest=lowest, highest=highest), base)]
    assert rules == (['coordinate-base'] if found else [])


def test_only_who_lacks_joints_where_others_have_some_is_told():
    facts = [SampleFacts('a', 'a.jpg', joints=3, mark=mark(1)), SampleFacts('b', 'b.jpg', mark=mark(2)),
             SampleFacts('broken', 'c.jpg')]  # fmt: skip
    assert told(facts) == [('joints-missing', 'b: no joint is annotated')]
    assert told(facts[1:]) == []


def mark(number):
    """A fingerprint of a digest of its own and a picture that is like none but its equals."""
    grey = bytes((number * 37 + cell * (number + 3)) % 251 for cell in range(256))
    return Fingerprint(bytes([number]), grey * 2)


def leaks(first, second, same_names=(True, True)):
    return [(finding.rule, finding.sample) for finding in leaks_between('train', first, 'val', second, same_names)]


def test_a_leak_is_told_once_and_by_its_strongest_rule():
    train = [SampleFacts('1_1', 't/1_1.jpg', mark=mark(1)), SampleFacts('2_2', 't/2_2.jpg', mark=mark(2))]
    assert leaks(train, [SampleFacts('1_1', 'v/1_1.jpg', mark=mark(1))]) == [('id-leak', '1_1'), ('image-leak', None)]
    assert leaks(train, [SampleFacts('9_9', 'v/9_9.jpg', mark=mark(2))]) == [('content-leak', '9_9')]
    alike = Fingerprint(b'other', mark(2).thumbnails)
    assert leaks(train, [SampleFacts('9_9', 'v/9_9.jpg', mark=alike)]) == [('content-alike', '9_9')]
    assert leaks(train, [SampleFacts('9_9', 't/2_2.jpg', mark=mark(2))]) == []  # several persons of one file
    assert leaks(train, [SampleFacts('9_9', 'v/9_9.jpg')]) == []  # not read
    assert leaks(train, [SampleFacts('1_1', 'v/1_1.jpg', mark=mark(3))], (False, False)) == []


def test_persons_of_one_file_are_no_repetition():
    facts = [SampleFacts(name, f'{name[0]}.jpg', mark=mark(1)) for name in ('a1', 'a2', 'b1')]
    assert [finding.sample for finding in repeated_content('train', facts)] == ['b1']
