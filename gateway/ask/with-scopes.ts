import { requireScope } from "../../services/runtime/callers/access.js";
import type { Scope } from "../../services/runtime/callers/principal.js";
import { ServiceError } from "../../services/runtime/errors.js";
import type { Answer, AskCall } from "./answer.js";
import type { Ask } from "./ask.js";

/**
 * The one place that says what a principal needs for what it asks the other tiers for (L3). What is refused here is
 * PERMISSION_DENIED, before anything is begun.
 */
export function withScopes(ask: Ask): Ask {
  return {
    segment: needing("segment", ask.segment),
    openLine: (origin) => {
      const line = ask.openLine(origin);
      return { segment: needing("segment", line.segment), close: () => line.close() };
    },
    everything: async (request, call) => telling(await needing("everything", ask.everything)(request, call), call),
    propagate: needing("segment", ask.propagate),
    openImage: needing("segment", ask.openImage),
    encodePart: needing("segment", ask.encodePart),
    prepare: needing("segment", ask.prepare),
    upload: needing("upload", ask.upload),
    listModels: needing("segment", ask.listModels),
    listDetectors: needing("segment", ask.listDetectors),
    lookup: needing("segment", ask.lookup),
    embedding: needing("segment", ask.embedding),
    cutOut: needing("segment", ask.cutOut),
    deleteImages: needing("upload", ask.deleteImages),
    deleteTenant: needing("admin", ask.deleteTenant),
    describeGraphs: needing("segment", ask.describeGraphs),
    // The models' own, the same for everybody.
    fetchGraph: ask.fetchGraph,
  };
}

function needing<Request, Result>(scope: Scope, answer: Answer<Request, Result>): Answer<Request, Result> {
  return async (request, call) => {
    requireScope(call.principal, scope);
    try {
      return await answer(request, call);
    } catch (error) {
      throw whyOf(call, error);
    }
  };
}

async function* telling<Event>(events: AsyncIterable<Event>, call: AskCall): AsyncGenerator<Event> {
  try {
    yield* events;
  } catch (error) {
    throw whyOf(call, error);
  }
}

/** What has ended with its principal says so, whatever that came out as on the way (L5). */
const whyOf = ({ signal }: AskCall, error: unknown) => (signal.reason instanceof ServiceError ? signal.reason : error);
