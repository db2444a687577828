import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { ErrorCode } from "../../proto/index.js";
import { imageIdOf } from "../../services/runtime/image-id.js";
import { projectRoot } from "../../services/runtime/project-root.js";
import { clickOn, jpegScene } from "../support/pictures.js";
import { findGrpcPython } from "../support/programs.js";
import { startMaskwire } from "../support/start-maskwire.js";
import { tinyModelEnv } from "../support/tiny-model.js";
import { TlsFiles } from "../support/tls-files.js";

const python = findGrpcPython();
const run = promisify(execFile);

describe.skipIf(!python)("a Python client made from the .proto files alone", () => {
  it.each([
    ["in the clear", false],
    ["T1: over TLS", true],
  ])(
    "checks health, uploads with Encode, and gets masks with SegmentOnce and Segment, %s",
    async (_name, isEncrypted) => {
      using files = new TlsFiles();
      await using maskwire = await startMaskwire({ ...tinyModelEnv(), ...(isEncrypted ? files.port() : {}) });
      const folder = await mkdtemp(join(tmpdir(), "maskwire-python-"));
      try {
        const picture = await jpegScene(640, 480, 800);
        const file = join(folder, "picture.jpg");
        await writeFile(file, picture);
        const { x, y } = clickOn("disc");
        const { stdout } = await run(python as string, [
          join(projectRoot, "test", "interop", "client.py"),
          `localhost:${maskwire.host.port}`,
          file,
          String(x),
          String(y),
          ...(isEncrypted ? [`--ca=${files.authority.cert}`] : []),
          `--protos=${join(projectRoot, "proto")}`,
          `--health=${join(projectRoot, "node_modules", "grpc-health-check", "proto")}`,
        ]);
        const found = JSON.parse(stdout) as { once: { area: number; runsArea: number } };
        const mask = { size: [480, 640], pixels: 640 * 480, inside: true };
        expect(found).toMatchObject({
          health: "SERVING",
          image: { imageId: imageIdOf(picture), width: 640, height: 480 },
          once: mask,
          streamed: mask,
          sameMask: true,
          streamedError: ["error", ErrorCode.INVALID_ARGUMENT],
          refused: "INVALID_ARGUMENT",
        });
        expect(found).toHaveProperty("events", expect.arrayContaining(["encoding", "ready"]));
        expect(found.once.runsArea).toBe(found.once.area);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
