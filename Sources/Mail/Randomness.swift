// SPDX-License-Identifier: Apache-2.0

/// Gives 64 fresh random bits; tests pass one that repeats itself.
package typealias RandomBits = @Sendable () -> UInt64
