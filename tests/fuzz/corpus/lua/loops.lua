outputs = { b = "" }
function output() while true do pcall(function() while true do end end) end end
