states = { level = { unit = "m", start = 0.5, min = 0, max = 3, noise = 1e-3 } }
inputs = { inflow = "m3/s", valve = { unit = "1", default = 1 } }
outputs = { level = "m", outflow = { unit = "m3/s", description = "to the drain" } }
parameters = { area = 1.2, outlet = { default = 0.004, unit = "m2", min = 0 } }
local function out(x, u, p)
  return u.valve * p.outlet * math.sqrt(2 * 9.80665 * math.max(x.level, 0))
end
function derivative(x, u, p, t)
  return { level = (u.inflow - out(x, u, p)) / p.area }
end
function output(x, u, p) return { level = x.level, outflow = out(x, u, p) } end
function start(y, u, p) return { level = y.level or 1 } end
