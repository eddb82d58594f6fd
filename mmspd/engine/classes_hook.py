"""A model that is trained on labels that it has the classes for."""

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.runner import Runner

from mmspd.registry import HOOKS


@HOOKS.register_module()
class CheckClassesHook(Hook):
    """Refuses to train a segmentation head of another number of classes than the data set has.

    With more classes than labels nothing else would: ATR's 18 numbers are classes of LIP, too, but others. Sets of as
    many classes (LIP and CIHP) are not told apart.

    Raises:
        ValueError: Before training, if the numbers differ.
    """

    def before_train(self, runner: Runner) -> None:
        """Compare head and data set, as far as both say what they have."""
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        head = getattr(model, 'seg_head', None)
        meta = getattr(runner.train_dataloader.dataset, 'metainfo', None) or {}
        classes = meta.get('classes')
        if head is None or classes is None or head.num_classes == len(classes):
            return
        raise ValueError(
            f"the model's seg_head has {head.num_classes} classes, but the training data {len(classes)}: "
            f'{", ".join(classes)[:80]}; set model.seg_head.num_classes={len(classes)} or train on labels of the '
            "model's classes"
        )
