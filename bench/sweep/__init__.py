"""Ordinary calls drawn at random: is any of them slower than what a user would leave for it?

A table of chosen cases shows what was chosen. Here sizes, types, memory orders and stacks come from a random generator, as
they come from users, and the best of several peers counts.

- `draw`: random shapes, types and memory orders,
- `table`: what an entry is, and which entry a row of a number has,
- `calls_<chapter>`: the entries, one for each public function,
- `measure`: a row verified and timed,
- `summary`: shares, worst rows and geometric means,
- `floor`: the price of one small call of every public function.
"""
