import { RpcClient } from "../../services/runtime/grpc/client.js";
import { rendezvousOrder } from "./rendezvous.js";

/** How long a peer that failed is asked only after all others. */
const avoidMs = 1000;

/** The replicas of one tier. */
export class PeerSet {
  readonly #clients: Map<string, RpcClient>;
  readonly #avoidUntil = new Map<string, number>();
  readonly #now: () => number;

  constructor(addresses: readonly string[], now: () => number = () => performance.now()) {
    this.#clients = new Map(addresses.map((address) => [address, new RpcClient(address)]));
    this.#now = now;
  }

  /** Replicas for a key, the preferred first; those that failed a moment ago come last. */
  inOrder(key: string): RpcClient[] {
    const order = rendezvousOrder(key, [...this.#clients.keys()]);
    const avoided = (address: string) => (this.#avoidUntil.get(address) ?? 0) > this.#now();
    return [...order.filter((one) => !avoided(one)), ...order.filter(avoided)].map(
      (address) => this.#clients.get(address) as RpcClient,
    );
  }

  failed(client: RpcClient): void {
    this.#avoidUntil.set(client.address, this.#now() + avoidMs);
  }

  worked(client: RpcClient): void {
    this.#avoidUntil.delete(client.address);
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }
}
