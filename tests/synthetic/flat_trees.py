"""A small tree of flat people, which the tests of the tree share."""

from mmspd.synthetic.files.people_tree import write_tree
from mmspd.synthetic.files.tree_plan import TreePlan
from mmspd.synthetic.settings import PeopleSettings

SETTINGS = PeopleSettings(size=(64, 48), surface_points=12)
PLAN = TreePlan(num=7, num_val=2, seed=5, settings=SETTINGS, dense=True)
NAMES = [f'{i + 1}_{100_001 + i}' for i in range(7)]


def other(**changes):
    """The plan with some values changed."""
    return TreePlan(**{'num': 7, 'num_val': 2, 'seed': 5, 'settings': SETTINGS, 'dense': True} | changes)


def make(root, plan=PLAN, workers=0, renderer='render', **options):
    """Make a tree with one of the renderers of flat_person."""
    write_tree(root, plan, workers, renderer=f'tests.synthetic.flat_person:{renderer}', **options)


def stop_after(people):
    """A progress report that stops the making."""

    def report(done, total):
        if done >= people:
            raise KeyboardInterrupt

    return report


def contents(root):
    """Every file below a folder -> its bytes."""
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob('*') if path.is_file()}
