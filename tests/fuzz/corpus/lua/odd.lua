states = { a = { min = 3, max = 1 } } inputs = { [1] = "m" } outputs = { health = 3 } parameters = 7
