import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeRle, rleToBitmap } from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { segmentOverHttp, upload } from "../support/http-calls.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { findNumpyPython } from "../support/programs.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

const python = findNumpyPython();
const run = promisify(execFile);
const [width, height] = [320, 240];
const point = clickOn("disc", width, height);
let maskwire: Maskwire;
let picture: Buffer;
beforeAll(async () => {
  maskwire = await startMaskwire({ ...tinyModelEnv(), MASKWIRE_ADAPTERS: "roboflow" });
  picture = await jpegScene(width, height, 4713);
});
afterAll(() => maskwire?.stop());

/** What a program with NumPy does: it reads what it is answered, and sends it back. */
const program = `
import base64, hashlib, io, json, sys, urllib.request
import numpy as np
given = json.load(sys.stdin)

def ask(path, body):
    request = urllib.request.Request(given["url"] + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request) as reply:
            return reply.headers["content-type"], reply.read()
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)["message"]

def text(array):
    file = io.BytesIO()
    np.save(file, array)
    return base64.b64encode(file.getvalue()).decode()

image = {"type": "base64", "value": given["image"]}
click = {"point_coords": [given["point"]], "point_labels": [1], "format": "binary"}
form, file = ask("/sam/embed_image", {"image": image, "format": "binary"})
embeddings = np.load(io.BytesIO(file), allow_pickle=False)
size = given["size"]
_, file = ask("/sam/segment_image", {**click, "embeddings": text(embeddings), "embeddings_format": "binary", "orig_im_size": size})
found = np.load(io.BytesIO(file), allow_pickle=False)
masks, logits = found["masks"], found["low_res_masks"]
start = {"has_mask_input": True, "mask_input": text(logits[None]), "mask_input_format": "binary"}
_, file = ask("/sam/segment_image", {**click, **start, "image": image})
again = np.load(io.BytesIO(file), allow_pickle=False)
prompts = [{"points": [{"x": given["point"][0], "y": given["point"][1], "positive": True}]}] * 2
_, file = ask("/sam2/segment_image", {"image": image, "prompts": prompts, "format": "binary", "multimask_output": False})
second = np.load(io.BytesIO(file), allow_pickle=False)
changed = embeddings.copy()
changed[0, 7, 7, 7] += 1
print(json.dumps({
    "form": form,
    "embeddings": [str(embeddings.dtype), embeddings.shape, bool(np.isfinite(embeddings).all())],
    "masks": [str(masks.dtype), masks.shape, hashlib.sha256((masks[0] > 0).astype(np.uint8).tobytes()).hexdigest()],
    "logits": [str(logits.dtype), logits.shape, bool((logits > 0).any())],
    "again": [again["masks"].shape, int(again["masks"].sum())],
    "second": [second["masks"].shape, hashlib.sha256(second["masks"][1].tobytes()).hexdigest()],
    "changed": ask("/sam/segment_image", {**click, "embeddings": text(changed), "orig_im_size": size}),
    "doubles": ask("/sam/segment_image", {**click, "embeddings": text(embeddings.astype(np.float64)), "orig_im_size": size}),
    "turned": ask("/sam/segment_image", {**click, **start, "image": image, "mask_input": text(np.asfortranarray(logits[0].T.copy().T))}),
    "pickled": ask("/sam/segment_image", {**click, **start, "image": image, "mask_input": text(np.array([{}], dtype=object))}),
    "sized": ask("/sam/segment_image", {**click, "embeddings": text(embeddings), "orig_im_size": size[::-1]}),
}))
`;

describe.skipIf(!python)("NumPy", () => {
  it("X19: reads the arrays that Roboflow's clients are answered, and sends them back", async () => {
    const promise = run(python as string, ["-c", program], { maxBuffer: 1 << 20 });
    promise.child.stdin?.end(
      JSON.stringify({
        url: `${maskwire.url}/adapters/roboflow`,
        image: picture.toString("base64"),
        point: [point.x, point.y],
        size: [height, width],
      }),
    );
    const told = JSON.parse((await promise).stdout);
    const { image } = await upload(maskwire.url, picture);
    const { masks } = await segmentOverHttp(maskwire.url, {
      imageId: image?.imageId ?? "",
      prompt: { points: [point] },
    });
    const { rle } = masks[0]!;
    const bitmap = rleToBitmap(decodeRle({ size: rle?.size ?? [], counts: rle?.counts ?? "" }));
    const digest = createHash("sha256").update(bitmap).digest("hex");
    expect(told).toEqual({
      form: "application/octet-stream",
      embeddings: ["float32", [1, 256, 64, 64], true],
      masks: ["uint8", [1, height, width], digest],
      logits: ["float32", [1, 256, 256], true],
      again: [[1, height, width], expect.any(Number)],
      second: [[2, height, width], digest],
      changed: [400, expect.stringMatching(/not made here, or were changed/)],
      doubles: [400, expect.stringMatching(/"<f8"/)],
      turned: [400, expect.stringMatching(/ascontiguousarray/)],
      pickled: [400, expect.stringMatching(/"\|O"/)],
      sized: [400, expect.stringMatching(/orig_im_size/)],
    });
  });
});
