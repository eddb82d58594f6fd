"""What one sample tells: its own problems, and its share in what all samples of a data set say together."""

from dataclasses import dataclass, field

from mmspd.checking.findings import Finding
from mmspd.checking.likeness import Fingerprint

__all__ = ['SampleFacts', 'Votes']

# Numbers of those that agree with another annotation and of those that contradict it.
Votes = tuple[int, int]


@dataclass
class SampleFacts:
    """The outcome of one sample.

    Attributes:
        name: The sample's id.
        image: Path of its image.
        findings: What is wrong with it.
        joint_votes: Joints that agree, and that contradict, with the label about left and right.
        point_votes: Surface points likewise.
        label_faces: Whether a person who shows the face has the left limbs of its label on the image's right, as it
            must: (1, 0) yes, (0, 1) no, (0, 0) not known.
        joint_faces: The same of its shoulders.
        joints_on_body: Joints of head, arms and legs near which the label shows these, and near which it does not.
        points_on_body: Surface points likewise.
        joints: Annotated joints.
        occluded: Those of them that are occluded.
        lowest: Coordinates of joints that round to -1 and to 0, pixels counted from 0.
        highest: Coordinates that round to the image's last pixel and to one beyond it.
        mark: The picture's fingerprint, None if it cannot be read.
    """

    name: str
    image: str
    findings: list[Finding] = field(default_factory=list)
    joint_votes: Votes = (0, 0)
    point_votes: Votes = (0, 0)
    label_faces: Votes = (0, 0)
    joint_faces: Votes = (0, 0)
    joints_on_body: Votes = (0, 0)
    points_on_body: Votes = (0, 0)
    joints: int = 0
    occluded: int = 0
    lowest: tuple[int, int] = (0, 0)
    highest: tuple[int, int] = (0, 0)
    mark: Fingerprint | None = None
