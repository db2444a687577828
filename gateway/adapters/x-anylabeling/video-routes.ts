import { z } from "zod";
import { maxTrackedObjects } from "../../../proto/index.js";
import { accessEnded, unauthenticated } from "../../../services/runtime/callers/access.js";
import { Code, type ErrorInit, invalidArgument, overloaded } from "../../../services/runtime/errors.js";
import type { Metrics } from "../../../services/runtime/host-metrics.js";
import type { ErrorForm } from "../../../services/runtime/http/reply-error.js";
import { holderOf, Shares } from "../../../services/runtime/limits/shares.js";
import { watchOf } from "../../http/observe-requests.js";
import { JsonPieces } from "../../json/json-pieces.js";
import type { AdapterPort, AdapterRoutes, Asked } from "../shared/adapter.js";
import { decodeBase64 } from "../shared/base64-bytes.js";
import { segmentRequest } from "../shared/prompts.js";
import { askWithFrames } from "../shared/sent-frames.js";
import type { AdapterBody } from "../shared/take-bodies.js";
import { followVideo, groupOf, idsOf, spanOf } from "./follow-video.js";
import { modelNamed } from "./models.js";
import { PropagationTask } from "./propagation-task.js";
import { type FollowedFrame, Results, type Span } from "./results.js";
import { shapesOf, usualEpsilon } from "./shapes.js";
import type { ShownObject, VideoSession } from "./video-session.js";
import { retryAfterMs, VideoSessions } from "./video-sessions.js";

/** Of one request: a body has room for no more of any size. */
const mostFrames = 4096;
/** Videos that are followed at once, as over HTTP (Y3). */
const tracks = 4;

const model = z.string({ error: "the model's name is missing" });
const session_id = z.string({ error: "the video's session_id is missing" });
const frameNumber = z.number().int().min(0);
const share = z.number().min(0).max(1);

const initForm = z.looseObject({
  model,
  frames: z
    .array(z.string({ error: "a frame is a picture in Base64" }), { error: "the frames are missing" })
    .min(1, "there is no frame")
    .max(mostFrames, `at most ${mostFrames} frames are taken at once`),
  start_frame_index: frameNumber.default(0),
});
const promptForm = z.looseObject({
  session_id,
  frame_index: frameNumber.default(0),
  text_prompt: z.string().nullish(),
  points: z
    .array(z.tuple([share, share], { error: "a point is [x, y], as shares of the frame" }))
    .max(1000)
    .nullish(),
  point_labels: z.array(z.number()).max(1000).nullish(),
  obj_id: z.number().int().min(0).max(0x7fff_fffe).nullish(),
  params: z.looseObject({ conf_threshold: z.number().nullish(), epsilon_factor: share.nullish() }).nullish(),
});
type Prompt = z.output<typeof promptForm>;
const propagateForm = z.looseObject({
  session_id,
  start_frame: frameNumber.nullish(),
  end_frame: frameNumber.nullish(),
});

interface VideoOptions {
  port: AdapterPort;
  /** Of all frames that are kept. */
  limitBytes: number;
  metrics: Pick<Metrics, "limitHit" | "watchBudget">;
}

/** Videos, whose frames come all at once and are kept while they are worked on (X17). @returns to be called at the end. */
export function videoRoutes(routes: AdapterRoutes, { port, limitBytes, metrics }: VideoOptions): () => void {
  const { videos } = port;
  const sessions = new VideoSessions({ limitBytes, metrics });
  const places = new Shares(tracks);
  /** @returns gives the place back. @throws ServiceError RESOURCE_EXHAUSTED */
  const enter = ({ call }: Asked) => {
    const who = holderOf(call.origin ?? {});
    const lacking = places.refusal(who);
    if (!lacking) return places.take(who);
    metrics.limitHit(lacking === "full" ? "tracks" : "tracks_share");
    const message = lacking === "full" ? "Too many videos are being followed" : "You have too many videos under way";
    throw overloaded(`${message}; try again in a while.`, retryAfterMs);
  };

  routes.post(
    "/v1/video/init",
    initForm,
    async (asked, given, body) => {
      const session = sessions.begin(
        filesOf(given.frames, body),
        {
          start: given.start_frame_index,
          model: await modelNamed(asked, given.model, "video"),
        },
        asked,
      );
      return success({
        session_id: session.id,
        num_frames: session.frames.length,
        start_frame_index: session.start,
      });
    },
    { files: mostFrames, errorForm: errorsOf({ [Code.NOT_FOUND]: "MODEL_NOT_FOUND" }, "INIT_ERROR") },
  );
  routes.post(
    "/v1/video/prompt",
    promptForm,
    async (asked, given) => success(await show(asked, sessions.find(given.session_id, asked), given)),
    { errorForm: errorsOf({ [Code.NOT_FOUND]: "SESSION_NOT_FOUND" }, "PROMPT_ERROR") },
  );
  const propagationErrors = errorsOf({ [Code.NOT_FOUND]: "SESSION_NOT_FOUND" }, "PROPAGATION_ERROR");
  /** A video that is to be followed now. @returns its frames as they are done. @throws what it is refused with. */
  const begin = (asked: Asked, given: z.output<typeof propagateForm>) => {
    const session = sessions.find(given.session_id, asked);
    const span = spanOf(session, given.start_frame, given.end_frame);
    // Followed anew, it gives its place to itself.
    session.task?.cancel();
    const leaving = [enter(asked), session.beginFollowing()];
    const leave = () => {
      for (const one of leaving.splice(0)) one();
    };
    async function* follow(signal: AbortSignal): AsyncGenerator<FollowedFrame> {
      const over = AbortSignal.any([signal, videos.stopping, session.ended]);
      // Its place is free at once, whatever a decoder does still.
      over.addEventListener("abort", leave, { once: true });
      try {
        yield* followVideo({ ...asked, call: { ...asked.call, signal: over }, videos }, session, span);
      } finally {
        leave();
      }
    }
    return { session, span, follow };
  };
  routes.post(
    "/v1/video/propagate",
    propagateForm,
    (asked, given) => {
      const { session, span, follow } = begin(asked, given);
      const task = new PropagationTask(
        span,
        session.frames.length,
        (signal) => whileLetIn(asked, signal, follow),
        (bytes) => session.holdResults(bytes),
        asked.request.log,
      );
      session.task = task;
      return success({ task_id: task.id, status: "processing", message: "Propagation started" });
    },
    { errorForm: propagationErrors },
  );
  routes.stream(
    "/v1/video/propagate/stream",
    propagateForm,
    (asked, given) => {
      const { session, span, follow } = begin(asked, given);
      return eventsOf(asked, session, span, follow(asked.call.signal));
    },
    { failed: ({ message }) => ({ type: "error", message }), errorForm: propagationErrors },
  );
  const taskErrors = errorsOf({ [Code.NOT_FOUND]: "TASK_NOT_FOUND" }, "PROPAGATION_ERROR");
  const taskOf = (asked: Asked) => sessions.taskOf(paramOf(asked, "task"), asked);
  routes.get("/v1/video/status/:task", (asked) => success(taskOf(asked).describe()), { errorForm: taskErrors });
  routes.act(
    "/v1/video/cancel/:task",
    (asked) => {
      taskOf(asked).cancel();
      return success({ message: "Task cancelled" });
    },
    { errorForm: taskErrors },
  );
  routes.act(
    "/v1/video/cleanup/:session",
    (asked) => {
      const id = paramOf(asked, "session");
      sessions.end(id, asked);
      return success({ message: `Session ${id} cleaned up` });
    },
    { errorForm: propagationErrors },
  );
  return () => sessions.close();
}

const paramOf = ({ request }: Asked, name: string) =>
  (request.params as Record<string, string | undefined>)[name] ?? "";

function filesOf(frames: readonly string[], body: AdapterBody) {
  return frames.map((text, number) => {
    const file = body.fileAt(text) ?? decodeBase64(text);
    if (file.bytes === 0) throw invalidArgument(`Frame ${number} is empty: send its file in Base64.`, "DAMAGED_IMAGE");
    return file;
  });
}

/** An object is shown by points, all of them each time; or words take the place of all that was shown. */
async function show(asked: Asked, session: VideoSession, given: Prompt) {
  const { start, frames, model: id } = session;
  const frame = given.frame_index - start;
  const picture = frames[frame];
  if (!picture)
    throw invalidArgument(
      `There is no frame ${given.frame_index}; this video has ${start} to ${start + frames.length - 1}.`,
    );
  const { ask, call } = asked;
  const door = askWithFrames(ask, frames);
  const { image } = await door.openImage({ imageId: picture.imageId, model: id }, call);
  const text = given.text_prompt?.trim() ?? "";
  const points = pointsOf(given, image ?? { width: 0, height: 0 });
  if (text === "" && points.length === 0) throw invalidArgument("A prompt needs `text_prompt` or `points`.");
  const { masks } = await door.segment(
    segmentRequest(picture.imageId, text === "" ? { points } : { text }, { model: id }),
    call,
  );
  const epsilon = given.params?.epsilon_factor ?? usualEpsilon;
  const scoreOf = ({ grounding, predictedIou }: (typeof masks)[number]) => grounding?.score ?? predictedIou;
  const wanted =
    text === "" ? masks.slice(0, 1) : masks.filter((mask) => scoreOf(mask) >= (given.params?.conf_threshold ?? 0));
  const found = wanted
    .filter(({ area }) => area > 0)
    .slice(0, maxTrackedObjects)
    .map((mask, at) => ({ mask, id: text === "" ? (given.obj_id ?? unnumbered) : at, label: text }));
  const shown = found.flatMap(({ mask: { rle }, id: object, label }): ShownObject[] =>
    rle ? [{ id: object, frame, rle, label }] : [],
  );
  if (text === "") {
    const others = session.shown.filter((one) => shown.every(({ id: own }) => one.id !== own || one.frame !== frame));
    if (idsOf([...others, ...shown]).length > maxTrackedObjects)
      throw invalidArgument(`At most ${maxTrackedObjects} objects are followed in a video; begin another one.`);
    session.show([...others, ...shown]);
  } else session.show(shown);
  session.epsilon = epsilon;
  const shapes = found.flatMap(({ mask, id: object, label }) =>
    shapesOf(mask, epsilon, groupOf(object), { label, score: scoreOf(mask) }),
  );
  return { frame_index: given.frame_index, masks: shapes, num_objects: found.length };
}

/** The tool's own for points that name no object. */
const unnumbered = 99_999;

/** Shares of a side -> pixels. @throws ServiceError INVALID_ARGUMENT for another number of labels. */
function pointsOf({ points, point_labels: labels }: Prompt, { width, height }: { width: number; height: number }) {
  if (points && labels && points.length !== labels.length)
    throw invalidArgument("`points` and `point_labels` are of one length.");
  return (points ?? []).map(([x, y], at) => ({ x: x * width, y: y * height, label: (labels?.[at] ?? 1) > 0 ? 1 : 0 }));
}

/** As long as who began it may; nobody's connection ends it. */
async function* whileLetIn(
  { request }: Asked,
  signal: AbortSignal,
  follow: (signal: AbortSignal) => AsyncIterable<FollowedFrame>,
): AsyncGenerator<FollowedFrame> {
  const ended = new AbortController();
  const stopWatching = watchOf(request)(() => ended.abort(unauthenticated(accessEnded)));
  try {
    yield* follow(AbortSignal.any([signal, ended.signal]));
  } finally {
    stopWatching();
  }
}

async function* eventsOf(
  { hold }: Asked,
  session: VideoSession,
  span: Span,
  followed: AsyncIterable<FollowedFrame>,
): AsyncGenerator<object> {
  const results = new Results(span, session.frames.length, hold);
  yield { type: "started", total_frames: session.frames.length, start_frame_index: session.start };
  for await (const one of followed) {
    results.add(one);
    yield { type: "progress", ...results.progress };
  }
  yield JsonPieces.object([
    ["type", "completed"],
    ["results", results.all],
  ]);
}

const success = (data: unknown) =>
  JsonPieces.object([
    ["success", true],
    ["data", data],
  ]);

/** @param words the tool's for some codes. @param other its word for what is wrong with the request. */
const errorsOf =
  (words: Partial<Record<Code, string>>, other: string): ErrorForm =>
  ({ code, reason, message }: ErrorInit) => ({
    body: {
      success: false,
      error: { code: reason?.includes("IMAGE") ? "INVALID_FRAME" : codeOf(code, words, other), message },
    },
  });

function codeOf(code: Code, words: Partial<Record<Code, string>>, other: string): string {
  return code === Code.UNAUTHENTICATED ? "UNAUTHORIZED" : (words[code] ?? other);
}
