// SPDX-License-Identifier: Apache-2.0

import Foundation
import Queue
import Synchronization

/// Refuses mail before the disk is full, so that what was accepted can still be settled.
final class FreeSpace: Sendable {
    /// For so long one look at the file system is believed.
    private static let lifetime = Duration.milliseconds(200)

    private let directory: String
    private let reserve: Int
    private let seen = Mutex<(at: ContinuousClock.Instant?, free: Int)>((nil, 0))

    init(directory: String, reserve: Int) {
        self.directory = directory
        self.reserve = reserve
    }

    /// - Parameter reusable: octets that the database can fill without growing.
    /// - Throws: `SpoolFailure.noSpace`.
    func require(_ size: Int, reusable: Int) throws {
        let free = seen.withLock { seen in
            // Read under the lock: a moment read before it may be earlier than one that another caller left here.
            let now = ContinuousClock.now
            if seen.at.map({ now - $0 > Self.lifetime }) ?? true { seen = (now, look()) }
            seen.free -= size
            return seen.free
        }
        let (room, isEndless) = free.addingReportingOverflow(reusable)
        guard isEndless || room > reserve else { throw SpoolFailure.noSpace }
    }

    private func look() -> Int {
        var status = statvfs()
        // A file system that cannot be asked is left to answer at the write itself.
        guard statvfs(directory, &status) == 0 else { return .max }
        return Int(clamping: status.f_bavail) * Int(clamping: status.f_frsize)
    }
}
