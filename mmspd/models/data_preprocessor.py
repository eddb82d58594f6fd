"""Stacks and normalises a batch of network inputs."""

from typing import Any

from mmengine.model import ImgDataPreprocessor

from mmspd.registry import MODELS


@MODELS.register_module()
class SPDDataPreProcessor(ImgDataPreprocessor):
    """Normalisation and channel order, for inputs that already share one size.

    mmseg's preprocessor pads inputs and labels to a common size, which would leave heatmaps and surface points behind;
    here the pipeline's one geometric transform makes the size, so nothing is padded.

    Args:
        **kwargs: Of mmengine's ``ImgDataPreprocessor``: ``mean``, ``std``, ``bgr_to_rgb``, ``non_blocking``.
    """

    def forward(self, data: dict, training: bool = False) -> dict[str, Any]:
        """Cast to the model's device, stack, normalise.

        Args:
            data (dict): ``inputs``, a list of uint8 (3, H, W) of one size, and ``data_samples``.
            training (bool): As in mmengine; makes no difference here.

        Returns:
            dict: ``inputs`` float32 (N, 3, H, W) and ``data_samples``, a list.

        Raises:
            ValueError: Inputs of different sizes.
        """
        sizes = {tuple(image.shape[-2:]) for image in data['inputs']}
        if len(sizes) > 1:
            raise ValueError(
                f'the inputs of a batch must have one size (H, W), got {sorted(sizes)}: end the pipeline with '
                'PersonAffine, or use batch_size=1'
            )
        return super().forward(data, training)
