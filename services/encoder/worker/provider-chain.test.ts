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

/** A server that comes and goes, two providers of this machine behind it, and all that became of them. */
class World {
  readonly log: string[] = [];
  readonly loading: boolean[] = [];
  server: "there" | "away" | "other" = "there";
  here = true;
  chain: ProviderChain<Fake> | undefined;

  async start(...names: string[]): Promise<ProviderChain<Fake>> {
    const candidates = names.map(
      (name): Candidate<Fake> => ({
        name,
        isRemote: name === "server",
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
      if (name === "server" && this.server !== "there") throw new ProviderLostError("it is away");
      return name;
    });
  }

  #load(name: string): Fake {
    if (name === "server" && this.server === "other") throw new OperationalError("it is another model");
    if (name === "server" && this.server === "away") throw new ProviderLostError("it is away");
    if (name !== "server" && !this.here) throw new OperationalError("there is no GPU");
    this.log.push(`load ${name}`);
    const isThere = async () => {
      if (name === "server" && this.server === "away") throw new ProviderLostError("it is away");
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
