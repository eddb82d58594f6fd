"""What is wrong with result files, item by item, and how each kind of defect was counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

__all__ = ['Defect', 'Tally', 'fits_strict']

_NAMED: Final = 5  # items that a report names
_LONGEST: Final = 300  # characters of an item's description


@dataclass
class Defect:
    """One kind of defect of one task's result file.

    Attributes:
        counted: The rule by which such items are scored.
        items: How many there are.
        first: The first of them, with their causes.
    """

    counted: str
    items: int = 0
    first: list[str] = field(default_factory=list)


class Tally:
    """The defects of one result file.

    Args:
        task (str): What is evaluated, for the report: ``'parsing'``.
        rules (Mapping[str, str]): Kind of defect -> how such items are scored, a phrase. Items of other kinds cannot be
            added.
        accepted (frozenset[str]): Kinds that a strict evaluation accepts, too.
    """

    def __init__(self, task: str, rules: Mapping[str, str], accepted: frozenset[str] = frozenset()) -> None:
        self.task = task
        self._accepted = accepted
        self._defects = {kind: Defect(counted) for kind, counted in rules.items()}

    def add(self, kind: str, item: str) -> None:
        """Count an item.

        Args:
            kind (str): One of the rules'.
            item (str): Its name, and what is wrong where the kind does not say it; kept on one line.
        """
        item = ' '.join(item.splitlines())
        defect = self._defects[kind]
        defect.items += 1
        if len(defect.first) < _NAMED:
            defect.first.append(item if len(item) <= _LONGEST else item[:_LONGEST] + '...')

    def add_malformed(self, problem: str) -> None:
        """Count an item that is ``'malformed'``, as readers report it."""
        self.add('malformed', problem)

    def items(self, kind: str) -> int:
        """How many items of a kind there are."""
        return self._defects[kind].items

    def first(self, *kinds: str) -> str:
        """The first item of the first of these kinds that has any; empty without any."""
        return next((item for kind in kinds for item in self._defects[kind].first), '')

    @property
    def refused(self) -> bool:
        """Whether a strict evaluation refuses this file."""
        return any(defect.items for kind, defect in self._defects.items() if kind not in self._accepted)

    def lines(self) -> list[str]:
        """The report: for each kind of which there are items, their number, the rule, and the first of them."""
        lines = []
        for kind, defect in self._defects.items():
            if defect.items:
                lines.append(f'{self.task}: {defect.items} {kind}, counted as: {defect.counted}')
                lines += [f'    {item}' for item in defect.first]
                if defect.items > len(defect.first):
                    lines.append(f'    and {defect.items - len(defect.first)} more')
        return lines

    def to_json(self) -> dict[str, Any]:
        """The same for an evaluation record: by kind, ``items``, ``counted``, ``first``; only kinds with items."""
        return {kind: dict(vars(defect)) for kind, defect in self._defects.items() if defect.items}


def fits_strict(tallies: list[Tally]) -> bool:
    """Whether a strict evaluation accepts all files."""
    return not any(tally.refused for tally in tallies)
