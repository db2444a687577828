import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { createSecureContext } from "node:tls";
import { SettingsError } from "../settings/settings-error.js";

/** A file as its variable names it. */
interface NamedFile {
  readonly variable: string;
  readonly path: string;
}

/** Where one side of a connection has its certificate, and those of the authorities that it believes. */
export interface CertificateFiles {
  readonly cert?: NamedFile | undefined;
  readonly key?: NamedFile | undefined;
  readonly ca?: NamedFile | undefined;
}

/** What was in the files, checked; in PEM, as TLS takes it. */
export interface Certificate {
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
  readonly ca?: string | undefined;
  /** When each file of certificates has ended, by its path; milliseconds since 1970. */
  readonly expiries: ReadonlyMap<string, number>;
}

/** No older versions; TLS 1.3 wherever the other side has it. */
export const minVersion = "TLSv1.2";

/**
 * Reads and checks certificates: what cannot be used is found here, and not by the first who connects.
 * @param now milliseconds since 1970.
 * @throws SettingsError with one sentence that names the variable.
 */
export function readCertificate({ cert, key, ca }: CertificateFiles, now: number): Certificate {
  const expiries = new Map<string, number>();
  const texts = { cert: cert && read(cert), key: key && read(key), ca: ca && read(ca) };
  if (cert && texts.cert !== undefined) {
    const chain = certificatesIn(cert, texts.cert);
    // The first of the chain that ends takes it along.
    expiries.set(cert.path, checkExpiry(cert, Math.min(...chain.map(expiryOf)), now));
    if (key && texts.key !== undefined) checkKey(cert, chain[0] as X509Certificate, key, privateKeyIn(key, texts.key));
  }
  if (ca && texts.ca !== undefined) {
    // While authorities change there are two, and the older one may end.
    expiries.set(ca.path, checkExpiry(ca, Math.max(...certificatesIn(ca, texts.ca).map(expiryOf)), now));
  }
  try {
    createSecureContext({ ...texts, minVersion });
  } catch (error) {
    const named = [cert, key, ca].flatMap((file) => file?.variable ?? []).join(", ");
    throw new SettingsError(`${named}: TLS cannot use what is in these files: ${(error as Error).message}.`);
  }
  return { ...texts, expiries };
}

/** Of all the files that are there. */
export const pathsOf = ({ cert, key, ca }: CertificateFiles): string[] =>
  [cert, key, ca].flatMap((file) => file?.path ?? []);

function refuse({ variable, path }: NamedFile, why: string): never {
  throw new SettingsError(`${variable} is "${path}": ${why}.`);
}

function read(file: NamedFile): string {
  try {
    return readFileSync(file.path, "utf8");
  } catch (error) {
    const isThere = (error as NodeJS.ErrnoException).code !== "ENOENT";
    return refuse(
      file,
      isThere ? "it cannot be read; let this process's user read the file" : "there is no such file; put one there",
    );
  }
}

const certificateForm = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function certificatesIn(file: NamedFile, text: string): X509Certificate[] {
  const found = text.match(certificateForm) ?? [];
  if (found.length === 0) refuse(file, "there is no certificate in PEM in it");
  try {
    return found.map((one) => new X509Certificate(one));
  } catch {
    return refuse(file, "a certificate in it is damaged");
  }
}

function privateKeyIn(file: NamedFile, text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    return refuse(file, "there is no private key in PEM in it that opens without a passphrase");
  }
}

function checkKey(cert: NamedFile, certificate: X509Certificate, key: NamedFile, privateKey: KeyObject): void {
  if (!certificate.checkPrivateKey(privateKey)) {
    refuse(key, `its key is not that of the certificate in ${cert.variable}; the two files have to be of one pair`);
  }
}

const expiryOf = ({ validTo }: X509Certificate): number => Date.parse(validTo);

function checkExpiry(file: NamedFile, expiresAt: number, now: number): number {
  if (expiresAt > now) return expiresAt;
  return refuse(file, `what is in it ended on ${new Date(expiresAt).toISOString().slice(0, 10)}; put a new one there`);
}
