import { TrackService } from "../proto/index.js";
import type { Audit } from "../services/runtime/audit/audit.js";
import { Code, ServiceError } from "../services/runtime/errors.js";
import { fromErrorMessage } from "../services/runtime/grpc/error-message.js";
import { serve } from "../services/runtime/grpc/serve.js";
import type { Host, Tier } from "../services/runtime/host.js";
import { replyError } from "../services/runtime/http/reply-error.js";
import { CallerRates } from "../services/runtime/limits/caller-rates.js";
import { UploadBudget } from "../services/runtime/limits/upload-budget.js";
import { Counter, Gauge, Histogram, latencyBuckets } from "../services/runtime/metrics.js";
import { registerAdapters } from "./adapters/adapters.js";
import { createAsk } from "./ask/ask.js";
import { DatasetDoor } from "./ask/datasets.js";
import { createDetailMetrics } from "./ask/detail/detail-metrics.js";
import { withQuotas } from "./ask/with-quotas.js";
import { withScopes } from "./ask/with-scopes.js";
import { BrowserRules } from "./browsers/browser-rules.js";
import { holdToBrowserRules } from "./browsers/hold-to-browser-rules.js";
import { Callers } from "./callers/callers.js";
import { PeerRoles } from "./callers/peer-roles.js";
import { UploadRate } from "./callers/upload-rate.js";
import type { Visitor } from "./callers/visitor.js";
import { Descriptions } from "./describe/descriptions.js";
import { accessRoutes } from "./http/access.js";
import { admitRequests } from "./http/admit-requests.js";
import { auditRequests } from "./http/audit-requests.js";
import { browserDecoding } from "./http/browser-decoding.js";
import { cutoutRoute } from "./http/cutout.js";
import { datasetRoutes } from "./http/datasets/datasets.js";
import { deletionRoutes } from "./http/delete-images.js";
import { documentation } from "./http/documentation.js";
import { everythingRoute } from "./http/everything.js";
import { imageRoutes } from "./http/images.js";
import { limitRequests } from "./http/limit-requests.js";
import { modelsRoute } from "./http/models.js";
import { observeRequests } from "./http/observe-requests.js";
import { pictureRoute } from "./http/pictures.js";
import { segmentRoute } from "./http/segment.js";
import { trackRoute } from "./http/track.js";
import { RequestsUnderWay } from "./http/under-way.js";
import { UnsentAnswers } from "./http/unsent-answers.js";
import { usageRoute } from "./http/usage.js";
import { webClient } from "./http/web-client.js";
import { wordsRoute } from "./http/words.js";
import { JsonReader } from "./json/json-reader.js";
import { UnsentBytes } from "./limits/unsent-bytes.js";
import { Datasets } from "./peers/datasets.js";
import { Decoders } from "./peers/decoders.js";
import type { Lookup } from "./peers/discovery.js";
import { Encoders } from "./peers/encoders.js";
import type { Connect } from "./peers/peer.js";
import { PeerKey } from "./peers/peer-key.js";
import { createPeerMetrics } from "./peers/peer-metrics.js";
import type { ClickReport } from "./sessions/clicks-under-way.js";
import { SessionDoor } from "./sessions/door.js";
import { clickRetryMs, Sessions } from "./sessions/sessions.js";
import type { GatewaySettings } from "./settings.js";
import { trackStream } from "./track/track-stream.js";
import { Videos } from "./track/videos.js";

/** What browsers and scripts talk to: HTTP, WebSocket sessions and the web client. Reaches the services over RPC only. */
export class GatewayTier implements Tier {
  readonly name = "gateway";
  readonly services = [TrackService.typeName];
  readonly #encoders: Encoders;
  readonly #decoders: Decoders;
  readonly #datasets: Datasets | undefined;
  readonly #sessions: Sessions;
  readonly #videos: Videos;
  readonly #requests: RequestsUnderWay;
  readonly #peerKey: PeerKey;
  readonly #json: JsonReader;
  #started = false;

  /** @param addresses where the other tiers are; `lookup` resolves their names, and `connect` reaches them, in its own way. */
  constructor(
    host: Host,
    gateway: GatewaySettings,
    addresses: {
      encoders: readonly string[];
      decoders: readonly string[];
      /** Left out, there are no data sets. */
      datasets?: readonly string[] | undefined;
      lookup?: Lookup;
      connect?: Connect | undefined;
    },
  ) {
    const { limits } = gateway;
    this.#json = new JsonReader({ bytes: gateway.jsonBytes });
    const { logger } = host;
    const events = createPeerMetrics(host.metrics);
    const { lookup, connect } = addresses;
    const spokesman = new PeerKey(gateway.peerKey, logger);
    this.#peerKey = spokesman;
    const options = { spokesman, limits: gateway.peers, logger, lookup, connect, overload: host.overload };
    this.#encoders = new Encoders(addresses.encoders, { ...options, events: events("encoder") });
    this.#decoders = new Decoders(addresses.decoders, { ...options, events: events("decoder") });
    this.#datasets = addresses.datasets && new Datasets(addresses.datasets, { ...options, events: events("dataset") });
    const { quota } = host;
    const detailEvents = createDetailMetrics(host.metrics);
    const onUnranked = (err: unknown) => logger.warn({ err }, "what everything mode found could not be ranked");
    const tiers = createAsk(
      { encoders: this.#encoders, decoders: this.#decoders },
      { ...gateway, detailEvents, onUnranked },
    );
    const ask = withScopes(withQuotas(tiers, quota));
    const clicks = createMetrics(host, gateway.maxSessions, () => this.#sessions.count);
    const callers = new Callers({ trustedProxies: gateway.trustedProxies, logger });
    const requests = new CallerRates(gateway.callerRequests);
    const rules = new BrowserRules({ ...gateway.browsers, trustedProxies: gateway.trustedProxies, logger });
    const descriptions = new Descriptions(host.http);
    observeRequests(host, callers);
    const roles = new PeerRoles(host.asksCertificates);
    auditRequests(host.http, host.audit, { callers, roles });
    holdToBrowserRules(host.http, rules, host.methodsOf);
    admitRequests(host.http, { access: host.access, roles, rates: requests, metrics: host.metrics });
    limitRequests(host, { rates: requests, quota, metrics: host.metrics });
    const unsent = new UnsentBytes(gateway.unsentBytes);
    host.metrics.watchBudget(unsent.budget);
    const { access, metrics, overload } = host;
    this.#videos = new Videos({
      ask,
      memoryOf: (model) => this.#decoders.memoryOf(model),
      limitBytes: gateway.videoBytes,
      maxStreams: gateway.maxSessions,
      maxWaiting: gateway.maxWaitingClicks,
      frameMs: gateway.everythingMs,
      quota,
      metrics,
    });
    this.#sessions = new Sessions(
      { ...gateway, unsent, access, quota, logger, metrics, overload },
      (session, visitor) => ({
        ask,
        videos: this.#videos,
        line: ask.openLine({ session, caller: visitor.caller.key, tenant: visitor.caller.tenant }),
        detailEvents,
        limits: { ...gateway, ...limits, pictureUrls: gateway.pictureHosts.length > 0, clickRetryMs },
        onClick: (click) => {
          metrics.ofTenant(click.outcome === "answered" ? "request" : "refused", visitor.caller.tenant);
          clicks.observe(click);
          noteRefusedClick(host.audit, visitor, session, click);
        },
      }),
    );
    serve(
      host.rpc,
      TrackService,
      {
        track: trackStream({
          videos: this.#videos,
          waitingOf: (who) => this.#sessions.waitingOf(who),
          enter: (call) => this.#sessions.enterStream(call),
        }),
      },
      {
        signal: host.forced,
        logger,
        onRefused: host.onRefused,
        access,
        quota,
        audit: host.audit,
        // Who speaks for others says so by a certificate or a key.
        trustsPeers: false,
        asksCertificates: host.asksCertificates,
        scopes: { track: "segment" },
      },
    );
    overload.onRelief("disconnect-idle", () => this.#sessions.disconnectIdle());
    this.#requests = new RequestsUnderWay(host.http);
    const passing = new UploadBudget("passing", gateway.uploadBytes);
    host.metrics.watchBudget(passing.bytes);
    const rate = new UploadRate({ ...gateway.callerUploads, metrics: host.metrics });
    host.http.register(imageRoutes, { ask, ...limits, passing, rate });
    host.http.register(deletionRoutes, { ask, metrics });
    const unsentAnswers = new UnsentAnswers(unsent, metrics);
    const bodies = { pace: limits.pace, passing, rate };
    const { maxFrameBytes } = gateway;
    const json = this.#json;
    host.http.register(segmentRoute, { ask, json, bodies, maxFrameBytes, unsentAnswers });
    host.http.register(cutoutRoute, { ask, ...limits, passing, rate, unsentAnswers });
    host.http.register(everythingRoute, { ask, json, bodies, maxFrameBytes });
    host.http.register(trackRoute, { videos: this.#videos, json, bodies, metrics });
    host.http.register(browserDecoding, { ask, logger, metrics, unsentAnswers });
    const datasets = new DatasetDoor(this.#datasets, { deadlineMs: gateway.deadlineMs, quota });
    datasetRoutes(host.http, { datasets, ...limits, json, bodies, passing, rate, metrics, unsentAnswers });
    host.http.register(pictureRoute, { ...gateway, ...limits, metrics: host.metrics });
    host.http.register(accessRoutes, { access });
    host.http.register(modelsRoute, { ask });
    host.http.register(usageRoute, { quota });
    host.http.register(wordsRoute, { ask });
    host.http.register(descriptions.routes);
    registerAdapters(host.http, {
      ...gateway,
      ...limits,
      host: gateway.browsers.host,
      port: { ask, bodies, jsonBytes: gateway.jsonBytes, unsentAnswers, videos: this.#videos },
      metrics,
      logger,
    });
    host.http.register(webClient, host.access);
    host.http.register(documentation);
    host.http.get("/v1/ws", { config: { describes: "elsewhere" } }, (_request, reply) => {
      const message = "This is a WebSocket: connect with its own protocol.";
      reply.header("upgrade", "websocket");
      return replyError(reply, new ServiceError({ code: Code.FAILED_PRECONDITION, message }), 426);
    });
    const door = new SessionDoor({
      rules,
      access,
      audit: host.audit,
      callers,
      roles,
      rates: requests,
      quota,
      sessions: this.#sessions,
      metrics,
      logger,
    });
    host.onWebSocket((request, socket, head) => door.enter(request, socket, head));
  }

  async start(): Promise<void> {
    this.#started = true;
  }

  readiness() {
    return { ready: this.#started, detail: { sessions: this.#sessions.count } };
  }

  async drain(signal: AbortSignal): Promise<void> {
    this.#videos.stop();
    await Promise.all([this.#sessions.drain(signal), this.#requests.drain(signal)]);
  }

  async close(): Promise<void> {
    this.#sessions.close();
    this.#encoders.close();
    this.#decoders.close();
    this.#datasets?.close();
    this.#peerKey.close();
    this.#json.close();
  }
}

/** A session's clicks come by no request of their own: they are told of by the session's id. */
function noteRefusedClick(audit: Audit, { principal }: Visitor, session: string, { error }: ClickReport): void {
  if (!error) return;
  const { code } = fromErrorMessage(error);
  if (code !== Code.PERMISSION_DENIED && code !== Code.RESOURCE_EXHAUSTED) return;
  const { id, tenant } = principal;
  const who = tenant === undefined ? {} : { tenant, principal: id };
  const action = code === Code.PERMISSION_DENIED ? "denied" : "limited";
  audit.note({ ...who, action, outcome: "refused", code, object: "click", request: session });
}

function createMetrics({ metrics }: Host, maxSessions: number, sessions: () => number) {
  const registers = [metrics];
  new Gauge({
    name: "maskwire_sessions",
    help: "WebSocket sessions that are open",
    registers,
    collect() {
      this.set(sessions());
    },
  });
  new Gauge({ name: "maskwire_sessions_limit", help: "WebSocket sessions that may be open", registers }).set(
    maxSessions,
  );
  const total = new Counter({
    name: "maskwire_clicks_total",
    help: "Clicks of WebSocket sessions by outcome",
    labelNames: ["outcome"],
    registers,
  });
  const seconds = new Histogram({
    name: "maskwire_click_seconds",
    help: "Time from a click's frame to its answer",
    labelNames: ["outcome"],
    buckets: latencyBuckets,
    registers,
  });
  const stages = new Histogram({
    name: "maskwire_click_stage_seconds",
    help: "Time of an answered click by stage: wait for its turn, the decoder's stages, network for the rest",
    labelNames: ["stage"],
    buckets: latencyBuckets,
    registers,
  });
  return {
    observe({ outcome, totalMs, stagesMs, error }: ClickReport) {
      total.inc({ outcome });
      seconds.observe({ outcome }, totalMs / 1000);
      for (const [stage, ms] of Object.entries(stagesMs)) stages.observe({ stage }, ms / 1000);
      if (error) metrics.refused("click", fromErrorMessage(error));
    },
  };
}
