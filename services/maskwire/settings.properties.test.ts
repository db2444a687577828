import fc from "fast-check";
import { expect, it } from "vitest";
import { SettingsError } from "../runtime/settings/settings-error.js";
import { roles } from "./roles.js";
import { readEnv, shapeSettings, variables } from "./settings.js";

const names = Object.keys(variables) as (keyof typeof variables)[];
const texts = fc.oneof(
  fc.string(),
  fc.string({ unit: "binary" }),
  fc.integer().map(String),
  fc.double().map(String),
  fc.stringMatching(/^(rediss?|dns)(\+sentinel|\+cluster)?:\/{2,3}[\w:@/?=,.[\]%-]{0,40}$/),
  fc.stringMatching(/^[\w.*-]{0,12}(:\d{0,6})?(,[\w.*-]{0,12}(:\d{0,6})?)*$/),
);

it("takes any text in any variable for a value, or names the variable", () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), texts, (name, text) => {
      try {
        const env = readEnv({ [name]: text });
        expect(text.trim() === "" ? [] : [name]).toEqual(Object.keys(env));
      } catch (error) {
        expect(error).toBeInstanceOf(SettingsError);
        expect((error as Error).message).toMatch(new RegExp(`^${name} is ".*"; expected .+\\.$`, "s"));
        expect((error as Error).message.length).toBeLessThan(700);
      }
    }),
    { numRuns: 5000 },
  );
});

it("shapes whatever was read into settings, or says which contradict each other", () => {
  const several = fc.dictionary(fc.constantFrom(...names), texts, { maxKeys: 6 });
  const anyRole = fc.constantFrom(...roles);
  fc.assert(
    fc.property(several, anyRole, (source, role) => {
      try {
        expect(shapeSettings(readEnv({ ...source, MASKWIRE_ROLE: role })).role).toBe(role);
      } catch (error) {
        expect(error).toBeInstanceOf(SettingsError);
        expect((error as Error).message).toContain("MASKWIRE_");
      }
    }),
    { numRuns: 1000 },
  );
});

it("repeats nothing of a cache's URL that is malformed: a password may stand anywhere in it", () => {
  const secret = "correcthorse";
  const around = fc.oneof(fc.string({ unit: fc.constantFrom(..."redis+:/@?%=&#[] ,.0") }), fc.constant("://"));
  fc.assert(
    fc.property(around, around, (before, after) => {
      try {
        readEnv({ MASKWIRE_CACHE_URL: `${before}${secret}${after}` });
      } catch (error) {
        expect((error as Error).message).not.toContain(secret);
      }
    }),
    { numRuns: 2000 },
  );
});
