import { create } from "@bufbuild/protobuf";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { CloseCode, OpenVideoSchema } from "../../../proto/index.js";
import { abnormalClosure } from "../session/socket.js";
import { FakeSockets } from "./testing/fake-sockets.js";
import { TrackLink } from "./track-link.js";

function openLink() {
  const sockets = new FakeSockets();
  const lost: string[] = [];
  const updates: (string | undefined)[] = [];
  const link = new TrackLink({
    openSocket: () => sockets.open(),
    onOpen: () => {},
    onUpdate: ({ update }) => updates.push(update.case),
    onLost: (then) => lost.push(then),
  });
  link.want();
  sockets.last.welcome();
  return { sockets, link, lost, updates };
}
const open = { case: "open" as const, value: create(OpenVideoSchema) };
const minutesMs = 300_000;

describe("the link of a video that is followed", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  it("begins again by itself where the connection is lost", () => {
    const { sockets, link, lost } = openLink();
    sockets.last.end(abnormalClosure);
    vi.advanceTimersByTime(5_000);
    expect([lost, sockets.all.length]).toEqual([["waiting"], 2]);
    link.close();
  });

  it("rests where it was idle, until there is need of it", () => {
    const { sockets, link, lost } = openLink();
    sockets.last.end(CloseCode.IDLE);
    vi.advanceTimersByTime(minutesMs);
    link.hurry();
    expect([lost, sockets.all.length]).toEqual([["asleep"], 1]);
    link.wake();
    expect(sockets.all.length).toBe(2);
    link.close();
  });

  it("is not begun again by itself where the service does not understand the page", () => {
    const { sockets, link, lost } = openLink();
    sockets.last.end(CloseCode.BAD_FRAMES);
    link.wake();
    vi.advanceTimersByTime(minutesMs);
    expect([lost, sockets.all.length]).toEqual([["stopped"], 1]);
    link.want();
    expect(sockets.all.length).toBe(2);
    link.close();
  });

  it("waits for seconds where there are too many sessions, whatever a person does", () => {
    const { sockets, link } = openLink();
    sockets.last.end(CloseCode.TOO_MANY_SESSIONS);
    link.want();
    vi.advanceTimersByTime(4_900);
    expect(sockets.all.length).toBe(1);
    vi.advanceTimersByTime(1_000);
    expect(sockets.all.length).toBe(2);
    link.close();
  });

  it("tries again where no welcome comes", () => {
    const sockets = new FakeSockets();
    const link = new TrackLink({ openSocket: () => sockets.open(), onOpen() {}, onUpdate() {}, onLost() {} });
    link.want();
    vi.advanceTimersByTime(15_000);
    expect(sockets.all.length).toBeGreaterThan(1);
    link.close();
  });

  it("is given up where an answer is owed, and not even a question that is easily answered has one", () => {
    const { sockets, link, lost } = openLink();
    link.send(open);
    vi.advanceTimersByTime(minutesMs);
    expect(sockets.all[0]?.cases).toEqual(["open", "known"]);
    expect([lost[0], sockets.all.length > 1]).toEqual(["waiting", true]);
    link.close();
  });

  it("bears any silence of slow work, as long as there are signs of life", () => {
    const { sockets, link, lost, updates } = openLink();
    const sequence = link.send(open);
    for (let time = 0; time < minutesMs; time += 20_000) {
      vi.advanceTimersByTime(20_000);
      sockets.last.update(sockets.last.sequenceOf("known"), { case: "opened", value: {} });
    }
    expect([lost, updates]).toEqual([[], []]);
    // Nothing is owed any more, and nothing is asked.
    sockets.last.update(sequence, { case: "opened", value: {} });
    const said = sockets.last.commands.length;
    vi.advanceTimersByTime(minutesMs);
    expect([lost, updates, sockets.last.commands.length - said]).toEqual([[], ["opened"], 0]);
    link.close();
  });
});
