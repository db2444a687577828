import { createRequire } from "node:module";
import { create, type DescFile, type DescMessage } from "@bufbuild/protobuf";
import { Validator } from "@seriousme/openapi-schema-validator";
import { Ajv } from "ajv";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import type { RouteOptions } from "fastify";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import WebSocket from "ws";
import { adapterNames } from "../../gateway/adapters/names.js";
import { MessageSchemas } from "../../gateway/describe/message-schemas.js";
import { writeJsonMessage } from "../../gateway/json/write-json-message.js";
import { serveGateway } from "../../gateway/testing/serve-gateway.js";
import * as contract from "../../proto/index.js";
import type { Maskwire } from "../../services/maskwire/maskwire.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { drawFrom, randomInit } from "../../services/runtime/testing/random-message.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";

interface Answer {
  readonly content?: Readonly<Record<string, { readonly schema: object }>>;
}

interface OpenApi {
  readonly paths: Readonly<
    Record<string, Readonly<Record<string, { readonly responses: Readonly<Record<string, Answer>> }>>>
  >;
  readonly components: { readonly schemas: Readonly<Record<string, object>> };
}

const json = async (url: string) => (await (await fetch(url)).json()) as never;

/** JSON Schema 2020-12 with the schemas that the document has. */
function judge(document: Pick<OpenApi, "components">) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: false });
  ajv.addSchema({ $id: "api", components: document.components });
  const compiled = new Map<string, ReturnType<typeof ajv.compile>>();
  return (schema: object, value: unknown) => {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"api#/components/');
    const validate = compiled.get(text) ?? ajv.compile(JSON.parse(text) as object);
    compiled.set(text, validate);
    return validate(value) ? [] : (validate.errors ?? []);
  };
}

describe("H24: the routes", () => {
  it("all say what they take and give, or that their tool's own documents do", async () => {
    const routes: RouteOptions[] = [];
    const host = await serveGateway(
      { MASKWIRE_ADAPTERS: adapterNames.join(",") },
      { datasets: ["127.0.0.1:1"], watch: ({ http }) => http.addHook("onRoute", (route) => void routes.push(route)) },
    );
    try {
      const own = routes.filter(({ method }) => !["HEAD", "OPTIONS"].includes(String(method)));
      const silent = own
        .filter(({ config }) => config?.describes === undefined)
        .map(({ method, url }) => `${method} ${url}`);
      expect(silent).toEqual([]);
      const { paths } = (await json(`http://127.0.0.1:${host.port}/v1/openapi.json`)) as OpenApi;
      const told = Object.entries(paths).flatMap(([path, methods]) =>
        Object.keys(methods).map((method) => `${method} ${path}`),
      );
      const described = own.filter(({ config }) => config?.describes !== "elsewhere");
      const expected = described.map(
        ({ method, url }) => `${String(method).toLowerCase()} ${url.replace(/:(\w+)/g, "{$1}")}`,
      );
      expect(told.sort()).toEqual([...expected, "get /livez", "get /readyz"].sort());
    } finally {
      await host.stop();
    }
  });
});

describe("H24: the documents", () => {
  let maskwire: Maskwire;
  let url: string;
  let picture: Buffer;
  let document: OpenApi;

  beforeAll(async () => {
    maskwire = await startMaskwire(tinyModelEnv());
    url = `http://127.0.0.1:${maskwire.host.port}`;
    picture = await jpegScene(320, 240, 4);
    document = await json(`${url}/v1/openapi.json`);
  });
  afterAll(() => maskwire.stop());

  it("are OpenAPI 3.1 and AsyncAPI 3, by their own schemas", async () => {
    const validator = new Validator();
    expect(await validator.validate(structuredClone(document) as never)).toEqual({ valid: true });
    expect(validator.version).toBe("3.1");
    const schema = createRequire(import.meta.url)("@asyncapi/specs/schemas/3.0.0.json") as { definitions: object };
    const ajv = new Ajv({ strict: false, validateFormats: false });
    // It comes with JSON Schema's own, which is there already.
    const { "http://json-schema.org/draft-07/schema": _, ...definitions } = schema.definitions as Record<
      string,
      object
    >;
    const validate = ajv.compile({ ...schema, definitions });
    validate(await json(`${url}/v1/asyncapi.json`));
    expect(validate.errors ?? []).toEqual([]);
  });

  it("tell of every answer what it is", async () => {
    const imageId = imageIdOf(picture);
    const point = { points: [clickOn("disc")] };
    const post = (body: unknown) => ({ method: "POST", body: JSON.stringify(body) });
    const lines = { accept: "application/x-ndjson" };
    const asked: Record<string, [path: string, init?: RequestInit]> = {
      "get /livez": ["/livez"],
      "get /readyz": ["/readyz"],
      "get /v1/auth": ["/v1/auth"],
      "get /v1/me": ["/v1/me"],
      "post /v1/tickets": ["/v1/tickets", { method: "POST" }],
      "get /v1/usage": ["/v1/usage"],
      "get /v1/models": ["/v1/models"],
      "get /v1/words": ["/v1/words"],
      "get /v1/openapi.json": ["/v1/openapi.json"],
      "get /v1/asyncapi.json": ["/v1/asyncapi.json"],
      "post /v1/images": ["/v1/images", { method: "POST", body: new Uint8Array(picture) }],
      "post /v1/images in lines": [
        "/v1/images?drafts=true",
        { method: "POST", body: new Uint8Array(picture), headers: lines },
      ],
      "get /v1/images/{id}": [`/v1/images/${imageId}`],
      "get /v1/images/{id}/embedding": [`/v1/images/${imageId}/embedding`],
      "get /v1/models/{id}/decoder": ["/v1/models/default/decoder"],
      "post /v1/segment": [
        "/v1/segment",
        post({ imageId, prompt: point, multimask: true, formats: ["MASK_FORMAT_PNG", "MASK_FORMAT_LOW_RES_LOGITS"] }),
      ],
      "post /v1/cutout": ["/v1/cutout?box=0,0,60,40", { method: "POST", body: new Uint8Array(picture) }],
      "post /v1/everything": [
        "/v1/everything",
        post({ imageId, pointsPerSide: 2, predIouThresh: 0, stabilityScoreThresh: 0 }),
      ],
      "post /v1/track": ["/v1/track", post({ imageIds: [imageId, imageId], prompts: [{ object: 1, prompt: point }] })],
      // What is not there, or refused.
      "get /v1/pictures": ["/v1/pictures?url=http://example.org/a.jpg"],
      "get /v1/models/{id}/decoder/{file}": ["/v1/models/default/decoder/none.onnx"],
      "delete /v1/tenants/{tenant}": ["/v1/tenants/Not%20one", { method: "DELETE" }],
      "delete /v1/images": ["/v1/images", { method: "DELETE" }],
      "delete /v1/images/{id}": [`/v1/images/${imageId}`, { method: "DELETE" }],
    };
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    // Those of data sets answer by the same writer as these, which the properties below are about.
    const here = operations.filter((operation) => !operation.includes("/v1/datasets"));
    expect(
      Object.keys(asked)
        .filter((name) => !name.endsWith(" in lines"))
        .sort(),
    ).toEqual(here.sort());
    const errorsIn = judge(document);
    for (const [name, [path, init]] of Object.entries(asked)) {
      const [method = "", route = ""] = name.split(" ");
      const answer = await fetch(`${url}${path}`, init);
      const { responses = {} } = document.paths[route]?.[method] ?? {};
      const [type = ""] = (answer.headers.get("content-type") ?? "").split(";");
      const text = await answer.text();
      if (!answer.ok) {
        expect(errorsIn({ $ref: "#/components/schemas/Failure" }, JSON.parse(text)), name).toEqual([]);
        continue;
      }
      const content = responses[String(answer.status)]?.content;
      expect(Object.keys(content ?? {}), `${name} answers with ${answer.status} ${type}`).toEqual(
        answer.status === 204 ? [] : expect.arrayContaining([type]),
      );
      if (type === "application/json")
        expect(errorsIn(content?.[type]?.schema as object, JSON.parse(text)), name).toEqual([]);
      if (type !== "application/x-ndjson") continue;
      for (const line of text.trim().split("\n"))
        expect(errorsIn(content?.[type]?.schema as object, JSON.parse(line)), name).toEqual([]);
    }
  });

  it("tell of every frame of a session what it is", async () => {
    const session = (await json(`${url}/v1/asyncapi.json`)) as Pick<OpenApi, "components">;
    const errorsIn = judge(session);
    const imageId = imageIdOf(picture);
    await fetch(`${url}/v1/images`, { method: "POST", body: new Uint8Array(picture) });
    const socket = new WebSocket(`${url.replace("http", "ws")}/v1/ws`);
    const heard: string[] = [];
    const say = (frame: object) => {
      expect(errorsIn({ $ref: "#/components/schemas/ClientFrame" }, frame)).toEqual([]);
      socket.send(JSON.stringify(frame));
    };
    await new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("message", (data) => {
        const frame = JSON.parse(String(data)) as Record<string, { ready?: unknown; done?: unknown }>;
        try {
          expect(errorsIn({ $ref: "#/components/schemas/ServerFrame" }, frame)).toEqual([]);
        } catch (error) {
          reject(error);
        }
        heard.push(Object.keys(frame)[0] ?? "");
        if (frame.welcome) say({ openImage: { imageId, drafts: true } });
        if (frame.image?.ready) say({ segment: { sequence: 1, prompt: { points: [clickOn("disc")] } } });
        if (frame.segment) say({ everything: { pointsPerSide: 2, predIouThresh: 0, stabilityScoreThresh: 0 } });
        if (frame.everything?.done) socket.send("{}");
        if (frame.error) resolve();
      });
    });
    socket.close();
    expect([...new Set(heard)]).toEqual(["welcome", "image", "segment", "everything", "error"]);
  });
});

/** @returns undefined for a time that is none. */
function writtenOf(desc: DescMessage, message: never): object | undefined {
  try {
    return writeJsonMessage(desc, message) as object;
  } catch (error) {
    if (String(error).includes("google.protobuf.Timestamp")) return undefined;
    throw error;
  }
}

describe("a message's schema", () => {
  const files = Object.values(contract).filter(
    (one): one is DescFile => typeof one === "object" && "kind" in one && one.kind === "file",
  );
  const messages = files
    .flatMap(({ messages: all }) => all)
    .map((desc): [string, DescMessage] => [desc.typeName, desc]);

  const schemas = new MessageSchemas("#/components/schemas/");
  for (const [, desc] of messages) schemas.of(desc);
  const errorsIn = judge({ components: { schemas: schemas.all as Record<string, object> } });

  it.each(messages)("of %s takes every one in JSON, and none with a field besides", (_, desc) => {
    const schema = schemas.of(desc);
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const message = create(desc, randomInit(desc, drawFrom(seed)) as never) as never;
        const written = writtenOf(desc, message);
        if (written === undefined) return;
        expect(errorsIn(schema, written)).toEqual([]);
        expect(errorsIn(schema, { ...written, unheardOf: 1 })).not.toEqual([]);
      }),
      { numRuns: 15 },
    );
  });
});
