"""The stages of a run; here files, the clock, processes and the screen come in.

Nothing is imported here: processes begin to load what they need before this one does.
"""
