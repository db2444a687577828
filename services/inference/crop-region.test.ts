import { create, toBinary } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { CropSchema } from "../../proto/index.js";
import { Code } from "../runtime/errors.js";
import { codecOf } from "../runtime/grpc/codec.js";
import { cropRegion } from "./crop-region.js";

const crop = { x: 0, y: 0, width: 3, height: 2 };
const sent = (init: Partial<typeof crop>) => codecOf(CropSchema).decode(toBinary(CropSchema, create(CropSchema, init)));

it.each(["x", "y", "width", "height"] as const)("C11 a crop without %s is refused by name", (field) => {
  const { [field]: _, ...rest } = crop;
  const message = `\`crop.${field}\` is missing; where 0 is meant, 0 must be sent.`;
  expect(() => cropRegion(sent(rest))).toThrow(expect.objectContaining({ code: Code.INVALID_ARGUMENT, message }));
});

it("takes 0 where it is sent", () => {
  expect(cropRegion(sent(crop))).toEqual(crop);
});
