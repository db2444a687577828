import { GatewayTier } from "../../gateway/gateway-tier.js";
import { Host } from "../../services/runtime/host.js";
import { FakeAccess, principalOf } from "../../services/runtime/testing/fake-access.js";
import { fakeLogger } from "../../services/runtime/testing/fake-logger.js";
import { testSettings } from "./start-maskwire.js";

/** A gateway in this process that knows a person of each tenant, by a bearer or a ticket of the tenant's name. */
export class TenantGateway implements AsyncDisposable {
  readonly #host: Host;

  private constructor(host: Host) {
    this.#host = host;
  }

  static async start(addresses: { encoders: string[]; decoders: string[] }, tenants: string[]): Promise<TenantGateway> {
    const settings = testSettings();
    const access = new FakeAccess(Object.fromEntries(tenants.map((tenant) => [tenant, principalOf(tenant)])));
    const host = new Host({ host: "127.0.0.1", port: 0, stopMs: 5000, logger: fakeLogger(), access });
    await host.listen((one) => [new GatewayTier(one, settings.gateway, addresses)]);
    await host.start();
    return new TenantGateway(host);
  }

  get url(): string {
    return `http://127.0.0.1:${this.#host.port}`;
  }

  /** A request of a person of the tenant. */
  ask(tenant: string, path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`${this.url}${path}`, {
      ...init,
      headers: { ...(init.headers as Record<string, string>), authorization: `Bearer ${tenant}` },
    });
  }

  /** Subprotocols that open a WebSocket for the tenant. */
  protocols(tenant: string): string[] {
    return ["maskwire.v1", `maskwire.ticket.${tenant}`];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#host.force();
    await this.#host.stop();
  }
}
