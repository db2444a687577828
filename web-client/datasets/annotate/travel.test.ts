import { create } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { type DatasetPicture, DatasetPictureSchema, NextPicturesResponseSchema } from "../../../proto/index.js";
import { atHand, foreseen, gone, landed, noTravel, type Travel } from "./travel.js";

const picture = (id: number): DatasetPicture => create(DatasetPictureSchema, { id: BigInt(id) });
const answer = (ids: number[], position: number) =>
  create(NextPicturesResponseSchema, { pictures: ids.map(picture), position, total: 9 });
const ids = (pictures: readonly DatasetPicture[]) => pictures.map(({ id }) => Number(id));
const at = ({ current, ahead, behind, position }: Travel) => [
  Number(current?.id ?? 0),
  ids(ahead),
  ids(behind),
  position,
];

const start = landed(noTravel, "forward", answer([3, 4, 5], 2));

describe("the way through the pictures", () => {
  it("begins where the service says, with the next two at hand", () => {
    expect([at(start), ids(atHand(start))]).toEqual([
      [3, [4, 5], [], 2],
      [3, 4, 5],
    ]);
  });

  it("goes on to what is ready, and keeps the one before", () => {
    const next = gone(start, "forward")!;
    expect(at(next)).toEqual([4, [5], [3], 3]);
    expect(at(gone(next, "forward")!)).toEqual([5, [], [4], 4]);
  });

  it("has to ask where nothing is ready", () => {
    const end = gone(gone(start, "forward")!, "forward")!;
    expect(gone(end, "forward")).toBeUndefined();
    expect(gone(start, "back")).toBeUndefined();
  });

  it("turns round to the one before, with the other way behind it", () => {
    const back = gone(gone(start, "forward")!, "back")!;
    expect(at(back)).toEqual([3, [], [4], 2]);
    expect(at(gone(back, "forward")!)).toEqual([4, [], [3], 3]);
  });

  it("hears what comes next only of the one that it was asked about", () => {
    const next = gone(start, "forward")!;
    expect(ids(foreseen(next, 4n, [5, 6, 7].map(picture)).ahead)).toEqual([5, 6]);
    expect(foreseen(next, 3n, [picture(9)])).toBe(next);
  });
});
