import type { DescMessage, DescMethod } from "@bufbuild/protobuf";
import { zipSync } from "fflate";
import { type DatasetRoute, datasetRoutes } from "../../../gateway/http/datasets/routes.js";
import { DatasetService } from "../../../proto/index.js";
import { Random } from "../../simulation/random.js";
import { jpegScene } from "../../support/pictures.js";
import type { Attack, Target } from "../attack.js";
import { inParallel, type Tally } from "../tally.js";
import { call, checkEnd, isAtTheDoor, openHttp2 } from "../wire/http2.js";
import { mutateBytes, pick } from "../wire/mutate-bytes.js";
import { bodyOf, oddMetadata, pathOf } from "../wire/odd-call.js";
import { oddJson } from "../wire/odd-json.js";
import { exchange, head, post, tellHttp } from "../wire/raw-http.js";

const below = "/v1/datasets";
const lanes = 6;
const callsAConnection = 100;
const MiB = 2 ** 20;
const methods: readonly DescMethod[] = DatasetService.methods;
/** What a number or a name in a path or a query is not. */
const oddParts = [
  "0",
  "-1",
  "1.5",
  "x",
  "%00",
  "..%2f..",
  "9".repeat(300),
  "18446744073709551616",
  "9223372036854775808",
  "null",
  "%F0%9F%92%A5",
];

/** Ids that may well be there: sets are few, and numbered from 1. */
const someId = (random: Random) => (random.below(4) === 0 ? pick(random, oddParts) : String(1 + random.below(4)));

const filled = (path: string, random: Random) => path.replace(/:\w+/g, () => encodeURI(someId(random)));

/** Some parameters of a message's, with values that they take and that they don't. */
function oddQuery(schema: DescMessage, random: Random): string {
  const names = [
    ...schema.fields.map(({ jsonName }) => jsonName),
    "filter.labels",
    "filter.text",
    "x",
    "__proto__",
    "a.b.c.d.e.f.g",
  ];
  const values = [...oddParts, "1", "true", "ACCEPTED", "cursor", "a".repeat(3000), "2026-01-01T00:00:00Z", "AAAA"];
  const parts = Array.from({ length: random.below(6) }, () => `${pick(random, names)}=${pick(random, values)}`);
  return parts.length === 0 ? "" : `?${parts.join("&")}`;
}

function request({ method, path, rpc }: DatasetRoute, random: Random): Iterable<string | Uint8Array> {
  const where = `${below}${filled(path, random)}`;
  if (method === "GET" || method === "DELETE")
    return [head(method, where + oddQuery(rpc.input, random), { connection: "close" })];
  const body = oddJson(rpc.input, random);
  return [head(method, where, { "content-length": Buffer.byteLength(body), connection: "close" }), body];
}

/** Archives that hold more than they weigh, lead elsewhere, or hold what no reader expects. */
function archives(picture: Uint8Array): Uint8Array[] {
  const text = (value: string) => Buffer.from(value);
  const coco = {
    images: [{ id: 1, file_name: "a.jpg", width: 64, height: 48 }],
    categories: [{ id: 1, name: "thing" }],
    annotations: [
      { id: 1, image_id: 1, category_id: 1, iscrowd: 1, segmentation: { counts: [0, 3072], size: [48, 64] } },
    ],
  };
  const json = JSON.stringify(coco);
  const names = Object.fromEntries(
    Array.from({ length: 3000 }, (_, at) => [`images/${"d/".repeat(at % 50)}${at}.jpg`, new Uint8Array(0)]),
  );
  return [
    zipSync({ "annotations/instances_train.json": text(json), "images/a.jpg": picture }),
    zipSync({
      "../../../etc/passwd": text("x"),
      "/abs/a.jpg": picture,
      "images/../../a.jpg": picture,
      "a.jpg\u0000.png": picture,
    }),
    zipSync({ "annotations/instances_train.json": new Uint8Array(64 * MiB) }, { level: 9 }),
    zipSync({ "images/a.jpg": new Uint8Array(64 * MiB), "images/b.png": new Uint8Array(64 * MiB) }, { level: 9 }),
    zipSync(names, { level: 0 }),
    zipSync({
      "annotations/instances_train.json": text(json.replace("[0,3072]", `[${"9999999,".repeat(20_000)}1]`)),
      "images/a.jpg": picture,
    }),
    zipSync({
      "annotations/instances_train.json": text(json.replace("48,64", "2147483647,2147483647")),
      "images/a.jpg": picture,
    }),
    zipSync({ "a.json": text(`{"annotations":${"[".repeat(200_000)}`), "a.jpg": picture }),
    zipSync({
      "annotations.xml": text(
        `<!DOCTYPE a [<!ENTITY b "${"c".repeat(1000)}">]><annotations>${"<image>".repeat(20_000)}&b;`,
      ),
    }),
    zipSync({ "tasks.json": text(`[${'{"data":{"image":"http://127.0.0.1/a"},"annotations":[]},'.repeat(2000)}{}]`) }),
    zipSync({
      "data.yaml": text(
        `a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nnames: [*c,*c,*c,*c,*c,*c]\n`,
      ),
      "labels/train/a.txt": text("0 ".repeat(50_000)),
    }),
    text(json),
  ];
}

/** Asks for a set to be there, for what is asked of sets. */
async function makeSet({ gateway, from }: Target, random: Random): Promise<void> {
  const body = JSON.stringify({ name: `set ${random.below(1e9)}`, labels: [{ name: "thing" }] });
  await exchange(gateway, from, post(below, body), { lingerMs: 20_000 });
}

async function askOverHttp(target: Target, random: Random, tally: Tally, files: readonly Uint8Array[]): Promise<void> {
  const { gateway, from } = target;
  if (random.below(30) === 0) await makeSet(target, random);
  const set = `${below}/${someId(random)}`;
  const pieces = pick<() => Iterable<string | Uint8Array>>(random, [
    () =>
      post(
        `${set}/imports${pick(random, ["", "?format=COCO", "?format=YOLO", "?makeLabels=true", "?fileName=..%2fa", "?state=x"])}`,
        random.below(2) === 0 ? pick(random, files) : mutateBytes(pick(random, files), random),
      ),
    () =>
      post(
        `${set}/pictures${pick(random, ["", "?name=a.jpg", `?imageId=${target.imageId}`, "?split=%00", `?name=${"n".repeat(5000)}`])}`,
        mutateBytes(files[0] as Uint8Array, random),
      ),
    () => [
      head("GET", `${set}/pictures/${someId(random)}/file`, {
        range: pick(random, ["bytes=0-", "bytes=-1", "bytes=5-2", `bytes=${"0-1,".repeat(2000)}0-1`, "x"]),
        connection: "close",
      }),
    ],
    () => [head("GET", `${set}/jobs/${someId(random)}/${pick(random, ["file", "watch"])}`, { connection: "close" })],
    ...Array.from({ length: 12 }, () => () => request(pick(random, datasetRoutes), random)),
  ])();
  tally.try();
  tellHttp(
    await exchange(gateway, from, pieces, { lingerMs: tally.patienceMs(random.below(10) === 0 ? 100 : 6000) }),
    tally,
  );
}

async function askByCalls({ gateway, from }: Target, random: Random, tally: Tally): Promise<void> {
  const session = openHttp2(gateway, from);
  for (let count = 0; count < callsAConnection && !session.destroyed && tally.goesOn; count++) {
    const method = pick(random, methods);
    tally.try();
    const options = { headers: oddMetadata(random), timeoutMs: tally.patienceMs(10_000) };
    const end = await call(session, pathOf(method, random), bodyOf(method, random), options);
    if (isAtTheDoor(end)) tally.refused();
    else tally.answered();
    tally.note(checkEnd(end));
  }
  session.destroy();
}

export const fuzzDatasets: Attack = {
  name: "fuzz-datasets",
  title:
    "every route and call of data sets with odd numbers, names, bodies and cursors, and archives that are larger than they look",
  setting: "single",
  // All of them are open once it has been rehearsed: one that is opened later stays for half a minute, as one that leaked would.
  env: { MASKWIRE_DATABASE_CONNECTIONS: "3" },
  unit: "requests",
  count: 10_000,
  short: 200,
  opensMore: true,
  async run(target, _random, tally) {
    const { seed } = target;
    const files = archives(await jpegScene(64, 48, 9));
    await makeSet(target, new Random(seed));
    tally.begin();
    const randoms = Array.from({ length: lanes }, (_, lane) => new Random(seed, lane + 1));
    await inParallel(lanes, tally, (lane) => {
      const random = randoms[lane] as Random;
      return lane < 4 ? askOverHttp(target, random, tally, files) : askByCalls(target, random, tally);
    });
  },
};
