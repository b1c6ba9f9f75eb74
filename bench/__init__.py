"""`make bench`: how far the till is from what the machine could do. Rows and goals are those of the performance page.

Every row measures its variants in turn, in one run, and gives the median over rounds of their ratios: machines differ
and are noisy, ratios carry over.
"""
