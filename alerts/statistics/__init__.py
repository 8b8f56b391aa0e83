"""Statistics of detection, one a file, over many series at once: time is the last axis, NaN is a gap.

A gap keeps its place: what a chart says there is NaN, which is *not evaluated*, never *normal*.
"""
