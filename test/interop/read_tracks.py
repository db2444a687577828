"""Reads masks of videos, and lifted points, by the layouts' own rules, with none of our code that writes them. Prints a line of JSON
for each object and frame; anything against the rules is an assertion that fails.

python3 read_tracks.py LAYOUT PATH FRAMES
"""

import glob
import json
import os
import sys

import numpy
from PIL import Image

from read_export import from_text, say


def png_names(folder):
    return sorted(os.path.basename(path) for path in glob.glob(os.path.join(folder, "*.png")))


def of_rle(rle):
    return from_text(rle["counts"], rle["size"])


def davis(path, _frames):
    for frame, name in enumerate(png_names(path)):
        image = Image.open(os.path.join(path, name))
        assert image.mode == "P"
        indices = numpy.array(image)
        for number in numpy.unique(indices[indices > 0]):
            say(frame, int(number), indices == number)


def mots(path, _frames):
    """mots_tools/mots_common/io.py: numbers are class * 1000 + instance, in 16-bit PNGs named by their frame, and in lines of text."""
    found = {}
    folder = os.path.join(path, "instances")
    for name in png_names(folder):
        numbers = numpy.array(Image.open(os.path.join(folder, name))).astype(numpy.int32)
        for number in numpy.unique(numbers[numbers > 0]):
            assert number // 1000 == 1
            found[int(os.path.splitext(name)[0]), int(number)] = numbers == number
    with open(os.path.join(path, "instances.txt"), encoding="utf-8") as file:
        lines = [line.split(" ") for line in file.read().splitlines()]
    assert len(lines) == len(found)
    for frame, number, kind, height, width, counts in lines:
        assert int(number) // 1000 == int(kind)
        mask = from_text(counts, [int(height), int(width)])
        assert (mask == found[int(frame), int(number)]).all()
        say(int(frame), int(number) % 1000, mask)


def youtube_vis(path, _frames):
    """youtubevos/cocoapi: a list of segmentations an annotation, as long as its video, null where there is none."""
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    videos = {video["id"]: video for video in data["videos"]}
    categories = {category["id"] for category in data["categories"]}
    for annotation in data["annotations"]:
        video = videos[annotation["video_id"]]
        assert annotation["category_id"] in categories and video["length"] == len(video["file_names"])
        for key in ("segmentations", "bboxes", "areas"):
            assert len(annotation[key]) == video["length"]
        rows = zip(annotation["segmentations"], annotation["bboxes"], annotation["areas"])
        for frame, (rle, box, area) in enumerate(rows):
            assert (rle is None) == (box is None) == (area is None)
            if rle is None:
                continue
            assert rle["size"] == [video["height"], video["width"]]
            mask = of_rle(rle)
            y, x = numpy.nonzero(mask)
            assert area == mask.sum() and box == [x.min(), y.min(), x.max() - x.min() + 1, y.max() - y.min() + 1]
            say(frame, annotation["track_id"], mask)


def coco(path, _frames):
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    frames = {image["id"]: image["frame_index"] for image in data["images"]}
    assert len({annotation["id"] for annotation in data["annotations"]}) == len(data["annotations"])
    for annotation in data["annotations"]:
        mask = of_rle(annotation["segmentation"])
        assert annotation["area"] == mask.sum() and annotation["iscrowd"] == 0
        say(frames[annotation["image_id"]], annotation["track_id"], mask)


def rgba(path, frames):
    """Inside its mask a frame is as it was, and nothing of it is outside; all objects together are number 0 here."""
    for frame, name in enumerate(png_names(path)):
        image = Image.open(os.path.join(path, name))
        assert image.mode == "RGBA"
        pixels = numpy.array(image)
        original = numpy.array(Image.open(os.path.join(frames, name)).convert("RGB"))
        inside = pixels[:, :, 3] == 255
        assert (pixels[~inside] == 0).all() and (pixels[inside][:, :3] == original[inside]).all()
        say(frame, 0, inside)


def ply(path, _frames):
    """Of points: their places, colours and objects."""
    with open(path, "rb") as file:
        header = []
        while not header or header[-1] != "end_header":
            header.append(file.readline().decode("ascii").rstrip("\n"))
        assert header[:2] == ["ply", "format binary_little_endian 1.0"]
        kinds = {"float": "<f4", "uchar": "u1", "ushort": "<u2"}
        fields = [line.split(" ")[1:] for line in header if line.startswith("property ")]
        count = next(int(line.split(" ")[2]) for line in header if line.startswith("element vertex "))
        points = numpy.frombuffer(file.read(), dtype=[(name, kinds[kind]) for kind, name in fields])
    assert len(points) == count
    for point in points:
        print(json.dumps([float(point[axis]) for axis in "xyz"] + [int(point[one]) for one in ("red", "green", "blue", "object")]))


readers = {"davis": davis, "mots": mots, "youtube-vis": youtube_vis, "coco": coco, "rgba": rgba, "ply": ply}

if __name__ == "__main__":
    readers[sys.argv[1]](*sys.argv[2:])
