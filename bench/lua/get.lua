-- GET, with If-None-Match where the target has an etag.
local walk = require "walk"

function build(target)
   -- The same request each time, so that it is put together once.
   if not target.request then
      local condition = target.etag ~= "" and ("If-None-Match: " .. target.etag .. "\r\n") or nil
      target.request = walk.format("GET", target, condition)
   end
   return target.request
end
