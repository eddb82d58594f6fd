"""The official rules of GPS, AP and AR, step by step in plain Python, slow and independent of the package.

Annotations and detections are dictionaries as in the files of DensePose-COCO; a detection's ``iuv`` is (3, h, w).
"""

import math

import numpy as np
from pycocotools import mask as coco_mask

THRESHOLDS = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95]
AREAS = {'all': (0, 1e10), 'medium': (32**2, 96**2), 'large': (96**2, 1e10)}
SCALES = [0.351] * 2 + [0.107] * 2 + [0.126] * 2 + [0.237] * 4 + [0.173] * 4 + [0.142] * 4 + [0.128] * 4 + [0.150] * 2


class LiteralEvaluation:
    """Evaluates lists of annotations and detections.

    Args:
        assets (dict): ``U``, ``V``, ``part``, ``index`` by chart vertex, ``index`` from 1; ``pairs`` (D, 1).
        sizes (dict): Image id -> (height, width).
        annotations (list): Of all images.
        detections (list): Of all images.
        masked (bool): Whether GPSm stands in GPS's place.
    """

    def __init__(self, assets, sizes, annotations, detections, masked=False):
        self.assets, self.sizes, self.masked = assets, sizes, masked
        self.vertices = round((1 + math.sqrt(1 + 8 * len(assets['pairs']))) / 2)
        self.truth = {image: [a for a in annotations if a['image_id'] == image] for image in sizes}
        self.found = {}
        for image in sizes:
            mine = [d for d in detections if d['image_id'] == image]
            mine.sort(key=lambda d: -d['score'])
            self.found[image] = mine[:20]
        self.similar = {
            image: [[self.similarity(d, a) for a in self.truth[image]] for d in self.found[image]] for image in sizes
        }

    def vertex(self, part, u, v):
        """Number, from 1, of the mesh vertex whose chart vertex is nearest; 0 for background."""
        best, place = math.inf, 0
        for other, (own, x, y) in enumerate(zip(self.assets['part'], self.assets['U'], self.assets['V'], strict=True)):
            if own == part and math.hypot(u - x, v - y) < best:
                best, place = math.hypot(u - x, v - y), self.assets['index'][other]
        return place

    def distance(self, one, other):
        """Of mesh vertices from 1; infinite from or to background."""
        if one == 0 or other == 0:
            return math.inf
        if one == other:
            return 0.0
        # Counted from the last vertex, place of the pair in the usual packing, and that counted from the end.
        first, second = self.vertices - max(one, other), self.vertices - min(one, other)
        before = sum(self.vertices - 1 - row for row in range(first))
        usual = before + second - first - 1
        return float(self.assets['pairs'][len(self.assets['pairs']) - 1 - usual][0])

    def gps(self, detection, annotation):
        """Similarity of a detection and a person with points."""
        x, y, width, height = annotation['bbox']
        left, top, found_width, found_height = detection['bbox']
        total = 0.0
        for number, part in enumerate(annotation['dp_I']):
            column = int(annotation['dp_x'][number] * width / 255 + x - left)
            row = int(annotation['dp_y'][number] * height / 255 + y - top)
            here = 0
            if 0 <= column < int(found_width) and 0 <= row < int(found_height):
                found, u, v = (int(value) for value in detection['iuv'][:, row, column])
                here = self.vertex(found, u / 255, v / 255) if found else 0
            there = self.vertex(part, annotation['dp_U'][number], annotation['dp_V'][number])
            d = self.distance(there, here)
            total += math.exp(-(d**2) / (2 * SCALES[int(part) - 1] ** 2))
        return total / len(annotation['dp_I']) if len(annotation['dp_I']) else 0.0

    def similarity(self, detection, annotation):
        """GPS or GPSm; 0 for a person that does not count."""
        if 'dp_x' not in annotation:
            return 0.0
        gps = self.gps(detection, annotation)
        return math.sqrt(gps * self.overlap(detection, annotation)) if self.masked else gps

    def overlap(self, detection, annotation):
        """IoU of masks, counted in run lengths."""
        shape = self.sizes[annotation['image_id']]
        union = np.zeros((256, 256))
        for part in annotation['dp_masks']:
            if part:
                union[coco_mask.decode(part) > 0] = 1
        width, height = (max(size, 1) for size in annotation['bbox'][2:])
        # Rounding may put the last place beyond 255, where there is nothing.
        rows, columns = (np.arange(round(size)) * (255 / max(round(size) - 1, 1)) for size in (height, width))
        down = np.stack([np.interp(rows, range(256), union[:, column], right=0) for column in range(256)], axis=1)
        whole = np.stack([np.interp(columns, range(256), row, right=0) for row in down])
        first = self.encode(whole > 0.5, annotation['bbox'], shape)
        second = self.encode(detection['iuv'][0] > 0, detection['bbox'], shape)
        return float(coco_mask.iou([second], [first], [int(annotation['iscrowd'])])[0, 0])

    @staticmethod
    def encode(mask, box, shape):
        """Run lengths of a box's mask in the picture, pixel by pixel."""
        picture = np.zeros(shape, dtype=np.uint8, order='F')
        x, y, width, height = box
        for row in range(mask.shape[0]):
            for column in range(mask.shape[1]):
                inside = 0 <= int(y) + row < min(shape[0], int(y + height))
                if inside and 0 <= int(x) + column < min(shape[1], int(x + width)):
                    picture[int(y) + row, int(x) + column] = mask[row, column]
        return coco_mask.encode(picture)

    def match(self, image, area):
        """For each threshold, of each detection: (matched, ignored); and the number of persons that count."""
        low, high = AREAS[area]
        truth, found = self.truth[image], self.found[image]
        dropped = ['dp_x' not in a or not low <= a['area'] <= high for a in truth]
        turn = [g for g in range(len(truth)) if not dropped[g]] + [g for g in range(len(truth)) if dropped[g]]
        crowds = [bool(a['iscrowd']) for a in truth]
        nobody = all(dropped)
        partner = [[None] * len(found) for _ in THRESHOLDS]
        ignored = [[nobody] * len(found) for _ in THRESHOLDS]
        taken = [set() for _ in THRESHOLDS]
        if not truth:
            return partner, ignored, 0
        for t, threshold in enumerate(THRESHOLDS):
            for d in range(len(found)):
                best, chosen = threshold, None
                for g in turn:
                    if g in taken[t] and not crowds[g]:
                        continue
                    if chosen is not None and not dropped[chosen] and dropped[g]:
                        break
                    value = self.similar[image][d][g]
                    if value >= best and value > 0:
                        best, chosen = value, g
                if chosen is not None:
                    partner[t][d], ignored[t][d] = chosen, dropped[chosen]
                    taken[t].add(chosen)
        boxes = coco_mask.iou(
            np.array([d['bbox'] for d in found], dtype=float).reshape(-1, 4),
            np.array([a['bbox'] for a in truth], dtype=float),
            [int(crowd) for crowd in crowds],
        )
        for d in range(len(found)):
            if partner[-1][d] is not None:
                continue
            best, chosen = 0.8, None
            for g in turn:
                if (g not in taken[-1] or crowds[g]) and boxes[d][g] >= best:
                    best, chosen = boxes[d][g], g
            if chosen is not None:
                for t in range(len(THRESHOLDS)):
                    ignored[t][d] = dropped[chosen]
                if dropped[chosen]:
                    partner[-1][d] = chosen
                    taken[-1].add(chosen)
        for d, detection in enumerate(found):
            if not low <= detection['bbox'][2] * detection['bbox'][3] <= high:
                for t in range(len(THRESHOLDS)):
                    ignored[t][d] = ignored[t][d] or partner[t][d] is None
        return partner, ignored, dropped.count(False)

    def precision_and_recall(self, area):
        """Mean precision at 101 recalls, and largest recall, of each threshold; None if nobody counts."""
        matches = {image: self.match(image, area) for image in self.sizes}
        persons = sum(count for _, _, count in matches.values())
        if persons == 0:
            return None
        results = []
        for t in range(len(THRESHOLDS)):
            listed = []
            for image, (partner, ignored, _) in matches.items():
                for d, detection in enumerate(self.found[image]):
                    listed.append((detection['score'], partner[t][d] is not None, ignored[t][d]))
            listed.sort(key=lambda each: -each[0])  # keeps the order of equals
            right = wrong = 0
            curve = []
            for _, matched, ignored in listed:
                right += matched and not ignored
                wrong += not matched and not ignored
                curve.append((right / persons, right / (right + wrong) if right + wrong else 0.0))
            at_recall = [
                max([precision for recall, precision in curve if recall >= wanted], default=0.0)
                for wanted in np.linspace(0, 1, 101)
            ]
            results.append((sum(at_recall) / 101, max([recall for recall, _ in curve], default=0.0)))
        return results

    def summary(self):
        """All values by their keys."""
        values = {}
        for area, ending in (('all', ''), ('medium', 'm'), ('large', 'l')):
            results = self.precision_and_recall(area)
            for kind, name in enumerate(('AP', 'AR')):
                column = [math.nan] * 10 if results is None else [each[kind] for each in results]
                values[f'{name}{ending}'] = sum(column) / 10
                if area == 'all':
                    values[f'{name}50'], values[f'{name}75'] = column[0], column[5]
        return values
