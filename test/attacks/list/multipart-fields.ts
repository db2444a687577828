import type { Attack } from "../attack.js";
import { inParallel } from "../tally.js";
import { exchange, head, tellHttp } from "../wire/raw-http.js";

const fieldsARequest = 300;
const field = Buffer.alloc(1024 * 1024, "f");
const boundary = "boundary";

/** What a form carries besides its file has to be kept by nobody. */
export const multipartFields: Attack = {
  name: "multipart-fields",
  title: "multipart uploads with hundreds of fields of a megabyte, or thousands of small ones, before the file",
  setting: "roles",
  unit: "uploads",
  count: 40,
  short: 6,
  async run({ gateway, from }, random, tally) {
    await inParallel(3, tally, async () => {
      tally.try();
      const pieces = form(random.below(2) === 0 ? field : field.subarray(0, 10), random.below(2) === 0);
      tellHttp(await exchange(gateway, from, pieces, { lingerMs: 8000 }), tally);
    });
  },
};

function* form(value: Uint8Array, isNamed: boolean): Generator<string | Uint8Array> {
  const type = `multipart/form-data; boundary=${boundary}`;
  yield head("POST", "/v1/images", { "content-type": type, "transfer-encoding": "chunked", connection: "close" });
  for (let index = 0; index < fieldsARequest; index++) {
    // A part without a name is a part all the same.
    const disposition = isNamed ? `form-data; name="field${index}"` : "form-data";
    yield* chunk(Buffer.from(`--${boundary}\r\nContent-Disposition: ${disposition}\r\n\r\n`));
    yield* chunk(value);
    yield* chunk(Buffer.from("\r\n"));
  }
  yield* chunk(Buffer.from(`--${boundary}--\r\n`));
  yield "0\r\n\r\n";
}

function* chunk(bytes: Uint8Array): Generator<string | Uint8Array> {
  yield `${bytes.byteLength.toString(16)}\r\n`;
  yield bytes;
  yield "\r\n";
}
