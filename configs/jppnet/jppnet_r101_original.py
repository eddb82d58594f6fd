# The released JPPNet, weight for weight: its network, padding, means, epsilon and resizing, to score and use its
# weights.
#
#   python tools/model_converters/jppnet_tf_to_mmspd.py JPPNet-s2/model.ckpt-205632 jppnet_original.pth
#   python tools/test.py configs/jppnet/jppnet_r101_original.py jppnet_original.pth --tta --out metrics.json
#
# With --tta the picture goes through the network as in the authors' test: scales 1, 0.75 and 1.25, each mirrored and
# not, logits enlarged and averaged in the picture, joints at the first largest pixel of the enlarged and averaged
# heatmaps. Without it, at scale 1 alone. Network and test path equal a TensorFlow graph of the published network
# (docs/measurements.md). This project has not scored the released weights; the paper's row is in jppnet_r101_lip.py.
#
# Made for testing: joint targets are drawn on the usual grid, so that
# `python tools/train.py configs/jppnet/jppnet_r101_original.py` would teach joints up to 8 px from where this config
# reads them. Train with jppnet_r101_lip.py.
#
# Cost: 122.1 M parameters, 566 GFLOPs for one picture of 384x384; with --tta 6.25 times that, for six inputs.
_base_ = './jppnet_r101_lip.py'

model = dict(
    data_preprocessor=dict(mean=[104.00698793, 116.66876762, 122.67891434], std=[1.0, 1.0, 1.0], bgr_to_rgb=False),
    backbone=dict(
        style='caffe',  # stride 2 on a block's first 1x1 convolution
        same_padding=True,
        norm_cfg=dict(type='BN', eps=1e-3, requires_grad=False),
        init_cfg=None,
    ),
    pose_head=dict(decode='argmax'),
    grid='corner',
)

input_size = (384, 384)  # width, height
test_pipeline = [
    dict(type='LoadPersonImage'),
    dict(type='LoadSurfacePoints'),
    dict(type='PersonAffine', size=input_size, test_mode=True, grid='corner'),
    dict(type='LoadParsingLabel'),
    dict(type='PackSPDInputs'),
]
tta_pipeline = [
    dict(type='LoadPersonImage'),
    dict(type='LoadSurfacePoints'),
    dict(
        type='TestTimeAug',
        transforms=[
            [
                dict(type='PersonAffine', size=input_size, test_mode=True, scale=scale, flip=flip, grid='corner')
                for scale in (1.0, 0.75, 1.25)
                for flip in (False, True)
            ],
            [dict(type='LoadParsingLabel')],
            [dict(type='PackSPDInputs')],
        ],
    ),
]
val_dataloader = dict(dataset=dict(pipeline=test_pipeline))
test_dataloader = val_dataloader
