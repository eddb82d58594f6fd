"""LIP and DensePose-COCO, joined by annotation id: the surface annotation in the coordinates of LIP's crops."""
