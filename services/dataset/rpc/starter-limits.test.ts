import { create } from "@bufbuild/protobuf";
import { expect, it } from "vitest";
import { StartJobRequestSchema } from "../../../proto/index.js";
import { anyone, type Principal } from "../../runtime/callers/principal.js";
import { fromStarterLimits } from "../../runtime/callers/starter-limits.js";
import { principalOf } from "../../runtime/testing/fake-access.js";
import { withStarterLimits } from "./starter-limits.js";

const said = create(StartJobRequestSchema, {
  limits: {
    own: [
      { name: "encodesPerHour", most: 5n },
      { name: "ofLater", most: 1n },
    ],
  },
});
const own: Principal = { ...principalOf("acme"), limits: { encodesPerHour: 2 } };

it.each([
  ["a gateway with a key has said", { ...own, scopes: new Set(["peer" as const]) }, { encodesPerHour: 5 }],
  ["a gateway that is trusted has said", anyone, { encodesPerHour: 5 }],
  ["is known of who calls by himself", own, { encodesPerHour: 2 }],
])("Q1: a job starts with what %s", (_name, principal, limits) => {
  expect(fromStarterLimits(withStarterLimits(said, { principal }).limits)).toEqual({ limits, tenantLimits: {} });
});
