// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A few threads for long computing, below the priority of the rest: sessions and event loops go first.
final class WorkerThreads: Sendable {
    typealias Job = @Sendable () -> Void

    /// What the threads share; they do not hold their owner, so that it can go and end them.
    private final class Shared: Sendable {
        private struct State {
            var jobs: [Job] = []
            var head = 0
            var isStopped = false
        }

        private let state = Mutex(State())
        private let work = Semaphore()

        func submit(_ job: @escaping Job) {
            state.withLock { $0.jobs.append(job) }
            work.post()
        }

        func stop() {
            state.withLock { $0.isStopped = true }
            work.post()
        }

        func run() {
            while true {
                work.wait()
                let job = state.withLock { Self.next(&$0) }
                guard let job else {
                    // Stopped: pass it on to the next thread.
                    return work.post()
                }
                job()
            }
        }

        private static func next(_ state: inout State) -> Job? {
            guard state.head < state.jobs.count else { return nil }
            let job = state.jobs[state.head]
            state.head += 1
            if state.head == state.jobs.count {
                state.jobs.removeAll(keepingCapacity: true)
                state.head = 0
            }
            return job
        }
    }

    /// A counting semaphore of the C library.
    private final class Semaphore: @unchecked Sendable {
        // The pointee is only touched through sem_*, which are made for several threads, and outlives all of them.
        private let pointer = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

        init() { sem_init(pointer, 0, 0) }
        deinit {
            sem_destroy(pointer)
            pointer.deallocate()
        }

        func post() { sem_post(pointer) }
        func wait() { while sem_wait(pointer) != 0, errno == EINTR {} }
    }

    private let shared = Shared()
    private let count: Int

    /// - Parameter niceness: what the threads give way by (setpriority(2)); the kernel keeps it by thread.
    init(count: Int, niceness: Int32 = 5) {
        let shared = shared
        let work: Job = {
            Self.lower(by: niceness)
            shared.run()
        }
        self.count = (0..<count).count { _ in Self.start(work) }
    }

    deinit { shared.stop() }

    /// Runs the job soon; at once and here where no thread could be made.
    func submit(_ job: @escaping Job) {
        if count == 0 { job() } else { shared.submit(job) }
    }

    /// Processors this machine has.
    static var processors: Int { max(1, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))) }

    private static func lower(by niceness: Int32) {
        _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness)
    }

    private final class Entry {
        let run: Job
        init(_ run: @escaping Job) { self.run = run }
    }

    private static func start(_ run: @escaping Job) -> Bool {
        let entry = Unmanaged.passRetained(Entry(run))
        var thread = pthread_t()
        let result = pthread_create(
            &thread, nil,
            { argument in
                if let argument { Unmanaged<Entry>.fromOpaque(argument).takeRetainedValue().run() }
                return nil
            }, entry.toOpaque())
        guard result == 0 else {
            entry.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
