import { expect, it, vi } from "vitest";
import { Lanes } from "../../inference/workers/lanes.js";
import { Code } from "../../runtime/errors.js";
import type { FileParts } from "../pictures/file-parts.js";
import type { ReadOptions } from "../pictures/picture-processes.js";
import type { ReadPicture, ReadRequest } from "../pictures/picture-protocol.js";
import { EncodeLine, type EncodeLineOptions, type LineReadOptions } from "./encode-line.js";

const request = {} as ReadRequest;
const file = (): FileParts => [new Uint8Array(1)];

interface Waiting {
  file: FileParts;
  options: ReadOptions;
  resolve: (picture: ReadPicture) => void;
  reject: (error: unknown) => void;
}

/** A line whose pictures are read, and whose model is free, when the test says so. */
function createLine(options: Partial<EncodeLineOptions> = {}) {
  const queue = new Lanes<Waiting>({ callerOf: (one) => one.options.caller ?? "" });
  const state = { reading: 0, readingOthers: 0, poolWaiting: 0, poolWaitingOthers: 0, isFree: false };
  const newcomer = ({ caller = "", urgent = true }: ReadOptions) =>
    queue.givesWayTo({ tenant: caller, caller }, urgent);
  const pictures = {
    get waiting() {
      return queue.length;
    },
    get waitingOthers() {
      return queue.others;
    },
    get reading() {
      return state.reading;
    },
    get readingOthers() {
      return state.readingOthers;
    },
    read: (file: FileParts, _request: ReadRequest, options: ReadOptions = {}) =>
      new Promise<ReadPicture>((resolve, reject) => {
        queue.add({ file, options, resolve, reject }, options.urgent ?? true);
        tell();
      }),
    cutOut: vi.fn(async () => new Uint8Array(1)),
    givesWayTo: (one: ReadOptions) => newcomer(one) !== undefined,
    displace: (one: ReadOptions, error: unknown) => {
      const job = newcomer(one);
      if (job && queue.remove(job)) job.reject(error);
      return job !== undefined;
    },
    hasten: vi.fn(),
    resume: vi.fn(() => tell()),
  };
  const pool = {
    get waiting() {
      return state.poolWaiting;
    },
    get waitingOthers() {
      return state.poolWaitingOthers;
    },
    get isFree() {
      return state.isFree;
    },
    givesWayTo: () => false,
    displace: () => false,
    waitMsAt: (place: number) => 1000 * place,
  };
  const tell = () => {
    for (const [index, one] of queue.inOrder().entries()) one.options.onPlace?.(index + 1);
  };
  const begin = () => {
    const job = queue.take() as Waiting;
    const others = job.options.urgent === false ? 1 : 0;
    state.reading++;
    state.readingOthers += others;
    job.options.onBegin?.();
    tell();
    return () => {
      state.reading--;
      state.readingOthers -= others;
      job.resolve({ width: 1 } as ReadPicture);
    };
  };
  const line = new EncodeLine(pictures, pool, { maxQueue: 3, maxOthers: 2, readAhead: 1, ...options });
  const read = (options: LineReadOptions = {}) => line.read(file(), request, options);
  return { line, state, begin, read, pictures };
}

it("H23: counts a picture from its upload until the model begins with it, and tells its place all the way", async () => {
  const { line, begin, read } = createLine();
  const places: number[] = [];
  const first = read();
  const second = read({ onPosition: (position, etaMs) => places.push(position, etaMs) });
  expect(line.waiting).toBe(2);
  const finish = begin();
  expect([line.waiting, line.mayRead(true)]).toEqual([2, false]);
  finish();
  const { leave } = await first;
  expect([line.waiting, line.mayRead(true)]).toEqual([2, false]);
  leave();
  leave();
  expect([line.waiting, line.mayRead(true)]).toEqual([1, true]);
  begin()();
  (await second).leave();
  expect(line.waiting).toBe(0);
  expect(places).toEqual([2, 2000, 1, 1000]);
});

it("does not count the one for which the model is free", async () => {
  const { line, state, begin, read } = createLine({ maxQueue: 1 });
  state.isFree = true;
  const first = read();
  const finish = begin();
  expect([line.waiting, line.hasRoomFor({})]).toEqual([0, true]);
  finish();
  (await first).leave();
});

it("H23: refuses one more than may wait with a hint, whether they are decoded or not", async () => {
  const { line, state, read, begin } = createLine();
  const decoded = read();
  begin()();
  await decoded;
  void read();
  expect(line.hasRoomFor({})).toBe(true);
  void read();
  expect(line.hasRoomFor({})).toBe(false);
  await expect(read()).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED, retryAfterMs: 4000 });
  state.poolWaiting = 5;
  expect(line.waiting).toBe(7);
});

it("gives a caller with less the place of the one with the most, and keeps a part for people", async () => {
  const onDisplaced = vi.fn();
  const { line, read } = createLine({ onDisplaced });
  void read({ caller: "many" });
  void read({ caller: "many" });
  const last = read({ caller: "many" });
  expect(line.hasRoomFor({ caller: "many" })).toBe(false);
  expect(line.hasRoomFor({ caller: "one" })).toBe(true);
  void read({ caller: "one" });
  await expect(last).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
  expect(onDisplaced).toHaveBeenCalledTimes(1);
  const bulk = createLine();
  void bulk.read({ urgent: false });
  void bulk.read({ urgent: false });
  expect(bulk.line.hasRoomFor({ urgent: false })).toBe(false);
  expect(bulk.line.hasRoomFor({ urgent: true })).toBe(true);
});

it("H11: reads a person's picture ahead of its turn past batches that fill the line to the model, and counts none of them", async () => {
  const { line, state, begin, read } = createLine();
  const batch = read({ urgent: false });
  begin()();
  await batch;
  Object.assign(state, { poolWaiting: 1, poolWaitingOthers: 1 });
  expect([line.mayRead(false), line.mayRead(true)]).toEqual([false, true]);
  const places: number[] = [];
  const onPosition = (position: number) => places.push(position);
  void read({ onPosition });
  void read({ onPosition });
  expect(places).toEqual([1, 2]);
  const finish = begin();
  expect([line.mayRead(true), line.waiting]).toEqual([false, 3]);
  finish();
});

it("H11: counts what people came to wait for as theirs", () => {
  const { line, state } = createLine({ maxQueue: 9, maxOthers: 9 });
  Object.assign(state, { reading: 1, readingOthers: 1, poolWaiting: 1, poolWaitingOthers: 1 });
  const places: number[] = [];
  const sent = file();
  void line.read(sent, request, { urgent: false, onPosition: (position) => places.push(position) });
  line.hasten(sent);
  void line.read(file(), request, { urgent: false });
  expect(places).toEqual([3, 1]);
});

it("H26: takes what is to be cut out into the line, in place of who has most there, or refuses it", async () => {
  const { line, read, pictures } = createLine();
  const cut = (caller: string) =>
    line.cutOut(file(), { width: 1, height: 1, counts: "1", limits: {} as never }, { caller });
  const waiting = ["greedy", "greedy", "greedy"].map((caller) => read({ caller }).catch((error: unknown) => error));
  await expect(cut("greedy")).rejects.toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
  expect(pictures.cutOut).not.toHaveBeenCalled();
  expect(await cut("another")).toHaveLength(1);
  expect(await waiting[2]).toMatchObject({ code: Code.RESOURCE_EXHAUSTED });
});
