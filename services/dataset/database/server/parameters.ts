/** @returns the server's command line. @param data its files' folder. @param socket the folder of the socket that it listens on. */
export function parametersOf({ data, socket }: { data: string; socket: string }): string[] {
  const parameters = {
    listen_addresses: "",
    unix_socket_directories: socket,
    unix_socket_permissions: "0700",
    max_connections: 40,
    // Small: pages that are asked for often are in the system's cache too.
    shared_buffers: "48MB",
    work_mem: "8MB",
    maintenance_work_mem: "48MB",
    effective_cache_size: "512MB",
    // Containers give little to /dev/shm.
    dynamic_shared_memory_type: "mmap",
    // One process asks it: each question runs in one of its own, and none is copied elsewhere.
    max_parallel_workers_per_gather: 0,
    max_parallel_maintenance_workers: 0,
    max_worker_processes: 1,
    max_logical_replication_workers: 0,
    autovacuum_max_workers: 1,
    wal_level: "minimal",
    max_wal_senders: 0,
    max_wal_size: "512MB",
    jit: "off",
    log_min_messages: "log",
    log_checkpoints: "off",
    // Of disks that find any page as fast as the next.
    random_page_cost: 1.1,
  };
  return ["-D", data, ...Object.entries(parameters).flatMap(([name, value]) => ["-c", `${name}=${value}`])];
}
