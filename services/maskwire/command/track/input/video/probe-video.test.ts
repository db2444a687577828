import { describe, expect, it } from "vitest";
import { isOld } from "./find-ffmpeg.js";
import { FrameTimes } from "./frame-times.js";
import { readFacts, reasonIn } from "./probe-video.js";

const stream = { index: 0, codec_name: "h264", width: 1920, height: 1080, nb_frames: "300", avg_frame_rate: "30/1" };
const factsOf = (...streams: object[]) => readFacts(JSON.stringify({ streams, format: { duration: "10.5" } }));

describe("what a file says of its video", () => {
  it.each<[string, object, object]>([
    ["as it is", {}, { width: 1920, height: 1080, frames: 300, seconds: 10.5 }],
    ["filmed upright", { side_data_list: [{ rotation: -90 }] }, { width: 1080, height: 1920 }],
    ["filmed upright, as older programs say it", { tags: { rotate: "270" } }, { width: 1080, height: 1920 }],
    ["filmed upside down", { side_data_list: [{ rotation: 180 }] }, { width: 1920, height: 1080 }],
    [
      "of pixels that are not square",
      { width: 720, height: 576, sample_aspect_ratio: "64:45" },
      { width: 1024, height: 576 },
    ],
    ["of a ratio that is none", { sample_aspect_ratio: "0:1" }, { width: 1920 }],
    ["without a number of frames", { nb_frames: undefined }, { frames: 315 }],
    ["with a number that is none", { nb_frames: "N/A", avg_frame_rate: "0/0" }, { frames: undefined }],
  ])("is read %s", (_name, more, facts) => {
    expect(factsOf({ ...stream, ...more })).toMatchObject(facts);
  });

  it("is of the film, and not of the cover", () => {
    const cover = { ...stream, index: 0, codec_name: "mjpeg", disposition: { attached_pic: 1 } };
    expect(factsOf(cover, { ...stream, index: 2 })?.index).toBe(2);
    expect(factsOf(cover)).toBeUndefined();
    expect(factsOf({ ...stream, codec_name: undefined })).toBeUndefined();
    expect(readFacts("no JSON")).toBeUndefined();
  });
});

it("frames' times are read from ffmpeg's log, and from nothing that a file writes into it", () => {
  const times = new FrameTimes();
  const line = (n: number, time: string) =>
    `[Parsed_showinfo_0 @ 0x5641d674c7c0] [info] n:${String(n).padStart(4)} pts:   1024 pts_time:${time}     pos:     4463 fmt:yuv420p`;
  expect(times.read(line(0, "1.5"))).toBe(true);
  expect(times.read("[info]     title : [Parsed_showinfo_0 @ 0x1] [info] n:   1 pts: 1 pts_time:9 ")).toBe(false);
  times.read(line(1, "1.54"));
  times.read(line(1, "7"));
  times.read(line(2, "NOPTS"));
  expect(times.fromFirst).toEqual([0, 40, undefined]);
});

it("a reason is ffmpeg's last line, without what moves a cursor", () => {
  expect(reasonIn("[error] a\n[mov @ 0x1] moov atom not found\nfile:/a/b.mp4: Invalid data\u001b[2J found.\n")).toBe(
    "Invalid data [2J found",
  );
  expect(reasonIn("")).toBe("ffmpeg gives no reason");
});

it.each([
  ["ffmpeg version 4.3.6-0+deb11u1 Copyright", true],
  ["ffmpeg version 5.0.1 Copyright", true],
  ["ffmpeg version 5.1.9-0+deb12u1 Copyright", false],
  ["ffmpeg version n7.1 Copyright", false],
  ["ffmpeg version N-109468-gd39b34123d Copyright", false],
])("%s has the option's old name: %s", (version, is) => {
  expect(isOld(version)).toBe(is);
});
