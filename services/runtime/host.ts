import { setMaxListeners } from "node:events";
import type { Socket } from "node:net";
import type { Server as GrpcServer } from "@grpc/grpc-js";
import type { FastifyInstance } from "fastify";
import { HealthImplementation } from "grpc-health-check";
import { requestBytes } from "../../proto/index.js";
import { AdminPort } from "./admin-port.js";
import type { Audit } from "./audit/audit.js";
import { openAudit } from "./audit/open-audit.js";
import { type Access, openAccess } from "./callers/access.js";
import { noQuota, type Quota } from "./callers/quota.js";
import { Code, ServiceError } from "./errors.js";
import type { ClientCalls } from "./grpc/client-calls.js";
import { createGrpcServer } from "./grpc/grpc-server.js";
import { defaultHttp2Limits, Http2Door, type Http2Limits } from "./grpc/http2-door.js";
import { InProcessServer } from "./grpc/in-process.js";
import { addReflection } from "./grpc/reflection.js";
import { createMetrics, type Metrics } from "./host-metrics.js";
import type { AnswersOwed } from "./http/answers-owed.js";
import { createHttp, type Http } from "./http/create-http.js";
import { replyError } from "./http/reply-error.js";
import { type Accept, onWebSocket } from "./http/upgrades.js";
import { OpenConnections, usualConnections } from "./limits/open-connections.js";
import type { Logger } from "./logger.js";
import { OnePort } from "./one-port.js";
import { OverloadManager } from "./overload/overload-manager.js";
import { Pressure } from "./overload/pressure.js";
import { type OverloadSettings, overloadDefaults } from "./overload/thresholds.js";
import { StopParts } from "./stop-parts.js";
import { FollowedCertificate } from "./tls/followed-certificate.js";
import type { ServerTls } from "./tls/settings.js";
import { TlsDoor } from "./tls/tls-door.js";

/** One tier of the system: the encoder, the decoder or the gateway, as the process that runs it sees it. */
export interface Tier {
  readonly name: string;
  /** gRPC services by full name; their health follows `readiness`. */
  readonly services: string[];
  /** Loads and warms what the tier needs. Its routes and services are registered before, in its constructor. */
  start(): Promise<void>;
  /**
   * `ready` is about hard dependencies only. `detail` is shown at /readyz: at the operator's port and, unless there is a
   * `publicDetail` for strangers, at the public one.
   */
  readiness(): { ready: boolean; detail: Record<string, unknown>; publicDetail?: Record<string, unknown> };
  /** Stops accepting, finishes what is under way; gives up when `signal` aborts. */
  drain(signal: AbortSignal): Promise<void>;
  /** Frees everything. */
  close(): Promise<void>;
}

/** Who asks how a process is. */
type Audience = "public" | "operator";

/** For the last answers over gRPC to leave, streams that stay open after that are cut; and for each part that has to end when the time is over. */
const flushMs = 250;
/** Beyond the time to finish what is under way, for all that has to close: a run of the inference runtime cannot be interrupted. */
const usualCloseMs = 2000;

interface HostOptions {
  host: string;
  port: number;
  /** Where the operator asks; left out, nothing listens there. */
  admin?: { host: string; port: number } | undefined;
  stopMs: number;
  /** Beyond `stopMs`, for all that has to close. */
  closeMs?: number;
  logger: Logger;
  /** Who may ask; left out, everybody. */
  access?: Access;
  /** What they may take; left out, all. */
  quota?: (metrics: Pick<Metrics, "limitHit">) => Quota;
  /** As `openAudit` takes it; left out, nothing is told. */
  audit?: string;
  /** How its port is encrypted; left out, it is not. */
  tls?: ServerTls | undefined;
  /** Whether gRPC describes its services to anybody who asks. */
  reflection?: boolean;
  overload?: OverloadSettings;
  http2?: Partial<Http2Limits>;
  /** To its port at once, whatever they speak; left out, as many as its descriptors leave room for. */
  connections?: number | undefined;
}

/** A process's shell: one port with HTTP and gRPC on it, another for its operator, health, metrics, and a bounded, orderly stop. */
export class Host {
  readonly http: FastifyInstance;
  readonly grpc: GrpcServer;
  readonly #inProcess = new InProcessServer();
  /** Where tiers put their services, for callers outside and inside the process. */
  readonly rpc: Pick<GrpcServer, "addService"> = {
    addService: (service, implementation) => {
      this.grpc.addService(service, implementation);
      this.#inProcess.addService(service, implementation);
    },
  };
  readonly metrics: Metrics;
  readonly logger: Logger;
  /** Tells who is calling, at every door. */
  readonly access: Access;
  /** Counts what they take, at every door. */
  readonly quota: Quota;
  /** Where doors tell what was done. */
  readonly audit: Audit;
  /** Who lets work in asks it first. */
  readonly overload: OverloadManager;
  readonly #pressure = new Pressure();
  readonly #options: HostOptions;
  readonly #http: Http;
  readonly #admin: AdminPort | undefined;
  readonly #tls: { door: TlsDoor; certificate: FollowedCertificate } | undefined;
  readonly #health = new HealthImplementation({ "": "NOT_SERVING" });
  readonly #forced = new AbortController();
  /** Aborts when nobody waits any more for what has to close. */
  readonly #left = new AbortController();
  #isClosing = false;
  readonly #tiers: Tier[] = [];
  readonly #soft = new Map<string, () => unknown>();
  readonly #closers: { name: string; close: () => unknown }[] = [];
  #hasLeft = false;
  #onePort: OnePort | undefined;
  #port = 0;
  #isStarted = false;
  #starting: Promise<unknown> = Promise.resolve();
  #stopping: Promise<void> | undefined;

  /** @throws SettingsError when the port's certificate cannot be used. */
  constructor(options: HostOptions) {
    this.#options = options;
    this.grpc = createGrpcServer({ requestBytes, ...options.http2 });
    this.logger = options.logger;
    this.access = options.access ?? openAccess;
    this.metrics = createMetrics();
    this.quota = options.quota?.(this.metrics) ?? noQuota;
    this.audit = openAudit(options.audit ?? "off", options.logger, this.metrics);
    const { logger, overload: settings = overloadDefaults } = options;
    this.overload = new OverloadManager({ settings, metrics: this.metrics, logger });
    this.describe("overload", () => this.overload.describe());
    this.#tls = options.tls && this.#openTls(options.tls);
    // Every call under way listens to it; that many are no leak.
    setMaxListeners(0, this.#forced.signal);
    this.#http = createHttp(this.logger);
    this.http = this.#http.app;
    // Bodies have limits on silence instead: what is large and moves goes on.
    this.http.server.requestTimeout = 0;
    const health = (audience: Audience) => (app: FastifyInstance) => {
      app.get("/livez", { config: { isPublic: true } }, () => ({ alive: true }));
      app.get("/readyz", { config: { isPublic: true } }, (_request, reply) => {
        const report = this.readiness(audience);
        return reply.code(report.ready ? 200 : 503).send(report);
      });
    };
    health("public")(this.http);
    this.http.get("/metrics", { config: { isPublic: true } }, (_request, reply) => {
      const message = "Metrics are for the operator, on a port of their own: MASKWIRE_ADMIN_PORT.";
      return replyError(reply, new ServiceError({ code: Code.NOT_FOUND, message }));
    });
    if (options.admin) {
      this.#admin = new AdminPort({ logger: this.logger, metrics: this.metrics, health: health("operator") });
    }
  }

  /** Counts what was not answered, for a service's calls and the prompts within them. */
  readonly onRefused = (operation: string, error: unknown): void => {
    this.metrics.refused(operation, error);
  };

  /** The answers that each connection of HTTP has yet to get. */
  get owed(): Pick<AnswersOwed, "count"> {
    return this.#http.owed;
  }

  /** Whether those who connect are asked for a certificate, which tells what they may do. */
  get asksCertificates(): boolean {
    return (this.#options.tls?.clients ?? "off") !== "off";
  }

  /** Aborts when the time to stop is over: joins the signal of every call. */
  get forced(): AbortSignal {
    return this.#forced.signal;
  }

  /** It was stopped, and left behind a tier that did not close in time: its threads end with the process. */
  get hasLeft(): boolean {
    return this.#hasLeft;
  }

  get port(): number {
    return this.#port;
  }

  /** The operator's port; undefined when there is none. */
  get adminPort(): number | undefined {
    return this.#admin?.port;
  }

  /** The methods that a path takes, without its query; none for one that is not there. */
  readonly methodsOf = (path: string): string[] => this.#http.allowed.of(path);

  /** WebSockets are `accept`'s from now on. */
  onWebSocket(accept: Accept): void {
    onWebSocket(this.http.server, this.#http.owed, accept);
  }

  /** A way to the services of this process that stays inside it. */
  connect(): ClientCalls {
    return this.#inProcess.connect();
  }

  /** Opens the ports; from now on /livez answers, and /readyz says what is still missing. @throws ServiceError when it was stopped. */
  async listen(tiers: (host: Host) => Tier[] = () => []): Promise<void> {
    this.#throwIfStopped();
    this.#health.addToServer(this.rpc as GrpcServer);
    // The port is known before the tiers are made: the services of this process are named by it.
    await this.http.register(async () => {});
    const limits = { ...defaultHttp2Limits, ...this.#options.http2 };
    const door = new Http2Door(limits, () => this.#tiers.some(({ services }) => services.length > 0), this.metrics);
    const admitsHttp2 = (socket: Socket) => door.admits(socket);
    const open = new OpenConnections(this.#options.connections ?? usualConnections(), this.metrics);
    const admits = (socket: Socket) => open.admits(socket);
    const onePort = new OnePort(this.http.server, this.grpc, { admits, admitsHttp2, tls: this.#tls?.door });
    this.#onePort = onePort;
    this.#port = await onePort.listen(this.#options.host, this.#options.port);
    if (this.#options.admin) await this.#admin?.listen(this.#options.admin);
    if (this.#stopping) {
      onePort.stopListening();
      await this.#admin?.close();
      // Made now, the tiers would be closed by nobody.
      this.#throwIfStopped();
    }
    this.#tiers.push(...tiers(this));
    const services = this.#tiers.flatMap((tier) => tier.services);
    if (this.#options.reflection && services.length > 0) addReflection(this.grpc, services);
    for (const service of services) this.#health.setStatus(service, "NOT_SERVING");
    await this.http.ready();
  }

  /** Starts every tier, then reports how each is. */
  async start(): Promise<void> {
    this.#throwIfStopped();
    const starts = this.#tiers.map((tier) => tier.start());
    this.#starting = Promise.allSettled(starts);
    await Promise.all(starts);
    this.#isStarted = true;
    // Loading a model holds the process up, and is no overload.
    this.overload.start(this.#pressure);
    for (const tier of this.#tiers) this.readinessChanged(tier);
  }

  /** A tier cannot do its work for the moment, or can again: those who watch its health are told. */
  readinessChanged(tier: Tier): void {
    if (!this.#isStarted || this.#stopping) return;
    this.#setServices(tier, tier.readiness().ready ? "SERVING" : "NOT_SERVING");
    this.#health.setStatus("", this.readiness().ready ? "SERVING" : "NOT_SERVING");
  }

  /** Memory that other processes take for this one, beside its own: `read` is asked about every second. */
  countMemory(read: () => number): void {
    this.#pressure.countMemory(read);
  }

  /** Shows at /readyz how something is that the process can do without: no bearing on whether it is ready. */
  describe(name: string, describe: () => unknown): void {
    this.#soft.set(name, describe);
  }

  /** What is closed after the tiers, which use it, one after the other. */
  closesAfter(name: string, close: () => unknown): void {
    this.#closers.push({ name, close });
  }

  readiness(audience: Audience = "operator"): { ready: boolean; tiers: Record<string, unknown> } {
    const reports = this.#tiers.map((tier) => {
      const { ready, detail, publicDetail = detail } = tier.readiness();
      return { name: tier.name, ready, detail: audience === "public" ? publicDetail : detail };
    });
    return {
      ready: !this.#stopping && reports.length > 0 && reports.every((report) => report.ready),
      ...Object.fromEntries([...this.#soft].map(([name, describe]) => [name, describe()])),
      tiers: Object.fromEntries(reports.map(({ name, ready, detail }) => [name, { ready, ...detail }])),
    };
  }

  /**
   * Not ready, stop accepting, finish what is under way, close. Safe to call twice. Takes `stopMs` for what is under way, and `closeMs`
   * after that for what has to close, at most; each of the parts (see `StopParts`) that comes when that is over has `flushMs` more, and
   * the audit log its own time.
   */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Ends the wait of a `stop` that is under way: for what is to be finished, or for what has to close. */
  force(): void {
    if (this.#isClosing) this.#left.abort();
    this.#forced.abort();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #stop(): Promise<void> {
    this.#health.setStatus("", "NOT_SERVING");
    const { stopMs, closeMs = usualCloseMs } = this.#options;
    const beganAt = performance.now();
    const timer = setTimeout(() => this.#forced.abort(), stopMs);
    this.#onePort?.stopListening();
    const parts = new StopParts(this.logger);
    // The gateway first: what it still answers needs the services behind it, which serve until their own turn.
    for (const tier of [...this.#tiers].reverse()) {
      this.#setServices(tier, "NOT_SERVING");
      const bound = { isOver: this.forced, leastMs: flushMs };
      await parts.run(
        `drain ${tier.name}`,
        () => tier.drain(this.forced),
        bound,
        () => tier.readiness().detail,
      );
    }
    clearTimeout(timer);
    await parts.run("flush gRPC", () => this.#flushGrpc(), { isOver: this.forced, leastMs: 0, usualMs: flushMs });
    const spareMs = this.forced.aborted ? 0 : Math.max(0, beganAt + stopMs - performance.now());
    const leaving = setTimeout(() => this.#left.abort(), spareMs + closeMs);
    this.#isClosing = true;
    this.#forced.abort();
    this.grpc.forceShutdown();
    this.#inProcess.close();
    this.#onePort?.destroyConnections();
    const within = { isOver: this.#left.signal, leastMs: flushMs };
    await parts.run("close http", () => this.http.close(), within);
    await parts.run("close the operator's port", () => this.#admin?.close(), within);
    // A tier that is still loading sees the signal and gives up; closed before, it would leave its workers behind.
    const stillStarts = await parts.run("end the start", () => this.#starting, within);
    const stays = [];
    for (const tier of [...this.#tiers].reverse()) {
      stays.push(await parts.run(`close ${tier.name}`, () => tier.close(), within));
    }
    this.#hasLeft = stillStarts || stays.includes(true);
    for (const { name, close } of this.#closers) await parts.run(`close ${name}`, close, within);
    clearTimeout(leaving);
    this.#isClosing = false;
    this.#tls?.certificate.close();
    this.overload.close();
    this.#pressure.close();
    this.metrics.close();
    await this.audit.close();
    parts.over();
  }

  #throwIfStopped(): void {
    if (!this.#stopping) return;
    throw new ServiceError({ code: Code.UNAVAILABLE, message: "This server was stopped before it had started." });
  }

  async #flushGrpc(): Promise<void> {
    const shutDown = new Promise<void>((resolve) => this.grpc.tryShutdown(() => resolve()));
    // From Node 24 on the library says that it is done when it has only told the peers.
    await Promise.all([shutDown, this.#onePort?.http2Closed()]);
  }

  #openTls({ files, ...rest }: ServerTls) {
    const { logger, metrics } = this;
    const certificate = new FollowedCertificate(files, { logger, metrics, onChange: (changed) => door.use(changed) });
    const door = new TlsDoor({ certificate: certificate.current, ...rest, logger, metrics });
    return { door, certificate };
  }

  #setServices(tier: Tier, status: "SERVING" | "NOT_SERVING"): void {
    for (const service of tier.services) this.#health.setStatus(service, status);
  }
}
