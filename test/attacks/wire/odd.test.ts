import { fromBinary } from "@bufbuild/protobuf";
import sharp from "sharp";
import { describe, expect, it } from "vitest";
import { ClientFrameSchema } from "../../../proto/index.js";
import { Random } from "../../simulation/random.js";
import { interlacedPng } from "./interlaced-png.js";
import { oddJson } from "./odd-json.js";
import { oddPicture, seedPictures } from "./odd-pictures.js";
import { emptyUnknownFields, oddMessage } from "./odd-protobuf.js";

const many = <T>(make: (random: Random) => T, seed = 3): T[] => {
  const random = new Random(seed);
  return Array.from({ length: 400 }, () => make(random));
};

describe("what attackers send", () => {
  it("is the same for the same seed, and another for another", async () => {
    const seeds = await seedPictures();
    for (const make of [
      (random: Random) => Buffer.from(oddMessage(ClientFrameSchema, random)).toString("hex"),
      (random: Random) => oddJson(ClientFrameSchema, random),
      (random: Random) => Buffer.from(oddPicture(seeds, random)).toString("hex"),
    ]) {
      expect(many(make)).toEqual(many(make));
      expect(many(make)).not.toEqual(many(make, 4));
    }
  });

  it.each([
    [701, 902, 8, "uchar"],
    [500, 40, 16, "ushort"],
  ] as const)(
    "is a whole picture of %i x %i pixels and %i bits where it says so",
    async (width, height, bits, depth) => {
      const file = interlacedPng(width, height, bits);
      expect(await sharp(file).metadata()).toMatchObject({ width, height, depth, isProgressive: true });
      const { data, info } = await sharp(file, { failOn: "warning" }).raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height, data.every((value) => value === 0)]).toEqual([width, height, true]);
    },
  );

  it("is mostly wrong, and sometimes right", () => {
    const reads = many((random) => {
      try {
        return fromBinary(ClientFrameSchema, oddMessage(ClientFrameSchema, random)).frame.case !== undefined;
      } catch {
        return false;
      }
    });
    const right = reads.filter(Boolean).length;
    expect(right).toBeGreaterThan(40);
    expect(right).toBeLessThan(360);
  });

  it("has a field in every two bytes where it is about fields", () => {
    expect(fromBinary(ClientFrameSchema, emptyUnknownFields(1000)).$unknown).toHaveLength(500);
  });
});
