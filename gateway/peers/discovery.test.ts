import { afterEach, expect, it } from "vitest";
import { parseTarget, type Target } from "../../services/runtime/grpc/target.js";
import { Discovery, type DiscoveryOptions, type Lookup } from "./discovery.js";

let discovery: Discovery;
afterEach(() => discovery.close());

const targets = (...all: string[]) => all.map((one) => parseTarget(one) as Target);

/** What a discovery tells, one change after the other. */
function start(options: Partial<DiscoveryOptions>, ...all: string[]) {
  const told: string[][] = [];
  const waiting: (() => void)[] = [];
  const failures: string[] = [];
  discovery = new Discovery(targets(...all), {
    intervalMs: 3_600_000,
    onChange: (addresses) => {
      told.push([...addresses]);
      for (const wake of waiting.splice(0)) wake();
    },
    onFailure: (name) => void failures.push(name),
    ...options,
  });
  discovery.start();
  return {
    told,
    failures,
    async change(count: number): Promise<string[]> {
      while (told.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
      return told[count - 1] as string[];
    },
  };
}

/** A name server: each look gets the next answer, the last for ever. */
function answers(...all: (string[] | Error)[]): {
  lookup: Lookup;
  looks: () => number;
  look(count: number): Promise<void>;
} {
  let looks = 0;
  let wake = () => {};
  return {
    looks: () => looks,
    lookup: async () => {
      const answer = all[Math.min(looks++, all.length - 1)] as string[] | Error;
      wake();
      if (answer instanceof Error) throw answer;
      return answer;
    },
    async look(count) {
      while (looks < count)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    },
  };
}

it("tells a list at once and asks nobody", () => {
  const { lookup, looks } = answers([]);
  const { told } = start({ lookup }, "a:1", "b:2", "a:1");
  expect(told).toEqual([["a:1", "b:2"]]);
  discovery.refresh();
  expect(looks()).toBe(0);
});

it("finds every address behind a name, IPv4 and IPv6, beside those listed", async () => {
  const { lookup } = answers(["10.0.0.1", "10.0.0.2", "fd00::1"]);
  const found = start({ lookup }, "fixed:1", "dns:///decoder:50052");
  expect(await found.change(1)).toEqual(["fixed:1"]);
  expect(await found.change(2)).toEqual(["fixed:1", "10.0.0.1:50052", "10.0.0.2:50052", "[fd00::1]:50052"]);
});

it("asks the system's own resolver", async () => {
  const found = start({}, "dns:///localhost:7");
  for (const address of await found.change(1)) expect(["127.0.0.1:7", "[::1]:7"]).toContain(address);
});

it("looks again at the interval, and tells only what has changed", async () => {
  const { lookup } = answers(
    ["10.0.0.1", "10.0.0.2"],
    ["10.0.0.2", "10.0.0.1"],
    ["10.0.0.2"],
    ["10.0.0.2", "10.0.0.3"],
  );
  const found = start({ lookup, intervalMs: 1 }, "dns:///decoder:1");
  await found.change(3);
  expect(found.told).toEqual([["10.0.0.1:1", "10.0.0.2:1"], ["10.0.0.2:1"], ["10.0.0.2:1", "10.0.0.3:1"]]);
});

it("looks at once when it is asked to, and not more often than it may", async () => {
  const server = answers(["10.0.0.1"], ["10.0.0.2"]);
  const found = start({ lookup: server.lookup }, "dns:///decoder:1");
  await found.change(1);
  for (let i = 0; i < 10; i++) discovery.refresh();
  expect(await found.change(2)).toEqual(["10.0.0.2:1"]);
  expect(server.looks()).toBe(2);
});

it("keeps what it knew while DNS fails, counts the failure, and looks again soon", async () => {
  const server = answers(["10.0.0.1"], new Error("SERVFAIL"), new Error("SERVFAIL"), ["10.0.0.2"]);
  const found = start({ lookup: server.lookup }, "dns:///decoder:1");
  await found.change(1);
  discovery.refresh();
  await server.look(3);
  expect(found.told).toEqual([["10.0.0.1:1"]]);
  // An hour is the interval: it does not wait for that.
  expect(await found.change(2)).toEqual(["10.0.0.2:1"]);
  expect(found.failures).toEqual(["decoder", "decoder"]);
});

it("keeps one name's servers while another's cannot be looked up", async () => {
  const lookup: Lookup = async (name) => {
    if (name === "broken") throw new Error("NXDOMAIN");
    return ["10.0.0.1"];
  };
  const found = start({ lookup }, "dns:///broken:1", "dns:///whole:2");
  expect(await found.change(1)).toEqual(["10.0.0.1:2"]);
});
