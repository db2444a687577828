import type { Scenario } from "../scenario.js";
import { cacheEvicts, cacheRefuses, redisRestarted, redisStopped } from "./cache.js";
import { flood, slowReader } from "./clients.js";
import { gatewayKilled } from "./gateway-killed.js";
import { decoderHangs, decoderKilled, encoderKilled, partition } from "./processes.js";
import { rollingRestart } from "./rolling-restart.js";
import { videos } from "./videos.js";

/** In the order in which they are played on one cluster. */
export const scenarios: readonly Scenario[] = [
  decoderKilled,
  encoderKilled,
  gatewayKilled,
  decoderHangs,
  partition,
  redisRestarted,
  redisStopped,
  cacheEvicts,
  cacheRefuses,
  rollingRestart,
  videos,
  slowReader,
  flood,
];
