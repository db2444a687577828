import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, it } from "vitest";
import { DetailMode, SegmentRequestSchema, type SegmentResponse, SegmentResponseSchema } from "../../proto/index.js";
import { initialRouting, placeOf, type Routing, type RoutingEffect, type RoutingEvent, route } from "./routing.js";

const size = { width: 40, height: 20 };
const asked = (sequence: number, preview = false, atMs = 100): RoutingEvent => ({
  kind: "asked",
  request: create(SegmentRequestSchema, { sequence, preview }),
  atMs,
});
const refined = (sequence: number): RoutingEvent => ({
  kind: "asked",
  request: create(SegmentRequestSchema, { sequence, prompt: { mask: { source: { case: "previous", value: {} } } } }),
  atMs: 100,
});
const response = (
  sequence: number,
  timings: NonNullable<MessageInitShape<typeof SegmentResponseSchema>["outcome"]> = {
    case: "result",
    value: { timings: { decodeMs: 20 } },
  },
): SegmentResponse => create(SegmentResponseSchema, { sequence, outcome: timings });
const answered = (sequence: number, atMs = 300): RoutingEvent => ({
  kind: "answered",
  response: response(sequence),
  atMs,
});
const decoded = (sequence: number, atMs = 150): RoutingEvent => ({
  kind: "decoded",
  response: response(sequence),
  atMs,
});
const opened = (imageId = "a", model = ""): RoutingEvent => ({ kind: "opened", imageId, model });
const embedded = (imageId = "a"): RoutingEvent => ({ kind: "embedded", imageId, size });
const preferred = (preference: Routing["preference"]): RoutingEvent => ({ kind: "preferred", preference });
const started: RoutingEvent = { kind: "started", backend: "wasm", imageId: "a", tookMs: 40, atMs: 90 };
const failed: RoutingEvent = { kind: "failed", why: "it broke", atMs: 120 };
const declined = (sequence: number): RoutingEvent => ({ kind: "declined", sequence, atMs: 130 });
const lost: RoutingEvent = { kind: "lost" };

function routed(events: readonly RoutingEvent[], from = initialRouting("here", false)): Routing {
  let routing = from;
  for (const event of events) [routing] = route(routing, event);
  return routing;
}

const ready = [opened(), embedded(), started];
const click = asked(1);
const preview = asked(2, true);

const states = {
  "nothing open": routed([]),
  "not embedded": routed([opened()]),
  "by the server": routed([opened(), embedded()], initialRouting("server", false)),
  automatic: routed([opened(), embedded()], initialRouting("automatic", false)),
  starting: routed([opened(), embedded()]),
  "starting asked": routed([opened(), embedded(), click]),
  ready: routed(ready),
  clicked: routed([...ready, click]),
  hovering: routed([...ready, preview]),
  full: routed([...ready, click, asked(3), preview]),
  "left behind": routed([...ready, click, opened("b")]),
  "another open": routed([...ready, opened("b"), embedded("b")]),
  "server by name": routed([...ready, preferred("server")]),
  failed: routed([...ready, failed]),
} satisfies Record<string, Routing>;

const events = {
  click: asked(7),
  preview: asked(8, true),
  "prefer automatic": preferred("automatic"),
  "prefer server": preferred("server"),
  "prefer here": preferred("here"),
  "open same": opened(),
  "open other": opened("b"),
  embedded: embedded(),
  "embedded other": embedded("b"),
  "answered 1": answered(1),
  lost,
  started,
  completed: { kind: "completed", atMs: 140 },
  "prepared other": { kind: "prepared", imageId: "b" },
  "decoded 1": decoded(1),
  "declined 1": declined(1),
  failed,
} satisfies Record<string, RoutingEvent>;

function effectText(effect: RoutingEffect): string {
  switch (effect.kind) {
    case "send":
    case "decode":
      return `+${effect.kind} ${effect.request.sequence}`;
    case "answer": {
      const isError = effect.response.outcome.case === "error";
      return `+answer ${effect.response.sequence} ${effect.place}${isError ? " cancelled" : ""}`;
    }
    default:
      return `+${effect.kind}`;
  }
}

/** What became of a state, then what is to be done. A lone dot: nothing at all. */
function outcome(before: Routing, event: RoutingEvent): string {
  const [next, effects] = route(before, event);
  const changes: string[] = [];
  if (next.decoder.kind !== before.decoder.kind) changes.push(next.decoder.kind);
  if (placeOf(next) !== placeOf(before)) changes.push(`now ${placeOf(next)}`);
  if (changes.length === 0 && next !== before) changes.push("~");
  return [...changes, ...effects.map(effectText)].join(" ") || ".";
}

const table: Readonly<Record<keyof typeof events, Readonly<Record<string, string>>>> = {
  click: {
    "~ +send 7":
      "nothing open, not embedded, by the server, automatic, starting, starting asked, left behind, another open, server by name, failed",
    "~ +decode 7": "ready",
    "~": "clicked, hovering",
    "~ +answer 2 here cancelled": "full",
  },
  preview: {
    "~ +send 8":
      "nothing open, not embedded, by the server, automatic, starting, starting asked, left behind, another open, server by name, failed",
    "~ +decode 8": "ready",
    "~": "clicked, hovering",
    "~ +answer 2 here cancelled": "full",
  },
  "prefer automatic": {
    "~": "nothing open, not embedded, by the server, automatic, starting, starting asked, left behind, another open, server by name, failed",
    "now server": "ready, clicked, hovering, full",
  },
  "prefer server": {
    "~": "nothing open, not embedded, by the server, automatic, starting, starting asked, left behind, another open, server by name, failed",
    "now server": "ready, clicked, hovering, full",
  },
  "prefer here": {
    "~": "nothing open, not embedded, starting, starting asked, ready, clicked, hovering, full, left behind, another open",
    "starting +start": "by the server, automatic, failed",
    "now here": "server by name",
  },
  "open same": {
    "~": "nothing open, another open",
    ".": "not embedded, by the server, automatic, starting, starting asked, ready, clicked, hovering, full, server by name, failed",
    "now here": "left behind",
  },
  "open other": {
    "~": "nothing open, not embedded, by the server, automatic, starting, starting asked, server by name, failed",
    "now server": "ready, clicked, hovering, full",
    ".": "left behind, another open",
  },
  embedded: {
    ".": "nothing open, left behind, another open",
    "starting +start": "not embedded",
    "~": "by the server, automatic, starting, starting asked, ready, clicked, hovering, full, server by name, failed",
  },
  "embedded other": {
    ".": "nothing open, not embedded, by the server, automatic, starting, starting asked, ready, clicked, hovering, full, server by name, failed",
    "~ +prepare": "left behind",
    "~": "another open",
  },
  "answered 1": {
    "+answer 1 server":
      "nothing open, not embedded, by the server, automatic, starting, ready, clicked, hovering, full, left behind, another open, server by name, failed",
    "~ +answer 1 server": "starting asked",
  },
  lost: {
    "~": "nothing open, not embedded, by the server, automatic, starting, starting asked, ready, clicked, hovering, full, left behind, another open, server by name, failed",
  },
  started: {
    ".": "nothing open, not embedded, by the server, automatic, ready, clicked, hovering, full, left behind, another open, server by name, failed",
    "ready now here": "starting, starting asked",
  },
  completed: {
    ".": "nothing open, not embedded, by the server, automatic, starting, starting asked, failed",
    "~": "ready, clicked, hovering, full, left behind, another open, server by name",
  },
  "prepared other": {
    ".": "nothing open, not embedded, by the server, automatic, starting, starting asked, failed",
    "now server": "ready, clicked, hovering, full",
    "now here": "left behind, another open",
    "~": "server by name",
  },
  "decoded 1": {
    ".": "nothing open, not embedded, by the server, automatic, starting, starting asked, ready, hovering, another open, server by name, failed",
    "~ +answer 1 here": "clicked",
    "~ +answer 1 here +decode 3": "full",
    "~": "left behind",
  },
  "declined 1": {
    ".": "nothing open, not embedded, by the server, automatic, starting, starting asked, ready, hovering, another open, server by name, failed",
    "~ +send 1": "clicked",
    "~ +send 1 +send 3 +decode 2": "full",
    "~": "left behind",
  },
  failed: {
    ".": "nothing open, not embedded, by the server, automatic, failed",
    "failed +stop": "starting, starting asked, left behind, another open, server by name",
    "failed now server +stop": "ready",
    "failed now server +stop +send 1": "clicked",
    "failed now server +stop +send 2": "hovering",
    "failed now server +stop +send 1 +send 3 +send 2": "full",
  },
};

describe("every event in every state", () => {
  for (const [name, row] of Object.entries(table)) {
    it(name, () => {
      const event = events[name as keyof typeof events];
      const outcomes = Object.entries(states).map(([state, before]) => [state, outcome(before, event)]);
      const expected = Object.entries(row).flatMap(([result, list]) =>
        list.split(", ").map((state) => [state, result]),
      );
      expect(Object.fromEntries(outcomes)).toEqual(Object.fromEntries(expected));
    });
  }
});

describe("both places together", () => {
  const effectsOf = (events: readonly RoutingEvent[], from?: Routing) => {
    const texts: string[] = [];
    let routing = from ?? routed(ready);
    for (const event of events) {
      const [next, effects] = route(routing, event);
      texts.push(...effects.map(effectText));
      routing = next;
    }
    return texts;
  };

  it("C2: keep clicks in their order while some are the server's and the decoder here becomes ready", () => {
    const waiting = routed([opened(), embedded(), asked(1)]);
    expect(effectsOf([started, asked(2), answered(1), asked(3), answered(2), answered(3), asked(4)], waiting)).toEqual([
      "+send 2",
      "+answer 1 server",
      "+send 3",
      "+answer 2 server",
      "+answer 3 server",
      "+decode 4",
    ]);
  });

  it("C1, C2: hand a click over with those behind it, in their order, and run no click here before they are answered", () => {
    expect(
      effectsOf([asked(1), asked(2), declined(1), asked(3), answered(1), answered(2), answered(3), asked(4)]),
    ).toEqual([
      "+decode 1",
      "+send 1",
      "+send 2",
      "+send 3",
      "+answer 1 server",
      "+answer 2 server",
      "+answer 3 server",
      "+decode 4",
    ]);
  });

  it("C2: leave what starts from a mask to the server until the graph for that is there", () => {
    expect(effectsOf([refined(1), asked(2), answered(1), answered(2), asked(3), refined(4), decoded(3)])).toEqual([
      "+send 1",
      "+send 2",
      "+answer 1 server",
      "+answer 2 server",
      "+decode 3",
      "+answer 3 here",
      "+decode 4",
    ]);
    expect(effectsOf([{ kind: "completed", atMs: 140 }, refined(1)])).toEqual(["+decode 1"]);
  });

  it("ask the server for a picture that is come back to, until the decoder here has it again", () => {
    const back = routed([opened("b"), embedded("b"), opened(), embedded()], routed(ready));
    expect(effectsOf([asked(1), { kind: "prepared", imageId: "b" }, asked(2), answered(1), answered(2)], back)).toEqual(
      ["+send 1", "+send 2", "+answer 1 server", "+answer 2 server"],
    );
    expect(effectsOf([{ kind: "prepared", imageId: "a" }, asked(3)], back)).toEqual(["+decode 3"]);
  });

  it("C1: answer once what was under way when the decoder here failed", () => {
    expect(effectsOf([asked(1), failed, decoded(1), answered(1)])).toEqual([
      "+decode 1",
      "+stop",
      "+send 1",
      "+answer 1 server",
    ]);
  });

  it("P1: answer a preview that waited when a click takes its place", () => {
    expect(effectsOf([asked(1), asked(2, true), asked(3), decoded(1), decoded(3)])).toEqual([
      "+decode 1",
      "+answer 2 here cancelled",
      "+answer 1 here",
      "+decode 3",
      "+answer 3 here",
    ]);
  });

  it("answer nothing that is of another picture, or of a session that is gone", () => {
    expect(effectsOf([asked(1), opened("b"), decoded(1)])).toEqual(["+decode 1"]);
    expect(effectsOf([asked(1), lost, asked(1), decoded(1), decoded(1)])).toEqual([
      "+decode 1",
      "+decode 1",
      "+answer 1 here",
    ]);
  });
});

describe("the automatic choice", () => {
  /** Previews one after the other, each answered by the server after so long. */
  const overNetwork = (tookMs: number, count: number, fromMs = 1_000): RoutingEvent[] =>
    Array.from({ length: count }, (_, at) => [
      asked(100 + at, true, fromMs + 1_000 * at),
      answered(100 + at, fromMs + 1_000 * at + tookMs),
    ]).flat();
  const onAutomatic = (events: readonly RoutingEvent[], isFrugal = false) =>
    routed([opened(), embedded(), ...events], initialRouting("automatic", isFrugal));

  it("fetches nothing while the network is quick", () => {
    expect(onAutomatic(overNetwork(45, 20)).decoder.kind).toBe("off");
  });

  it("fetches the decoder on a slow network, after three answers", () => {
    expect(onAutomatic(overNetwork(120, 2)).decoder.kind).toBe("off");
    expect(onAutomatic(overNetwork(120, 3)).decoder.kind).toBe("starting");
  });

  it("fetches none for whoever counts bytes, unless by name", () => {
    const frugal = onAutomatic(overNetwork(120, 9), true);
    expect(frugal.decoder.kind).toBe("off");
    expect(route(frugal, preferred("here"))[0].decoder.kind).toBe("starting");
  });

  it("learns nothing from a click that stood in line", () => {
    const inLine = [asked(1), asked(2), asked(3), asked(4), ...[1, 2, 3, 4].map((at) => answered(at, 100 + 400 * at))];
    expect(onAutomatic(inLine).choice.server).toHaveLength(1);
  });

  it("learns from previews that follow each other without waiting for answers, unless they wait for their turn", () => {
    /** Each decoded for 20 ms. */
    const following = (everyMs: number) => [
      ...[1, 2, 3, 4].map((at) => asked(at, true, 1_000 + 20 * at)),
      ...[1, 2, 3, 4].map((at) => answered(at, 1_200 + everyMs * at)),
    ];
    expect(onAutomatic(following(33)).choice.server).toHaveLength(4);
    expect(onAutomatic(following(21)).choice.server).toHaveLength(1);
  });

  it("decodes where it is clearly faster", () => {
    expect(placeOf(onAutomatic([...overNetwork(120, 3), started]))).toBe("here");
    expect(placeOf(onAutomatic([...overNetwork(120, 3), { ...started, tookMs: 110 }]))).toBe("server");
  });

  it("takes no account of what waited for the rest of the decoder", () => {
    const waiting = onAutomatic([...overNetwork(120, 3), started, asked(50, true, 5_000)]);
    const completed: RoutingEvent = { kind: "completed", atMs: 8_000 };
    expect(routed([completed, decoded(50, 8_040)], waiting).choice.here).toEqual([40, 40]);
  });

  it("asks the other place now and then, and goes back when that has become faster", () => {
    const here = onAutomatic([...overNetwork(120, 3), started]);
    const [soon] = route(here, asked(50, true, 10_000));
    expect(soon.there).toHaveLength(0);
    const [late, effects] = route(here, asked(50, true, 60_000));
    expect(effects.map(effectText)).toEqual(["+send 50"]);
    expect(late.here.running).toBeUndefined();
    // Once, whatever becomes of it: a server that refuses is no reason to ask it alone.
    expect(route(late, asked(51, true, 60_100))[1].map(effectText)).toEqual(["+decode 51"]);
    // A click is no one's probe.
    expect(route(here, asked(50, false, 60_000))[1].map(effectText)).toEqual(["+decode 50"]);
    const probes = [1, 2, 3].flatMap((at) => [asked(50 + at, true, 60_000 * at), answered(50 + at, 60_000 * at + 25)]);
    expect(placeOf(routed(probes, here))).toBe("server");
  });
});

it("D2: begins anew with another model's graphs, and keeps those of the same one", () => {
  const [other, effects] = route(states.ready, opened("a", "other"));
  expect([other.decoder.kind, effects.map(effectText)]).toEqual(["off", ["+stop"]]);
  expect(route(other, embedded())[1]).toMatchObject([{ kind: "start", model: "other" }]);
  expect(route(states.failed, opened("a", "other"))[0].decoder.kind).toBe("off");
  expect(route(states.ready, opened("b"))[0].decoder).toMatchObject({ kind: "ready", prepared: "a" });
});

describe("D7: a click that was answered here", () => {
  const small = { x: 4, y: 4, width: 3, height: 3 };
  const wanting = (sequence: number, prompt = {}): RoutingEvent => ({
    kind: "asked",
    request: create(SegmentRequestSchema, { sequence, detail: DetailMode.AUTO, prompt }),
    atMs: 100,
  });
  const found = (sequence: number, bbox = small): RoutingEvent => ({
    kind: "decoded",
    response: response(sequence, { case: "result", value: { masks: [{ bbox }] } }),
    atMs: 150,
  });
  const finer = (sequence: number): RoutingEvent => ({
    kind: "answered",
    response: response(sequence, { case: "result", value: { detail: { masks: [0] } } }),
    atMs: 300,
  });
  const effectsOf = (events: readonly RoutingEvent[]) => {
    let routing: Routing = states.ready;
    return events.flatMap((event) => {
      const [next, effects] = route(routing, event);
      routing = next;
      return effects.map(effectText);
    });
  };

  it("is asked of the server for its finer answer alone, which its first one is not", () => {
    expect(effectsOf([wanting(1), found(1), answered(1), finer(1), answered(1)])).toEqual([
      "+decode 1",
      "+answer 1 here",
      "+send 1",
      "+answer 1 server",
      // Nothing of it is under way any more.
      "+answer 1 server",
    ]);
  });

  it("is not where detail is not wanted: of a large object, or where nobody asked for it", () => {
    const large = { ...small, width: 30 };
    expect(effectsOf([wanting(1), found(1, large)])).toEqual(["+decode 1", "+answer 1 here"]);
    expect(effectsOf([asked(1), found(1)])).toEqual(["+decode 1", "+answer 1 here"]);
    const second = wanting(1, { points: [{}, {}] });
    expect(effectsOf([second, found(1, large)])).toEqual(["+decode 1", "+answer 1 here", "+send 1"]);
  });

  it("is asked one at a time, the latest next, and not with another click behind it", () => {
    expect(
      effectsOf([wanting(1), found(1), wanting(2), found(2), wanting(3), found(3), answered(1), answered(3)]),
    ).toEqual([
      "+decode 1",
      "+answer 1 here",
      "+send 1",
      "+decode 2",
      "+answer 2 here",
      "+decode 3",
      "+answer 3 here",
      "+send 3",
    ]);
    expect(effectsOf([wanting(1), wanting(2), found(1), found(2)])).toEqual([
      "+decode 1",
      "+answer 1 here",
      "+decode 2",
      "+answer 2 here",
      "+send 2",
    ]);
    expect(effectsOf([wanting(1), found(1), wanting(2), found(2), asked(3), answered(1)])).not.toContain("+send 2");
  });

  it("holds no click up, whatever becomes of it", () => {
    const refused: RoutingEvent = {
      kind: "answered",
      response: response(1, { case: "error", value: { message: "no" } }),
      atMs: 300,
    };
    expect(effectsOf([wanting(1), found(1), refused, asked(2)]).slice(-1)).toEqual(["+decode 2"]);
    expect(effectsOf([wanting(1), found(1), lost, wanting(2), found(2)]).slice(-1)).toEqual(["+send 2"]);
    expect(effectsOf([wanting(1), found(1), asked(2)]).slice(-1)).toEqual(["+decode 2"]);
  });
});

it("takes a click's draft for no answer, and no draft for the server's pace", () => {
  const draft = (sequence: number): RoutingEvent => ({
    kind: "answered",
    response: response(sequence, { case: "result", value: { draft: true } }),
    atMs: 200,
  });
  const under = routed([opened(), embedded(), click], initialRouting("automatic", false));
  const [after, effects] = route(under, draft(1));
  expect(effects).toMatchObject([{ kind: "answer", response: { sequence: 1 } }]);
  expect([after.there, after.choice]).toEqual([under.there, under.choice]);
  expect(route(after, answered(1))[0].there).toEqual([]);
  const hovering = routed([opened(), embedded(), preview, draft(2)], initialRouting("automatic", false));
  expect([hovering.there, hovering.choice.server]).toEqual([[], []]);
});
