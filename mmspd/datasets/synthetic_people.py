"""``SyntheticPeopleDataset``: rendered people, made on first use."""

import logging
import os
from collections.abc import Mapping
from typing import Any

from mmengine.logging import print_log

from mmspd.datasets.lip import LIPMultiTaskDataset
from mmspd.registry import DATASETS
from mmspd.synthetic.files.duration import estimated_seconds
from mmspd.synthetic.files.people_tree import is_complete, plan_tree, write_tree
from mmspd.synthetic.files.person_files import RENDERER
from mmspd.synthetic.files.tree_plan import TreePlan
from mmspd.synthetic.settings import PeopleSettings
from mmspd.utils.progress import format_duration, report_progress

__all__ = ['SyntheticPeopleDataset', 'make_once']


@DATASETS.register_module()
class SyntheticPeopleDataset(LIPMultiTaskDataset):
    """Rendered people in LIP's layout, both splits made into ``data_root`` when either is first read.

    An interrupted making goes on where it stopped. Several processes may start at once: one makes the people, the
    others wait. ``tools/synthetic/make_people.py`` with the same numbers makes the same folder beforehand.

    Args:
        data_root (str): The people's folder; new, empty, or with the same people in it.
        num (int): Persons of both splits.
        num_val (int, optional): Persons of the validation split, the last ones. Defaults to None: a tenth.
        seed (int): The same seed gives the same people. Defaults to 0.
        size (tuple[int, int], optional): (height, width) of a picture in pixels. Defaults to None: that of the
            settings.
        settings (Mapping, optional): Other fields of :class:`~mmspd.synthetic.settings.PeopleSettings` and their
            values. Defaults to None: the defaults.
        workers (int, optional): Processes that render. Defaults to None: one for each core that may be used.
        renderer (str): 'module:function' that renders a person, for tests.
        **kwargs: For :class:`LIPMultiTaskDataset`.

    Raises:
        ValueError: If an argument is out of range, or the split has no persons.
        FileExistsError: If the folder holds something else, or other people.
        OSError: If a file cannot be written.
        RuntimeError: If a person cannot be rendered.
    """

    NAME = 'rendered people'
    NAMED_BY_COCO = False  # they only look so

    def __init__(
        self,
        data_root: str,
        num: int,
        num_val: int | None = None,
        seed: int = 0,
        size: tuple[int, int] | None = None,
        settings: Mapping[str, Any] | None = None,
        workers: int | None = None,
        renderer: str = RENDERER,
        **kwargs: Any,
    ) -> None:
        drawn_from = PeopleSettings.from_json({} if settings is None else settings)
        if size is not None:
            if 'size' in (settings or {}):
                raise ValueError('size: give it once, beside the settings or among them')
            drawn_from = PeopleSettings.from_json(drawn_from.to_json() | {'size': size})
        self.plan = plan_tree(num, seed, drawn_from, num_val)
        self.workers = usable_cores() if workers is None else workers
        self.renderer = renderer
        super().__init__(data_root=data_root, **kwargs)

    def load_data_list(self) -> list[dict[str, Any]]:
        """Make the people if they are not there, then read them as LIP; see :class:`LIPMultiTaskDataset`."""
        if self.split not in self.plan.splits:
            raise ValueError(
                f'split {self.split!r} has no persons: num is {self.plan.num}, num_val is {self.plan.num_val}; '
                'change num_val, which counts the persons to validate on'
            )
        make_once(self.data_root, self.plan, self.workers, self.renderer)
        return super().load_data_list()


def usable_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1


def make_once(data_root: str, plan: TreePlan, workers: int, renderer: str = RENDERER) -> None:
    """Make a folder of people unless it is there, and say so; wait while another process makes it.

    Args:
        data_root (str): The folder.
        plan (TreePlan): What it is to hold.
        workers (int): Processes that render; 0 renders in this one.
        renderer (str): 'module:function' that renders a person.

    Raises:
        FileExistsError: If the folder holds something else, or other people.
        OSError: If a file cannot be written.
        RuntimeError: If a person cannot be rendered.
    """
    if is_complete(data_root, plan):
        return
    announced = False
    with report_progress('people') as report:

        def announce(done: int, total: int) -> None:
            nonlocal announced
            if not announced:
                announced = True
                print_log(_announcement(data_root, plan, workers, done), logger='current')
            report(done, total)

        try:
            write_tree(data_root, plan, workers, announce, renderer=renderer)
        except BlockingIOError:
            print_log(
                f'another process is making the rendered people in {data_root}: waiting for it',
                logger='current',
                level=logging.WARNING,
            )
            write_tree(data_root, plan, workers, announce, wait=True, renderer=renderer)


def _announcement(data_root: str, plan: TreePlan, workers: int, done: int) -> str:
    """What is made, where, and about how long it takes."""
    height, width = plan.settings.size
    duration = format_duration(estimated_seconds(plan.num - done, (height, width), workers))
    there = f' ({done} are there already)' if done else ''
    return (
        f'making {plan.num_train} + {plan.num_val} rendered people of {width} x {height} pixels in {data_root}, once'
        f'{there}: about {duration} with {max(workers, 1)} process(es). If it is interrupted, it goes on next time'
    )
