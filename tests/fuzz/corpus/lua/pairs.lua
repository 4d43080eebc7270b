outputs = { b = "" }
function output() local s = 0 for k, v in pairs({ z = 1, a = 2, [3] = 3, [2.5] = 4 }) do s = s + v end return { b = s } end
