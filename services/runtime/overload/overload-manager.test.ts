import { Registry } from "prom-client";
import { describe, expect, it, vi } from "vitest";
import { Code, ServiceError } from "../errors.js";
import { fakeLogger } from "../testing/fake-logger.js";
import { OverloadManager } from "./overload-manager.js";
import { readingsToBegin, readingsToEnd } from "./overload-state.js";
import { type Reading, refusable } from "./thresholds.js";

const calm: Reading = { loopDelayMs: 5, memory: 0.3, heap: 0.2 };

function createManager() {
  const logger = fakeLogger();
  const metrics = new Registry();
  const manager = new OverloadManager({ settings: { loopDelayMs: 100, memoryShare: 0.8 }, metrics, logger });
  const observe = (reading: Partial<Reading>, times: number) => {
    for (let i = 0; i < times; i++) manager.observe({ ...calm, ...reading });
  };
  const sample = async (line: string) => (await metrics.metrics()).split("\n").find((one) => one.startsWith(line));
  return { logger, manager, observe, sample };
}

describe("the overload manager", () => {
  it("lets everything in while nothing is wrong", () => {
    const { manager, observe } = createManager();
    for (const work of refusable) manager.check(work);
    observe({}, 10);
    for (const work of refusable) manager.check(work);
    expect(manager.describe()).toEqual({ actions: [], ...calm });
  });

  it("O2: refuses with one sentence and a hint, counts it, says so once, and takes work again", async () => {
    const { logger, manager, observe, sample } = createManager();
    observe({ loopDelayMs: 120 }, readingsToBegin);
    const refused = (() => {
      try {
        manager.check("previews");
      } catch (error) {
        return error;
      }
      return undefined;
    })();
    expect(refused).toBeInstanceOf(ServiceError);
    expect(refused).toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: expect.any(Number) });
    expect((refused as Error).message).toMatch(/^The server is too busy for previews[^.]*\.$/);
    manager.check("clicks");
    expect(await sample('maskwire_overload_active{action="refuse-previews"}')).toMatch(/ 1$/);
    expect(await sample('maskwire_overload_active{action="refuse-clicks"}')).toMatch(/ 0$/);
    expect(await sample('maskwire_overload_refusals_total{action="refuse-previews"}')).toMatch(/ 1$/);
    expect(await sample('maskwire_overload_refusals_total{action="refuse-clicks"}')).toMatch(/ 0$/);
    observe({}, readingsToEnd);
    manager.check("previews");
    expect(logger.lines).toMatchObject([
      { level: 40, action: "refuse-previews", because: "loopDelayMs", loopDelayMs: 120, memory: 0.3 },
      { level: 30, action: "refuse-previews", loopDelayMs: 5 },
    ]);
  });

  it("has caches shrunk and idle sessions closed when memory runs out, and again while that does not help", () => {
    const { manager, observe } = createManager();
    const [shrink, disconnect] = [vi.fn(), vi.fn()];
    manager.onRelief("shrink-caches", shrink);
    manager.onRelief("disconnect-idle", disconnect);
    observe({ memory: 0.79 }, 100);
    expect(shrink).not.toHaveBeenCalled();
    observe({ memory: 0.82 }, readingsToBegin);
    expect(shrink).toHaveBeenCalledTimes(1);
    observe({ memory: 0.82 }, 5);
    expect(shrink).toHaveBeenCalledTimes(2);
    expect(disconnect).not.toHaveBeenCalled();
    observe({}, 100);
    const before = shrink.mock.calls.length;
    observe({ memory: 0.85 }, readingsToBegin);
    expect(shrink).toHaveBeenCalledTimes(before + 1);
    expect(disconnect).toHaveBeenCalledTimes(1);
    observe({ memory: 0.85 }, 2);
    expect(disconnect).toHaveBeenCalledTimes(3);
  });

  it("reads about every second while it runs", () => {
    vi.useFakeTimers();
    try {
      const { manager } = createManager();
      const read = vi.fn(() => calm);
      manager.start({ read });
      vi.advanceTimersByTime(3000);
      expect(read).toHaveBeenCalledTimes(3);
      manager.close();
      vi.advanceTimersByTime(3000);
      expect(read).toHaveBeenCalledTimes(3);
    } finally {
      vi.useRealTimers();
    }
  });
});
