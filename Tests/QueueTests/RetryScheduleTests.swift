// SPDX-License-Identifier: Apache-2.0

import Mail
import Queue
import Testing

@Suite("Retry schedule")
struct RetryScheduleTests {
    @Test("waits longer each time, a little by chance", arguments: [(1, 60.0), (2, 300), (3, 300), (9, 300)])
    func retries(_ attempts: Int, _ delay: Double) {
        let schedule = RetrySchedule(delays: [60, 300])
        let start = Timestamp(seconds: 1_000)
        #expect(schedule.next(after: attempts, at: start, random: { 0 }) - start == delay)
        #expect(schedule.next(after: attempts, at: start, random: { 999 }) - start < delay * 1.2)
    }
}
