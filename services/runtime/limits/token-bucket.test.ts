import { describe, expect, it } from "vitest";
import { TokenBucket } from "./token-bucket.js";

function bucketAt(perSecond: number, burst: number) {
  const clock = { ms: 0 };
  return { clock, bucket: new TokenBucket({ perSecond, burst, now: () => clock.ms }) };
}

describe("a token bucket", () => {
  it("gives its burst at once, then says how long until the next token", () => {
    const { bucket } = bucketAt(10, 3);
    expect([bucket.take(), bucket.take(), bucket.take()]).toEqual([0, 0, 0]);
    expect(bucket.take()).toBe(100);
  });

  it("fills at its rate, and never past its burst", () => {
    const { clock, bucket } = bucketAt(10, 3);
    bucket.take(3);
    clock.ms = 250;
    expect(bucket.take(2)).toBe(0);
    expect(bucket.take()).toBe(50);
    clock.ms = 1_000_000;
    expect(bucket.isFull).toBe(true);
    expect(bucket.take(3)).toBe(0);
    expect(bucket.take()).toBe(100);
  });

  it("lets one larger than the bucket through when it is full, and makes the next wait for it", () => {
    const { clock, bucket } = bucketAt(1000, 100);
    expect(bucket.take(300)).toBe(0);
    expect(bucket.take()).toBe(201);
    expect(bucket.isFull).toBe(false);
    clock.ms = 201;
    expect(bucket.take()).toBe(0);
    expect(bucket.take(300)).toBe(100);
  });

  it("makes the next wait for what was spent without asking", () => {
    const { clock, bucket } = bucketAt(100, 10);
    bucket.spend(30);
    expect([bucket.take(0), bucket.take(1)]).toEqual([200, 210]);
    clock.ms = 200;
    expect([bucket.take(0), bucket.take(1)]).toEqual([0, 10]);
  });
});
