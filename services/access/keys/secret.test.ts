import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import { digestOf, formatKey, isKeyId, newSecret, parseKey } from "./secret.js";

it("a key is written and read back, whatever its id and its secret have in them", () => {
  for (const id of ["ci", "a_b", "a_", "A.b-c_9", "x".repeat(63)]) {
    for (const secret of [newSecret(), "_".repeat(43), "-".repeat(43)]) {
      expect(parseKey(formatKey({ id, secret }))).toEqual({ id, secret });
    }
  }
});

it.each([
  "",
  "mw_",
  `mw_ci_${"a".repeat(42)}`,
  `mw_ci${"a".repeat(43)}`,
  `mw__${"a".repeat(43)}`,
  `mw_c:i_${"a".repeat(43)}`,
  `MW_ci_${"a".repeat(43)}`,
  `mw_ci_${"a".repeat(42)}=`,
  `mw_${"x".repeat(64)}_${"a".repeat(43)}`,
  `mw_ci_${"a".repeat(43)}\n`,
])("%j is no key", (text) => {
  expect(parseKey(text)).toBeUndefined();
});

it("secrets are 256 bits, and never the same", () => {
  expect(Buffer.from(newSecret(), "base64url")).toHaveLength(32);
  expect(newSecret()).not.toBe(newSecret());
});

it("what is kept is the digest that sha256sum prints", () => {
  expect(digestOf("abc").toString("hex")).toBe(createHash("sha256").update("abc").digest("hex"));
});

it("ids have no colon, as those of tokens do", () => {
  expect(["ci", "a.b", "sub:ci", "", "_a"].map(isKeyId)).toEqual([true, true, false, false, false]);
});
