-- For wrk: GET /recommend of random users. Prints one line at the end:
--   requests per second, p50, p99 and largest latency in ms, answers that failed.
local users = tonumber(os.getenv("USERS") or "6040")
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("seed", threads)
end

function init(args)
  math.randomseed(seed)
end

function request()
  return wrk.format("GET", "/recommend?user_id=" .. math.random(users) .. "&num_recommendations=10")
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %.0f %.3f %.3f %.3f %d\n",
    summary.requests / (summary.duration / 1e6),
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, latency.max / 1e3,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
