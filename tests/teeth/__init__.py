"""Guards have teeth: each mechanism is taken away in turn, and its invariant breaks.

Here, and nowhere else in the tests, code of ours is patched: a mechanism that is taken away is one
function replaced by another that always lets pass. Nothing of the product can switch a guard off,
and nothing of it should; a test that shows what a guard is for has to reach past that. Everything
else is real: fold, want and grant, where needed the whole service; and it is the auditor, with the
truth of the world, that finds what is broken.
"""
