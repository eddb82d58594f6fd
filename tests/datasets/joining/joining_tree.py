"""COCO images, LIP's crops of them and their annotation, made for tests."""

import io
import json
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from mmspd.anatomy import NUM_JOINTS

# Name -> COCO box. Image 36 has persons in both splits; 77's is cut at the image's border.
BOXES = {
    'train': {'36_101': [20.58, 10.5, 60.2, 80.49], '41_102': [30.0, 20.0, 50.0, 70.0]},
    'val': {'36_103': [90.2, 30.7, 40.0, 60.0], '77_104': [0.0, 0.2, 70.3, 119.9]},
}
# Worked out by hand: x0, y0, width, height.
CROPS = {
    '36_101': (20, 10, 61, 81),
    '41_102': (29, 19, 51, 71),
    '36_103': (89, 30, 41, 61),
    '77_104': (0, 0, 70, 120),
}
COCO_HEIGHT, COCO_WIDTH = 120, 160


def photograph(seed, grey=False):
    """Blotches and grain: uint8 (120, 160, 3)."""
    rng = np.random.default_rng(seed)
    blotches = cv2.resize(rng.uniform(0, 255, (15, 20, 3)), (COCO_WIDTH, COCO_HEIGHT), interpolation=cv2.INTER_CUBIC)
    pixels = np.clip(blotches + rng.normal(0, 5, blotches.shape), 0, 255).astype(np.uint8)
    return np.repeat(pixels[..., :1], 3, axis=2) if grey else pixels


def jpeg(pixels, quality):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, 'JPEG', quality=quality)
    return buffer.getvalue()


def annotation_of(name, bbox):
    image_id, number = map(int, name.split('_'))
    return {
        'id': number,
        'image_id': image_id,
        'category_id': 1,
        'bbox': list(bbox),
        'area': 1234.5,
        'iscrowd': 0,
        'keypoints': [100, 50, 2, 0, 0, 0],
        'num_keypoints': 1,
        'segmentation': [[30.25, 20.5, 40.0, 20.5, 40.0, 60.75]],
        'dp_x': [0.0, 127.5],
        'dp_y': [255.0, 51.0],
        'dp_I': [2.0, 24.0],
        'dp_U': [0.123456789012345, 0.5],
        'dp_V': [1.0, 0.25],
        'dp_masks': [{'size': [256, 256], 'counts': [65536]}, *[[]] * 13],
    }


class JoiningTree:
    """LIP's tree, DensePose-COCO's file and COCO's images in a folder."""

    def __init__(self, folder):
        self.root, self.file, self.coco = folder / 'LIP', folder / 'densepose_coco.json', folder / 'coco'
        for split, persons in BOXES.items():
            self._write_split(split, list(persons))
        (self.coco / 'train2014').mkdir(parents=True)
        Image.fromarray(self.image(41)).convert('L').save(self.coco / '000000000041.jpg', quality=95)
        for number in (36, 77):
            data = jpeg(self.image(number), 95)
            (self.coco / 'train2014' / f'COCO_train2014_{number:012d}.jpg').write_bytes(data)
        self.write_annotations(self.content())

    @staticmethod
    def image(number):
        """The COCO image; that of 41 is grey, and stored with one channel."""
        return photograph(number, grey=number == 41)

    def _write_split(self, split, names):
        for name in names:
            x0, y0, width, height = CROPS[name]
            crop = self.image(int(name.split('_')[0]))[y0 : y0 + height, x0 : x0 + width]
            self.picture(name).parent.mkdir(parents=True, exist_ok=True)
            self.picture(name).write_bytes(jpeg(crop, 75))
            label = self.root / 'TrainVal_parsing_annotations' / f'{split}_segmentations' / f'{name}.png'
            label.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(np.zeros((height, width), np.uint8)).save(label)
        (self.root / f'{split}_id.txt').write_text('\n'.join(names))
        poses = self.root / 'TrainVal_pose_annotations' / f'lip_{split}_set.csv'
        poses.parent.mkdir(exist_ok=True)
        poses.write_text('\n'.join(f'{name}.jpg,{",".join(["5,6,0"] * NUM_JOINTS)}' for name in names))

    def picture(self, name):
        split = 'train' if name in BOXES['train'] else 'val'
        return self.root / 'TrainVal_images' / f'{split}_images' / f'{name}.jpg'

    @staticmethod
    def content():
        persons = {**BOXES['train'], **BOXES['val']}
        return {
            'images': [
                {'id': number, 'file_name': f'COCO_train2014_{number:012d}.jpg', 'height': COCO_HEIGHT,
                 'width': COCO_WIDTH, 'license': 3}
                for number in (36, 41, 77)
            ],
            'annotations': [annotation_of(name, bbox) for name, bbox in persons.items()]
            + [annotation_of('36_999', [1.0, 1.0, 20.0, 30.0])],
        }  # fmt: skip

    def write_annotations(self, content, path: Path | None = None):
        (path or self.file).write_text(json.dumps(content))
