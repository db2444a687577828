import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { handMadeZip } from "../../../../dataset/archive/testing/hand-made-zip.js";
import { CommandError } from "../../command-error.js";
import type { FrameList, InputOptions } from "./frame-list.js";
import { openFrames } from "./open-frames.js";
import { ffmpeg, makeVideo, remakeVideo } from "./testing/make-video.js";

let folder: string;
const at = (name: string) => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "maskwire-inputs-"));
});
afterAll(() => rm(folder, { recursive: true }));

/** What the frames of an input are, once all are read. */
async function read(name: string, options: InputOptions = {}) {
  const list: FrameList = await openFrames(at(name), options);
  try {
    const pictures = [];
    for (const frame of list.frames) {
      const { data, info } = await sharp(await frame.read())
        .raw()
        .toBuffer({ resolveWithObject: true });
      pictures.push({ name: frame.name, timeMs: frame.timeMs, data, width: info.width, height: info.height });
    }
    return pictures;
  } finally {
    await list[Symbol.asyncDispose]();
  }
}
const timesOf = (pictures: readonly { timeMs: number | undefined }[]) => pictures.map(({ timeMs }) => timeMs);
const storesLeft = async () => (await readdir(tmpdir())).filter((name) => name.startsWith("maskwire-frames-"));

const colours = ["#f00", "#0f0", "#00f", "#fff"];
/** Frames of one colour each, 8 x 6 pixels. */
async function animation(name: string, delay: number[]): Promise<void> {
  const frames = await Promise.all(
    colours.map((background) =>
      sharp({ create: { width: 8, height: 6, channels: 4, background } })
        .png()
        .toBuffer(),
    ),
  );
  const file = sharp(frames, { join: { animated: true } });
  await (name.endsWith(".gif") ? file.gif({ delay }) : file.webp({ delay, lossless: true })).toFile(at(name));
}

describe("an animated picture", () => {
  it.each(["one.gif", "one.webp"])("has its frames without loss, and when each is shown: %s", async (name) => {
    await animation(name, [50, 200, 0, 100]);
    const frames = await read(name);
    expect(frames.map((frame) => frame.name)).toEqual(["00000.png", "00001.png", "00002.png", "00003.png"]);
    // What is shown for no time, browsers show for a tenth of a second.
    expect(timesOf(frames)).toEqual([0, 50, 250, 350]);
    expect(frames.map(({ data, width, height }) => [width, height, ...data.subarray(0, 3)])).toEqual([
      [8, 6, 255, 0, 0],
      [8, 6, 0, 255, 0],
      [8, 6, 0, 0, 255],
      [8, 6, 255, 255, 255],
    ]);
  });

  it("is taken so many times a second, and no further than is needed", async () => {
    await animation("slow.gif", [100, 100, 100, 100]);
    expect(timesOf(await read("slow.gif", { fps: 5 }))).toEqual([0, 200]);
    expect(timesOf(await read("slow.gif", { upTo: 1 }))).toEqual([0, 100]);
  });

  it("of one frame is refused with what is meant for that", async () => {
    await sharp({ create: { width: 8, height: 6, channels: 3, background: "#123" } })
      .png()
      .toFile(at("one.png"));
    await expect(openFrames(at("one.png"))).rejects.toThrow(
      /is one picture, and a video has several: maskwire segment/,
    );
    await writeFile(at("bad.gif"), Buffer.concat([Buffer.from("GIF89a"), Buffer.alloc(20, 255)]));
    await expect(openFrames(at("bad.gif"))).rejects.toThrow(/is a damaged picture/);
  });
});

/** A GIF that says of its frames what a test wants: each draws one pixel. @param delay of each, in hundredths of a second */
function pixelGif(width: number, height: number, frames: number, delay: number): Buffer {
  const u16 = (value: number) => [value & 255, value >> 8];
  const screen = [...u16(width), ...u16(height), 0x80, 0, 0, 0, 0, 0, 255, 255, 255];
  const frame = [0x21, 0xf9, 4, 0, ...u16(delay), 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0];
  const all = Array.from({ length: frames }, () => Buffer.from(frame));
  return Buffer.concat([Buffer.from("GIF89a"), Buffer.from(screen), ...all, Buffer.from([0x3b])]);
}

describe("a small animated picture of much", () => {
  it("is refused where its frames are many a second for a long time, and read where few are asked for", async () => {
    // 2 frames of 655 s, 1,000,000 a second: so many as a list are more than there is memory for.
    await writeFile(at("still.gif"), pixelGif(8, 6, 2, 65_535));
    await expect(openFrames(at("still.gif"), { fps: 1e6 })).rejects.toThrow(/has about 13\d{8} frames, and 20000 can/);
    expect(timesOf(await read("still.gif", { fps: 1e6, upTo: 2 }))).toEqual([0, 0.001, 0.002]);
  });

  it("is refused where drawing it would take hours, before a frame is drawn", async () => {
    await writeFile(at("large.gif"), pixelGif(2000, 2000, 1000, 10));
    let isRead = false;
    const onFrame = () => {
      isRead = true;
      throw new Error("a frame was drawn");
    };
    await expect(openFrames(at("large.gif"), { onFrame })).rejects.toThrow(/too many frames for their size.*--last/);
    expect(isRead).toBe(false);
  });
});

describe("a zip", () => {
  it("has its pictures by the numbers in their names, without the folder that all are in", async () => {
    const picture = await sharp({ create: { width: 8, height: 6, channels: 3, background: "#123" } })
      .png()
      .toBuffer();
    const names = ["ride/10.png", "ride/9.png", "ride/notes.txt", "__MACOSX/ride/._9.png"];
    await writeFile(at("ride.zip"), handMadeZip(names.map((name) => ({ name, content: picture }))));
    expect((await read("ride.zip")).map((frame) => frame.name)).toEqual(["9.png", "10.png"]);
    await writeFile(at("none.zip"), handMadeZip([{ name: "a.txt", content: "a" }]));
    await expect(openFrames(at("none.zip"))).rejects.toThrow(/holds no pictures/);
    await writeFile(at("cut.zip"), handMadeZip([{ name: "a.png", content: picture }]).subarray(0, -8));
    await expect(openFrames(at("cut.zip"))).rejects.toThrow(/cannot be read/);
  });

  it.each([
    ["encrypted", { name: "2.png", content: "thirteen byte", unpacked: 1, flags: 1 }, /2\.png: It is encrypted/],
    ["packed strangely", { name: "2.png", content: "x", method: 12 }, /2\.png: It is packed in a way/],
    ["there twice", { name: "1.png", content: "x" }, /1\.png: The archive has this file twice/],
    ["outside", { name: "../2.png", content: "x" }, /\.\.\/2\.png: Its path leads out/],
  ])(
    "with a frame that is %s is refused, as all behind it would have other numbers",
    async (_what, entry, sentence) => {
      const others = ["1.png", "3.png"].map((name) => ({ name, content: "x" }));
      await writeFile(at("gap.zip"), handMadeZip([...others, entry]));
      await expect(openFrames(at("gap.zip"))).rejects.toThrow(sentence);
      await expect(openFrames(at("gap.zip"))).rejects.toThrow(CommandError);
    },
  );

  it("may hold other files that cannot be read", async () => {
    const entries = [
      { name: "1.png", content: "x" },
      { name: "notes.txt", content: "thirteen byte", unpacked: 1, flags: 1 },
    ];
    await writeFile(at("notes.zip"), handMadeZip(entries));
    const { frames } = await openFrames(at("notes.zip"));
    expect(frames.map(({ name }) => name)).toEqual(["1.png"]);
  });

  it("with two frames of one name is refused, as masks are called after them", async () => {
    const entries = ["a/1.png", "b/1.png"].map((name) => ({ name, content: "x" }));
    await writeFile(at("two.zip"), handMadeZip(entries));
    await expect(openFrames(at("two.zip"))).rejects.toThrow(/has a\/1\.png and b\/1\.png/);
    await expect(openFrames(at("two.zip"), { fps: 2 })).rejects.toThrow(/--fps is for videos/);
  });
});

describe.skipIf(ffmpeg === undefined)("a video file", () => {
  beforeAll(() => makeVideo(at("clock.mp4"), ["-pix_fmt", "yuv420p"]));

  it("has every frame there is, with its time, and leaves nothing on the disk", async () => {
    const before = await storesLeft();
    const frames = await read("clock.mp4");
    expect(timesOf(frames)).toEqual([0, 100, 200, 300, 400, 500, 600, 700, 800, 900]);
    expect(frames.map(({ name, width, height }) => [name, width, height])[9]).toEqual(["00009.jpg", 32, 24]);
    expect(await storesLeft()).toEqual(before);
  });

  it("is taken so many times a second, and no further than is needed", async () => {
    expect(timesOf(await read("clock.mp4", { fps: 5 }))).toEqual([0, 200, 400, 600, 800]);
    expect(timesOf(await read("clock.mp4", { upTo: 2 }))).toEqual([0, 100, 200]);
  });

  it("keeps the times of frames that come as they like", async () => {
    const some = "select='lt(n,2)+eq(n,5)+eq(n,9)'";
    await remakeVideo(at("clock.mp4"), at("some.mkv"), ["-vf", some, "-vsync", "vfr", "-c:v", "ffv1"]);
    expect(timesOf(await read("some.mkv"))).toEqual([0, 100, 500, 900]);
  });

  it("is upright as it is shown, with square pixels", async () => {
    await remakeVideo(at("clock.mp4"), at("phone.mp4"), ["-metadata:s:v", "rotate=90", "-c", "copy"]);
    const [plain] = await read("clock.mp4", { upTo: 0 });
    const [turned] = await read("phone.mp4", { upTo: 0 });
    if (!plain || !turned) throw new Error("no frame");
    expect([turned.width, turned.height]).toEqual([24, 32]);
    // The file says that it was filmed a quarter turn to one side: its colours come back by turning it to the other.
    const raw = { width: 24, height: 32, channels: 3 } as const;
    const back = async (angle: number) => {
      const pixels = await sharp(turned.data, { raw }).rotate(angle).raw().toBuffer();
      return pixels.reduce((sum, value, byte) => sum + Math.abs(value - (plain.data[byte] ?? 0)), 0) / pixels.length;
    };
    expect(Math.min(await back(90), await back(270))).toBeLessThan(5);
    await remakeVideo(at("clock.mp4"), at("wide.mkv"), ["-vf", "setsar=2/1", "-c:v", "ffv1"]);
    const [wide] = await read("wide.mkv", { upTo: 0 });
    expect([wide?.width, wide?.height]).toEqual([64, 24]);
  });

  it("stays as numbered pictures where that is wanted, in a folder that is empty", async () => {
    const list = await openFrames(at("clock.mp4"), { upTo: 1, keep: at("kept") });
    await list[Symbol.asyncDispose]();
    expect(await readdir(at("kept"))).toEqual(["00000.jpg", "00001.jpg"]);
    await expect(openFrames(at("clock.mp4"), { keep: at("kept") })).rejects.toThrow(/has files already/);
  });

  it.each<[string, string | Buffer, RegExp]>([
    [
      "list of others",
      "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\nclock.mp4\n#EXT-X-ENDLIST\n",
      /cannot be read as a video/,
    ],
    ["script of others", "ffconcat version 1.0\nfile clock.mp4\n", /cannot be read as a video/],
    [
      "noise",
      Buffer.from(Array.from({ length: 5000 }, (_, byte) => (byte * byte * 31) % 251)),
      /cannot be read as a video/,
    ],
    ["nothing", "", /is empty/],
  ])("that is a %s is refused", async (name, content, sentence) => {
    await writeFile(at("evil.mp4"), content);
    const before = await storesLeft();
    await expect(openFrames(at("evil.mp4"))).rejects.toThrow(sentence);
    await expect(openFrames(at("evil.mp4"))).rejects.toThrow(CommandError);
    expect(await storesLeft(), name).toEqual(before);
  });

  it("with frames that are too large, or too many, is refused before one is decoded", async () => {
    const still = ["-f", "lavfi", "-i", "color=size=8192x4400:rate=1:duration=1", "-c:v", "mjpeg"];
    await makeVideo(at("huge.avi"), still.concat("-map", "1:v"));
    await expect(openFrames(at("huge.avi"))).rejects.toThrow(/frames of 8192 x 4400 pixels; at most/);
    const long = ["-vf", "setpts=PTS*30000", "-vsync", "vfr", "-c:v", "ffv1"];
    await remakeVideo(at("clock.mp4"), at("long.mkv"), long);
    await expect(openFrames(at("long.mkv"), { fps: 1 })).rejects.toThrow(
      /has about \d+ frames, and 20000 can be followed/,
    );
  });
});

it("says what is wrong with the path", async () => {
  await expect(openFrames(at("nowhere"))).rejects.toThrow(/there is no such file/);
  await mkdir(at("empty"));
  await expect(openFrames(at("empty"))).rejects.toThrow(/holds no pictures/);
});
