# The compact SPD that ships with mmspd as `spd_small`: ResNet-18 of 16 base channels at stride 8 from random weights,
# its refinements separable, trained on 5,700 rendered people of 192x256 (W x H) pixels.
#
#   python tools/train.py configs/spd/spd_small_people.py
#   python tools/test.py configs/spd/spd_small_people.py work_dirs/spd_small_people/iter_6000.pth
#
# The first run makes the people, 300 of them to test on, in about eight minutes on two cores.
#
# Measured after its 6,000 iterations, one seed, on the 300 people that it has not seen: dataset/mIoU 0.343, pose/mED
# 9.4 px, surface/I_accuracy 0.588, gps/GPS 0.708.
#
# Cost: 1.37 M parameters, 2.0 GFLOPs for one picture of 192x256. About 105 minutes on one core.
#
_base_ = '../quick/spd_quick_separable.py'

data_root = 'data/people_6k'
input_size = (192, 256)

model = dict(backbone=dict(strides=(1, 2, 1, 1)), densepose_head=dict(stride=8))

train_pipeline, test_pipeline, tta_pipeline = _base_.train_pipeline, _base_.test_pipeline, _base_.tta_pipeline
for step in [*train_pipeline, *test_pipeline, *tta_pipeline[-1]['transforms'][0]]:
    if 'size' in step:
        step['size'] = input_size
    if 'stride' in step:
        step['stride'] = 8
del step

# Another seed than that of the other configs' people, so that their test people are not seen here.
people = dict(data_root=data_root, num=6000, num_val=300, seed=1, size=(256, 192))
train_dataloader = dict(dataset=dict(**people, pipeline=train_pipeline))
val_dataloader = dict(dataset=dict(**people, pipeline=test_pipeline))
test_dataloader = val_dataloader

param_scheduler = [dict(type='PolyLR', power=0.9, eta_min=1e-5, begin=0, end=6000, by_epoch=False)]
train_cfg = dict(max_iters=6000, val_interval=3000)
