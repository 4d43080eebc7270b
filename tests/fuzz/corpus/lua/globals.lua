outputs = { b = "" }
function output() return setmetatable({ b = 1 }, { __index = error, __pairs = error }) end
setmetatable(_G, { __index = function() error("got you") end, __newindex = error })
