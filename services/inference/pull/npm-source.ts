/** A file of a package in npm's registry. */
interface NpmSource {
  /** NAME@VERSION */
  readonly spec: string;
  /** In the package. */
  readonly path: string;
}

/** @param source "npm:NAME@VERSION/PATH", as the manifest's form has checked it. */
export function readNpmSource(source: string): NpmSource {
  const [, spec = "", path = ""] = /^npm:((?:@[^/]+\/)?[^/]+)\/(.+)$/.exec(source) ?? [];
  return { spec, path };
}
