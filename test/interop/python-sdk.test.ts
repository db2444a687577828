import { execFile } from "node:child_process";
import { copyFile, cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { writeOneKey } from "../support/one-key.js";
import { findGrpcPython, findPackagingPython } from "../support/programs.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { codeIn } from "./code-in.js";

const python = findPackagingPython();
const run = promisify(execFile);

describe.skipIf(!python)("the Python package, from its wheel", () => {
  let folder: string;
  let maskwire: Maskwire;
  let address: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "maskwire-python-"));
    // What is built leaves its traces beside the sources.
    await cp(join(projectRoot, "web-client", "python"), join(folder, "source"), { recursive: true });
    const pip = ["-m", "pip", "--disable-pip-version-check", "--no-cache-dir"];
    const offline = ["--no-deps", "--no-index"];
    await run(python as string, [
      ...pip,
      "wheel",
      ...offline,
      "--no-build-isolation",
      "-w",
      folder,
      join(folder, "source"),
    ]);
    const [wheel = ""] = (await readdir(folder)).filter((name) => name.endsWith(".whl"));
    await run(python as string, [
      ...pip,
      "install",
      ...offline,
      "--target",
      join(folder, "installed"),
      join(folder, wheel),
    ]);
    await copyFile(join(projectRoot, "web-client", "public", "samples", "kitchen.jpg"), join(folder, "kitchen.jpg"));
    maskwire = await startMaskwire(tinyModelEnv());
    address = `127.0.0.1:${maskwire.host.port}`;
  });
  afterAll(async () => {
    await maskwire.stop();
    await rm(folder, { recursive: true });
  });

  it("is written in what Python 3.9 has", async () => {
    const code = `
      import ast, pathlib, re
      newer = r"\\b(pairwise|bit_count|TaskGroup|asyncio\\.timeout|StrEnum|tomllib|aiter|anext|ParamSpec|TypeAlias|Self)\\b|strict=|slots=True|kw_only=True"
      for path in pathlib.Path("installed/maskwire").glob("*.py"):
          source = path.read_text()
          ast.parse(source, feature_version=(3, 9))
          print(path.name, re.findall(newer, source))`;
    const lines = (await runCode(code.replace(/^ {6}/gm, ""))).trim().split("\n");
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => !line.endsWith(" []"))).toEqual([]);
  });

  async function runCode(code: string): Promise<string> {
    const file = join(folder, "code.py");
    await writeFile(file, code);
    const env = { ...process.env, PYTHONPATH: join(folder, "installed"), MASKWIRE_URL: `http://${address}` };
    return (await run(python as string, ["-W", "error", file], { cwd: folder, env })).stdout;
  }

  it("cuts an object out as README says", async () => {
    const code = await codeIn("README.md", "python", "from maskwire import Client");
    expect(code.split("\n").filter((line) => line !== "").length).toBeLessThanOrEqual(6);
    await runCode(code.replaceAll("localhost:8080", address));
    const picture = sharp(await readFile(join(folder, "teapot.png")));
    const { width, height, channels } = await picture.metadata();
    const { channels: bands } = await picture.stats();
    expect([width <= 1200, height <= 800, channels]).toEqual([true, true, 4]);
    expect(bands[3]?.max).toBe(255);
  });

  it("runs code for Meta's package with one changed import", async () => {
    // As people have it: the first line alone is another.
    const code = `
from maskwire.segment_anything import SamAutomaticMaskGenerator, SamPredictor, sam_model_registry
import numpy as np
from PIL import Image

sam = sam_model_registry["vit_h"](checkpoint="sam_vit_h_4b8939.pth")
sam.to(device="cuda")
image = np.array(Image.open("kitchen.jpg").convert("RGB"))
predictor = SamPredictor(sam)
predictor.set_image(image)
masks, scores, logits = predictor.predict(
    point_coords=np.array([[640, 380]]), point_labels=np.array([1]), multimask_output=True
)
assert masks.shape == (3, 800, 1200) and masks.dtype == bool, masks.shape
assert scores.shape == (3,) and logits.shape == (3, 256, 256) and logits.dtype == np.float32
best = logits[np.argmax(scores), :, :]
masks, scores, _ = predictor.predict(
    point_coords=np.array([[640, 380], [300, 80]]),
    point_labels=np.array([1, 0]),
    mask_input=best[None, :, :],
    multimask_output=False,
)
assert masks.shape == (1, 800, 1200)
masks, scores, _ = predictor.predict(box=np.array([490, 210, 860, 490]), multimask_output=False)
assert masks.shape == (1, 800, 1200) and 0 < masks.mean() < 1

bgr = SamPredictor(sam)
bgr.set_image(image[..., ::-1], image_format="BGR")
assert bgr.original_size == (800, 1200)
same, _, _ = bgr.predict(box=np.array([490, 210, 860, 490]), multimask_output=False)
assert (same == masks).all()

generator = SamAutomaticMaskGenerator(sam, points_per_side=3, pred_iou_thresh=0.0, stability_score_thresh=0.0)
records = generator.generate(image)
assert len(records) > 0
for record in records:
    assert set(record) == {
        "segmentation", "area", "bbox", "predicted_iou", "point_coords", "stability_score", "crop_box"
    }
    assert record["segmentation"].shape == (800, 1200) and record["segmentation"].sum() == record["area"]
    ys, xs = np.nonzero(record["segmentation"])
    assert record["bbox"] == [xs.min(), ys.min(), xs.max() - xs.min(), ys.max() - ys.min()], record["bbox"]
    assert record["crop_box"] == [0, 0, 1200, 800]
records.sort(key=lambda one: one["area"], reverse=True)
coco = SamAutomaticMaskGenerator(
    sam, points_per_side=3, pred_iou_thresh=0.0, stability_score_thresh=0.0, output_mode="coco_rle"
).generate(image)
assert sorted(one["area"] for one in coco) == sorted(one["area"] for one in records)
print(len(records))
`;
    expect(Number(await runCode(code))).toBeGreaterThan(0);
  });

  it("follows an object through a video", async () => {
    const code = `
import os
import numpy as np
from maskwire import Client, MaskwireError, show

frames = [np.full((60, 80, 3), 40 * at, np.uint8) for at in range(4)]
with Client(os.environ["MASKWIRE_URL"]) as client:
    made = list(client.track(frames, [show(1, points=[(40, 30)])]))
    assert [one.frame for one in made] == [1, 2, 3, 0], made
    assert made[0].states == {1: "corrected"} and made[0].array().shape == (60, 80)
    assert [one.frame for one in client.track(frames, [show(0, points=[(40, 30)])], last=1)] == [0, 1]
    try:
        list(client.track(frames, [show(9, points=[(40, 30)])]))
        raise AssertionError("there is no frame 9")
    except MaskwireError as error:
        assert error.code == "INVALID_ARGUMENT", error
print("done")
`;
    expect(await runCode(code)).toBe("done\n");
  });

  it("encodes masks as COCO does and outlines them by their pixels' edges", async () => {
    const code = `
import numpy as np
from maskwire import decode_rle, encode_rle, polygons_of

# By pycocotools 2.0.
assert encode_rle(np.array([[0, 1, 1], [0, 1, 0]])) == {"size": [2, 3], "counts": "231"}
assert encode_rle(np.ones((2, 2))) == {"size": [2, 2], "counts": "04"}
for mask in (np.zeros((0, 4), bool), np.zeros((3, 0), bool)):
    assert decode_rle(encode_rle(mask)).shape == mask.shape
random = np.random.default_rng(7)
for _ in range(200):
    height, width = random.integers(1, 40, 2)
    mask = random.random((height, width)) < random.random()
    for compressed in (True, False):
        assert (decode_rle(encode_rle(mask, compressed)) == mask).all()
    filled = np.zeros_like(mask)
    for ring in polygons_of(mask):
        assert (np.abs(np.diff(np.vstack([ring, ring[:1]]), axis=0)) > 0).sum(axis=1).tolist() == [1] * len(ring)
        inside = np.zeros_like(mask)
        for (x, y0), (_, y1) in zip(ring, np.roll(ring, -1, axis=0)):
            low, high = sorted((y0, y1))
            inside[low:high, x:] ^= True
        filled |= inside
    # Holes are filled: what is left is what the outside reaches, past corners too.
    outside = np.pad(np.zeros_like(mask), 1, constant_values=True)
    while True:
        rows = outside | np.roll(outside, 1, 0) | np.roll(outside, -1, 0)
        more = (rows | np.roll(rows, 1, 1) | np.roll(rows, -1, 1)) & ~np.pad(mask, 1)
        if (more == outside).all():
            break
        outside = more
    assert (filled == ~outside[1:-1, 1:-1]).all()
try:
    decode_rle({"size": [2, 2], "counts": "9"})
except ValueError as error:
    print(error)
`;
    expect(await runCode(code)).toBe("The runs do not fill a mask of 2 by 2.\n");
  });

  it.each([
    ["HTTP", "http"],
    ["gRPC", "grpc"],
  ])("asks over %s, waiting or not, and says in a sentence what is wrong", async (_, scheme) => {
    if (scheme === "grpc" && findGrpcPython() === undefined) return;
    const code = `
import asyncio
from maskwire import AsyncClient, Client, MaskwireError

with Client("${scheme}://${address}") as client:
    picture = client.open("kitchen.jpg")
    first = picture.segment(points=[(640, 380)], multimask=True, with_logits=True)
    rough = picture.segment(mask=first[0].array)[0]
    refined = picture.segment(points=[(640, 380), (10, 10)], labels=[1, 0], logits=first[0].logits)
    terms = {"points_per_side": 3, "pred_iou_thresh": 0, "stability_score_thresh": 0}
    found = {mask.rle["counts"] for mask in picture.everything(**terms)}
    assert len(first) == 3 and first[0].array.sum() == first[0].area and rough.area >= 0 and len(refined) == 1
    cut = lambda **terms: client.cut_out("kitchen.jpg", **terms)
    for ask in (lambda: cut(), lambda: cut(points=[(9999, 1)]), lambda: picture.segment(), lambda: picture.segment(text="a wyvern"), lambda: client.open(b"no picture")):
        try:
            ask()
        except MaskwireError as error:
            assert error.code in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "UNIMPLEMENTED") and str(error).endswith("."), error
        else:
            raise AssertionError("nothing was refused")

    async def main():
        async with AsyncClient("${scheme}://${address}") as client:
            if "${scheme}" == "http":
                box, points = (490, 210, 860, 490), [(640, 380), (1, 1)]
                assert (await client.cut_out("kitchen.jpg", points, [1, 0], box))[1:4] == b"PNG"
            picture = await client.open("kitchen.jpg")
            several = await asyncio.gather(*(picture.segment(points=[(x, 380)]) for x in (600, 640, 680)))
            masks = {mask.rle["counts"] async for mask in picture.everything(**terms)}
            return several[1][0].rle == picture_rle and masks == found

    picture_rle = picture.segment(points=[(640, 380)])[0].rle
    print(picture.width, picture.height, asyncio.run(main()), len(found) > 0)
`;
    expect(await runCode(code)).toBe("1200 800 True True\n");
  });

  it("shows who is calling by a key, and says what is missing without", async () => {
    const { path, key } = writeOneKey(folder);
    await using guarded = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_AUTH_FILE: path });
    const schemes = findGrpcPython() === undefined ? ["http"] : ["http", "grpc"];
    const code = `
from maskwire import Client, MaskwireError

for scheme in ${JSON.stringify(schemes)}:
    url = f"{scheme}://127.0.0.1:${guarded.host.port}"
    assert len(Client(url, key="${key}").open("kitchen.jpg").segment(points=[(640, 380)], multimask=True)) == 3
    for key in (None, "mw_ann_guess"):
        try:
            Client(url, key=key).open("kitchen.jpg")
        except MaskwireError as error:
            assert error.code == "UNAUTHENTICATED", error
        else:
            raise AssertionError("a stranger was let in")
`;
    expect(await runCode(code)).toBe("");
  });

  it("says that nobody is there", async () => {
    const code = `
import maskwire.client
from maskwire import Client, MaskwireError

maskwire.client._DEFAULT_RETRY_S = 0
try:
    Client("http://127.0.0.1:1").open(b"picture")
except MaskwireError as error:
    print(error.code, str(error).startswith("Nobody answers at http://127.0.0.1:1 "))
try:
    Client().cut_out(b"picture", points=(640, 380))
except ValueError as error:
    print(error)
`;
    const pairs = "Points are pairs of numbers, also a single one: points=[(640, 380)].";
    expect(await runCode(code)).toBe(`UNAVAILABLE True\n${pairs}\n`);
  });
});
