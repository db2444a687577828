import fc from "fast-check";
import { expect, it } from "vitest";
import { checkTenant, isTenantName, keyOfTenant } from "./tenant.js";

const names = fc.oneof(
  fc.stringMatching(/^[a-z0-9][a-z0-9._-]{0,62}$/),
  // Those that are like others.
  fc.constantFrom("a", "a-", "a.b", "a.b.c", "t", "0", "sha256"),
);
/** What is kept is named by a picture's id first. */
const kept = fc
  .tuple(fc.constantFrom("sha256:ab", "sha256:abc"), fc.string())
  .map(([imageId, rest]) => `${imageId}:${rest}`);

it("K1 no key of a tenant's is another's, or begins as all of another's do", () => {
  const tenants = fc.option(names, { nil: undefined });
  fc.assert(
    fc.property(tenants, tenants, kept, kept, (one, other, name, otherName) => {
      fc.pre(one !== other);
      const key = keyOfTenant(one, name);
      expect(key).not.toBe(keyOfTenant(other, otherName));
      expect(key.startsWith(keyOfTenant(other, other === undefined ? "sha256:" : ""))).toBe(false);
      expect(key.startsWith(keyOfTenant(one, ""))).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

it("K1 without a tenant a key is the name as it is", () => {
  fc.assert(
    fc.property(kept, (name) => {
      expect(keyOfTenant(undefined, name)).toBe(name);
    }),
  );
});

it("takes a name of its form, as it is, and nothing else", () => {
  fc.assert(
    fc.property(names, (name) => {
      expect(checkTenant(name)).toBe(name);
    }),
  );
  const others = fc.oneof(
    fc.string(),
    names.map((name) => `${name}:`),
    names.map((name) => `-${name}`),
  );
  fc.assert(
    fc.property(others, (text) => {
      fc.pre(!isTenantName(text));
      expect(() => checkTenant(text)).toThrow(/^A tenant's name is /);
    }),
  );
});
