// SPDX-License-Identifier: Apache-2.0

import DNS
import ServiceLifecycle

extension Server {
    func consoleServices(_ stores: Stores, _ trade: Trade, dns: any DNSLookup) -> [any Service] { [] }
}
