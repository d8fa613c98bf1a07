// SPDX-License-Identifier: Apache-2.0

import CMalloc
import Glibc

/// The memory that the process asks the system for.
enum Heap {
    /// One arena for each core, two at least, unless `MALLOC_ARENA_MAX` says otherwise.
    ///
    /// glibc makes eight for each core, and each keeps the most that it ever held (mallopt(3), M_ARENA_MAX): a long outage
    /// of a sink, whose batches are made on many threads, would grow the process by tens of megabytes for good.
    static func limitArenas() {
        guard getenv("MALLOC_ARENA_MAX") == nil else { return }
        let cores = sysconf(Int32(_SC_NPROCESSORS_ONLN))
        mallopt(M_ARENA_MAX, Int32(clamping: max(2, cores)))
    }
}
