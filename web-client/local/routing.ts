import { create } from "@bufbuild/protobuf";
import {
  ErrorCode,
  mayWantDetail,
  type SegmentRequest,
  type SegmentResponse,
  SegmentResponseSchema,
  wantsDetail,
} from "../../proto/index.js";
import { answerKind } from "../sdk/session/answer-kind.js";
import type { Place } from "../sdk/session/event.js";
import { hasWaited, serviceMsOf } from "../sdk/session/service-time.js";
import {
  type Choice,
  forgetHere,
  hear,
  initialChoice,
  isProbeDue,
  isWorthTrying,
  type Preference,
  tried,
} from "./choice.js";
import { afterAnswer, askFiner, type FinerQuestions, noQuestions, withoutNext } from "./finer-questions.js";
import { emptyLane, enter, type Job, jobsOf, type Lane, leave, unwanted } from "./lane.js";

/*
 * Where each prompt of the session is decoded. What the gateway's rules promise holds for both places together: each
 * prompt is answered once (C1), clicks in their order (C2), and of previews only the latest counts (P1). Whatever
 * goes wrong here is asked of the server instead, and so is what only the server can make finer, once the click is answered (D7).
 */

export interface Routing {
  readonly preference: Preference;
  readonly choice: Choice;
  readonly decoder: LocalDecoder;
  /** The session's open picture; its size is known once the service has its embedding. */
  readonly picture: OpenPicture | undefined;
  readonly here: Lane;
  /** What the server has been asked and has not answered. */
  readonly there: readonly Asked[];
  /** And beside that. */
  readonly finer: FinerQuestions;
  /** When it has last answered with masks. */
  readonly answeredAtMs: number;
  /** A person who counts bytes: no decoder is fetched unless it is asked for by name. */
  readonly isFrugal: boolean;
}

export type Backend = "webgpu" | "wasm";

type LocalDecoder =
  /** Nothing is fetched. */
  | { readonly kind: "off" }
  /** Fetched, and compared with the server. */
  | { readonly kind: "starting" }
  | {
      readonly kind: "ready";
      readonly backend: Backend;
      /** The picture that it can decode. */
      readonly prepared: string | undefined;
      /** The picture that it was asked for last; once each, so that one that cannot be had stays with the server. */
      readonly asked: string;
      /** It can start from a mask; the graph for that comes later. */
      readonly takesMasks: boolean;
    }
  /** @property why for whoever looks for it; the person is not told, since the server answers. */
  | { readonly kind: "failed"; readonly why: string };

interface OpenPicture {
  readonly imageId: string;
  /** The graphs here are of one model; "" for the usual one. */
  readonly model: string;
  readonly size: Size | undefined;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

interface Asked {
  readonly request: SegmentRequest;
  readonly atMs: number;
  /** No click stood before it in the line, and its picture was ready: its time says something about the way. */
  readonly isTelling: boolean;
}

export type RoutingEvent =
  | { readonly kind: "asked"; readonly request: SegmentRequest; readonly atMs: number }
  | { readonly kind: "preferred"; readonly preference: Preference }
  /** The session opens a picture. */
  | { readonly kind: "opened"; readonly imageId: string; readonly model: string }
  /** The service has its embedding. */
  | { readonly kind: "embedded"; readonly imageId: string; readonly size: Size }
  | { readonly kind: "answered"; readonly response: SegmentResponse; readonly atMs: number }
  /** The connection is gone, and with it what was under way: the page asks again. */
  | { readonly kind: "lost" }
  // Of the decoder here
  | {
      readonly kind: "started";
      readonly backend: Backend;
      readonly imageId: string;
      readonly tookMs: number;
      readonly atMs: number;
    }
  /** It takes masks to start from as well. */
  | { readonly kind: "completed"; readonly atMs: number }
  | { readonly kind: "prepared"; readonly imageId: string }
  | { readonly kind: "decoded"; readonly response: SegmentResponse; readonly atMs: number }
  /** It cannot decode this one. */
  | { readonly kind: "declined"; readonly sequence: number; readonly atMs: number }
  | { readonly kind: "failed"; readonly why: string; readonly atMs: number };

export type RoutingEffect =
  | { readonly kind: "send"; readonly request: SegmentRequest }
  | { readonly kind: "answer"; readonly response: SegmentResponse; readonly place: Place }
  | { readonly kind: "start"; readonly imageId: string; readonly model: string; readonly size: Size }
  | { readonly kind: "prepare"; readonly imageId: string; readonly size: Size }
  | { readonly kind: "decode"; readonly imageId: string; readonly request: SegmentRequest }
  | { readonly kind: "stop" };

type Routed = readonly [Routing, readonly RoutingEffect[]];

export function initialRouting(preference: Preference, isFrugal: boolean): Routing {
  return {
    preference,
    isFrugal,
    choice: initialChoice,
    decoder: { kind: "off" },
    picture: undefined,
    here: emptyLane,
    there: [],
    finer: noQuestions,
    answeredAtMs: 0,
  };
}

export function route(routing: Routing, event: RoutingEvent): Routed {
  switch (event.kind) {
    case "asked":
      return asked(routing, event.request, event.atMs);
    case "preferred": {
      // By name it is tried once more.
      const again = event.preference === "here" && routing.decoder.kind === "failed";
      const decoder = again ? { kind: "off" as const } : routing.decoder;
      return pursue({ ...routing, preference: event.preference, decoder });
    }
    case "opened":
      return opened(routing, event.imageId, event.model);
    case "embedded": {
      if (routing.picture?.imageId !== event.imageId) return [routing, []];
      return pursue({ ...routing, picture: { ...routing.picture, size: event.size } });
    }
    case "answered":
      return answered(routing, event.response, event.atMs);
    case "lost":
      return [forgotten(routing), []];
    case "started": {
      if (routing.decoder.kind !== "starting") return [routing, []];
      const { backend, imageId, tookMs, atMs } = event;
      const choice = hear(forgetHere(routing.choice), { place: "here", tookMs, networkMs: 0, atMs });
      const decoder = { kind: "ready", backend, prepared: imageId, asked: imageId, takesMasks: false } as const;
      return pursue({ ...routing, choice, decoder });
    }
    case "completed": {
      const { decoder, here } = routing;
      if (decoder.kind !== "ready") return [routing, []];
      // What waited for that meanwhile says nothing about the time of a decode.
      const running = here.running && { ...here.running, startedAtMs: event.atMs };
      return [{ ...routing, decoder: { ...decoder, takesMasks: true }, here: { ...here, running } }, []];
    }
    case "prepared": {
      const { decoder } = routing;
      return decoder.kind === "ready"
        ? [{ ...routing, decoder: { ...decoder, prepared: event.imageId } }, []]
        : [routing, []];
    }
    case "decoded":
      return decoded(routing, event.response, event.atMs);
    case "declined":
      return declined(routing, event.sequence, event.atMs);
    case "failed":
      return failed(routing, event.why, event.atMs);
  }
}

/** Graphs of another model, and what is known of their pace, are of no use. */
function opened(routing: Routing, imageId: string, model: string): Routed {
  const { picture, decoder, choice } = routing;
  if (picture?.imageId === imageId && picture.model === model) return [routing, []];
  const next = { ...forgotten(routing), picture: { imageId, model, size: undefined } };
  if (picture === undefined || picture.model === model || decoder.kind === "off") return [next, []];
  const bare: Routing = { ...next, decoder: { kind: "off" }, choice: forgetHere(choice), here: emptyLane };
  return [bare, decoder.kind === "failed" ? [] : [{ kind: "stop" }]];
}

/** Where the next preview goes, apart from one that is to see how the other place fares. */
export function placeOf({ preference, choice, decoder, picture }: Routing): Place {
  const isAble = decoder.kind === "ready" && picture !== undefined && decoder.prepared === picture.imageId;
  if (!isAble || preference === "server") return "server";
  return preference === "here" ? "here" : choice.place;
}

function asked(before: Routing, request: SegmentRequest, atMs: number): Routed {
  const place = destination(before, request, atMs);
  // One probe at a time, whatever becomes of it.
  const finer = request.preview ? before.finer : withoutNext(before.finer);
  const routing = { ...before, finer, choice: tried(before.choice, place, atMs) };
  return place === "here"
    ? begin({ ...routing, here: enter(routing.here, request) }, cancelled(routing.here.preview), atMs)
    : sent(routing, [request], atMs);
}

function destination(routing: Routing, { preview, prompt }: SegmentRequest, atMs: number): Place {
  const hasMask = prompt?.mask !== undefined;
  const place = hasMask && !takesMasks(routing) ? "server" : placeOf(routing);
  // Clicks stay in their order: one goes where those before it wait.
  if (!preview && routing.there.some(({ request }) => !request.preview)) return "server";
  if (!preview && jobsOf(routing.here).some(({ request, isWanted }) => isWanted && !request.preview)) return "here";
  // What starts from a mask depends on more than the place: on what each has kept.
  if (!preview || hasMask || routing.preference !== "automatic" || !isProbeDue(routing.choice, atMs)) return place;
  const couldBeHere = placeOf({ ...routing, preference: "here" }) === "here";
  return place === "here" || !couldBeHere ? "server" : "here";
}

function takesMasks({ decoder }: Routing): boolean {
  return decoder.kind === "ready" && decoder.takesMasks;
}

function sent(routing: Routing, requests: readonly SegmentRequest[], atMs: number): Routed {
  const isReady = routing.picture?.size !== undefined && routing.finer.sent === undefined;
  const there = [...routing.there];
  for (const request of requests) {
    there.push({ request, atMs, isTelling: isReady && there.every((before) => before.request.preview) });
  }
  return [{ ...routing, there }, requests.map((request) => ({ kind: "send", request }))];
}

function answered(routing: Routing, response: SegmentResponse, atMs: number): Routed {
  const kind = answerKind(response);
  if (kind === "own" && response.sequence === routing.finer.sent)
    return withQuestions(routing, afterAnswer(routing.finer));
  const effects: RoutingEffect[] = [{ kind: "answer", response, place: "server" }];
  if (kind === "finer") return [routing, effects];
  const question = routing.there.find(({ request }) => request.sequence === response.sequence);
  // A draft says nothing of the server's pace, and of a click the answer is still to come.
  const isDraft = kind === "draft";
  if (question === undefined || (isDraft && !question.request.preview)) return [routing, effects];
  const left = { ...routing, there: routing.there.filter((one) => one !== question) };
  if (response.outcome.case !== "result") return [left, effects];
  const serviceMs = serviceMsOf(response.outcome.value);
  const next = { ...left, answeredAtMs: atMs };
  const times = { askedAtMs: question.atMs, answeredAtMs: atMs, serviceMs };
  if (isDraft || !question.isTelling || hasWaited(times, routing.answeredAtMs)) return [next, effects];
  const tookMs = atMs - question.atMs;
  const networkMs = Math.max(0, tookMs - serviceMs);
  const choice = hear(routing.choice, { place: "server", tookMs, networkMs, atMs });
  const [pursued, more] = pursue({ ...next, choice });
  return [pursued, [...effects, ...more]];
}

function decoded(routing: Routing, response: SegmentResponse, atMs: number): Routed {
  const { running } = routing.here;
  if (running?.request.sequence !== response.sequence) return [routing, []];
  const choice = hear(routing.choice, { place: "here", tookMs: atMs - running.startedAtMs, networkMs: 0, atMs });
  const effects: RoutingEffect[] = running.isWanted ? [{ kind: "answer", response, place: "here" }] : [];
  const next = { ...routing, choice, here: leave(routing.here) };
  if (!running.isWanted || !isWorthMore(next, running.request, response)) return begin(next, effects, atMs);
  const [asking, more] = withQuestions(next, askFiner(next.finer, running.request));
  return begin(asking, [...effects, ...more], atMs);
}

/** D7: whether the server is asked for a finer answer beside what was decoded here. Another click that waits is answered first, and finer then. */
function isWorthMore(
  { picture, here, there }: Routing,
  request: SegmentRequest,
  { outcome }: SegmentResponse,
): boolean {
  if (request.preview || !mayWantDetail(request) || here.clicks.length > 0) return false;
  if (there.some((asked) => !asked.request.preview) || outcome.case !== "result" || picture?.size === undefined)
    return false;
  const box = outcome.value.masks[0]?.bbox;
  return box !== undefined && wantsDetail(request, box, picture.size);
}

function withQuestions(
  routing: Routing,
  [finer, requests]: readonly [FinerQuestions, readonly SegmentRequest[]],
): Routed {
  return [{ ...routing, finer }, requests.map((request) => ({ kind: "send", request }))];
}

/** What waits behind a click that is handed over goes with it. */
function declined(routing: Routing, sequence: number, atMs: number): Routed {
  const { running, clicks } = routing.here;
  if (running?.request.sequence !== sequence) return [routing, []];
  const bare = { ...routing, here: leave(routing.here) };
  if (!running.isWanted) return begin(bare, [], atMs);
  if (running.request.preview) return handOver(bare, [running], atMs);
  return handOver({ ...bare, here: { ...bare.here, clicks: [] } }, [running, ...clicks], atMs);
}

function handOver(routing: Routing, jobs: readonly Job[], atMs: number): Routed {
  const requests = jobs.filter(({ isWanted }) => isWanted).map(({ request }) => request);
  const [next, effects] = sent(routing, requests, atMs);
  return begin(next, effects, atMs);
}

function failed(routing: Routing, why: string, atMs: number): Routed {
  const { decoder, here, choice } = routing;
  if (decoder.kind !== "starting" && decoder.kind !== "ready") return [routing, []];
  const broken: Routing = { ...routing, decoder: { kind: "failed", why }, choice: forgetHere(choice), here: emptyLane };
  const [next, effects] = handOver(broken, jobsOf(here), atMs);
  return [next, [{ kind: "stop" }, ...effects]];
}

/** The lane's next job, when it is free. */
function begin(routing: Routing, effects: readonly RoutingEffect[], atMs: number): Routed {
  const { here, picture } = routing;
  const [first] = here.clicks;
  const next = first ?? here.preview;
  if (here.running !== undefined || next === undefined || picture === undefined) return [routing, effects];
  const running: Job = { ...next, startedAtMs: atMs };
  const lane: Lane =
    first === undefined ? { ...here, running, preview: undefined } : { ...here, running, clicks: here.clicks.slice(1) };
  return [
    { ...routing, here: lane },
    [...effects, { kind: "decode", imageId: picture.imageId, request: running.request }],
  ];
}

/** Fetches the decoder when it is wanted, and gives it the picture. */
function pursue(routing: Routing): Routed {
  const { decoder, picture, preference } = routing;
  if (picture?.size === undefined || preference === "server") return [routing, []];
  const { imageId, model, size } = picture;
  if (decoder.kind === "ready") {
    if (decoder.asked === imageId) return [routing, []];
    // What was ready may have to wait behind this one: it is asked for again when it is back.
    const asking = { ...decoder, asked: imageId, prepared: undefined };
    return [{ ...routing, decoder: asking }, [{ kind: "prepare", imageId, size }]];
  }
  const isWanted = preference === "here" || (!routing.isFrugal && isWorthTrying(routing.choice));
  if (decoder.kind !== "off" || !isWanted) return [routing, []];
  return [{ ...routing, decoder: { kind: "starting" } }, [{ kind: "start", imageId, model, size }]];
}

/** What was under way is of no interest any more. */
function forgotten(routing: Routing): Routing {
  return { ...routing, here: unwanted(routing.here), there: [], finer: noQuestions };
}

/** P1: a newer preview, or a click, has taken its place. */
function cancelled(preview: Job | undefined): RoutingEffect[] {
  if (preview === undefined) return [];
  const { sequence } = preview.request;
  const error = { code: ErrorCode.CANCELLED, message: "A newer prompt took this preview's place." };
  const response = create(SegmentResponseSchema, { sequence, outcome: { case: "error", value: error } });
  return [{ kind: "answer", response, place: "here" }];
}
