import { expect, it } from "vitest";
import { showUsage, usageAsText } from "./show-usage.js";

const limits = [
  { name: "clicksPerMinute", of: "principal", window: 60, used: 3, limit: 100, resetsAt: "2030-01-01T00:01:00.000Z" },
  { name: "sessions", of: "tenant", window: null, used: 12, limit: 20, resetsAt: null },
] as const;

it("Q4: is shown a line a limit", () => {
  expect(usageAsText({ principal: "ci", tenant: "acme", limits: [...limits] })).toBe(
    "clicksPerMinute               3 of 100  in 60 s  until 2030-01-01T00:01:00.000Z\n" +
      "sessions (all of the tenant)  12 of 20  at once\n",
  );
  expect(usageAsText({ principal: "ci", tenant: "acme", limits: [] })).toBe("no limits\n");
});

it("Q4: of a tenant, for each of its principals", () => {
  const principals = [
    { principal: "ci", limits: [limits[0]] },
    { principal: null, limits: [] },
  ];
  expect(usageAsText({ tenant: "acme", principals })).toBe(
    "ci\n  clicksPerMinute  3 of 100  in 60 s  until 2030-01-01T00:01:00.000Z\nall together\n  no limits\n",
  );
});

it("asks for the gateway that counts", async () => {
  await expect(showUsage({})).rejects.toThrow("--url");
});
