import { expect, it } from "vitest";
import { MaskwireClient } from "./client.js";

it.each(["localhost:8080", "/maskwire", "ws://localhost:8080"])(
  "says that %s is no address of a gateway",
  (gateway) => {
    expect(() => new MaskwireClient({ gateway })).toThrow(`${gateway} is no address of a gateway`);
  },
);

it("says that a picture is not given by its path", async () => {
  const client = new MaskwireClient({ gateway: "http://localhost:1" });
  await expect(client.open("kitchen.jpg")).rejects.toThrow("not by its path");
  await expect(client.cutOut("kitchen.jpg" as unknown as Blob, { x: 1, y: 1 })).rejects.toThrow("not by its path");
});
