"""What can be wrong with a data set, how bad each thing is, and what to do about it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

__all__ = ['RULES', 'SEVERITIES', 'Finding', 'Findings', 'Rule']

# An error trains or measures something wrong, or stops a run; a warning may; a note is worth knowing.
SEVERITIES: Final = ('error', 'warning', 'note')


@dataclass(frozen=True)
class Rule:
    """A kind of defect.

    Attributes:
        name: Short and stable, for reports that are compared.
        severity: ``'error'``, ``'warning'`` or ``'note'``.
        title: What it means.
        remedy: What to do.
    """

    name: str
    severity: str
    title: str
    remedy: str


RULES: Final[dict[str, Rule]] = {
    rule.name: rule
    for rule in (
        Rule('file-missing', 'error', 'a listed image, label or table is not there, or cannot be opened',
             'complete the folder and its permissions, or take the name off the list'),
        Rule('annotation', 'error', 'a line or an entry of an annotation file is wrong',
             'correct or remove that line or entry'),
        Rule('incomplete', 'note', 'some samples lack an annotation that others have, or files are not used',
             'nothing if that is meant; a task learns nothing from samples without its annotation'),
        Rule('image-unreadable', 'error', 'an image is truncated, broken, or neither JPEG nor PNG',
             'fetch the file again, or take its name off the list'),
        Rule('image-depth', 'error', 'an image has more than 8 bits a channel', 'save it with 8 bits a channel'),
        Rule('image-too-large', 'error', 'an image claims too many pixels', 'reduce it together with its annotation'),
        Rule('image-rotated', 'warning', 'an image has an EXIF orientation, which is ignored',
             'make sure that labels and joints are in stored pixels, then remove the tag'),
        Rule('image-grey', 'note', 'an image has one channel; it becomes three', 'nothing'),
        Rule('image-mode', 'note', 'an image is CMYK, palette or has alpha; it becomes three channels',
             'look whether its colours are right'),
        Rule('label-unreadable', 'error', 'a label is truncated, broken or no PNG', 'fetch or make the label again'),
        Rule('label-jpeg', 'error', 'a label is a JPEG, which invents classes along every edge',
             'make the label again from its source, and save it as PNG'),
        Rule('label-colour', 'error', 'a label is colour-coded', 'convert its colours to class numbers'),
        Rule('label-depth', 'error', 'a label has not 8 bits', 'save the class numbers with 8 bits'),
        Rule('label-range', 'error', 'a label has values that are no class', 'map its values to the classes'),
        Rule('label-size', 'error', 'a label has another size than its image', 'find the image that it belongs to'),
        Rule('label-palette', 'note', 'a label has a palette; it is read by its indices', 'nothing'),
        Rule('label-empty', 'warning', 'a label shows nobody', 'label the person, or leave the sample out'),
        Rule('label-ignored', 'warning', 'a label ignores every pixel', 'label the person, or leave the sample out'),
        Rule('joint-outside', 'warning', 'annotated joints lie outside the image',
             'correct them, or mark them missing; they are no training targets'),
        Rule('joints-off-body', 'warning', 'few joints lie near their part of the labelled person',
             'look whether row and image belong together'),
        Rule('joints-missing', 'note', 'a person has no joint', 'nothing; the pose branch learns nothing from it'),
        Rule('surface-size', 'error', 'surface points are of a picture of another size',
             "give boxes in the crop's coordinates: tools/datasets/prepare_lip.py makes them"),
        Rule('surface-mask', 'error', 'a surface mask does not decode', 'write the mask again'),
        Rule('surface-outside', 'warning', 'surface points lie outside the image', 'correct the box or the points'),
        Rule('box-outside', 'warning', 'the box of surface points reaches beyond the image',
             "give the box in the crop's coordinates: points and masks lie across it"),
        Rule('surface-off-body', 'warning', 'few surface points lie on their part of the labelled person',
             'look whether annotation and image belong together'),
        Rule('sides-contradict', 'warning', "a person's left and right differ between its annotations",
             'look at the sample: left and right are the person\'s own'),
        Rule('sides-swapped', 'error', 'left and right are swapped throughout',
             'swap the sides of what the messages name; of all, if pictures were mirrored with their annotation'),
        Rule('visibility-sense', 'error', 'most joints are marked occluded: the flag seems to have the other sense',
             "LIP: 0 is visible, 1 occluded; COCO: 1 is occluded, 2 visible"),
        Rule('coordinate-base', 'warning', 'coordinates seem to be counted from the other number, 0 or 1',
             'LIP and MPII count from 1, COCO from 0'),
        Rule('id-leak', 'error', 'the same person is in two splits', 'take it off one of the lists'),
        Rule('image-leak', 'warning', 'persons of the same picture are in two splits',
             'known of LIP itself; crops of other persons, but never train on whole pictures'),
        Rule('content-leak', 'error', 'the same picture is in two splits', 'remove it from one'),
        Rule('content-double', 'warning', 'the same picture occurs twice in a split', 'remove one'),
        Rule('content-alike', 'warning', 'nearly the same picture is in two splits', 'look at both'),
    )
}  # fmt: skip


@dataclass(frozen=True)
class Finding:
    """One defect at one place.

    Attributes:
        rule: Name of the rule.
        message: File, line or entry, what was expected and what is there.
        dataset: Name of the data set, such as ``'train'``.
        sample: The sample's id, None where the finding is about a file or the whole data set.
        image: Path of the sample's image, None likewise.
    """

    rule: str
    message: str
    dataset: str
    sample: str | None = None
    image: str | None = None

    @property
    def severity(self) -> str:
        """The rule's."""
        return RULES[self.rule].severity


class Findings:
    """All findings, of which at most ``keep`` of each rule and data set are held; all are counted.

    Args:
        keep (int): Largest number of each rule and data set that is held. Defaults to 200.
    """

    def __init__(self, keep: int = 200) -> None:
        self.keep = keep
        self.counts: Counter[tuple[str, str]] = Counter()
        self.kept: list[Finding] = []

    def add(self, finding: Finding) -> None:
        """Count a finding, and keep it while there are few of its kind.

        Raises:
            ValueError: If there is no such rule.
        """
        if finding.rule not in RULES:
            raise ValueError(f'there is no rule {finding.rule!r}')
        key = finding.rule, finding.dataset
        self.counts[key] += 1
        if self.counts[key] <= self.keep:
            self.kept.append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Add each."""
        for finding in findings:
            self.add(finding)

    def total(self, severity: str) -> int:
        """How many findings of a severity there are."""
        return sum(count for (rule, _), count in self.counts.items() if RULES[rule].severity == severity)

    def by_rule(self) -> dict[str, int]:
        """Findings of each rule that has any, in the order of the rules, errors first."""
        found = Counter[str]()
        for (rule, _), count in self.counts.items():
            found[rule] += count
        order = sorted(found, key=lambda name: (SEVERITIES.index(RULES[name].severity), list(RULES).index(name)))
        return {name: found[name] for name in order}

    def verdict(self, samples: int) -> str:
        """One line: whether the data can be trained on."""
        errors, warnings, notes = (self.total(severity) for severity in SEVERITIES)
        what = f'{samples} samples, {errors} errors, {warnings} warnings, {notes} notes'
        if errors:
            return f'BROKEN: {what}. Mend the errors before training'
        return f'{"USABLE" if warnings else "GOOD"}: {what}' + ('. Look at the warnings' if warnings else '')

    def to_json(self) -> dict[str, Any]:
        """Counts and what is kept, as JSON's types."""
        return {
            'errors': self.total('error'),
            'warnings': self.total('warning'),
            'notes': self.total('note'),
            'rules': [{**asdict(RULES[name]), 'count': count} for name, count in self.by_rule().items()],
            'findings': [{**asdict(finding), 'severity': finding.severity} for finding in self.kept],
            'kept_of_each_rule': self.keep,
        }
