-- PATCH with a text that no request before had, so that every request writes.
local walk = require "walk"

function build(target, number)
   local text = string.format("Engineer who mends what others built; state %d.%d of %d.", id, number, os.time())
   return walk.format("PATCH", target, nil, '{"professional_summary": "' .. text .. '"}')
end
