"""Reads exported data sets by the formats' own rules, with none of our code: what each format's page or program says is in the
comments. Prints a line of JSON for each mask; anything against the rules is an assertion that fails.

python3 read_export.py FORMAT FOLDER
"""

import base64
import hashlib
import io
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

import numpy
from PIL import Image


def say(picture, label, mask, **more):
    mask = numpy.ascontiguousarray(mask, dtype=numpy.uint8)
    assert mask.any(), "a mask is empty"
    digest = hashlib.sha256(mask.tobytes()).hexdigest()
    print(json.dumps({"picture": picture, "label": label, "size": list(mask.shape), "pixels": digest, **more}))


def files(folder, ending):
    for path, _, names in sorted(os.walk(folder)):
        for name in sorted(names):
            if name.endswith(ending):
                yield os.path.relpath(os.path.join(path, name), folder)


def load(folder, path):
    with open(os.path.join(folder, path), encoding="utf-8") as file:
        return json.load(file)


def from_counts(counts, size):
    """COCO: lengths of runs down the columns, background first."""
    assert sum(counts) == size[0] * size[1] and all(isinstance(run, int) and run >= 0 for run in counts)
    flat = numpy.repeat(numpy.arange(len(counts)) % 2, counts)
    return flat.reshape(size[1], size[0]).T


def from_text(text, size):
    """COCO's compressed counts: groups of five bits and one that goes on, from 48; from the fourth on the difference to two before."""
    counts, at = [], 0
    while at < len(text):
        value, shift, more = 0, 0, True
        while more:
            code = ord(text[at]) - 48
            assert 0 <= code < 64
            value |= (code & 31) << shift
            more = code & 32 != 0
            at, shift = at + 1, shift + 5
            if not more and code & 16:
                value |= -1 << shift
        counts.append(value + counts[-2] if len(counts) > 2 else value)
    return from_counts(counts, size)


def filled(points, size):
    """The pixels whose middles are in a polygon, by the even-odd rule; corners are whole numbers here, so no reader differs."""
    y, x = numpy.mgrid[0 : size[0], 0 : size[1]] + 0.5
    inside = numpy.zeros(size, dtype=bool)
    for (x0, y0), (x1, y1) in zip(points, points[1:] + points[:1]):
        if y0 == y1:
            continue
        crosses = (y0 > y) != (y1 > y)
        inside ^= crosses & (x < x0 + (y - y0) * (x1 - x0) / (y1 - y0))
    return inside


def pairs(numbers):
    assert len(numbers) >= 6 and len(numbers) % 2 == 0
    return list(zip(numbers[0::2], numbers[1::2]))


def box_of(mask):
    rows, columns = numpy.where(mask)
    return columns.min(), rows.min(), columns.max(), rows.max()


def coco(folder):
    """https://cocodataset.org/#format-data"""
    ids = set()
    for path in files(os.path.join(folder, "annotations"), ".json"):
        data = load(folder, os.path.join("annotations", path))
        assert {"info", "licenses", "images", "annotations", "categories"} <= data.keys()
        categories = {one["id"]: one["name"] for one in data["categories"]}
        assert 0 not in categories and len(set(categories.values())) == len(categories)
        images = {one["id"]: one for one in data["images"]}
        for one in data["annotations"]:
            assert isinstance(one["id"], int) and one["id"] > 0 and one["id"] not in ids
            ids.add(one["id"])
            image = images[one["image_id"]]
            size = (image["height"], image["width"])
            shape = one["segmentation"]
            if isinstance(shape, list):
                kind, mask = "polygons", numpy.zeros(size, dtype=bool)
                for polygon in shape:
                    mask |= filled(pairs(polygon), size)
            else:
                assert tuple(shape["size"]) == size
                kind = "counts" if isinstance(shape["counts"], list) else "rle"
                mask = from_counts(shape["counts"], size) if kind == "counts" else from_text(shape["counts"], size)
            assert one["iscrowd"] == (1 if kind == "counts" else 0)
            left, top, right, bottom = box_of(mask)
            assert one["bbox"] == [left, top, right - left + 1, bottom - top + 1]
            assert one["area"] == mask.sum()
            say(image["file_name"], categories[one["category_id"]], mask, kind=kind, split=path[len("instances_") : -len(".json")])


def sa1b(folder):
    """segment-anything's README, and published records: whole numbers for ids, floats for all else, boxes from pixel to pixel."""
    ids, images = set(), set()
    for path in files(folder, ".json"):
        data = load(folder, path)
        image = data["image"]
        assert type(image["image_id"]) is int and image["image_id"] not in images
        images.add(image["image_id"])
        for one in data["annotations"]:
            assert type(one["id"]) is int and one["id"] not in ids
            ids.add(one["id"])
            assert type(one["predicted_iou"]) is float and type(one["stability_score"]) is float
            for numbers in (one["bbox"], one["crop_box"], *one["point_coords"]):
                assert all(type(number) is float for number in numbers)
            assert one["segmentation"]["size"] == [image["height"], image["width"]]
            mask = from_text(one["segmentation"]["counts"], one["segmentation"]["size"])
            left, top, right, bottom = box_of(mask)
            assert one["bbox"] == [left, top, right - left, bottom - top]
            assert one["area"] == mask.sum()
            say(image["file_name"], None, mask)


def labelme(folder):
    """labelme's LabelFile and shape_to_mask: imageData must be there and may be null; a mask lies at its first point."""
    for path in files(folder, ".json"):
        data = load(folder, path)
        assert {"version", "flags", "shapes", "imagePath", "imageData", "imageHeight", "imageWidth"} <= data.keys()
        assert os.path.exists(os.path.join(folder, os.path.dirname(path), data["imagePath"]))
        size = (data["imageHeight"], data["imageWidth"])
        groups = {}
        for at, shape in enumerate(data["shapes"]):
            assert all(type(flag) is bool for flag in shape["flags"].values())
            if shape["shape_type"] == "mask":
                (left, top), (right, bottom) = [[int(number) for number in point] for point in shape["points"]]
                mask = numpy.zeros(size, dtype=bool)
                cut = numpy.array(Image.open(io.BytesIO(base64.b64decode(shape["mask"])))) != 0
                assert cut.shape == (bottom - top + 1, right - left + 1)
                mask[top : bottom + 1, left : right + 1] = cut
            else:
                assert shape["shape_type"] == "polygon"
                mask = filled([tuple(point) for point in shape["points"]], size)
            group = shape["group_id"]
            assert group is None or type(group) is int
            key = f"@{at}" if group is None else group
            label, before = groups.get(key, (shape["label"], numpy.zeros(size, dtype=bool)))
            groups[key] = (label, before | mask)
        name = os.path.join(os.path.dirname(path), data["imagePath"]).split("/", 1)[1]
        for label, mask in groups.values():
            say(name, label, mask)


def yolo(folder):
    """Ultralytics' segment data: a ring of shares of the picture a line, classes from 0 without gaps, labels/ mirrors images/."""
    with open(os.path.join(folder, "data.yaml"), encoding="utf-8") as file:
        text = file.read()
    names = {int(number): json.loads(name) for number, name in re.findall(r"^  (\d+): (.+)$", text, re.M)}
    assert sorted(names) == list(range(len(names))) and f"nc: {len(names)}" in text
    for split in re.findall(r"^\"(.+)\": \"images/.+\"$", text, re.M):
        for path in files(os.path.join(folder, "images", split), ".png"):
            size = Image.open(os.path.join(folder, "images", split, path)).size[::-1]
            with open(os.path.join(folder, "labels", split, path[: -len(".png")] + ".txt"), encoding="utf-8") as file:
                for line in file.read().splitlines():
                    number, *shares = line.split(" ")
                    shares = [float(share) for share in shares]
                    assert all(0 <= share <= 1 for share in shares)
                    points = [(round(x * size[1], 3), round(y * size[0], 3)) for x, y in pairs(shares)]
                    say(path, names[int(number)], filled(points, size), split=split)


def png(folder):
    """VOC's SegmentationClass: a palette, an index a pixel; labelmap.txt as CVAT reads it: name:r,g,b::, by index."""
    with open(os.path.join(folder, "labelmap.txt"), encoding="utf-8") as file:
        rows = [line.split(":") for line in file.read().splitlines() if not line.startswith("#")]
    for path in files(os.path.join(folder, "SegmentationClass"), ".png"):
        image = Image.open(os.path.join(folder, "SegmentationClass", path))
        assert image.mode == "P"
        palette = image.getpalette()
        values = numpy.array(image)
        for index in sorted(set(values.flat) - {0}):
            name, colour, _, _ = rows[index]
            assert palette[3 * index : 3 * index + 3] == [int(part) for part in colour.split(",")]
            say(path, name, values == index)


def cvat(folder):
    """CVAT's XML 1.1: runs along the rows of the mask's box, background first."""
    root = ElementTree.parse(os.path.join(folder, "annotations.xml")).getroot()
    assert root.tag == "annotations" and root.findtext("version") == "1.1"
    labels = {one.findtext("name") for one in root.iter("label")}
    for image in root.iter("image"):
        size = (int(image.get("height")), int(image.get("width")))
        for one in image.iter("mask"):
            assert one.get("label") in labels
            left, top, width, height = [int(one.get(key)) for key in ("left", "top", "width", "height")]
            runs = [int(run) for run in one.get("rle").split(",")]
            assert sum(runs) == width * height
            mask = numpy.zeros(size, dtype=bool)
            mask[top : top + height, left : left + width] = numpy.repeat(numpy.arange(len(runs)) % 2, runs).reshape(height, width)
            say(image.get("name"), one.get("label"), mask, split=image.get("subset"))


def label_studio(folder):
    """label_studio_converter's brush: bits of runs over RGBA bytes, of which the fourth counts."""
    root = ElementTree.parse(os.path.join(folder, "config.xml")).getroot()
    controls = {one.get("name"): one.get("toName") for one in root.iter("BrushLabels")}
    labels = {one.get("value") for one in root.iter("Label")}
    for task in load(folder, "tasks.json"):
        for annotation in task["annotations"]:
            for one in annotation["result"]:
                assert controls[one["from_name"]] == one["to_name"] and one["type"] == "brushlabels"
                value = one["value"]
                assert value["format"] == "rle" and set(value["brushlabels"]) <= labels
                size = (one["original_height"], one["original_width"])
                values = brush(value["rle"])
                mask = values.reshape(size[0], size[1], 4)[:, :, 3] > 0
                say(task["data"]["image"][len("images/") :], value["brushlabels"][0], mask, split=task["data"]["split"])


def brush(numbers):
    bits = "".join(f"{number:08b}" for number in numbers)
    at = 0

    def read(count):
        nonlocal at
        at += count
        return int(bits[at - count : at], 2)

    total, word = read(32), read(5) + 1
    sizes = [read(4) + 1 for _ in range(4)]
    values = []
    while len(values) < total:
        repeats = read(1)
        length = read(sizes[read(2)]) + 1
        values.extend([read(word)] * length if repeats else [read(word) for _ in range(length)])
    return numpy.array(values)


def datumaro(folder):
    """Datumaro's own format: items of a split a file, label_id from 0."""
    for path in files(os.path.join(folder, "annotations"), ".json"):
        data = load(folder, os.path.join("annotations", path))
        labels = [one["name"] for one in data["categories"]["label"]["labels"]]
        split = path[: -len(".json")]
        for item in data["items"]:
            image = item["image"]
            assert item["id"] == os.path.splitext(image["path"])[0]
            assert os.path.exists(os.path.join(folder, "images", split, image["path"]))
            for one in item["annotations"]:
                assert one["type"] == "mask" and one["rle"]["size"] == image["size"]
                say(image["path"], labels[one["label_id"]], from_text(one["rle"]["counts"], one["rle"]["size"]), split=split)


if __name__ == "__main__":
    readers = dict(coco=coco, sa1b=sa1b, labelme=labelme, yolo=yolo, png=png, cvat=cvat, label_studio=label_studio, datumaro=datumaro)
    readers[sys.argv[1]](sys.argv[2])
