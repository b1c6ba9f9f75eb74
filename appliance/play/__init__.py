"""The shop-day player: a day written as plain text, played against the real daemon core and store.

    notation    reads a line into an act with typed arguments
    acts        what each act asks of the till
    expects     what each expectation compares
    player      the clock, the till's lives and its faults
    totals      what the day came to, as an accountant reads it

The notation is documented in docs/day.md.
"""
