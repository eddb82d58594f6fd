# LIP and DensePose-COCO to train on, DensePose-COCO to test on: joints and surface, a sample a person.
#
# LIP's pictures are cut from COCO's. COCO images of LIP's validation persons are left out of training, so that the
# model can be tested on LIP; those of LIP's training persons are left out of testing.
_base_ = './lip.py'

lip_root = 'data/LIP'
coco_root = 'data/coco'

coco = dict(type='COCOPersonDataset', data_root=coco_root, with_surface=True)
train_dataloader = dict(
    dataset=dict(
        _delete_=True,
        type='JoinedDataset',
        datasets=[
            dict(
                type='LIPMultiTaskDataset',
                data_root=lip_root,
                split='train',
                surface_file='densepose_train.json',
                pipeline=_base_.train_pipeline,
            ),
            dict(
                **coco,
                annotation_file='annotations/densepose_coco_2014_train.json',
                image_folder='train2014',
                exclude_lip_lists=[f'{lip_root}/val_id.txt'],
                pipeline=_base_.train_pipeline,
            ),
        ],
    ),
)
val_dataloader = dict(
    dataset=dict(
        _delete_=True,
        **coco,
        annotation_file='annotations/densepose_coco_2014_minival.json',
        image_folder='val2014',
        exclude_lip_lists=[f'{lip_root}/train_id.txt'],
        pipeline=_base_.test_pipeline,
        test_mode=True,
    ),
)
test_dataloader = val_dataloader

val_evaluator = [dict(type='SurfacePointMetric'), dict(type='KeypointMetric'), _base_.gps_evaluator]
test_evaluator = val_evaluator
