# SPD on ConvNeXt-T: its levels of strides 16 and 32 stand for res4 and res5 and are brought to stride 8. Not in the
# paper.
#
#   python tools/train.py configs/spd/spd_convnext-t_lip.py
#
# Cost: 115.4 M parameters, 283 GFLOPs for one picture of 384x384.
_base_ = './spd_swin-t_lip.py'

model = dict(
    backbone=dict(_delete_=True, type='ConvNeXt', arch='tiny', drop_path_rate=0.4, out_indices=(1, 2, 3)),
)
