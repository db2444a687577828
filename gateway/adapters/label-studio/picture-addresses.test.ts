import { describe, expect, it } from "vitest";
import { Code } from "../../../services/runtime/errors.js";
import { isOwnFile, picturesAddresses } from "./picture-addresses.js";

const base = new URL("http://ls.example.org:8080/app/");
const addresses = (value: string) => picturesAddresses(value, "31", base).map((url) => url.href);

describe("X6 a task's picture", () => {
  it.each([
    [
      "/data/upload/7/ab12-cat 1.jpg",
      [
        "http://ls.example.org:8080/app/storage-data/uploaded/?filepath=upload%2F7%2Fab12-cat%201.jpg",
        "http://ls.example.org:8080/app/data/upload/7/ab12-cat%201.jpg",
      ],
    ],
    [
      "upload/7/cat.jpg",
      [
        "http://ls.example.org:8080/app/storage-data/uploaded/?filepath=upload%2F7%2Fcat.jpg",
        "http://ls.example.org:8080/app/data/upload/7/cat.jpg",
      ],
    ],
    ["/data/local-files/?d=a%2Fb.jpg", ["http://ls.example.org:8080/app/data/local-files/?d=a%2Fb.jpg"]],
    [
      "/storage-data/uploaded/?filepath=x.jpg",
      ["http://ls.example.org:8080/app/storage-data/uploaded/?filepath=x.jpg"],
    ],
    ["s3://bucket/a.jpg", ["http://ls.example.org:8080/app/tasks/31/presign/?fileuri=czM6Ly9idWNrZXQvYS5qcGc"]],
    ["https://pictures.example.org/a.jpg", ["https://pictures.example.org/a.jpg"]],
  ])("%s is asked for where it is", (value, expected) => {
    expect(addresses(value)).toEqual(expected);
  });

  it.each(["/data/../api/users", "/user/account", "upload/../../api/token", "//evil.example.org/data/x"])(
    "%s is no file of Label Studio's",
    (value) => {
      const refused = () => addresses(value).filter((one) => !one.startsWith("http://ls.example.org:8080/app/data/"));
      expect(refused).toThrow(expect.objectContaining({ code: Code.INVALID_ARGUMENT }));
    },
  );

  it("needs Label Studio's address where it is one of its own", () => {
    expect(() => picturesAddresses("/data/upload/1/a.jpg", "1", undefined)).toThrow(/MASKWIRE_LABEL_STUDIO_URL/);
  });

  it.each([
    ["http://ls.example.org:8080/app/data/upload/1/a.jpg", true],
    ["http://ls.example.org:8080/app/tasks/1/presign/?fileuri=x", true],
    ["http://ls.example.org:8080/app/api/users", false],
    ["http://ls.example.org:8080/data/upload/1/a.jpg", false],
    ["http://ls.example.org:9090/app/data/upload/1/a.jpg", false],
    ["https://ls.example.org:8080/app/data/upload/1/a.jpg", false],
    ["http://other.example.org:8080/app/data/upload/1/a.jpg", false],
  ])("a token goes along to %s: %s", (url, expected) => {
    expect(isOwnFile(new URL(url), base)).toBe(expected);
  });
});
