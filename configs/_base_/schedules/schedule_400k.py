# The paper's 400,000 iterations (section III.E) with the optimiser of JPPNet's public code: SGD, momentum 0.9, no
# weight decay, learning rate 1e-4 that falls to 0 by a polynomial of power 0.9.
optim_wrapper = dict(
    type='OptimWrapper',
    optimizer=dict(type='SGD', lr=1e-4, momentum=0.9, weight_decay=0.0),
)
param_scheduler = [dict(type='PolyLR', power=0.9, eta_min=0.0, begin=0, end=400000, by_epoch=False)]

train_cfg = dict(type='IterBasedTrainLoop', max_iters=400000, val_interval=20000)
val_cfg = dict(type='ValLoop')
test_cfg = dict(type='TestLoop')
