import fc from "fast-check";
import { expect, it } from "vitest";
import { keyOfTenant } from "../runtime/callers/tenant.js";
import { Code } from "../runtime/errors.js";
import { Forgotten } from "./forgotten.js";
import { type PictureSet, pictureSet, prefixesOf, requestedPictures } from "./picture-set.js";

const tenants = fc.option(fc.constantFrom("a", "a-", "a.b", "sha256", "t", "0"), { nil: undefined });
const ids = fc.constantFrom("a", "b").map((digit) => `sha256:${digit.repeat(64)}`);
const keys = fc
  .record({ tenant: tenants, imageId: ids, rest: fc.string() })
  .map((one) => ({ ...one, key: keyOfTenant(one.tenant, `${one.imageId}:${one.rest}`) }));
const sets = fc.tuple(tenants, fc.option(ids, { nil: undefined })).map(([tenant, id]) => pictureSet(tenant, id));

const holds = ({ tenant, imageId }: PictureSet, one: { tenant: string | undefined; imageId: string }) =>
  tenant === one.tenant && (imageId === undefined || imageId === one.imageId);

it("K1 a set's prefix begins the keys of its pictures and no others", () => {
  fc.assert(
    fc.property(sets, keys, (set, one) => {
      expect(one.key.startsWith(set.prefix)).toBe(holds(set, one));
      expect(prefixesOf(one.key).includes(set.prefix)).toBe(holds(set, one));
    }),
    { numRuns: 2000 },
  );
});

it("K6 whatever is of a picture that was deleted since it came is gone, and nothing else", () => {
  fc.assert(
    fc.property(fc.array(sets, { maxLength: 6 }), fc.nat(6), keys, (deletions, came, one) => {
      const forgotten = new Forgotten();
      for (const { prefix } of deletions.slice(0, came)) forgotten.note(prefix);
      const { count } = forgotten;
      for (const { prefix } of deletions.slice(came)) forgotten.note(prefix);
      expect(forgotten.isGone(one.key, count)).toBe(deletions.slice(came).some((set) => holds(set, one)));
      expect(forgotten.wasJustDeleted(one.key, 60_000)).toBe(deletions.some((set) => holds(set, one)));
      expect(forgotten.wasJustDeleted(one.key, 0)).toBe(false);
    }),
  );
});

it("K6 is remembered of each tenant by itself, however much others delete", () => {
  const idOf = (number: number) => `sha256:${number.toString(16).padStart(64, "0")}`;
  const forgotten = new Forgotten();
  for (const tenant of ["acme", undefined]) forgotten.note(pictureSet(tenant, idOf(0)).prefix);
  for (let number = 1; number <= 20_000; number++) forgotten.note(pictureSet("other", idOf(number)).prefix);
  for (const tenant of ["acme", undefined]) {
    expect(forgotten.isGone(`${pictureSet(tenant, idOf(0)).prefix}r1`, 0), String(tenant)).toBe(true);
    expect(forgotten.isGone(`${pictureSet(tenant, idOf(1)).prefix}r1`, 0)).toBe(false);
  }
  // Each its latest, and no more than it may.
  expect(forgotten.isGone(`${pictureSet("other", idOf(20_000)).prefix}r1`, 0)).toBe(true);
  expect(forgotten.isGone(`${pictureSet("other", idOf(1)).prefix}r1`, 0)).toBe(false);
});

it("is what a request names, and refuses one that names nothing", () => {
  const imageId = `sha256:${"a".repeat(64)}`;
  const origin = { tenant: "acme" };
  expect(requestedPictures({ case: "imageId", value: imageId.toUpperCase() }, origin)).toMatchObject({ imageId });
  expect(requestedPictures({ case: "everything", value: true }, origin)).toEqual(pictureSet("acme", undefined));
  for (const images of [{ case: undefined }, { case: "everything", value: false }, { case: "imageId", value: "" }]) {
    expect(() => requestedPictures(images as never, origin)).toThrow(
      expect.objectContaining({ code: Code.INVALID_ARGUMENT }),
    );
  }
});
