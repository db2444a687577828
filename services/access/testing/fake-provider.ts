import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, SignJWT } from "jose";

type KeyPair = Awaited<ReturnType<typeof generateKeyPair>>;

const newPair = () => generateKeyPair("RS256", { extractable: true });

/** By their names: to make one takes longer than most of what is done with it. */
const known = new Map<string, Promise<KeyPair>>();

function pairOf(id: string): Promise<KeyPair> {
  const pair = known.get(id) ?? newPair();
  known.set(id, pair);
  return pair;
}

/** A provider of tokens as far as its keys go: they can be changed, and it can fall silent. */
export class FakeProvider implements AsyncDisposable {
  readonly #server: Server;
  readonly #keys = new Map<string, KeyPair>();
  /** What it has been asked for. */
  readonly asked: string[] = [];
  /** With what it answers everything, in place of what it would say. */
  answer: { status: number; body: string } | undefined;

  private constructor() {
    this.#server = createServer(async ({ url = "" }, response) => {
      this.asked.push(url);
      const { status, body } = this.answer ?? { status: 200, body: JSON.stringify(await this.#say(url)) };
      response.writeHead(status, { "content-type": "application/json" }).end(body);
    });
  }

  /** @param keys its own, which no other provider has, or by their names those that all have. */
  static async start(keys: "its own" | "everybody's" = "everybody's"): Promise<FakeProvider> {
    const provider = new FakeProvider();
    await once(provider.#server.listen(0, "127.0.0.1"), "listening");
    if (keys === "its own") provider.#keys.set("first", await newPair());
    else await provider.addKey("first");
    return provider;
  }

  get issuer(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async addKey(id: string): Promise<void> {
    this.#keys.set(id, await pairOf(id));
  }

  removeKey(id: string): void {
    this.#keys.delete(id);
  }

  publicKey(id: string) {
    return this.#pair(id).publicKey;
  }

  /** A good one, but for what is given. */
  token(claims: object = {}, header: object = {}, key = "first"): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const usual = {
      iss: this.issuer,
      aud: "maskwire",
      sub: "ann",
      tenant: "acme",
      scope: "maskwire:segment",
      exp: now + 300,
    };
    return new SignJWT({ ...usual, ...claims })
      .setProtectedHeader({ alg: "RS256", kid: key, ...header })
      .sign(this.#pair(key).privateKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #pair(id: string): KeyPair {
    const pair = this.#keys.get(id);
    if (!pair) throw new Error(`there is no key ${id}`);
    return pair;
  }

  async #say(url: string): Promise<object> {
    if (url === "/.well-known/openid-configuration") return { issuer: this.issuer, jwks_uri: `${this.issuer}/keys` };
    const keys = [...this.#keys].map(async ([kid, { publicKey }]) => ({
      ...(await exportJWK(publicKey)),
      kid,
      alg: "RS256",
    }));
    return { keys: await Promise.all(keys) };
  }
}
