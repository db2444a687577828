import { lookup as systemLookup } from "node:dns/promises";
import type { Target } from "../../services/runtime/grpc/target.js";

/** Addresses of a name, IPv4 or IPv6. Rejects when it cannot be resolved. */
export type Lookup = (name: string) => Promise<readonly string[]>;

export interface DiscoveryOptions {
  intervalMs: number;
  lookup?: Lookup | undefined;
  /** Told of each change, in no particular order, without repeats. */
  onChange(addresses: readonly string[]): void;
  onFailure(name: string, error: unknown): void;
}

/** Least time between two lookups, however often they are asked for. */
const restMs = 500;

/** The servers of a tier: those listed, and those that DNS has now for the names. */
export class Discovery {
  readonly #servers: readonly string[];
  readonly #names: readonly Extract<Target, { kind: "dns" }>[];
  readonly #options: DiscoveryOptions;
  readonly #lookup: Lookup;
  /** What each name had when it was last resolved, by the name and its port. */
  readonly #known = new Map<string, { name: string; addresses: readonly string[] }>();
  #told = "";
  #timer: NodeJS.Timeout | undefined;
  #lookedUpAt = Number.NEGATIVE_INFINITY;
  #isLooking = false;
  #isClosed = false;

  constructor(targets: readonly Target[], options: DiscoveryOptions) {
    this.#servers = targets.flatMap((one) => (one.kind === "server" ? [one.address] : []));
    this.#names = targets.filter((one) => one.kind === "dns");
    this.#options = options;
    this.#lookup = options.lookup ?? lookup;
  }

  /** Tells the listed servers at once, the names' as soon as they are resolved, and looks again at the interval. */
  start(): void {
    if (this.#servers.length > 0) this.#tell();
    if (this.#names.length > 0) void this.#look();
  }

  /** Looks now, or as soon as the rest after the last look is over: a server was lost, and the name may know better. */
  refresh(): void {
    if (this.#names.length === 0 || this.#isClosed || this.#isLooking) return;
    this.#lookIn(Math.max(0, this.#lookedUpAt + restMs - performance.now()));
  }

  /** The name by which the server at an address was asked for: what its certificate should be for. */
  nameOf(address: string): string {
    const byName = [...this.#known.values()].find(({ addresses }) => addresses.includes(address));
    return byName?.name ?? address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  #lookIn(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), ms).unref();
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const resolved = await Promise.all(this.#names.map((one) => this.#resolve(one)));
    this.#isLooking = false;
    this.#lookedUpAt = performance.now();
    if (this.#isClosed) return;
    this.#tell();
    this.#lookIn(resolved.every(Boolean) ? this.#options.intervalMs : Math.min(restMs, this.#options.intervalMs));
  }

  /** A name that cannot be resolved keeps what it had: DNS that is down must not take the tier with it. */
  async #resolve({ name, port }: { name: string; port: number }): Promise<boolean> {
    try {
      const found = await this.#lookup(name);
      const addresses = found.map((ip) => (ip.includes(":") ? `[${ip}]:${port}` : `${ip}:${port}`));
      this.#known.set(`${name}:${port}`, { name, addresses });
      return true;
    } catch (error) {
      this.#options.onFailure(name, error);
      return false;
    }
  }

  #tell(): void {
    const found = [...this.#known.values()].flatMap(({ addresses }) => addresses);
    const addresses = [...new Set([...this.#servers, ...found])];
    const sorted = [...addresses].sort().join();
    if (sorted === this.#told) return;
    this.#told = sorted;
    this.#options.onChange(addresses);
  }
}

/** By the system's resolver: `dns.resolve` would leave out its search domains, which short names in Kubernetes need. */
async function lookup(name: string): Promise<string[]> {
  return (await systemLookup(name, { all: true })).map(({ address }) => address);
}
