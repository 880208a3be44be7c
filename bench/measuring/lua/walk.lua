-- Walks through the profiles of a targets file (a line each: token, profile id, etag, state, version and body, separated
-- by tabs; the last four may be empty).
--
-- A script of a work requires this module and defines build(target, number), which returns one whole request. Its
-- arguments, after the URL: the targets file, the number of threads, the method, the address with ID for the profile's
-- id and STATE for the state, the status that every answer must have, «strict» to look at each answer's status (else wrk
-- counts those from 400 on), «once» to visit no profile twice and to end when all have been seen, and the file with the
-- body of all requests, or «-».
-- The last line of the output is a JSON object with what was measured; times are in microseconds.

local walk = {}
local threads = {}

function setup(thread)
   table.insert(threads, thread)
   thread:set("id", #threads)
end

local function read(path)
   local file = assert(io.open(path, "rb"))
   local text = file:read("*a")
   file:close()
   return text
end

function init(args)
   local count = tonumber(args[2])
   walk.method = args[3]
   walk.path = args[4]
   walk.status = tonumber(args[5])
   walk.once = args[7] == "once"
   walk.body = args[8] ~= "-" and read(args[8]) or nil
   walk.varies = walk.body and walk.body:find("@%u+@") ~= nil
   walk.targets = {}
   local line = 0
   local pattern = "([^\t\n]+)\t([^\t\n]+)\t([^\t\n]*)\t([^\t\n]*)\t([^\t\n]*)\t([^\n]*)"
   for token, profile, etag, state, number, body in read(args[1]):gmatch(pattern) do
      line = line + 1
      -- Each thread has profiles of its own.
      if line % count == id % count then
         local path = walk.path:gsub("STATE", (state:gsub("%%", "%%%%"))):gsub("ID", profile, 1)
         table.insert(walk.targets, {token = token, path = path, etag = etag, number = number, body = body})
      end
   end
   visited, unexpected, another = 0, 0, 0
   if args[6] == "strict" then
      response = function(status)
         if status ~= walk.status then
            unexpected, another = unexpected + 1, status
         end
      end
   end
end

function request()
   if walk.once and visited >= #walk.targets then
      wrk.thread:stop()
   end
   local target = walk.targets[visited % #walk.targets + 1]
   visited = visited + 1
   return build(target, visited)
end

-- One request as it goes over the wire.
function walk.format(method, target, more, body)
   local length = body and ("Content-Type: application/json\r\nContent-Length: " .. #body .. "\r\n") or ""
   return method .. " " .. target.path .. " HTTP/1.1\r\nHost: " .. wrk.host .. ":" .. wrk.port ..
      "\r\nAuthorization: Bearer " .. target.token .. "\r\n" .. (more or "") .. length .. "\r\n" .. (body or "")
end

function done(summary, latency, requests)
   local unexpected, another = 0, 0
   for _, thread in ipairs(threads) do
      unexpected = unexpected + thread:get("unexpected")
      another = math.max(another, thread:get("another"))
   end
   local errors = summary.errors
   io.write(string.format(
      '\n{"requests": %d, "duration": %d, "bytes": %d, "p50": %d, "p99": %d, "mean": %d, "refused": %d, ' ..
      '"unexpected": %d, "another": %d, "broken": %d, "timeouts": %d}\n',
      summary.requests, summary.duration, summary.bytes, latency:percentile(50), latency:percentile(99), latency.mean,
      errors.status, unexpected, another, errors.connect + errors.read + errors.write, errors.timeout
   ))
end

return walk
