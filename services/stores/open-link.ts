import type { CacheLink, LinkOptions } from "./cache-link.js";
import { openClusterLink } from "./cluster-link.js";
import { SentinelLink } from "./sentinel-link.js";
import { openSingleLink } from "./single-link.js";

export function openLink(options: LinkOptions): CacheLink {
  const { topology } = options.server;
  switch (topology.kind) {
    case "single":
      return openSingleLink(topology.node, options);
    case "sentinel":
      return new SentinelLink(topology, options);
    case "cluster":
      return openClusterLink(topology.nodes, options);
  }
}
