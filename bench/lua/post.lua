-- POST of the body in the file, each time the same.
local walk = require "walk"

function build(target)
   return walk.format("POST", target, nil, walk.body)
end
