"""A whole check: every sample of every split is read once, by several processes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

from mmspd.checking.conclusions import conclude, leaks_between, repeated_content
from mmspd.checking.facts import SampleFacts
from mmspd.checking.findings import Finding, Findings
from mmspd.checking.parallel import processes_may_die, read_in_processes
from mmspd.checking.samples import SampleChecker
from mmspd.datasets.persons import PersonDataset
from mmspd.utils.whole_files import explain_os_error

__all__ = ['Checked', 'check_datasets']


@dataclass
class Checked:
    """The outcome of a check.

    Attributes:
        findings: What is wrong.
        samples: How many samples each data set has.
        entries: For each data set, its samples by id, for pictures of those that are wrong.
    """

    findings: Findings = field(default_factory=Findings)
    samples: dict[str, int] = field(default_factory=dict)
    entries: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """One line."""
        return self.findings.verdict(sum(self.samples.values()))


def check_datasets(
    datasets: Mapping[str, PersonDataset],
    workers: int = 0,
    limit: int | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Checked:
    """Check data sets, and each pair of them for leaks.

    Args:
        datasets (Mapping[str, PersonDataset]): By name, built with ``lazy_init=True`` so that a wrong annotation is
            told here and does not stop it.
        workers (int): Processes that read samples; 0 reads in this one. Defaults to 0.
        limit (int, optional): Samples to read of each data set, its first ones. Defaults to None: all.
        progress (Callable[[int, int], None]): Called with the samples that are done and that of all.

    Returns:
        Checked: Findings, numbers and entries.

    Raises:
        RuntimeError: If a process dies.
    """
    checked = Checked()
    for name, dataset in datasets.items():
        checked.entries[name] = {
            entry['img_id']: entry for entry in _list_entries(dataset, name, checked.findings)[:limit]
        }
        checked.samples[name] = len(checked.entries[name])
    total = sum(checked.samples.values())
    facts: dict[str, list[SampleFacts]] = {}
    done = 0
    progress(0, total)
    for name, dataset in datasets.items():
        facts[name] = []
        checker = SampleChecker(list(checked.entries[name].values()), name, tuple(dataset.metainfo['classes']))
        with processes_may_die():
            for batch in read_in_processes(checker, workers):
                for fact in batch:
                    checked.findings.extend(fact.findings)
                facts[name] += batch
                done += len(batch)
                progress(done, total)
        checked.findings.extend(conclude(name, facts[name], dataset.COORDINATE_BASE))
        checked.findings.extend(repeated_content(name, facts[name]))
    for first, second in combinations(datasets, 2):
        same_names = _same_names(datasets[first], datasets[second])
        checked.findings.extend(leaks_between(first, facts[first], second, facts[second], same_names))
    return checked


def _list_entries(dataset: PersonDataset, name: str, findings: Findings) -> Sequence[dict[str, Any]]:
    """The data set's samples; what is wrong with its files is told."""

    def tell(rule: str, message: str) -> None:
        findings.add(Finding(rule, message, name))

    dataset.problems = tell
    try:
        return dataset.load_data_list()
    except (OSError, ValueError) as error:  # without it there are no samples; other data sets may be whole
        why = explain_os_error(error) if isinstance(error, OSError) and error.filename else str(error)
        tell('file-missing' if isinstance(error, OSError) else 'annotation', f'no sample of {name} was checked: {why}')
        return []


def _same_names(first: PersonDataset, second: PersonDataset) -> tuple[bool, bool]:
    """Whether equal names mean the same person, and whether names start with the number of a picture."""
    by_coco = first.NAMED_BY_COCO and second.NAMED_BY_COCO
    same_kind = type(first) is type(second)
    same_root = Path(first.data_root).resolve() == Path(second.data_root).resolve()
    return (by_coco and not same_kind) or (same_kind and same_root), by_coco
