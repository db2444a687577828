import { once } from "node:events";
import { get, type IncomingMessage } from "node:http";
import { expect, it } from "vitest";
import { WebSocket } from "ws";
import { CloseCode } from "../../proto/index.js";
import { noQuota } from "../../services/runtime/callers/quota.js";
import { overloaded } from "../../services/runtime/errors.js";
import { UnsentBytes } from "../limits/unsent-bytes.js";
import { serveSessions } from "./testing/serve-sessions.js";

it("B2: a peer that answers no ping is freed within the time of silence, after two pings", async () => {
  await using served = await serveSessions({ idleMs: 300 });
  const gone = served.join("192.0.2.1", false);
  let pings = 0;
  gone.socket.on("ping", () => pings++);
  await gone.welcomed;
  expect(await gone.closed).toMatchObject({ code: CloseCode.IDLE });
  expect(pings).toBe(2);
});

it("B3: a caller who has many sessions leaves some for others, and who has none is refused only when all are taken", async () => {
  await using served = await serveSessions({ maxSessions: 8 });
  const greedy = await Promise.all(Array.from({ length: 6 }, () => served.welcome("192.0.2.1")));
  const code = CloseCode.TOO_MANY_SESSIONS;
  expect(await served.join("192.0.2.1").closed).toEqual({ code, reason: "too many sessions from one address" });
  await served.welcome("192.0.2.2");
  await served.welcome("192.0.2.3");
  expect(await served.join("192.0.2.4").closed).toEqual({ code, reason: "too many sessions" });
  greedy[0]?.socket.close();
  await greedy[0]?.closed;
  await served.welcome("192.0.2.4");
  expect(served.hits).toEqual(["sessions_share", "sessions"]);
});

it("B6: with too many unread answers the slowest reader is closed, and others go on", async () => {
  await using served = await serveSessions({ unsent: new UnsentBytes(100_000) });
  const [slow, good] = [await served.welcome(), await served.welcome()];
  slow.open();
  await slow.until(() => slow.frames.length > 1);
  slow.socket.pause();
  // Opening the open image is answered at once: enough answers to fill every buffer between the two ends.
  for (let count = 0; count < 60_000 && !served.hits.includes("unsent"); count++) {
    slow.open();
    if (count % 500 === 0) await new Promise(setImmediate);
  }
  slow.socket.resume();
  expect((await slow.closed).code).toBe(CloseCode.SLOW_READER);
  good.open();
  good.click(7);
  await good.until(() => good.frames.some(({ segment }) => segment?.sequence === 7));
  expect(served.hits).toEqual(["unsent"]);
});

it("F7: what comes too fast is read later, said once, and all of it is answered", async () => {
  await using served = await serveSessions({ framesPerSecond: 20 });
  const session = await served.welcome();
  session.open();
  const clicks = 90;
  for (let sequence = 1; sequence <= clicks; sequence++) session.click(sequence);
  const answers = () => session.frames.flatMap(({ segment }) => (segment ? [segment.sequence] : []));
  await session.until(() => answers().length === clicks);
  expect(answers()).toEqual(Array.from({ length: clicks }, (_, at) => at + 1));
  expect(session.frames.flatMap(({ error }) => (error ? [error.code] : []))).toEqual(["ERROR_CODE_RESOURCE_EXHAUSTED"]);
  expect(served.hits).toEqual(["pace"]);
});

it("F7: what follows an open_image counts against its caller while others are there, and holds up nobody else", async () => {
  await using served = await serveSessions();
  const alone = await served.welcome("192.0.2.1");
  const opens = 600;
  for (let count = 0; count < opens; count++) alone.open();
  alone.click(1);
  await alone.until(() => alone.frames.some(({ segment }) => segment?.sequence === 1));
  expect(served.hits).toEqual([]);
  const other = await served.welcome("192.0.2.2");
  for (let count = 0; count < opens; count++) alone.open();
  await alone.until(() => served.hits.includes("pace"));
  other.open();
  other.click(1);
  await other.until(() => other.frames.some(({ segment }) => segment?.sequence === 1));
  expect(other.frames.some(({ error }) => error)).toBe(false);
  expect(served.hits).toEqual(["pace"]);
});

it("O3: a session that is refused for overload is refused at the upgrade, with 503 and when to come back", async () => {
  const check = (work: string) => {
    if (work === "sessions") throw overloaded("Too busy.", 1500);
  };
  await using served = await serveSessions({ overload: { check } });
  const upgrade = get({
    port: served.port,
    path: "/v1/ws",
    headers: {
      connection: "upgrade",
      upgrade: "websocket",
      "sec-websocket-key": "a".repeat(22).concat("=="),
      "sec-websocket-version": "13",
    },
  });
  const [answer] = (await once(upgrade, "response")) as [IncomingMessage];
  expect([answer.statusCode, answer.headers["retry-after"]]).toEqual([503, "2"]);
  const body = JSON.parse(String(Buffer.concat(await answer.toArray())));
  expect(body).toEqual({ error: { code: "RESOURCE_EXHAUSTED", message: "Too busy.", retryAfterMs: 1500 } });
});

it("O4: when memory runs short, sessions that are idle are closed, those for which nothing is to come, and longest idle first", async () => {
  await using served = await serveSessions({}, { encodeStored: () => new Promise(() => {}) });
  const minutes = 60_000;
  const waiting = await served.welcome();
  waiting.open();
  const [first, second] = [await served.welcome(), await served.welcome()];
  for (const guest of [first, second]) {
    guest.socket.send("?");
    await guest.until(() => guest.frames.some(({ error }) => error));
  }
  const now = performance.now();
  served.sessions.disconnectIdle(now);
  expect(served.sessions.count).toBe(3);
  served.sessions.disconnectIdle(now + minutes);
  expect(await first.closed).toMatchObject({ code: CloseCode.IDLE });
  served.sessions.disconnectIdle(now + minutes);
  expect(await second.closed).toMatchObject({ code: CloseCode.IDLE });
  served.sessions.disconnectIdle(now + minutes);
  expect(served.hits).toEqual(["idle", "idle"]);
  expect(waiting.socket.readyState).toBe(waiting.socket.OPEN);
});

it("F8: sessions of a caller that come too fast are opened in their turn while others are there, and refused when many wait", async () => {
  await using served = await serveSessions({ maxSessions: 10_000 });
  await served.welcome("192.0.2.2");
  const sockets: WebSocket[] = [];
  /** @returns the status of the answer to the upgrade. */
  const open = () => {
    const headers = { "x-forwarded-for": "192.0.2.1" };
    const socket = new WebSocket(`ws://127.0.0.1:${served.port}/v1/ws`, { headers });
    sockets.push(socket);
    socket.on("error", () => {});
    return new Promise<number | undefined>((resolve) => {
      socket.once("open", () => resolve(101));
      socket.once("unexpected-response", (_request, answer) => resolve(answer.resume().statusCode));
    });
  };
  const many = Array.from({ length: 400 }, open);
  const other = await served.welcome("192.0.2.3");
  other.click(1);
  await other.until(() => other.frames.some(({ segment }) => segment?.sequence === 1));
  const statuses = await Promise.all(many);
  const opened = statuses.filter((status) => status === 101).length;
  // At once those for which it has work left, as many as may wait, and what that has made good meanwhile.
  expect(opened).toBeGreaterThanOrEqual(50 + 64);
  expect(statuses.filter((status) => status === 429)).toHaveLength(400 - opened);
  expect(served.hits.filter((hit) => hit === "openings")).toHaveLength(400 - opened);
  for (const socket of sockets) socket.terminate();
});

it("Q2: a principal that has all the sessions that it may is told so, and may again when one is closed", async () => {
  let open = 0;
  const holdSession = () => {
    if (open === 1) return undefined;
    open++;
    return () => void open--;
  };
  await using served = await serveSessions({ quota: { ...noQuota, holdSession } });
  const first = await served.welcome();
  expect(await served.join().closed).toMatchObject({
    code: CloseCode.TOO_MANY_SESSIONS,
    reason: expect.stringContaining("(sessions)"),
  });
  first.socket.close();
  await first.closed;
  while (open > 0) await new Promise((resolve) => setImmediate(resolve));
  await served.welcome();
});

it("Q2: frames beyond a principal's limit are read later, none of them lost or refused", async () => {
  let left = 2;
  const tryTake = (_principal: unknown, name: string, amount: number) => {
    if (name !== "framesPerSecond" || left >= amount) {
      if (name === "framesPerSecond") left -= amount;
      return 0;
    }
    // Once it was asked for more there is more.
    left = 1000;
    return 20;
  };
  await using served = await serveSessions({ quota: { ...noQuota, tryTake } });
  const guest = await served.welcome();
  guest.open();
  for (let sequence = 1; sequence <= 5; sequence++) guest.click(sequence);
  await guest.until(() => guest.frames.filter(({ segment }) => segment).length === 5);
  expect(guest.frames.flatMap(({ segment }) => segment?.sequence ?? [])).toEqual([1, 2, 3, 4, 5]);
  expect(served.hits).toEqual(["pace"]);
});
