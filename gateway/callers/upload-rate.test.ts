import { expect, it } from "vitest";
import { Code, ServiceError } from "../../services/runtime/errors.js";
import { UploadRate } from "./upload-rate.js";

function setUp() {
  const clock = { ms: 0 };
  const hits: string[] = [];
  const metrics = { limitHit: (limit: string) => hits.push(limit) };
  const rate = new UploadRate({ perSecond: 1000, burst: 10_000, now: () => clock.ms, metrics });
  const refusalOf = (caller: string, bytes: number) => {
    try {
      rate.begin(caller, bytes);
      return undefined;
    } catch (error) {
      return error instanceof ServiceError ? error : undefined;
    }
  };
  return { clock, hits, rate, refusalOf };
}

it("H19 takes what is announced and gives back what did not come", () => {
  const { rate, refusalOf, hits } = setUp();
  const upload = rate.begin("a", 10_000);
  expect(refusalOf("a", 4000)).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: 4000 });
  expect(refusalOf("b", 4000)).toBeUndefined();
  upload.arrived(3000);
  upload.end();
  upload.end();
  expect(refusalOf("a", 8000)).toMatchObject({ retryAfterMs: 1000 });
  expect(refusalOf("a", 7000)).toBeUndefined();
  expect(hits).toEqual(["uploads_rate", "uploads_rate"]);
});

it("H19 has the next one wait for what came unannounced, as long as it says", () => {
  const { clock, rate, refusalOf } = setUp();
  const upload = rate.begin("a", 0);
  for (let pieces = 0; pieces < 25; pieces++) upload.arrived(1000);
  upload.end();
  const refused = refusalOf("a", 0);
  expect(refused).toMatchObject({ retryAfterMs: 15_000, message: expect.stringContaining("15 s") });
  clock.ms += 14_999;
  expect(refusalOf("a", 0)).toBeDefined();
  clock.ms += 1;
  expect(refusalOf("a", 0)).toBeUndefined();
});
