// SPDX-License-Identifier: Apache-2.0

import CMalloc
import Glibc

/// The memory that the process asks the system for.
enum Heap {
    /// Two arenas for each core, unless `MALLOC_ARENA_MAX` says otherwise.
    ///
    /// glibc makes eight for each core, and each keeps the most that it ever held (mallopt(3), M_ARENA_MAX): a long outage
    /// of a sink, whose batches are made on many threads, would grow the process by tens of megabytes for good. With one
    /// for each core threads wait for one another.
    static func limitArenas() {
        guard getenv("MALLOC_ARENA_MAX") == nil else { return }
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        mallopt(M_ARENA_MAX, Int32(clamping: 2 * max(1, cores)))
    }
}
