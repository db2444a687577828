import { expect, it } from "vitest";
import { nameOfUrl } from "./import-source.js";

it.each([
  ["https://a.example/b/c.png", "a.example/b/c.png"],
  ["https://a.example:8443/b.png#part", "a.example/b.png"],
  ["https://a.example/some%20where/%C3%BC.png", "a.example/some where/ü.png"],
  ["https://a.example/x.png?id=1&w=2", "a.example/x_id_1_w_2.png"],
  ["https://a.example/x?id=1", "a.example/x_id_1"],
  ["https://a.example/%2e%2e/%2Fetc%5Cpasswd", "a.example/_etc_passwd"],
  ["https://a.example/%ff.png", "a.example/%ff.png"],
  ["https://a.example", "a.example"],
  ["no address at all", "no_address_at_all"],
  ["", "_"],
])("%s is a picture called %s", (url, name) => {
  expect(nameOfUrl(url)).toBe(name);
});
