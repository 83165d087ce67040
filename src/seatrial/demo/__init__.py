"""The embedded demo: a fleet of simulated clusters, upgraded wave by wave by the real product.

Everything that fails in it fails because of an object in a cluster or a line in the provider's fault file,
both lying in this folder as data; nothing here tells the product what to find.
"""
