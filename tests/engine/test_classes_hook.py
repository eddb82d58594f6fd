"""A model's classes must be those of the labels that it is trained on."""

from types import SimpleNamespace

import pytest
from mmengine.model import MMDistributedDataParallel

from mmspd.anatomy import ATR_CLASSES, PARSING_CLASSES
from mmspd.engine import CheckClassesHook


def refusal(num_classes, classes, wrapper=None):
    """Why training is refused; None where it is not."""
    model = SimpleNamespace(seg_head=None if num_classes is None else SimpleNamespace(num_classes=num_classes))
    if wrapper is not None:
        wrapped = wrapper.__new__(wrapper)
        wrapped.__dict__['module'] = model
        model = wrapped
    dataset = SimpleNamespace() if classes is None else SimpleNamespace(metainfo={'classes': classes})
    runner = SimpleNamespace(model=model, train_dataloader=SimpleNamespace(dataset=dataset))
    try:
        CheckClassesHook().before_train(runner)
    except ValueError as error:
        return str(error)
    return None


def test_a_head_of_lips_classes_is_not_trained_on_atrs():
    start = "the model's seg_head has 20 classes, but the training data 18: background, hat"
    assert refusal(20, ATR_CLASSES).startswith(start)
    assert refusal(20, ATR_CLASSES, MMDistributedDataParallel).startswith(start)


@pytest.mark.parametrize(
    ('num_classes', 'classes'), [(20, PARSING_CLASSES), (18, ATR_CLASSES), (None, ATR_CLASSES), (20, None)]
)
def test_what_fits_or_says_nothing_is_trained(num_classes, classes):
    assert refusal(num_classes, classes) is None
