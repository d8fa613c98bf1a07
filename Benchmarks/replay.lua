-- SPDX-License-Identifier: Apache-2.0
-- Walks through requests that were signed beforehand: authorization, date and body in one line, parted by tabs.
local requests, position = {}, 0

function init(arguments)
    for line in io.lines(arguments[1]) do
        local authorization, date, body = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
        requests[#requests + 1] = wrk.format("POST", "/v2/email/outbound-emails", {
            ["Authorization"] = authorization, ["X-Amz-Date"] = date, ["Content-Type"] = "application/json",
            ["Host"] = wrk.headers["Host"] or (wrk.host .. ":" .. wrk.port),
        }, body)
    end
end

function request()
    position = position % #requests + 1
    return requests[position]
end
