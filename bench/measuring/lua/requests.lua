-- Requests of any method, with If-None-Match where the target has an etag, and with the target's own body or that of all.
local walk = require "walk"

-- The same request each time, so that it is put together once.
local function kept(target)
   if not target.request then
      local condition = target.etag ~= "" and ("If-None-Match: " .. target.etag .. "\r\n") or nil
      target.request = walk.format("GET", target, condition)
   end
   return target.request
end

-- The body with a text that no request before had, so that every request writes, and with the version that the items
-- have after the visits so far.
local function filled(body, target, number)
   target.visits = (target.visits or 0) + 1
   local values = {
      TEXT = string.format("%d.%d of %d", id, number, os.time()),
      BASE = string.format("%d", (tonumber(target.number) or 0) + target.visits - 1),
   }
   return (body:gsub("@(%u+)@", values))
end

function build(target, number)
   if walk.method == "GET" then
      return kept(target)
   end
   local body = target.body ~= "" and target.body or walk.body
   if target.body ~= "" or walk.varies then
      body = filled(body, target, number)
   end
   return walk.format(walk.method, target, nil, body)
end
