-- For wrk. BATCH (0): GET /recommend of random users, of USERS; 1: POST of one event; more: so many events a request, as lines.
-- Prints one line at the end: requests or events per second, p50, p99 and largest latency of a request in ms, requests that failed.
local users = tonumber(os.getenv("USERS") or "6040")
local batch = tonumber(os.getenv("BATCH") or "0")
-- Ids that MovieLens 1M has.
local items = {1, 2, 3, 6, 10, 32, 34, 47, 50, 110, 150, 260, 296, 318, 356, 457, 480, 527, 589, 590, 593, 608, 780, 858, 1196, 1198, 1210,
  1270, 1580, 2028, 2571, 2762}
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("seed", threads)
end

function init(args)
  math.randomseed(seed)
end

-- DELAY_MS: a pause before each request of a connection, for a load below the largest.
local pause = tonumber(os.getenv("DELAY_MS") or "0")
if pause > 0 then
  function delay() return pause end
end

local function event()
  return string.format('{"user_id": "load-%d", "item_id": "%d", "event": "watch", "value": 0.9}', math.random(100000),
    items[math.random(#items)])
end

function request()
  if batch == 0 then
    return wrk.format("GET", "/recommend?user_id=" .. math.random(users) .. "&num_recommendations=10")
  elseif batch == 1 then
    return wrk.format("POST", "/log_interaction", {["Content-Type"] = "application/json"}, event())
  end
  local lines = {}
  for i = 1, batch do lines[i] = event() end
  return wrk.format("POST", "/events", {["Content-Type"] = "application/x-ndjson"}, table.concat(lines, "\n"))
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %.0f %.3f %.3f %.3f %d\n",
    math.max(batch, 1) * summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
