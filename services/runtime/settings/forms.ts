import { readFileSync } from "node:fs";
import { isIP } from "node:net";
import ipaddr from "ipaddr.js";
import { z } from "zod";
import { parseTarget } from "../grpc/target.js";

/*
 * Forms that variables have in common. Each message says what was expected, and follows "expected" in what a person reads.
 */

export const MiB = 1024 * 1024;

export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((n) => n >= min && n <= max, `a whole number from ${min} to ${max}`);

/** A number of bytes without another bound than what numbers can hold. */
export const bytes = (least: number) => integer(least, Number.MAX_SAFE_INTEGER);

export const text = (what: string) => z.string().min(1, what);

export const list = z.string().transform((all) =>
  all
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean),
);

/** Where another tier is. */
export const addresses = list.refine(
  (all) => all.length > 0 && all.every((one) => parseTarget(one) !== undefined),
  "host:port, or dns:///name:port for every address behind a name; several separated by commas",
);

export const hostNames = list.refine(
  (all) =>
    all.every((one) => one === "*" || isIP(one) !== 0 || /^(\*\.)?[\p{L}\p{N}_-]+(\.[\p{L}\p{N}_-]+)*\.?$/u.test(one)),
  "host names or addresses without ports, *.example.org for every name below one, or * for any public host; several by commas",
);

/** As browsers write them, but for case, a port that goes without saying, and a star for one label. */
export const origins = list.refine(
  (all) =>
    all.every(
      (one) =>
        /^https?:\/\/[^\s/?#@\\]+$/i.test(one) &&
        URL.canParse(one.replace("://*.", "://")) &&
        !/\*/.test(one.replace("://*.", "://")),
    ),
  "origins such as https://app.example.org, or https://*.example.org for one label below it; several by commas",
);

const isAddressOrRange = (one: string) => isIP(one) !== 0 || ipaddr.isValidCIDR(one);

export const addressRanges = list.refine(
  (all) => all.every(isAddressOrRange),
  "IP addresses and CIDR ranges such as 10.0.0.0/8 or fd00::/8, several by commas",
);

/** A file's text, without the line break that editors and secrets end with, and its path. */
export const fileAt = (what: string) =>
  z.string().transform((path, context) => {
    try {
      const content = readFileSync(path, "utf8").trimEnd();
      if (content) return { path, content };
    } catch {
      // Said below: which of the reasons it was is plain from the path.
    }
    context.addIssue(`the path of a readable file that holds ${what}`);
    return z.NEVER;
  });

/** A file's text alone. */
export const fileOf = (what: string) => fileAt(what).transform(({ content }) => content);

export const pem = fileOf("certificates or a key in PEM").refine(
  (content) => content.includes("-----BEGIN "),
  "a file that holds certificates or a key in PEM",
);
