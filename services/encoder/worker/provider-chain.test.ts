import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { Code } from "../../runtime/errors.js";
import { OperationalError } from "../../runtime/operational-error.js";
import { type Candidate, ProviderChain } from "./provider-chain.js";
import { ProviderLostError } from "./provider-lost-error.js";

interface Fake {
  name: string;
  isThere: () => Promise<void>;
  release: () => Promise<void>;
}

/** A server that comes and goes, another that stays, two providers of this machine behind them, and all that became of them. */
class World {
  readonly log: string[] = [];
  /** What their loading waits for. */
  readonly slow = new Map<string, Promise<void>>();
  readonly lost = new Set<string>();
  readonly loading: boolean[] = [];
  server: "there" | "away" | "other" = "there";
  here = true;
  chain: ProviderChain<Fake> | undefined;

  async start(...names: string[]): Promise<ProviderChain<Fake>> {
    const candidates = names.map(
      (name): Candidate<Fake> => ({
        name,
        isRemote: name.endsWith("server"),
        load: async () => this.#load(name),
      }),
    );
    this.chain = await ProviderChain.start(candidates, { onChange: (isLoading) => this.loading.push(isLoading) });
    return this.chain;
  }

  /** Which one runs a task, and what the task has to go through. */
  run(chain: ProviderChain<Fake>): Promise<string> {
    return chain.run(async ({ name }) => {
      this.log.push(`run ${name}`);
      if (this.lost.has(name) || (name === "server" && this.server !== "there"))
        throw new ProviderLostError("it is away");
      return name;
    });
  }

  async #load(name: string): Promise<Fake> {
    if (name === "server" && this.server === "other") throw new OperationalError("it is another model");
    if (name === "server" && this.server === "away") throw new ProviderLostError("it is away");
    if (!name.endsWith("server") && !this.here) throw new OperationalError("there is no GPU");
    this.log.push(`load ${name}`);
    await this.slow.get(name);
    const isThere = async () => {
      if (name === "server" && this.server === "away") throw new ProviderLostError("it is away");
      if (name === "server" && this.server === "other") throw new OperationalError("it is another model");
    };
    return { name, isThere, release: async () => void this.log.push(`release ${name}`) };
  }
}

let world: World;
beforeEach(() => {
  vi.useFakeTimers();
  world = new World();
});
afterEach(async () => {
  await world.chain?.release();
  vi.useRealTimers();
});

it("takes the first, and says nothing of the others", async () => {
  const chain = await world.start("server", "cpu");
  expect(await world.run(chain)).toBe("server");
  expect([world.log, chain.skipped]).toEqual([["load server", "run server"], []]);
});

it("runs again by the next what was under way when the first was lost, and loads that once for all", async () => {
  const chain = await world.start("server", "cpu");
  world.server = "away";
  expect(await Promise.all([world.run(chain), world.run(chain)])).toEqual(["cpu", "cpu"]);
  expect(await world.run(chain)).toBe("cpu");
  expect(world.log.filter((one) => one.startsWith("load"))).toEqual(["load server", "load cpu"]);
  expect(world.log.filter((one) => one === "release server")).toHaveLength(1);
  expect(chain.skipped).toEqual(["server: it is away"]);
  expect(world.loading).toEqual([true, false]);
});

it("comes back to the first when that is back, and keeps the next for another time", async () => {
  world.server = "away";
  const chain = await world.start("server", "cpu");
  expect([chain.now?.name, chain.skipped]).toEqual(["cpu", ["server: it is away"]]);
  world.server = "there";
  await vi.advanceTimersByTimeAsync(1_000);
  expect([chain.now?.name, chain.skipped]).toEqual(["server", []]);
  world.server = "away";
  expect(await world.run(chain)).toBe("cpu");
  expect(world.log).toEqual(["load cpu", "load server", "run server", "release server", "run cpu"]);
});

it("notices between tasks that the first is lost", async () => {
  const chain = await world.start("server", "cpu");
  world.server = "away";
  await vi.advanceTimersByTimeAsync(1_000);
  expect(chain.now?.name).toBe("cpu");
});

it("leaves one that is another model now", async () => {
  const chain = await world.start("server", "cpu");
  world.server = "other";
  await vi.advanceTimersByTimeAsync(1_000);
  expect([chain.now?.name, chain.skipped]).toEqual(["cpu", ["server: it is another model"]]);
});

it("keeps no server for later that a better one takes the place of: it is proven again when it is needed", async () => {
  world.server = "away";
  const chain = await world.start("server", "second server");
  world.server = "there";
  await vi.advanceTimersByTimeAsync(1_000);
  world.server = "away";
  expect(await world.run(chain)).toBe("second server");
  const loads = ["load second server", "load server", "release second server"];
  expect(world.log).toEqual([...loads, "run server", "release server", "load second server", "run second server"]);
});

it("looks once at a time, and keeps the best of what is loaded at the same time", async () => {
  world.server = "away";
  const chain = await world.start("server", "second server", "cpu");
  world.server = "there";
  const open = new Map<string, () => void>();
  for (const name of ["server", "cpu"]) {
    world.slow.set(name, new Promise<void>((resolve) => open.set(name, resolve)));
  }
  await vi.advanceTimersByTimeAsync(1_000);
  world.lost.add("second server");
  const running = world.run(chain);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(world.log.filter((one) => one.startsWith("load"))).toEqual(["load second server", "load server", "load cpu"]);
  open.get("server")?.();
  await vi.advanceTimersByTimeAsync(0);
  open.get("cpu")?.();
  expect(await running).toBe("server");
  world.server = "away";
  world.lost.delete("second server");
  world.lost.add("server");
  expect(await world.run(chain)).toBe("second server");
  world.lost.add("second server");
  expect(await world.run(chain)).toBe("cpu");
  expect(world.log.filter((one) => one === "load cpu")).toHaveLength(1);
});

it("waits where nothing else is there, refuses with a hint meanwhile, and looks less often", async () => {
  world.server = "away";
  const chain = await world.start("server");
  expect(chain.now).toBeUndefined();
  await expect(world.run(chain)).rejects.toMatchObject({ code: Code.UNAVAILABLE, retryAfterMs: 1_000 });
  await vi.advanceTimersByTimeAsync(3_100);
  world.server = "there";
  await vi.advanceTimersByTimeAsync(3_000);
  expect(chain.now).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1_500);
  expect(await world.run(chain)).toBe("server");
});

it("goes past what cannot start, and does not start where nothing ever can", async () => {
  world.server = "other";
  const chain = await world.start("server", "cuda");
  expect([chain.now?.name, chain.skipped]).toEqual(["cuda", ["server: it is another model"]]);
  await chain.release();
  world.here = false;
  await expect(world.start("server", "cuda")).rejects.toThrow(
    "No execution provider can start. server: it is another model; cuda: there is no GPU",
  );
});

it("leaves nothing loaded, and looks no more, once it is released", async () => {
  world.server = "away";
  const chain = await world.start("server", "cpu");
  await chain.release();
  world.server = "there";
  await vi.advanceTimersByTimeAsync(60_000);
  expect(world.log).toEqual(["load cpu", "release cpu"]);
});
