import type { Attack } from "../attack.js";
import { adapterBodies } from "./adapter-bodies.js";
import { adminPaths } from "./admin-paths.js";
import { manyClicks, manyEverything, manySessions, manyUploads } from "./crowds.js";
import { echoedLists } from "./echoed-lists.js";
import { floodJson, floodOpens, pipelinedGets } from "./floods.js";
import { forgedCache } from "./forged-cache.js";
import { fuzzCalls } from "./fuzz-calls.js";
import { fuzzDatasets } from "./fuzz-datasets.js";
import { fuzzBinaryFrames, fuzzJsonFrames } from "./fuzz-frames.js";
import { fuzzFraming } from "./fuzz-framing.js";
import { fuzzHttp2 } from "./fuzz-http2.js";
import { fuzzRequests } from "./fuzz-requests.js";
import { fuzzSequences } from "./fuzz-sequences.js";
import { fuzzTrack } from "./fuzz-track.js";
import { fuzzPictures, fuzzUploads } from "./fuzz-uploads.js";
import { heldEncodes, heldUploads } from "./held-uploads.js";
import { hugePictures } from "./huge-pictures.js";
import { idleConnections } from "./idle-connections.js";
import { largeBodies } from "./large-bodies.js";
import { manyValues } from "./many-values.js";
import { manyVideos } from "./many-videos.js";
import { multipartFields } from "./multipart-fields.js";
import { oddTraceparents } from "./odd-traceparents.js";
import { overTlsAttacks } from "./over-tls.js";
import { pictureTails } from "./picture-tails.js";
import { refusedUpgrades } from "./refused-upgrades.js";
import { resetStreams } from "./reset-streams.js";
import { slowNames } from "./slow-names.js";
import { stalledHosts } from "./stalled-hosts.js";
import { tlsHandshakes } from "./tls-handshakes.js";
import { unknownFields } from "./unknown-fields.js";
import { unreadAnswers } from "./unread-answers.js";
import { unreadDocuments } from "./unread-documents.js";
import { waitingClicks } from "./waiting-clicks.js";
import { wrongKeys } from "./wrong-keys.js";

/** In the order in which they are played; those of one setting stand together, so that they share their processes. */
export const attacks: readonly Attack[] = [
  fuzzBinaryFrames,
  fuzzJsonFrames,
  fuzzFraming,
  fuzzRequests,
  fuzzUploads,
  floodJson,
  floodOpens,
  pipelinedGets,
  manySessions,
  manyClicks,
  manyEverything,
  manyUploads,
  pictureTails,
  unreadDocuments,
  largeBodies,
  fuzzTrack,
  manyVideos,
  fuzzDatasets,
  fuzzSequences,
  adapterBodies,
  adminPaths,
  stalledHosts,
  slowNames,
  wrongKeys,
  idleConnections,
  tlsHandshakes,
  ...overTlsAttacks,
  manyValues,
  resetStreams,
  fuzzCalls,
  fuzzHttp2,
  fuzzPictures,
  echoedLists,
  oddTraceparents,
  refusedUpgrades,
  multipartFields,
  unknownFields,
  waitingClicks,
  unreadAnswers,
  heldUploads,
  heldEncodes,
  hugePictures,
  forgedCache,
];
