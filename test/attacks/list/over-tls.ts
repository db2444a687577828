import type { Attack } from "../attack.js";
import { fuzzJsonFrames } from "./fuzz-frames.js";
import { fuzzFraming } from "./fuzz-framing.js";
import { fuzzHttp2 } from "./fuzz-http2.js";
import { fuzzRequests } from "./fuzz-requests.js";
import { fuzzUploads } from "./fuzz-uploads.js";
import { resetStreams } from "./reset-streams.js";
import { unreadAnswers } from "./unread-answers.js";

/** So much less of each: its own row has the rest, and another wire below it is all that is new. */
const part = 10;
/** Handshakes cost more than connections do. */
const shortPart = 5;

/** Of these nothing but the wire differs: the long form alone has them. */
const longOnly: readonly Attack[] = [fuzzJsonFrames, fuzzUploads, unreadAnswers];

/** The same against ports that speak TLS, in one process: what holds of connections holds inside it too (T2). */
function overTls(attack: Attack): Attack {
  return {
    ...attack,
    name: `${attack.name}-tls`,
    title: `over TLS: ${attack.title}`,
    setting: "single",
    count: Math.ceil(attack.count / part),
    short: longOnly.includes(attack) ? 0 : Math.ceil(attack.short / shortPart),
    isEncrypted: true,
  };
}

export const overTlsAttacks: readonly Attack[] = [
  fuzzRequests,
  fuzzFraming,
  fuzzJsonFrames,
  fuzzUploads,
  fuzzHttp2,
  resetStreams,
  unreadAnswers,
].map(overTls);
