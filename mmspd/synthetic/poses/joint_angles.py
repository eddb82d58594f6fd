"""A pose as anatomical angles in degrees, and what they may be.

At zero angles the body is upright and faces -y, arms and legs straight down, whatever its rest pose.
"""

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final, TypeVar

__all__ = ['LIMITS', 'ArmAngles', 'JointAngles', 'LegAngles', 'TrunkTurn', 'within_limits']

_Angles = TypeVar('_Angles', 'TrunkTurn', 'ArmAngles', 'LegAngles')

#: Place -> angle -> least and largest, about as far as people go without exercise.
LIMITS: Final = MappingProxyType(
    {
        'pelvis': {'bend': (-30.0, 70.0), 'side': (-20.0, 20.0), 'twist': (-30.0, 30.0)},
        'spine': {'bend': (-25.0, 60.0), 'side': (-32.0, 32.0), 'twist': (-35.0, 35.0)},
        'neck': {'bend': (-40.0, 45.0), 'side': (-25.0, 25.0), 'twist': (-60.0, 60.0)},
        'arm': {
            'raised': (0.0, 178.0),
            'plane': (-70.0, 125.0),
            'twist': (-110.0, 80.0),
            'elbow': (0.0, 145.0),
            'pronation': (-75.0, 80.0),
            'wrist': (-60.0, 65.0),
            'curl': (0.0, 85.0),
            'shrug': (-8.0, 20.0),
        },
        'leg': {
            'flexion': (-32.0, 125.0),
            'abduction': (-12.0, 45.0),
            'rotation': (-25.0, 45.0),
            'knee': (0.0, 140.0),
            'ankle': (-50.0, 35.0),
        },
    }
)


@dataclass(frozen=True)
class TrunkTurn:
    """A turn of the pelvis, the spine or the neck, degrees.

    Args:
        bend (float): Forward.
        side (float): Towards the person's left.
        twist (float): To the person's left.
    """

    bend: float = 0.0
    side: float = 0.0
    twist: float = 0.0

    def mirrored(self) -> 'TrunkTurn':
        """The mirror image."""
        return TrunkTurn(self.bend, -self.side, -self.twist)


@dataclass(frozen=True)
class ArmAngles:
    """An arm, degrees; relative to the chest.

    Args:
        raised (float): Of the upper arm from straight down, 0..180.
        plane (float): Where it is raised to: 0 sideways, 90 forward, more is across the body, less than 0 behind it.
        twist (float): About the upper arm; positive turns a bent elbow's hand inward.
        elbow (float): Flexion; the forearm of a hanging arm bends forward.
        pronation (float): 0: the palm of a hanging arm faces the thigh; positive turns it backward.
        wrist (float): Flexion, towards the palm.
        curl (float): Of the fingers, 0 straight.
        shrug (float): Of the shoulder, upward, beyond what follows from raising the arm.
    """

    raised: float = 0.0
    plane: float = 0.0
    twist: float = 0.0
    elbow: float = 0.0
    pronation: float = 0.0
    wrist: float = 0.0
    curl: float = 0.0
    shrug: float = 0.0


@dataclass(frozen=True)
class LegAngles:
    """A leg, degrees; relative to the pelvis.

    Args:
        flexion (float): Of the hip, forward.
        abduction (float): Outward.
        rotation (float): About the thigh; positive turns the toes outward.
        knee (float): Flexion; the shin bends backward.
        ankle (float): Toes up; 0 is a flat foot below an upright shin.
    """

    flexion: float = 0.0
    abduction: float = 0.0
    rotation: float = 0.0
    knee: float = 0.0
    ankle: float = 0.0


@dataclass(frozen=True)
class JointAngles:
    """A pose by its angles; all zero is upright with arms and legs straight down.

    Args:
        pelvis (TrunkTurn): Of the whole body.
        spine (TrunkTurn): Of the chest relative to the pelvis.
        neck (TrunkTurn): Of the head relative to the chest.
        left_arm (ArmAngles): The person's left.
        right_arm (ArmAngles): The person's right.
        left_leg (LegAngles): The person's left.
        right_leg (LegAngles): The person's right.
    """

    pelvis: TrunkTurn = field(default_factory=TrunkTurn)
    spine: TrunkTurn = field(default_factory=TrunkTurn)
    neck: TrunkTurn = field(default_factory=TrunkTurn)
    left_arm: ArmAngles = field(default_factory=ArmAngles)
    right_arm: ArmAngles = field(default_factory=ArmAngles)
    left_leg: LegAngles = field(default_factory=LegAngles)
    right_leg: LegAngles = field(default_factory=LegAngles)

    def mirrored(self) -> 'JointAngles':
        """The mirror image: sides swap."""
        return replace(
            self,
            pelvis=self.pelvis.mirrored(),
            spine=self.spine.mirrored(),
            neck=self.neck.mirrored(),
            left_arm=self.right_arm,
            right_arm=self.left_arm,
            left_leg=self.right_leg,
            right_leg=self.left_leg,
        )

    def within_limits(self) -> 'JointAngles':
        """The nearest pose within ``LIMITS``."""
        return JointAngles(
            pelvis=within_limits(self.pelvis, 'pelvis'),
            spine=within_limits(self.spine, 'spine'),
            neck=within_limits(self.neck, 'neck'),
            left_arm=within_limits(self.left_arm, 'arm'),
            right_arm=within_limits(self.right_arm, 'arm'),
            left_leg=within_limits(self.left_leg, 'leg'),
            right_leg=within_limits(self.right_leg, 'leg'),
        )


def within_limits(angles: _Angles, place: str) -> _Angles:
    """The nearest angles within ``LIMITS`` of a place."""
    clipped = {name: min(max(getattr(angles, name), low), high) for name, (low, high) in LIMITS[place].items()}
    return replace(angles, **clipped)
