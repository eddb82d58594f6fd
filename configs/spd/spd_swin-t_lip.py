# SPD on Swin-T: its levels of strides 16 and 32 stand for res4 and res5 and are brought to stride 8. Not in the paper.
#
#   python tools/train.py configs/spd/spd_swin-t_lip.py
#
# Starts from random weights unless given some, in mmseg's layout:
#   --cfg-options model.backbone.init_cfg.type=Pretrained model.backbone.init_cfg.checkpoint=swin_tiny.pth
#
# Cost: 115.1 M parameters, 285 GFLOPs for one picture of 384x384.
_base_ = './spd_r101_lip.py'

model = dict(
    backbone=dict(
        _delete_=True,
        type='SwinTransformer',
        embed_dims=96,
        depths=(2, 2, 6, 2),
        num_heads=(3, 6, 12, 24),
        window_size=7,
        drop_path_rate=0.2,
        out_indices=(1, 2, 3),
    ),
    neck=dict(shallow_level=1, deep_level=2, in_channels=(384, 768), out_channels=(512, 512), size_level=0),
    seg_head=dict(in_channels=512),
    pose_head=dict(in_channels=512),
    densepose_head=dict(in_channels=512),
)
# The level of stride 8 only gives its size, so that its norm gets no gradient.
find_unused_parameters = True
# Transformers do not train with the schedule's SGD.
optim_wrapper = dict(optimizer=dict(_delete_=True, type='AdamW', lr=6e-5, weight_decay=0.01))
