import { expect, it } from "vitest";
import { createSession } from "./create-session.js";

it("names what there is where a provider is not part of the runtime here", async () => {
  const loading = createSession(Uint8Array.of(1, 2, 3), { providers: ["openvino"], threads: 1 });
  await expect(loading).rejects.toThrow(
    /openvino: ONNX Runtime has cpu, .+ here and no openvino \(an OpenVINO Model Server/,
  );
});

it("names every provider that was tried and why it could not start", async () => {
  const loading = createSession(Uint8Array.of(1, 2, 3), { providers: ["tensorrt", "cpu"], threads: 1 });
  await expect(loading).rejects.toThrow(/No execution provider can start\. tensorrt: .+; cpu: .+/);
});
